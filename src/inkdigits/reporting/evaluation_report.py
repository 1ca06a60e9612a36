"""The report of an evaluation: a result in; `report.html`, `metrics.json` and `predictions.csv` out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inkdigits.errors import require
from inkdigits.evaluation.metrics import accuracy
from inkdigits.evaluation.predictions import write_predictions
from inkdigits.evaluation.selective import require_scipy
from inkdigits.files import draft_of, write_atomically
from inkdigits.reporting.analysis import Analysis, analyze
from inkdigits.reporting.evaluation_page import render
from inkdigits.reporting.plots import check_history, require_matplotlib
from inkdigits.reporting.result import EvaluationResult

METRICS_NAME = "metrics.json"
PREDICTIONS_NAME = "predictions.csv"
REPORT_NAME = "report.html"


def require_reports() -> None:
    """Checks that reports can be written.

    Raises:
        MissingExtraError: A package that they need is not installed.
    """
    require_matplotlib()
    require("jinja2", extra="report", purpose="reports")
    require_scipy()


def write_report(folder: Path, result: EvaluationResult, *, command: str = "", raw: bool = False) -> Path:
    """Writes `report.html`, `metrics.json` and `predictions.csv` into a folder.

    The page needs neither a network nor another file. Everything is checked before the first file is written.

    Args:
        folder: Made if it is not there; old files of the same names are replaced.
        result: What the report shows.
        command: The command that makes the report again, if there is one.
        raw: Whether names that a spreadsheet would execute are left as they are in `predictions.csv`.

    Returns:
        The page.

    Raises:
        DataError: The history is not as expected.
        MissingExtraError: A package that reports need is not installed.
    """
    require_reports()
    if result.history:
        check_history(result.history)
    analysis = analyze(result)
    reproduce = ({"command": command} if command else {}) | dict(result.reproduce)
    page = render(result, analysis, reproduce=reproduce)
    metrics = json.dumps(_metrics(result, analysis, reproduce), indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    _write_text(folder / METRICS_NAME, metrics + "\n")
    with draft_of(folder / PREDICTIONS_NAME) as draft:
        write_predictions(draft, result.labels, result.probabilities, sources=result.sources, raw=raw)
    _write_text(folder / REPORT_NAME, page)
    return folder / REPORT_NAME


def _metrics(result: EvaluationResult, analysis: Analysis, reproduce: Mapping[str, str]) -> dict[str, Any]:
    """Everything that the page shows in numbers."""
    metrics = analysis.evaluation.to_dict() | {"left_out": len(result.left_out)}
    if result.rejected is not None:
        kept = result.correct_if_kept
        metrics["rejected"] = {"count": int(result.rejected.sum()), "kept": len(kept), "right": int(kept.sum())}
    if analysis.corrected is not None:
        corrected = analysis.corrected.to_dict()
        metrics["corrected"] = {name: corrected[name] for name in ("accuracy", "accuracy_interval", "loss")}
    if analysis.bounds:
        metrics["risk_bounds"] = [{"max_error": bound.max_error} | asdict(point) for bound, point in analysis.bounds]
    metrics["label_issues"] = [asdict(issue) for issue in analysis.label_issues if issue.confident]
    if result.baseline is not None and analysis.comparison is not None:
        share = accuracy(result.labels, result.baseline.answers)
        metrics["baseline"] = {"name": result.baseline.name, "accuracy": share, **asdict(analysis.comparison)}
    if result.robustness is not None:
        metrics["robustness"] = result.robustness.to_dict()
    return metrics | {"facts": dict(result.facts), "reproduce": dict(reproduce)}


def _write_text(path: Path, text: str) -> None:
    # Names of files may hold bytes that are no characters.
    write_atomically(path, text.encode("utf-8", errors="replace"))
