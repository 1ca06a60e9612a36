"""The findings: a report's content in, all that its page and its numbers tell of it out, each computed once."""

from __future__ import annotations

from dataclasses import dataclass

from inkdigits.evaluation.evaluation import Evaluation, evaluate
from inkdigits.evaluation.label_issues import LabelIssue, find_label_issues
from inkdigits.evaluation.selective import points_at
from inkdigits.evaluation.significance import PairedTest, compare_answers
from inkdigits.models.operating_points import OperatingPoint
from inkdigits.reporting.content import ReportContent


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        evaluation: Of the labels as they are.
        corrected: Of the labels put right; None if none is known to be wrong.
        suspects: Labels that the model contradicts, the most suspect first.
        compared: With the second model; None if there is none.
        kept: What became of each promise.
    """

    evaluation: Evaluation
    corrected: Evaluation | None
    suspects: list[LabelIssue]
    compared: PairedTest | None
    kept: list[tuple[float, OperatingPoint]]


def find(content: ReportContent) -> Findings:
    """Computes all of it."""
    labels, chances, rival = content.labels, content.probabilities, content.rival
    thresholds = tuple(threshold for _, threshold in content.promises)
    points = points_at(thresholds, content.confidences, content.answers == labels)
    return Findings(
        evaluation=evaluate(labels, chances),
        corrected=evaluate(content.corrected_labels, chances) if content.corrections else None,
        suspects=find_label_issues(labels, chances),
        compared=None if rival is None else compare_answers(labels, content.answers, rival.answers),
        kept=[(promised, point) for (promised, _), point in zip(content.promises, points, strict=True)],
    )
