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

from inkdigits.errors import DataError, MissingExtraError
from inkdigits.evaluation.evaluation import evaluate
from inkdigits.evaluation.selective import error_bound
from inkdigits.reporting.content import Example, ReportContent, Rival
from inkdigits.reporting.evaluation_report import confusion_table, summary_lines, write_report

HISTORY = [{"epoch": 1, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.1, "validation_accuracy": 0.97, "step": 9}]
PROMISES = [(0.05, 0.684), (0.01, 0.9)]
FILES = {"metrics.json", "predictions.csv", "report.html"}


def answers(count=500):
    """Labels and probabilities in single precision, as a model gives them, about nine of ten right."""
    rng = np.random.default_rng(11)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    logits = rng.normal(size=(count, 10)) + 4 * np.eye(10)[labels]
    weights = np.exp(logits.astype(np.float32))
    return labels, weights / weights.sum(axis=1, keepdims=True)


def content(count=500, **more):
    labels, probabilities = answers(count)
    glyphs = np.random.default_rng(5).integers(0, 256, (count, 28, 28), np.uint8)
    return ReportContent(
        **({"title": "x", "facts": {}, "labels": labels, "probabilities": probabilities, "glyphs": glyphs} | more)
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
    told = content(title="How <tiny> reads", facts=facts, history=HISTORY, promises=PROMISES)
    return folder, write_report(folder, told)


def test_the_folder_holds_every_file(report):
    folder, _ = report
    assert {path.name for path in folder.iterdir()} == FILES


def test_no_threshold_keeps_what_is_refused(tmp_path):
    told = content(promises=PROMISES, refused=np.arange(500) % 5 == 0)
    write_report(tmp_path, told)
    kept = int((~told.refused & (told.probabilities.max(axis=1) >= 0.684)).sum())
    assert next(row for row in rows(page(tmp_path)) if row[0] == "5.00%")[1:3] == ["0.684", str(kept)]
    right = int((told.answers == told.labels)[~told.refused].sum())
    assert f"<b>100</b>taken for no digit; of the rest {right / 400:.2%} right" in page(tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["refused"] == {"count": 100, "kept": 400, "right": right}
    assert metrics["promises"][0]["kept"] == kept


def test_metrics_json_is_the_evaluation(report):
    folder, evaluation = report
    text = (folder / "metrics.json").read_text(encoding="utf-8")
    metrics = json.loads(text)
    assert evaluation.to_dict() == evaluate(*answers()).to_dict()
    assert {name: metrics[name] for name in evaluation.to_dict()} == evaluation.to_dict()
    assert metrics["facts"] == {"model": "tiny <int8>", "data": "drawn & dealt"}
    assert [promise["max_error"] for promise in metrics["promises"]] == [0.05, 0.01]
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


def test_the_page_gives_every_digit_a_row_and_a_sentence(report):
    folder, evaluation = report
    text = page(folder)
    for digit in evaluation.digits:
        counts = [digit.digit, digit.count, digit.right, digit.false_positives, digit.false_negatives]
        shares = [f"{share:.4f}" for share in (digit.precision, digit.recall, digit.f1)]
        assert [*map(str, counts), *shares] in rows(text)
        assert f"<li>{digit.sentence}</li>" in text


def test_each_count_of_the_confusion_opens_its_pictures(report):
    folder, evaluation = report
    text = page(folder)
    told = content()
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
        assert np.array_equal(255 - np.asarray(picture), told.glyphs[int(one)])


def test_the_page_says_what_became_of_each_promise(report):
    text = page(report[0])
    labels, probabilities = answers()
    for promised, threshold in (("5.00%", 0.684), ("1.00%", 0.9)):
        kept = probabilities.max(axis=1) >= threshold
        wrong = int((probabilities.argmax(axis=1) != labels)[kept].sum())
        counts = [str(kept.sum()), f"{kept.mean():.2%}", str(wrong), f"{wrong / kept.sum():.3%}"]
        assert [promised, f"{threshold:g}", *counts, f"{error_bound(wrong, int(kept.sum())):.3%}"] in rows(text)
    assert "for digits like that split" in text


def test_the_worst_mistakes_come_first(report):
    text = page(report[0])
    labels, probabilities = answers()
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    worst = wrong[np.argsort(-probabilities.max(axis=1)[wrong])]
    gallery = text[text.index("The worst mistakes") : text.index("least sure")]
    shown = [int(index) for index in re.findall(r"<figcaption>#(\d+),", gallery)]
    assert shown == worst[:24].tolist()


def test_a_chance_of_no_digit_is_among_the_alternatives(tmp_path):
    told = content()
    write_report(tmp_path, content(probabilities=told.probabilities * 0.6))
    assert "no digit: 40.0%" in page(tmp_path)
    write_report(tmp_path, told)
    assert "no digit:" not in page(tmp_path)


def test_digits_of_files_are_called_by_their_names(tmp_path):
    names = [f"7/{number} & co.png" for number in range(499)] + ["7/\udcff.png"]  # a name that is no UTF-8
    write_report(tmp_path, content(sources=names, facts={"data": "b\udcffd"}))
    text = page(tmp_path)
    wrong = np.flatnonzero(content().answers != content().labels)
    surest = wrong[np.argmax(content().probabilities.max(axis=1)[wrong])]
    assert f"<figcaption>7/{surest} &amp; co.png, labeled" in text
    assert ["data", "b?d"] in rows(text)
    last = (tmp_path / "predictions.csv").read_bytes().splitlines()[-1]
    assert last.endswith(rb",7/\udcff.png")
    with pytest.raises(DataError, match="Expected 500 sources, or none. Received: 499"):
        content(sources=names[1:])


def test_what_was_left_out_is_told(tmp_path):
    write_report(tmp_path, content(left_out=[f"{number}.png: the picture is <blank>" for number in range(40)]))
    text = page(tmp_path)
    assert "40 of 540 could not be used" in text
    assert text.count("the picture is &lt;blank&gt;") == 30
    assert "And 10 more." in text
    assert json.loads((tmp_path / "metrics.json").read_text())["left_out"] == 40


def test_digits_that_do_not_occur_have_no_scores(tmp_path):
    write_report(tmp_path, content(1, labels=np.array([4]), probabilities=np.eye(10)[[4]]))
    assert ["3", "0", "0", "0", "0", "–", "–", "–"] in rows(page(tmp_path))
    three = json.loads((tmp_path / "metrics.json").read_text())["digits"][3]
    assert (three["precision"], three["recall"], three["f1"]) == (None, None, None)


def test_labels_that_are_contradicted_surely_are_shown(tmp_path):
    told = content()
    labels = told.labels.copy()
    sure = int(told.probabilities.max(axis=1).argmax())
    labels[sure] = (labels[sure] + 1) % 10
    write_report(tmp_path, content(labels=labels))
    text = page(tmp_path)
    doubted = text[text.index("Labels that may be wrong") : text.index("How sure, how right")]
    named = [suspect["index"] for suspect in json.loads((tmp_path / "metrics.json").read_text())["label_issues"]]
    assert sure in named
    assert [int(number) for number in re.findall(r"<figcaption>#(\d+),", doubted)] == named[:24]
    assert f", {len(named)} of them as surely" in doubted


def test_known_wrong_labels_are_counted_apart(tmp_path):
    told = content()
    answered = told.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answered != told.labels)[:3]
    write_report(tmp_path, content(corrections={int(i): int(answered[i]) for i in wrong}))
    right = (answered == told.labels).mean()
    assert f"{right + 3 / 500:.2%} are read right" in page(tmp_path)
    corrected = json.loads((tmp_path / "metrics.json").read_text())["corrected"]
    assert corrected["accuracy"] == pytest.approx(right + 3 / 500)


def test_a_rival_is_compared_on_the_same_digits(tmp_path):
    told = content()
    perfect = np.eye(10)[told.labels]
    write_report(tmp_path, content(rival=Rival("the <best>", perfect)))
    text = page(tmp_path)
    wrong = int((told.probabilities.argmax(axis=1) != told.labels).sum())
    assert "the &lt;best&gt; reads 100.00% right" in text
    assert f"0 digits only this model reads right, {wrong} only the &lt;best&gt;, 0 neither" in text
    few = ", the 24 that one of them is surest of" if wrong > 24 else ""
    assert f"Read right by the &lt;best&gt; alone: {wrong}{few}." in text
    worst = int(np.flatnonzero(told.answers != told.labels)[0])
    assert re.search(rf"<figcaption>#{worst}, labeled \d(<br>\d: [\d.]+%)+<br>the other: {told.labels[worst]}<", text)
    rival = json.loads((tmp_path / "metrics.json").read_text())["rival"]
    assert (rival["name"], rival["accuracy"], rival["only_first"], rival["only_second"]) == ("the <best>", 1, 0, wrong)


def test_where_both_are_wrong_but_not_alike_is_shown(tmp_path):
    told = content(3, labels=np.array([1, 2, 3]), probabilities=np.eye(10)[[1, 5, 6]])
    write_report(tmp_path, content(3, **{**vars(told), "rival": Rival("other", np.eye(10)[[1, 7, 6]])}))
    text = page(tmp_path)
    assert "Read wrong by both, but not alike: 1." in text
    assert re.search(r"#1, labeled 2<br>5: 100\.0%<br>.*<br>the other: 7<", text)


def test_examples_show_the_picture_and_its_glyph(tmp_path):
    told = content()
    one = Example("a & b.png", b"PNG", told.glyphs[0], "7, sure")
    write_report(tmp_path, content(examples=[one, Example("blank.png", b"PNG", None, "rejected: blank")]))
    text = page(tmp_path)
    assert "a &amp; b.png: 7, sure" in text
    assert text.count('alt="its glyph"') == 1
    assert text.count(f"base64,{b64encode(b'PNG').decode()}") == 2


def test_of_one_digit_only_what_there_is_is_told(tmp_path):
    write_report(tmp_path, content(1, labels=np.array([4]), probabilities=np.eye(10)[[4]]))
    text = page(tmp_path)
    assert "Nothing was read wrong." in text
    for absent in ("How it learned", "promise", "Labels that may be wrong", "Against", "How to get this again"):
        assert absent not in text


def test_without_matplotlib_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # importing it fails as if it were not installed
    with pytest.raises(MissingExtraError, match=r"Expected matplotlib for plots\. Received: it is not installed\."):
        write_report(tmp_path / "report", content())
    assert not (tmp_path / "report").exists()


def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(DataError, match="Expected probabilities"):
        content(probabilities=answers()[1][:499])
    with pytest.raises(DataError, match="Expected glyphs of shape"):
        content(glyphs=np.zeros((499, 28, 28), np.uint8))
    with pytest.raises(DataError):
        write_report(tmp_path / "report", content(history=[{"epoch": 1}]))
    assert not (tmp_path / "report").exists()


def test_the_confusion_table_is_aligned_with_dots_for_zeros():
    labels = np.array([0] * 12 + [7, 7])
    table = confusion_table(evaluate(labels, np.eye(10)[[0] * 12 + [7, 1]])).splitlines()
    assert table[1:5] == [
        "truth │   0   1   2   3   4   5   6   7   8   9",
        "──────┼────────────────────────────────────────",
        "    0 │  12   ·   ·   ·   ·   ·   ·   ·   ·   ·",
        "    1 │   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·",
    ]
    assert table[10] == "    7 │   ·   1   ·   ·   ·   ·   ·   1   ·   ·"
    assert len(table) == 13


def test_the_summary_says_the_headlines_then_a_sentence_a_digit():
    lines = summary_lines(evaluate(np.array([7, 7, 1, 3]), np.eye(10)[[7, 1, 1, 3]]))
    assert lines[0] == "accuracy: 75.00% (95 % interval 30.06% to 95.44%; 3 of 4 right, n = 4)"
    assert lines[1] == "loss: 6.9078 nats a digit (95 % interval 0.0000 to 20.4467)"
    assert lines[2] == "ECE: 0.2500 (expected calibration error, 15 bins)"
    assert lines[-3] == "7: 1 of 2 right; 1 seven read as something else; 0 others read as 7"
    assert len(lines) == 15
