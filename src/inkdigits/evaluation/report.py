"""The report: labels and probabilities in, a folder of numbers, plots and words out. Knows nothing of models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.evaluation.checks import Labels, Probabilities, check_predictions
from inkdigits.evaluation.evaluation import Evaluation, evaluate
from inkdigits.evaluation.plots import (
    check_history,
    plot_confusion,
    plot_history,
    plot_reliability,
    plot_risk_coverage,
    require_matplotlib,
)
from inkdigits.evaluation.predictions import write_predictions
from inkdigits.evaluation.selective import OperatingPoint, points_at

METRICS_NAME = "metrics.json"
PREDICTIONS_NAME = "predictions.csv"
REPORT_NAME = "report.md"
HOW_PROMISED = (
    "Each promise was made on the model's calibration split, by a threshold chosen there, with 95 % confidence and for "
    "digits like that split's. The other columns are counted on the digits of this report; the bound is the exact "
    "95 % upper one."
)


def write_report(
    folder: Path,
    labels: Labels,
    probabilities: Probabilities,
    *,
    title: str,
    facts: Mapping[str, str],
    history: Sequence[Mapping[str, float]] = (),
    promises: Sequence[tuple[float, float]] = (),
    refused: NDArray[np.bool_] | None = None,
) -> Evaluation:
    """Evaluates, and writes `report.md`, `metrics.json`, `predictions.csv` and the plots into a folder.

    Everything is checked before the first file is written.

    Args:
        folder: Made if it is not there; old files of the same names are replaced.
        labels: Shape `(N,)`, integers 0 to 9.
        probabilities: Shape `(N, 10)`; each row adds up to 1.
        title: The headline.
        facts: What was evaluated, by name: the model, the data, the machine.
        history: The training's epochs, as `plot_history` takes them; none, and there is no `history.png`.
        promises: Error rates that the model promises, each with the threshold that it promises it for; none, and there
            is no table of what became of them.
        refused: Which digits the model takes for none, shape `(N,)`: no threshold keeps them; none if None.

    Returns:
        The evaluation.

    Raises:
        DataError: Labels, probabilities or history are not as expected.
        MissingExtraError: matplotlib is not installed.
    """
    require_matplotlib()
    evaluation = evaluate(labels, probabilities)
    if history:
        check_history(history)
    folder.mkdir(parents=True, exist_ok=True)
    _write_text(folder / METRICS_NAME, json.dumps(evaluation.to_dict(), indent=2) + "\n")
    write_predictions(folder / PREDICTIONS_NAME, labels, probabilities)
    plot_confusion(evaluation.confusion, folder / "confusion.png")
    plot_reliability(labels, probabilities, folder / "reliability.png")
    plot_risk_coverage(labels, probabilities, folder / "coverage.png")
    if history:
        plot_history(history, folder / "history.png")
    kept = _kept(labels, probabilities, promises, refused)
    _write_text(folder / REPORT_NAME, _markdown(evaluation, title, facts, kept=kept, with_history=bool(history)))
    return evaluation


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


def _kept(
    labels: Labels,
    probabilities: Probabilities,
    promises: Sequence[tuple[float, float]],
    refused: NDArray[np.bool_] | None,
) -> list[tuple[float, OperatingPoint]]:
    """What became of each promise on these digits."""
    truth, chances = check_predictions(labels, probabilities)
    thresholds = tuple(threshold for _, threshold in promises)
    confidences = chances.max(axis=1) if refused is None else np.where(refused, 0.0, chances.max(axis=1))
    points = points_at(thresholds, confidences, chances.argmax(axis=1) == truth)
    return [(promised, point) for (promised, _), point in zip(promises, points, strict=True)]


def _markdown(
    evaluation: Evaluation,
    title: str,
    facts: Mapping[str, str],
    *,
    kept: Sequence[tuple[float, OperatingPoint]],
    with_history: bool,
) -> str:
    parts = [f"# {_one_line(title)}"]
    if facts:
        parts.append(_table(("fact", "value"), facts.items(), left=2))
    parts += ["## Result", _table(("metric", "value"), _headlines(evaluation), left=2)]
    parts += ["## Digit by digit", _digit_table(evaluation)]
    parts.append("\n".join(f"- {digit.sentence}" for digit in evaluation.digits))
    parts += ["## What was read as what", "![Confusion matrix](confusion.png)"]
    parts += ["## How sure, how right", "![Reliability diagram](reliability.png)"]
    parts += ["## What it costs to be surer", "![Error by rejected share](coverage.png)"]
    if kept:
        parts += [_promise_table(kept), HOW_PROMISED]
    if with_history:
        parts += ["## How it learned", "![Learning curves](history.png)"]
    parts.append(
        f"All numbers: [{METRICS_NAME}]({METRICS_NAME}). Every answer: [{PREDICTIONS_NAME}]({PREDICTIONS_NAME})."
    )
    return "\n\n".join(parts) + "\n"


def _digit_table(evaluation: Evaluation) -> str:
    header = ("digit", "count", "right", "false positives", "false negatives", "precision", "recall", "F1")
    rows = [
        (
            *(str(number) for number in (d.digit, d.count, d.right, d.false_positives, d.false_negatives)),
            *(f"{share:.4f}" for share in (d.precision, d.recall, d.f1)),
        )
        for d in evaluation.digits
    ]
    return _table(header, rows, left=0)


def _promise_table(kept: Sequence[tuple[float, OperatingPoint]]) -> str:
    header = ("promised: wrong at most", "from confidence", "kept", "coverage", "wrong", "error", "bound")
    rows = [
        (
            f"{promised:.2%}",
            f"{point.threshold:g}",
            str(point.kept),
            f"{point.coverage:.2%}",
            str(point.wrong),
            f"{point.error:.3%}",
            f"{point.error_bound:.3%}",
        )
        for promised, point in kept
    ]
    return _table(header, rows, left=0)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    """A Markdown table whose first `left` columns stand left, the others right."""
    marks = [":--" if column < left else "--:" for column in range(len(header))]
    cells = [[_one_line(cell).replace("|", "\\|") for cell in row] for row in (header, marks, *rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
