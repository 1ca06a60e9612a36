"""An evaluation for a terminal: numbers in, lines of text out."""

from __future__ import annotations

from inkdigits.evaluation.evaluation import Evaluation
from inkdigits.evaluation.significance import compare_answers
from inkdigits.reporting.result import EvaluationResult
from inkdigits.reporting.robustness_section import robustness_lines


def evaluation_lines(result: EvaluationResult) -> list[str]:
    """Everything that was measured: model and data first."""
    evaluation = result.evaluation
    lines = [result.title, *confusion_table(evaluation).splitlines(), *summary_lines(evaluation)]
    if result.baseline is not None:
        lines.append(comparison_line(result))
    if result.robustness is not None:
        lines += ["", *robustness_lines(result.robustness)]
    return lines


def confusion_table(evaluation: Evaluation) -> str:
    """The confusion matrix; `·` stands for 0.

    Returns:
        Lines of equal length: labels down the side, predictions along the top.
    """
    counts = evaluation.confusion.tolist()
    width = max(len(str(count)) for row in counts for count in row) + 2
    header = "label │" + "".join(f"{digit:>{width}}" for digit in range(len(counts)))
    lines = ["      │" + " read as".ljust(width * len(counts)), header, "──────┼" + "─" * (width * len(counts))]
    for digit, row in enumerate(counts):
        lines.append(f"{digit:>5} │" + "".join(f"{count or '·':>{width}}" for count in row))
    return "\n".join(lines)


def summary_lines(evaluation: Evaluation) -> list[str]:
    """The headline numbers, then one sentence per digit."""
    low, high = evaluation.accuracy_interval
    least, most = evaluation.loss_interval
    count = f"{evaluation.right} of {evaluation.count} right, n = {evaluation.count}"
    return [
        f"accuracy: {evaluation.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%}; {count})",
        f"loss: {evaluation.loss:.4f} nats per digit (95 % interval {least:.4f} to {most:.4f})",
        f"ECE: {evaluation.ece:.4f} (expected calibration error, 15 bins)",
        f"Brier score: {evaluation.brier:.4f}",
        f"macro F1: {evaluation.macro_f1:.4f}",
        *(digit.sentence for digit in evaluation.digits),
    ]


def comparison_line(result: EvaluationResult) -> str:
    """Both accuracies, the digits that only one model reads, and the p value of their difference."""
    if result.baseline is None:
        return ""
    comparison = compare_answers(result.labels, result.answers, result.baseline.answers)
    other = float((result.baseline.answers == result.labels).mean())
    return (
        f"compared: {result.name} {result.correct.mean():.2%}, {result.baseline.name} {other:.2%}; "
        f"{comparison.sentence(result.name, result.baseline.name)} by McNemar's exact test"
    )
