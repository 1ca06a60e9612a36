"""Labels that are probably wrong, found by a model that was not trained on them. Arrays in, indices out.

Source:
    C. Northcutt et al., "Confident Learning: Estimating Uncertainty in Dataset Labels", 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkdigits.evaluation.checks import Labels, Probabilities, check_predictions


@dataclass(frozen=True)
class Suspect:
    """A label that a model doubts.

    Attributes:
        index: Of the digit.
        label: What it is labeled.
        answer: What the model takes it for.
        margin: Chance of the answer less that of the label, 0 to 1.
        sure: Whether the answer's chance reaches the mean that the model gives to digits so labeled: what confident
            learning asks for. A model that is nearly always sure reaches it for few.
    """

    index: int
    label: int
    answer: int
    margin: float
    sure: bool


def suspected_labels(labels: Labels, probabilities: Probabilities) -> list[Suspect]:
    """Finds the labels that a model contradicts: wrong ones are among its mistakes.

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`, of a model that was not trained on these digits: it would have learned the
            errors, too.

    Returns:
        The most suspect first: those that it is sure of, each group by its margin.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.

    Example:
        >>> chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.95, 0.05]])
        >>> suspected_labels(np.array([0, 0, 1, 1]), chances)
        [Suspect(index=3, label=1, answer=0, margin=0.9, sure=True)]
    """
    truth, chances = check_predictions(labels, probabilities)
    rows, classes = np.arange(len(truth)), chances.shape[1]
    own, answers = chances[rows, truth], chances.argmax(axis=1)
    counts = np.bincount(truth, minlength=classes)
    usual = np.bincount(truth, weights=own, minlength=classes) / np.maximum(counts, 1)
    sure = (chances[rows, answers] >= usual[answers]) & (counts[answers] > 0)
    margins = chances[rows, answers] - own
    found = np.flatnonzero(answers != truth)
    ordered = found[np.lexsort((-margins[found], ~sure[found]))]
    return [
        Suspect(int(i), int(truth[i]), int(answers[i]), round(float(margins[i]), 12), bool(sure[i])) for i in ordered
    ]
