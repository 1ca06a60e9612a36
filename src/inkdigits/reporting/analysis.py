"""The analysis of an evaluation: a result in; everything that its page, its numbers and a terminal show of it out."""

from __future__ import annotations

from dataclasses import dataclass

from inkdigits.evaluation.evaluation import Evaluation, evaluate
from inkdigits.evaluation.label_issues import LabelIssue, find_label_issues
from inkdigits.evaluation.selective import points_at
from inkdigits.evaluation.significance import PairedTest, compare_answers
from inkdigits.models.operating_points import OperatingPoint, RiskBound
from inkdigits.reporting.result import EvaluationResult


@dataclass(frozen=True)
class Analysis:
    """What follows from a result.

    Attributes:
        evaluation: With the labels as they are.
        corrected: With known label errors corrected; None if none is known to be wrong.
        label_issues: Labels that the model contradicts, the most suspicious first.
        comparison: With the second model; None if there is none.
        bounds: Each risk bound of the card, with what its threshold keeps of these digits.
    """

    evaluation: Evaluation
    corrected: Evaluation | None
    label_issues: list[LabelIssue]
    comparison: PairedTest | None
    bounds: list[tuple[RiskBound, OperatingPoint]]


def analyze(result: EvaluationResult) -> Analysis:
    """Computes all of it.

    Raises:
        MissingExtraError: The result has risk bounds, and SciPy is not installed.
    """
    labels, probabilities, bounds = result.labels, result.probabilities, result.risk_bounds
    points = points_at(tuple(bound.threshold for bound in bounds), result.confidences, result.correct)
    return Analysis(
        evaluation=result.evaluation,
        corrected=evaluate(result.corrected_labels, probabilities) if result.corrections else None,
        label_issues=find_label_issues(labels, probabilities),
        comparison=None
        if result.baseline is None
        else compare_answers(labels, result.answers, result.baseline.answers),
        bounds=list(zip(bounds, points, strict=True)),
    )
