"""Checks of labels and answers: arrays in, the same arrays or a DataError out. Knows nothing of metrics."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError

Labels: TypeAlias = NDArray[np.integer[Any]]
"""Labels or predictions, shape `(N,)`, integers from 0."""
Probabilities: TypeAlias = NDArray[np.floating[Any]]
"""Shape `(N, classes)`; each row adds up to 1, or to less by the probability that it is none of the classes."""

SUM_TOLERANCE = 1e-3  # half precision adds up to 1 within this; logits do not, and have negative ones


def check_predictions(
    labels: Labels, probabilities: Probabilities, *, classes: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Checks labels and the probabilities that belong to them.

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`.
        classes: How many there must be; None takes as many as there are.

    Returns:
        The same as int64 and float64.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities; or a label is out of range.
    """
    truth = check_labels("labels", labels)
    probabilities = check_scores("probabilities", probabilities, count=len(truth), classes=classes)
    check_range("labels", truth, probabilities.shape[1])
    sums = probabilities.sum(axis=1)
    bad = np.flatnonzero((probabilities < 0).any(axis=1) | (sums > 1 + SUM_TOLERANCE))
    if bad.size:
        row = int(bad[0])
        raise DataError(
            "Expected probabilities of 0 or more that add up to 1 at most. "
            f"Received: row {row} with least {probabilities[row].min():.6g} and sum {sums[row]:.6g}.",
            hint="Put logits through a softmax first.",
        )
    return truth, probabilities


def check_scores(name: str, scores: Probabilities, *, count: int, classes: int | None = None) -> NDArray[np.float64]:
    """Checks logits or probabilities: one row per label, one column per class, every number finite.

    Args:
        name: What the error calls them.
        scores: Shape `(count, classes)`.
        count: How many labels there are.
        classes: How many columns there must be; None takes any number from 2 on.

    Returns:
        The same as float64.

    Raises:
        DataError: The shape is another, or a number is not finite.
    """
    values = np.asarray(scores)
    columns = "classes" if classes is None else classes
    fits = values.ndim == 2 and len(values) == count and values.shape[1] > 1
    if not fits or classes not in (None, values.shape[1]) or values.dtype.kind not in "fiu":
        raise DataError(
            f"Expected {name} of shape ({count}, {columns}). Received: {values.shape}, {values.dtype}.",
            hint="Give one row for each label and one column for each class.",
        )
    numbers: NDArray[np.float64] = values.astype(np.float64)
    broken = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
    if broken.size:
        raise DataError(
            f"Expected finite {name}. "
            f"Received: NaN or infinity in {broken.size} of {count} rows, first in row {broken[0]}.",
            hint="Check the model; a training that diverged gives NaN.",
        )
    return numbers


def check_pair(labels: Labels, predictions: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Checks labels and the predictions that belong to them, each of shape `(N,)`.

    Returns:
        The same as int64.

    Raises:
        DataError: They are empty, no integers, or of different lengths.
    """
    truth, answers = check_labels("labels", labels), check_labels("predictions", predictions)
    if truth.shape != answers.shape:
        raise DataError(
            f"Expected as many predictions as labels. Received: {len(answers)} predictions, {len(truth)} labels.",
            hint="Give both in the same order, one each for every digit.",
        )
    return truth, answers


def check_labels(name: str, values: Labels) -> NDArray[np.int64]:
    """Checks labels or predictions of shape `(N,)`.

    Returns:
        The same as int64.

    Raises:
        DataError: They are empty, not 1-D, or no integers.
    """
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise DataError(
            f"Expected {name} of shape (N,), integers, at least one. Received: {array.shape}, {array.dtype}.",
            hint="Give one integer for each digit.",
        )
    return array.astype(np.int64)


def check_range(name: str, values: NDArray[np.int64], classes: int) -> None:
    """Checks that labels or predictions are 0 to `classes - 1`.

    Raises:
        DataError: One is not.
    """
    low, high = int(values.min()), int(values.max())
    if low < 0 or high >= classes:
        raise DataError(
            f"Expected {name} of 0 to {classes - 1}. Received: {low} to {high}.", hint="Check where they come from."
        )
