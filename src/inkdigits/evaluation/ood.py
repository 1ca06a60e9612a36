"""How well a score tells digits from what is none. Scores in, numbers out; it knows nothing of what gave the scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError

Scores = NDArray[np.floating[Any]]
"""Shape `(N,)`: higher for what is likelier a digit, such as the confidence."""


def auroc(digits: Scores, others: Scores) -> float:
    """The chance that a digit scores higher than another thing does; a tie counts half.

    Args:
        digits: Scores of digits, shape `(N,)`.
        others: Scores of what is no digit, shape `(M,)`.

    Returns:
        0 to 1; 0.5 tells nothing, 1 tells all apart.

    Raises:
        DataError: One of them is empty or not finite.

    Source:
        D. Hendrycks, K. Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples", 2017.

    Example:
        >>> auroc(np.array([0.9, 0.8]), np.array([0.1, 0.85]))
        0.75
    """
    _check(digits, others)
    ordered = np.sort(others)
    below = np.searchsorted(ordered, digits, side="left")
    not_above = np.searchsorted(ordered, digits, side="right")
    return float((below + not_above).sum() / (2 * len(digits) * len(others)))


def false_positives_at(digits: Scores, others: Scores, *, kept: float = 0.95) -> float:
    """The share of what is no digit that is taken for one where so many of the digits are kept; at 0.95 called FPR95.

    Args:
        digits: Scores of digits, shape `(N,)`.
        others: Scores of what is no digit, shape `(M,)`.
        kept: Share of the digits that score at the threshold or above it, at least; 0 to 1.

    Returns:
        0 to 1.

    Raises:
        DataError: One of them is empty or not finite.

    Example:
        >>> false_positives_at(np.array([0.9, 0.8, 0.7, 0.6]), np.array([0.75, 0.65]), kept=0.75)
        0.5
    """
    _check(digits, others)
    lowest = len(digits) - int(np.ceil(kept * len(digits)))
    threshold = np.sort(digits)[min(lowest, len(digits) - 1)]
    return float((others >= threshold).mean())


def _check(digits: Scores, others: Scores) -> None:
    for name, scores in (("digits", digits), ("others", others)):
        if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
            raise DataError(
                f"Expected finite scores of {name}, shape (N,). Received: {scores.shape}.", hint="Give at least one."
            )
