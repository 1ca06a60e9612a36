"""The report: a folder whose numbers, words and links agree with one another, and with scikit-learn."""

import json
import re
import sys

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
from inkdigits.evaluation.predictions import read_predictions
from inkdigits.evaluation.report import confusion_table, summary_lines, write_report
from inkdigits.evaluation.selective import error_bound

HISTORY = [{"epoch": 1, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.1, "validation_accuracy": 0.97, "step": 9}]
PROMISES = [(0.05, 0.684), (0.01, 0.9)]
FILES = {"metrics.json", "predictions.csv", "confusion.png", "reliability.png", "coverage.png", "report.md"}


def answers(count=500):
    """Labels and probabilities in single precision, as a model gives them, about nine of ten right."""
    rng = np.random.default_rng(11)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    logits = rng.normal(size=(count, 10)) + 4 * np.eye(10)[labels]
    weights = np.exp(logits.astype(np.float32))
    return labels, weights / weights.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "deep" / "report"
    facts = {"model": "tiny | int8", "data": "drawn\nby chance"}
    evaluation = write_report(
        folder, *answers(), title="How tiny reads", facts=facts, history=HISTORY, promises=PROMISES
    )
    return folder, evaluation


def test_the_folder_holds_every_file(report):
    folder, _ = report
    assert {path.name for path in folder.iterdir()} == FILES | {"history.png"}


def test_no_threshold_keeps_what_is_refused(tmp_path):
    labels, probabilities = answers()
    refused = np.arange(len(labels)) % 5 == 0
    write_report(tmp_path, labels, probabilities, title="x", facts={}, promises=PROMISES, refused=refused)
    kept = int((~refused & (probabilities.max(axis=1) >= 0.684)).sum())
    assert f"| 5.00% | 0.684 | {kept} |" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_metrics_json_is_the_evaluation(report):
    folder, evaluation = report
    text = (folder / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == evaluation.to_dict() == evaluate(*answers()).to_dict()
    assert text.startswith('{\n  "accuracy": 0.')
    assert text.endswith("}\n")


def test_metrics_can_be_recomputed_from_the_predictions_to_the_last_bit(report):
    folder, evaluation = report
    assert evaluate(*read_predictions(folder / "predictions.csv")).to_dict() == evaluation.to_dict()


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


def test_the_report_says_what_was_evaluated(report):
    folder, _ = report
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# How tiny reads\n\n| fact | value |\n")
    assert "| model | tiny \\| int8 |\n| data | drawn by chance |\n" in text


def test_the_report_gives_every_digit_a_row_and_a_sentence(report):
    folder, evaluation = report
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "| digit | count | right | false positives | false negatives | precision | recall | F1 |" in text
    for digit in evaluation.digits:
        counts = f"{digit.count} | {digit.right} | {digit.false_positives} | {digit.false_negatives}"
        assert f"| {digit.digit} | {counts} | {digit.precision:.4f} | {digit.recall:.4f} | {digit.f1:.4f} |" in text
        assert f"- {digit.sentence}\n" in text


def test_the_report_says_what_became_of_each_promise(report):
    folder, _ = report
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "| promised: wrong at most | from confidence | kept | coverage | wrong | error | bound |" in text
    labels, probabilities = answers()
    for promised, threshold in (("5.00%", 0.684), ("1.00%", 0.9)):
        kept = probabilities.max(axis=1) >= threshold
        wrong = int((probabilities.argmax(axis=1) != labels)[kept].sum())
        counts = f"{kept.sum()} | {kept.mean():.2%} | {wrong} | {wrong / kept.sum():.3%}"
        assert f"| {promised} | {threshold} | {counts} | {error_bound(wrong, int(kept.sum())):.3%} |" in text
    assert "for digits like that split's" in text


def test_everything_that_the_report_links_is_there(report):
    folder, _ = report
    links = re.findall(r"\]\(([^)]+)\)", (folder / "report.md").read_text(encoding="utf-8"))
    assert set(links) == FILES - {"report.md"} | {"history.png"}
    for name in links:
        if name.endswith(".png"):
            with Image.open(folder / name) as picture:
                assert min(picture.size) > 400
                assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_without_a_history_there_is_no_picture_of_it(tmp_path):
    write_report(tmp_path, np.array([4]), np.eye(10)[[4]], title="One", facts={})
    assert {path.name for path in tmp_path.iterdir()} == FILES
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "history" not in text
    assert "| fact |" not in text
    assert "promise" not in text


def test_without_matplotlib_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # importing it fails as if it were not installed
    with pytest.raises(MissingExtraError, match=r"Expected matplotlib for plots\. Received: it is not installed\."):
        write_report(tmp_path / "report", *answers(), title="None", facts={})
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(("rows", "history"), [(499, HISTORY), (500, [{"epoch": 1}])])
def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path, rows, history):
    labels, probabilities = answers()
    with pytest.raises(DataError):
        write_report(tmp_path / "report", labels, probabilities[:rows], title="None", facts={}, history=history)
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
    assert lines[1] == "loss: 6.9078 nats a digit"
    assert lines[2] == "ECE: 0.2500 (expected calibration error, 15 bins)"
    assert lines[-3] == "7: 1 of 2 right; 1 seven read as something else; 0 others read as 7"
    assert len(lines) == 15
