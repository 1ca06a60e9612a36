"""The report: a folder whose page, numbers and answers agree with one another, and with scikit-learn."""

import html
import json
import re
import sys
from base64 import b64decode, b64encode
from html.parser import HTMLParser
from io import BytesIO
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

from inkdigits.data.dataset import LoadIssue
from inkdigits.errors import DataError, MissingExtraError
from inkdigits.evaluation.evaluation import evaluate
from inkdigits.evaluation.selective import error_bound
from inkdigits.models.operating_points import RiskBound
from inkdigits.reporting.evaluation_report import write_report
from inkdigits.reporting.result import Baseline, EvaluationResult, Example
from inkdigits.reporting.terminal_text import comparison_line, confusion_table, summary_lines

HISTORY = [{"epoch": 1, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.1, "validation_accuracy": 0.97, "step": 9}]
BOUNDS = [RiskBound(0.684, 0.05, 0.9, 0.04), RiskBound(0.9, 0.01, 0.8, 0.008)]
FILES = {"metrics.json", "predictions.csv", "report.html"}


def answers(count=500):
    """Labels and probabilities in single precision, as a model gives them, about nine of ten right."""
    rng = np.random.default_rng(11)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    logits = rng.normal(size=(count, 10)) + 4 * np.eye(10)[labels]
    weights = np.exp(logits.astype(np.float32))
    return labels, weights / weights.sum(axis=1, keepdims=True)


def result(count=500, **more):
    labels, probabilities = answers(count)
    glyphs = np.random.default_rng(5).integers(0, 256, (count, 28, 28), np.uint8)
    return EvaluationResult(
        **(
            {
                "name": "tiny 1",
                "title": "x",
                "facts": {},
                "labels": labels,
                "probabilities": probabilities,
                "glyphs": glyphs,
            }
            | more
        )
    )


def page(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def rows(text):
    """The cells of each row of a page's tables, without what is around them."""
    found = re.findall(r"<tr>(.*?)</tr>", text)
    return [
        [html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in found
    ]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "deep" / "report"
    facts = {"model": "tiny <int8>", "data": "drawn & dealt"}
    told = result(title="How <tiny> reads", facts=facts, history=HISTORY, risk_bounds=BOUNDS)
    assert write_report(folder, told) == folder / "report.html"
    return folder, evaluate(*answers())


def test_the_folder_holds_every_file(report):
    folder, _ = report
    assert {path.name for path in folder.iterdir()} == FILES


def test_no_threshold_keeps_what_is_rejected(tmp_path):
    told = result(risk_bounds=BOUNDS, rejected=np.arange(500) % 5 == 0)
    write_report(tmp_path, told)
    kept = int((~told.rejected & (told.probabilities.max(axis=1) >= 0.684)).sum())
    assert next(row for row in rows(page(tmp_path)) if row[0] == "5.00%")[1:3] == ["0.684", str(kept)]
    right = int((told.answers == told.labels)[~told.rejected].sum())
    assert f"<b>100</b>rejected as non-digits; of the rest {right / 400:.2%} right" in page(tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["rejected"] == {"count": 100, "kept": 400, "right": right}
    assert metrics["risk_bounds"][0]["kept"] == kept


def test_metrics_json_is_the_evaluation(report):
    folder, evaluation = report
    text = (folder / "metrics.json").read_text(encoding="utf-8")
    metrics = json.loads(text)
    assert {name: metrics[name] for name in evaluation.to_dict()} == evaluation.to_dict()
    assert metrics["facts"] == {"model": "tiny <int8>", "data": "drawn & dealt"}
    assert [bound["max_error"] for bound in metrics["risk_bounds"]] == [0.05, 0.01]
    assert metrics["left_out"] == 0
    assert text.startswith('{\n  "accuracy": 0.')
    assert text.endswith("}\n")


def test_metrics_can_be_recomputed_from_the_predictions_to_the_last_bit(report):
    folder, evaluation = report
    table = np.loadtxt(folder / "predictions.csv", delimiter=",", skiprows=1)
    assert evaluate(table[:, 1].astype(int), table[:, 4:]).to_dict() == evaluation.to_dict()


def test_scikit_learn_finds_the_same_numbers_in_the_predictions(report):
    folder, _ = report
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    table = np.loadtxt(folder / "predictions.csv", delimiter=",", skiprows=1)
    labels, predictions, probabilities = table[:, 1].astype(int), table[:, 2].astype(int), table[:, 4:]
    probabilities /= probabilities.sum(axis=1, keepdims=True)  # scikit-learn warns of what single precision leaves
    assert metrics["count"] == len(table) == 500
    assert metrics["accuracy"] == accuracy_score(labels, predictions)
    assert metrics["loss"] == pytest.approx(log_loss(labels, probabilities), rel=1e-6)
    assert metrics["confusion_matrix"] == confusion_matrix(labels, predictions).tolist()
    assert metrics["macro_f1"] == pytest.approx(f1_score(labels, predictions, average="macro"), rel=1e-12)
    brier = sum(brier_score_loss(labels == digit, probabilities[:, digit]) for digit in range(10))
    assert metrics["brier"] == pytest.approx(brier, rel=1e-6)
    expected = precision_recall_fscore_support(labels, predictions)
    for name, values in zip(("precision", "recall", "f1", "count"), expected, strict=True):
        assert [digit[name] for digit in metrics["digits"]] == pytest.approx(values.tolist(), rel=1e-12)


def test_the_page_says_what_was_evaluated(report):
    text = page(report[0])
    assert "<title>How &lt;tiny&gt; reads</title>" in text
    assert ["model", "tiny <int8>"] in rows(text)
    assert ["data", "drawn & dealt"] in rows(text)


def test_the_page_needs_nothing_else(report):
    """No address but the names of formats and data within it."""
    text = page(report[0])
    addresses = re.findall(r"""\b(?:src|href)="([^"]*)"|\burl\(([^)]*)\)""", text)
    assert addresses
    assert all((named or called).startswith(("data:", "#")) for named, called in addresses)
    assert "@import" not in text


def test_the_page_is_well_formed(report):
    """Each element that is opened is closed, in turn."""

    class Reader(HTMLParser):
        opened: ClassVar[list[str]] = []

        def handle_starttag(self, tag, _attrs):
            if tag not in ("meta", "link", "img", "br"):
                self.opened.append(tag)

        def handle_endtag(self, tag):
            assert self.opened.pop() == tag

        def handle_startendtag(self, tag, _attrs):
            pass

    reader = Reader()
    reader.feed(page(report[0]))
    assert reader.opened == []


def test_the_page_gives_every_digit_a_row(report):
    folder, evaluation = report
    text = page(folder)
    for digit in evaluation.digits:
        counts = [digit.digit, digit.count, digit.right, digit.false_positives, digit.false_negatives]
        shares = [f"{share:.4f}" for share in (digit.precision, digit.recall, digit.f1)]
        assert [*map(str, counts), *shares] in rows(text)


def test_each_count_of_the_confusion_opens_its_pictures(report):
    folder, evaluation = report
    text = page(folder)
    told = result()
    data = json.loads(re.search(r'id="glyphs">(.*?)</script>', text)[1])
    answered = told.probabilities.argmax(axis=1)
    buttons = dict(re.findall(r'data-cell="(\d-\d)"[^>]*>(\d+)</button>', text))
    assert buttons == {
        f"{truth}-{answer}": str(count) for (truth, answer), count in np.ndenumerate(evaluation.confusion) if count
    }
    for cell, chosen in data["cells"].items():
        truth, answer = map(int, cell.split("-"))
        assert len(chosen) == len(set(chosen)) == min(60, int(buttons[cell]))
        assert {(int(told.labels[i]), int(answered[i])) for i in chosen} == {(truth, answer)}
    one = next(iter(data["png"]))
    with Image.open(BytesIO(b64decode(data["png"][one]))) as picture:
        assert np.array_equal(np.asarray(picture), told.glyphs[int(one)])


def test_the_page_says_what_became_of_each_guarantee(report):
    text = page(report[0])
    labels, probabilities = answers()
    for guaranteed, threshold in (("5.00%", 0.684), ("1.00%", 0.9)):
        kept = probabilities.max(axis=1) >= threshold
        wrong = int((probabilities.argmax(axis=1) != labels)[kept].sum())
        counts = [str(kept.sum()), f"{kept.mean():.2%}", str(wrong), f"{wrong / kept.sum():.3%}"]
        assert [guaranteed, f"{threshold:g}", *counts, f"{error_bound(wrong, int(kept.sum())):.3%}"] in rows(text)
    assert "for digits like that split" in text


def test_the_worst_mistakes_come_first(report):
    text = page(report[0])
    labels, probabilities = answers()
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    worst = wrong[np.argsort(-probabilities.max(axis=1)[wrong])]
    gallery = text[text.index("wrong answers, with") : text.index("least confident of")]
    shown = [int(index) for index in re.findall(r"<figcaption>#(\d+),", gallery)]
    assert shown == worst[:24].tolist()


def test_the_probability_of_no_digit_is_among_the_alternatives(tmp_path):
    told = result()
    rest = np.full(500, 0.4)
    write_report(tmp_path, result(probabilities=told.probabilities * 0.6, not_a_digit=rest))
    assert "not a digit: 40.0%" in page(tmp_path)
    write_report(tmp_path, told)
    assert "not a digit:" not in page(tmp_path)


def test_digits_of_files_are_called_by_their_names(tmp_path):
    names = [f"7/{number} & co.png" for number in range(499)] + ["7/\udcff.png"]  # a name that is no UTF-8
    write_report(tmp_path, result(sources=names, facts={"data": "b\udcffd"}))
    text = page(tmp_path)
    wrong = np.flatnonzero(result().answers != result().labels)
    surest = wrong[np.argmax(result().probabilities.max(axis=1)[wrong])]
    assert f"<figcaption>7/{surest} &amp; co.png, labeled" in text
    assert ["data", "b?d"] in rows(text)
    last = (tmp_path / "predictions.csv").read_bytes().splitlines()[-1]
    assert last.endswith(rb",7/\udcff.png")
    with pytest.raises(DataError, match="Expected 500 sources, or none. Received: 499"):
        result(sources=names[1:])


def test_what_was_left_out_is_told(tmp_path):
    write_report(
        tmp_path, result(left_out=[LoadIssue(f"{number}.png", "the picture is <blank>") for number in range(40)])
    )
    text = page(tmp_path)
    assert "40 of 540 could not be used" in text
    assert text.count("the picture is &lt;blank&gt;") == 30
    assert "And 10 more." in text
    assert json.loads((tmp_path / "metrics.json").read_text())["left_out"] == 40


def test_digits_that_do_not_occur_have_no_scores(tmp_path):
    write_report(tmp_path, result(1, labels=np.array([4]), probabilities=np.eye(10)[[4]]))
    assert ["3", "0", "0", "0", "0", "–", "–", "–"] in rows(page(tmp_path))
    three = json.loads((tmp_path / "metrics.json").read_text())["digits"][3]
    assert (three["precision"], three["recall"], three["f1"]) == (None, None, None)


def test_labels_that_are_contradicted_with_confidence_are_shown(tmp_path):
    told = result()
    labels = told.labels.copy()
    sure = int(told.probabilities.max(axis=1).argmax())
    labels[sure] = (labels[sure] + 1) % 10
    write_report(tmp_path, result(labels=labels))
    text = page(tmp_path)
    doubted = text[text.index("Possible label errors") : text.index("Calibration and rejection")]
    named = [suspect["index"] for suspect in json.loads((tmp_path / "metrics.json").read_text())["label_issues"]]
    assert sure in named
    assert [int(number) for number in re.findall(r"<figcaption>#(\d+),", doubted)] == named[:24]
    assert f", {len(named)} of them with at least its usual confidence" in doubted


def test_known_wrong_labels_are_counted_apart(tmp_path):
    told = result()
    answered = told.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answered != told.labels)[:3]
    write_report(tmp_path, result(corrections={int(i): int(answered[i]) for i in wrong}))
    right = (answered == told.labels).mean()
    assert f"{right + 3 / 500:.2%} are read right" in page(tmp_path)
    corrected = json.loads((tmp_path / "metrics.json").read_text())["corrected"]
    assert corrected["accuracy"] == pytest.approx(right + 3 / 500)


def test_a_baseline_is_compared_on_the_same_digits(tmp_path):
    told = result()
    perfect = np.eye(10)[told.labels]
    write_report(tmp_path, result(baseline=Baseline("the <best>", perfect)))
    text = page(tmp_path)
    wrong = int((told.probabilities.argmax(axis=1) != told.labels).sum())
    assert "the &lt;best&gt; 100.00%" in text
    assert f"0 digits only tiny 1 reads right, {wrong} only the &lt;best&gt;, 0 neither" in text
    few = ", the 24 with the highest confidence" if wrong > 24 else ""
    assert f"Read right by the &lt;best&gt; alone: {wrong}{few}." in text
    worst = int(np.flatnonzero(told.answers != told.labels)[0])
    assert re.search(
        rf"<figcaption>#{worst}, labeled \d(<br>\d: [\d.]+%)+<br>the &lt;best&gt;: {told.labels[worst]}<", text
    )
    baseline = json.loads((tmp_path / "metrics.json").read_text())["baseline"]
    assert (baseline["name"], baseline["accuracy"], baseline["only_first"], baseline["only_second"]) == (
        "the <best>",
        1,
        0,
        wrong,
    )


def test_where_both_are_wrong_but_differently_is_shown(tmp_path):
    told = result(3, labels=np.array([1, 2, 3]), probabilities=np.eye(10)[[1, 5, 6]])
    write_report(tmp_path, result(3, **{**vars(told), "baseline": Baseline("other", np.eye(10)[[1, 7, 6]])}))
    text = page(tmp_path)
    assert "Read wrong by both, but differently: 1." in text
    assert re.search(r"#1, labeled 2<br>5: 100\.0%<br>.*<br>other: 7<", text)


def test_examples_show_the_picture_and_its_glyph(tmp_path):
    told = result()
    one = Example("a & b.png", b"PNG", told.glyphs[0], "7, sure")
    write_report(tmp_path, result(examples=[one, Example("blank.png", b"PNG", None, "rejected: blank")]))
    text = page(tmp_path)
    assert "a &amp; b.png: 7, sure" in text
    assert text.count('alt="its glyph"') == 1
    assert text.count(f"base64,{b64encode(b'PNG').decode()}") == 2


def test_of_one_digit_only_what_there_is_is_told(tmp_path):
    write_report(tmp_path, result(1, labels=np.array([4]), probabilities=np.eye(10)[[4]]))
    text = page(tmp_path)
    assert "Nothing was read wrong." in text
    for absent in ("Learning curves", "guaranteed", "Possible label errors", "Compared", "How to reproduce"):
        assert absent not in text


@pytest.mark.parametrize(("module", "purpose"), [("matplotlib", "plots"), ("jinja2", "reports")])
def test_without_an_extra_nothing_is_written(tmp_path, monkeypatch, module, purpose):
    monkeypatch.setitem(sys.modules, module, None)  # importing it fails as if it were not installed
    with pytest.raises(MissingExtraError, match=rf"Expected {module} for {purpose}\. Received: it is not installed\."):
        write_report(tmp_path / "report", result())
    assert not (tmp_path / "report").exists()


def test_names_cannot_break_out_of_the_page_or_its_data(tmp_path):
    name = "</script><script>alert(1)</script>&\u2028\u2029\"'"
    write_report(tmp_path, result(1, labels=np.array([4]), probabilities=np.eye(10)[[5]], sources=[name], title=name))
    text = page(tmp_path)
    assert text.count("<script") == text.count("</script>") == 2
    assert "alert(1)" in text
    data = re.search(r'id="glyphs">(.*?)</script>', text)[1]
    assert not set("<>&\u2028\u2029") & set(data)
    assert json.loads(data)["info"]["0"][3] == name


def test_the_history_says_where_overfitting_begins(tmp_path):
    losses = [0.3, 0.1, 0.2]
    history = [HISTORY[0] | {"epoch": number + 1, "validation_loss": loss} for number, loss in enumerate(losses)]
    write_report(tmp_path, result(history=history))
    assert "lowest after epoch 2 (0.1000) and 0.2000 at the end" in page(tmp_path)
    write_report(tmp_path, result(history=history[:2]))
    assert "the last one: longer training may still help" in page(tmp_path)


def test_the_comparison_for_a_terminal_names_both_models():
    told = result()
    line = comparison_line(result(baseline=Baseline("best 3", np.eye(10)[told.labels])))
    assert line.startswith(
        f"compared: tiny 1 {told.correct.mean():.2%}, best 3 100.00%; 0 digits only tiny 1 reads right"
    )
    assert line.endswith("by McNemar's exact test")


def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(DataError, match="Expected probabilities"):
        result(probabilities=answers()[1][:499])
    with pytest.raises(DataError, match="Expected glyphs of shape"):
        result(glyphs=np.zeros((499, 28, 28), np.uint8))
    with pytest.raises(DataError):
        write_report(tmp_path / "report", result(history=[{"epoch": 1}]))
    assert not (tmp_path / "report").exists()


def test_the_confusion_table_is_aligned_with_dots_for_zeros():
    labels = np.array([0] * 12 + [7, 7])
    table = confusion_table(evaluate(labels, np.eye(10)[[0] * 12 + [7, 1]])).splitlines()
    assert table[1:5] == [
        "label │   0   1   2   3   4   5   6   7   8   9",
        "──────┼────────────────────────────────────────",
        "    0 │  12   ·   ·   ·   ·   ·   ·   ·   ·   ·",
        "    1 │   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·",
    ]
    assert table[10] == "    7 │   ·   1   ·   ·   ·   ·   ·   1   ·   ·"
    assert len(table) == 13


def test_the_summary_says_the_headlines_then_a_sentence_a_digit():
    lines = summary_lines(evaluate(np.array([7, 7, 1, 3]), np.eye(10)[[7, 1, 1, 3]]))
    assert lines[0] == "accuracy: 75.00% (95 % interval 30.06% to 95.44%; 3 of 4 right, n = 4)"
    assert lines[1] == "loss: 6.9078 nats per digit (95 % interval 0.0000 to 20.4467)"
    assert lines[2] == "ECE: 0.2500 (expected calibration error, 15 bins)"
    assert lines[-3] == "7: 1 of 2 right; 1 seven read as something else; 0 others read as 7"
    assert len(lines) == 15
