"""The report: labels, probabilities and glyphs in; a page, numbers and answers out, and words for a terminal.

It knows nothing of models.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inkdigits.evaluation.evaluation import Evaluation
from inkdigits.evaluation.metrics import accuracy
from inkdigits.evaluation.predictions import write_predictions
from inkdigits.reporting.analysis import Findings, find
from inkdigits.reporting.content import ReportContent
from inkdigits.reporting.evaluation_page import render
from inkdigits.reporting.plots import check_history, require_matplotlib

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
    if content.history:
        check_history(content.history)
    findings = find(content)
    page = render(content, findings)
    metrics = json.dumps(_metrics(content, findings), indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    _write_text(folder / METRICS_NAME, metrics + "\n")
    write_predictions(folder / PREDICTIONS_NAME, content.labels, content.probabilities, sources=content.sources)
    _write_text(folder / REPORT_NAME, page)
    return findings.evaluation


def _metrics(content: ReportContent, findings: Findings) -> dict[str, Any]:
    """Everything that the page tells in numbers."""
    told = findings.evaluation.to_dict() | {"left_out": len(content.left_out)}
    if content.refused is not None:
        right = content.right_of_kept
        told["refused"] = {"count": int(content.refused.sum()), "kept": len(right), "right": int(right.sum())}
    if findings.corrected is not None:
        corrected = findings.corrected.to_dict()
        told["corrected"] = {name: corrected[name] for name in ("accuracy", "accuracy_interval", "loss")}
    if findings.kept:
        told["promises"] = [{"max_error": promised} | asdict(point) for promised, point in findings.kept]
    told["label_issues"] = [asdict(suspect) for suspect in findings.suspects if suspect.confident]
    if content.rival is not None and findings.compared is not None:
        share = accuracy(content.labels, content.rival.answers)
        told["rival"] = {"name": content.rival.name, "accuracy": share, **asdict(findings.compared)}
    if content.robustness is not None:
        told["robustness"] = content.robustness.to_dict()
    return told | {"facts": dict(content.facts), "reproduce": dict(content.reproduce)}


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
    least, most = evaluation.loss_interval
    of_all = f"{evaluation.right} of {evaluation.count} right, n = {evaluation.count}"
    return [
        ("accuracy", f"{evaluation.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%}; {of_all})"),
        ("loss", f"{evaluation.loss:.4f} nats a digit (95 % interval {least:.4f} to {most:.4f})"),
        ("ECE", f"{evaluation.ece:.4f} (expected calibration error, 15 bins)"),
        ("Brier score", f"{evaluation.brier:.4f}"),
        ("macro F1", f"{evaluation.macro_f1:.4f}"),
    ]


def _write_text(path: Path, text: str) -> None:
    # Names of files may hold bytes that are no characters.
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
