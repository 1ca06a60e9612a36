"""The report: labels, probabilities and glyphs in; a page, numbers and answers out, and words for a terminal.

It knows nothing of models.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits.evaluation.evaluation import Evaluation, evaluate
from inkdigits.evaluation.page import render
from inkdigits.evaluation.plots import check_history, require_matplotlib
from inkdigits.evaluation.predictions import write_predictions
from inkdigits.evaluation.report_content import ReportContent
from inkdigits.evaluation.selective import OperatingPoint, points_at

METRICS_NAME = "metrics.json"
PREDICTIONS_NAME = "predictions.csv"
REPORT_NAME = "report.html"


def write_report(folder: Path, content: ReportContent) -> Evaluation:
    """Evaluates, and writes `report.html`, `metrics.json` and `predictions.csv` into a folder.

    The page needs neither a network nor another file. Everything is checked before the first file is written.

    Args:
        folder: Made if it is not there; old files of the same names are replaced.
        content: What the report tells of.

    Returns:
        The evaluation.

    Raises:
        DataError: The history is not as expected.
        MissingExtraError: matplotlib is not installed.
    """
    require_matplotlib()
    evaluation = evaluate(content.labels, content.probabilities)
    if content.history:
        check_history(content.history)
    page = render(content, evaluation, _kept(content))
    folder.mkdir(parents=True, exist_ok=True)
    _write_text(folder / METRICS_NAME, json.dumps(_metrics(content, evaluation), indent=2) + "\n")
    write_predictions(folder / PREDICTIONS_NAME, content.labels, content.probabilities)
    _write_text(folder / REPORT_NAME, page)
    return evaluation


def _metrics(content: ReportContent, evaluation: Evaluation) -> dict[str, Any]:
    robust = {} if content.robustness is None else {"robustness": content.robustness.to_dict()}
    return evaluation.to_dict() | robust


def _kept(content: ReportContent) -> list[tuple[float, OperatingPoint]]:
    """What became of each promise on these digits."""
    chances = np.asarray(content.probabilities, np.float64)
    thresholds = tuple(threshold for _, threshold in content.promises)
    confidences = chances.max(axis=1)
    if content.refused is not None:
        confidences = np.where(content.refused, 0.0, confidences)
    points = points_at(thresholds, confidences, chances.argmax(axis=1) == content.labels)
    return [(promised, point) for (promised, _), point in zip(content.promises, points, strict=True)]


def confusion_table(evaluation: Evaluation) -> str:
    """The confusion matrix for a terminal; `·` stands for 0.

    Returns:
        Lines of equal length: the truth down the side, what was read along the top.
    """
    counts = evaluation.confusion.tolist()
    width = max(len(str(count)) for row in counts for count in row) + 2
    header = "truth │" + "".join(f"{digit:>{width}}" for digit in range(len(counts)))
    lines = ["      │" + " read as".ljust(width * len(counts)), header, "──────┼" + "─" * (width * len(counts))]
    for digit, row in enumerate(counts):
        lines.append(f"{digit:>5} │" + "".join(f"{count or '·':>{width}}" for count in row))
    return "\n".join(lines)


def summary_lines(evaluation: Evaluation) -> list[str]:
    """The headline numbers, then one sentence a digit."""
    return [f"{name}: {value}" for name, value in _headlines(evaluation)] + [
        digit.sentence for digit in evaluation.digits
    ]


def _headlines(evaluation: Evaluation) -> list[tuple[str, str]]:
    low, high = evaluation.accuracy_interval
    of_all = f"{evaluation.right} of {evaluation.count} right, n = {evaluation.count}"
    return [
        ("accuracy", f"{evaluation.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%}; {of_all})"),
        ("loss", f"{evaluation.loss:.4f} nats a digit"),
        ("ECE", f"{evaluation.ece:.4f} (expected calibration error, 15 bins)"),
        ("Brier score", f"{evaluation.brier:.4f}"),
        ("macro F1", f"{evaluation.macro_f1:.4f}"),
    ]


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
