"""How well a score separates digits from non-digits (out-of-distribution detection). Scores in, numbers out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError

Scores = NDArray[np.floating[Any]]
"""Shape `(N,)`: higher means more probably a digit, such as the confidence."""


def auroc(digits: Scores, non_digits: Scores) -> float:
    """The probability that a digit scores higher than a non-digit; a tie counts half.

    Args:
        digits: Scores of digits, shape `(N,)`.
        non_digits: Scores of non-digits, shape `(M,)`.

    Returns:
        0 to 1; 0.5 is no separation, 1 is perfect separation.

    Raises:
        DataError: One of them is empty or not finite.

    Source:
        D. Hendrycks, K. Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples", 2017.

    Example:
        >>> auroc(np.array([0.9, 0.8]), np.array([0.1, 0.85]))
        0.75
    """
    _check(digits, non_digits)
    ordered = np.sort(non_digits)
    below = np.searchsorted(ordered, digits, side="left")
    not_above = np.searchsorted(ordered, digits, side="right")
    return float((below + not_above).sum() / (2 * len(digits) * len(non_digits)))


def fpr_at_tpr(digits: Scores, non_digits: Scores, *, tpr: float = 0.95) -> float:
    """The false positive rate at a true positive rate: FPR95 at the default.

    Args:
        digits: Scores of digits, shape `(N,)`.
        non_digits: Scores of non-digits, shape `(M,)`.
        tpr: Least share of the digits that score at or above the threshold, 0 to 1.

    Returns:
        Share of the non-digits that score at or above that threshold, 0 to 1.

    Raises:
        DataError: One of them is empty or not finite.

    Example:
        >>> fpr_at_tpr(np.array([0.9, 0.8, 0.7, 0.6]), np.array([0.75, 0.65]), tpr=0.75)
        0.5
    """
    _check(digits, non_digits)
    lowest = len(digits) - int(np.ceil(tpr * len(digits)))
    threshold = np.sort(digits)[min(lowest, len(digits) - 1)]
    return float((non_digits >= threshold).mean())


def _check(digits: Scores, non_digits: Scores) -> None:
    for name, scores in (("digits", digits), ("non_digits", non_digits)):
        if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
            raise DataError(
                f"Expected finite scores of {name}, shape (N,). Received: {scores.shape}.", hint="Give at least one."
            )
