"""Selective prediction: confidences in, coverage and error rate at each threshold out. Arrays only; bounds need SciPy.

A threshold keeps the answers of at least its confidence. Bounds measured on a calibration split hold for digits from
the same distribution, with degraded or synthetic glyphs in the same share.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError, SettingError, require
from inkdigits.models.operating_points import DELTA, OperatingPoint

# Fixed before any digit is seen: otherwise the bounds would not hold for a threshold chosen among them. Twelve per
# decade of 1 - confidence, up to 0.999988.
THRESHOLDS: tuple[float, ...] = tuple(round(1 - 10 ** (-step / 12), 6) for step in range(60))

Confidences = NDArray[np.floating[Any]]
"""Probability of each best answer, shape `(N,)`, 0 to 1."""
Right = NDArray[np.bool_]
"""Whether each best answer is right, shape `(N,)`."""


def error_bound(wrong: int, kept: int, *, delta: float = DELTA) -> float:
    """One-sided exact upper bound of an error rate: at the bound, so few errors have probability `delta`.

    Args:
        wrong: Number of wrong answers.
        kept: Number of answers.
        delta: The probability that the bound is too low, above 0 and below 1.

    Returns:
        0 to 1; 1 if there were none.

    Raises:
        DataError: More were wrong than there were, or a count is negative.
        SettingError: `delta` is out of its range.
        MissingExtraError: SciPy is not installed.

    Source:
        C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits", 1934.

    Example:
        >>> round(error_bound(0, 300), 5)  # about 3 / 300
        0.00994
    """
    return float(_bounds(np.array([wrong]), np.array([kept]), delta)[0])


def _bounds(wrong: NDArray[np.int64], kept: NDArray[np.int64], delta: float) -> NDArray[np.float64]:
    """`error_bound` of each pair of counts, shape `(M,)`."""
    if not 0 < delta < 1:
        raise SettingError(f"Expected a delta above 0 and below 1. Received: {delta}.", hint="0.05 is usual.")
    if np.any(wrong < 0) or np.any(wrong > kept):
        raise DataError(
            f"Expected 0 to {int(kept.max())} wrong answers. Received: {int(wrong.max())}.", hint="Count them again."
        )
    right = np.maximum(kept - wrong, 1)  # where none is right the bound is 1
    return np.where(wrong == kept, 1.0, require_scipy().beta.ppf(1 - delta, wrong + 1, right))


def require_scipy() -> ModuleType:
    """The module that error bounds are computed with.

    Raises:
        MissingExtraError: SciPy is not installed.
    """
    return require("scipy.stats", extra="report", purpose="error bounds")


def points_at(
    thresholds: tuple[float, ...], confidences: Confidences, right: Right, *, delta: float = DELTA
) -> tuple[OperatingPoint, ...]:
    """Coverage and error rate at each of some thresholds.

    Args:
        thresholds: In any order.
        confidences: Shape `(N,)`, 0 to 1.
        right: Shape `(N,)`, bool.
        delta: The probability that one bound is too low.

    Returns:
        One point per threshold, in the order given.

    Raises:
        DataError: There are no answers, their shapes differ, or a confidence is not 0 to 1.
        SettingError: `delta` is not above 0 and below 1.
    """
    probabilities, hits = _check(confidences, right)
    if not thresholds:
        return ()
    order = np.argsort(probabilities)
    first = np.searchsorted(probabilities[order], thresholds)  # the first answer that is kept
    errors_before = np.concatenate([[0], np.cumsum(~hits[order])])
    kept = len(probabilities) - first
    wrong = errors_before[-1] - errors_before[first]
    bounds = _bounds(wrong, kept, delta)
    rows = zip(thresholds, kept.tolist(), wrong.tolist(), bounds.tolist(), strict=True)
    return tuple(
        OperatingPoint(float(threshold), k, k / len(probabilities), w, w / max(k, 1), bound)
        for threshold, k, w, bound in rows
    )


def risk_coverage(confidences: Confidences, right: Right, *, delta: float = DELTA) -> tuple[OperatingPoint, ...]:
    """Coverage and error rate at rising thresholds.

    The thresholds are `THRESHOLDS`, whatever the answers are. If several thresholds keep the same answers, only the
    lowest is returned; those that keep none are left out.

    Args:
        confidences: Shape `(N,)`, 0 to 1.
        right: Shape `(N,)`, bool.
        delta: The probability that one bound is too low.

    Returns:
        At most 60 points, from threshold 0 to the strictest.

    Raises:
        DataError: There are no answers, their shapes differ, or a confidence is not 0 to 1.
        SettingError: `delta` is not above 0 and below 1.

    Source:
        R. El-Yaniv and Y. Wiener, "On the foundations of noise-free selective classification", 2010.

    Example:
        >>> points = risk_coverage(np.array([0.3, 0.999, 0.999]), np.array([False, True, True]))
        >>> [(point.threshold, point.kept, point.wrong) for point in points]
        [(0.0, 3, 1), (0.318708, 2, 0)]
    """
    points = points_at(THRESHOLDS, confidences, right, delta=delta)
    before = (None, *(point.kept for point in points))
    return tuple(point for point, kept in zip(points, before, strict=False) if point.kept not in (0, kept))


def _check(confidences: Confidences, right: Right) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    probabilities, hits = np.asarray(confidences), np.asarray(right)
    fits = probabilities.ndim == 1 and probabilities.size > 0 and probabilities.shape == hits.shape
    if not fits or probabilities.dtype.kind != "f" or hits.dtype.kind != "b":
        raise DataError(
            "Expected as many confidences as answers, shape (N,), and whether each is right. "
            f"Received: {probabilities.shape}, {probabilities.dtype}; {hits.shape}, {hits.dtype}.",
            hint="Give the greatest probability of each row, and whether it belongs to the label.",
        )
    if not np.all((probabilities >= 0) & (probabilities <= 1 + 1e-9)):
        raise DataError(
            f"Expected confidences of 0 to 1. Received: {probabilities.min():.6g} to {probabilities.max():.6g}.",
            hint="Put logits through a softmax first.",
        )
    return probabilities.astype(np.float64), hits
