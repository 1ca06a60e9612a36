"""Labels that are probably wrong, found with a model that was not trained on them. Arrays in, indices out.

Source:
    C. Northcutt et al., "Confident Learning: Estimating Uncertainty in Dataset Labels", 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkdigits.evaluation.checks import Labels, Probabilities, check_predictions


@dataclass(frozen=True)
class LabelIssue:
    """A label that a model contradicts.

    Attributes:
        index: Position of the digit.
        label: Its label.
        answer: The model's prediction.
        margin: Probability of the prediction minus probability of the label, 0 to 1.
        confident: Whether the probability of the prediction reaches the mean probability that the model gives to the
            digits of that class: the criterion of confident learning.
    """

    index: int
    label: int
    answer: int
    margin: float
    confident: bool


def find_label_issues(labels: Labels, probabilities: Probabilities) -> list[LabelIssue]:
    """Finds the labels that a model contradicts.

    Wrong labels are among the digits that a model misclassifies.

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`, of a model that was not trained on these digits: otherwise it has learned
            their errors.

    Returns:
        Confident ones first, each group by falling margin.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.

    Example:
        >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.95, 0.05]])
        >>> find_label_issues(np.array([0, 0, 1, 1]), probabilities)
        [LabelIssue(index=3, label=1, answer=0, margin=0.9, confident=True)]
    """
    truth, probabilities = check_predictions(labels, probabilities)
    rows, classes = np.arange(len(truth)), probabilities.shape[1]
    own, answers = probabilities[rows, truth], probabilities.argmax(axis=1)
    counts = np.bincount(truth, minlength=classes)
    usual = np.bincount(truth, weights=own, minlength=classes) / np.maximum(counts, 1)
    confident = (probabilities[rows, answers] >= usual[answers]) & (counts[answers] > 0)
    margins = probabilities[rows, answers] - own
    found = np.flatnonzero(answers != truth)
    ordered = found[np.lexsort((-margins[found], ~confident[found]))]
    return [
        LabelIssue(int(i), int(truth[i]), int(answers[i]), round(float(margins[i]), 12), bool(confident[i]))
        for i in ordered
    ]
