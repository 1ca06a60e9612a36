"""Selective reading: confidences in, what is kept and how much of it is wrong at each threshold out. Arrays only.

A threshold keeps the answers of at least its confidence. What it promises of digits that are still to come is counted
on a calibration split, and is as good as that split is like them: it holds for digits drawn as the split's were, with
degraded or synthetic glyphs in the same share.
"""

from __future__ import annotations

from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError, SettingError

DELTA = 0.05  # a bound fails to hold for one calibration split in twenty
# Fixed before any digit is seen, or the bounds would not hold for a threshold chosen among them: twelve a decade of
# doubt, up to 0.999988.
THRESHOLDS: tuple[float, ...] = tuple(round(1 - 10 ** (-step / 12), 6) for step in range(60))
HALVINGS = 50  # of the range 0 to 1: fine enough, and never 0 or 1 itself

Confidences = NDArray[np.floating[Any]]
"""Probability of each best answer, shape `(N,)`, 0 to 1."""
Right = NDArray[np.bool_]
"""Whether each best answer is right, shape `(N,)`."""


class OperatingPoint(NamedTuple):
    """What one threshold keeps of a split, and how much of that is wrong.

    Attributes:
        threshold: The least confidence that is kept, 0 to 1.
        kept: How many answers it keeps.
        coverage: The share of all answers that it keeps, 0 to 1.
        wrong: How many of the kept answers are wrong.
        error: The share of the kept answers that is wrong; 0 if none is kept.
        error_bound: Upper bound of that share among all digits like these, at confidence `1 - delta`.
    """

    threshold: float
    kept: int
    coverage: float
    wrong: int
    error: float
    error_bound: float


def error_bound(wrong: int, kept: int, *, delta: float = DELTA) -> float:
    """One-sided exact upper bound of an error rate: the one at which so few errors come with probability `delta`.

    Args:
        wrong: How many were wrong.
        kept: Of how many.
        delta: The probability that the bound is too low, above 0 and below 1.

    Returns:
        0 to 1; 1 if there were none.

    Raises:
        DataError: More were wrong than there were, or a count is negative.
        SettingError: `delta` is out of its range.

    Source:
        C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits", 1934.

    Example:
        >>> round(error_bound(0, 300), 5)  # about 3 / 300
        0.00994
    """
    return float(_bounds(np.array([wrong]), np.array([kept]), delta)[0])


def _bounds(wrong: NDArray[np.int64], kept: NDArray[np.int64], delta: float) -> NDArray[np.float64]:
    """`error_bound` of each pair of counts, shape `(M,)`: bisection on the binomial tail, which falls with the rate."""
    if not 0 < delta < 1:
        raise SettingError(f"Expected a delta above 0 and below 1. Received: {delta}.", hint="0.05 is usual.")
    if np.any(wrong < 0) or np.any(wrong > kept):
        raise DataError(
            f"Expected 0 to {int(kept.max())} wrong answers. Received: {int(wrong.max())}.", hint="Count them again."
        )
    errors = np.arange(int(wrong.max()) + 1)  # (W,)
    factors = np.maximum(kept[:, None] - errors[1:] + 1, 1) / errors[1:]
    ways = np.concatenate([np.zeros((len(kept), 1)), np.cumsum(np.log(factors), axis=1)], axis=1)  # log (kept over e)
    ways[errors > wrong[:, None]] = -np.inf
    low, high = np.zeros(len(kept)), np.ones(len(kept))
    for _ in range(HALVINGS):
        rate = (low + high) / 2
        logs = ways + errors * np.log(rate)[:, None] + (kept[:, None] - errors) * np.log1p(-rate)[:, None]
        most = logs.max(axis=1)
        tail = most + np.log(np.sum(np.exp(logs - most[:, None]), axis=1))
        holds = tail > log(delta)
        low, high = np.where(holds, rate, low), np.where(holds, high, rate)
    return np.where(wrong == kept, 1.0, high)


def points_at(
    thresholds: tuple[float, ...], confidences: Confidences, right: Right, *, delta: float = DELTA
) -> tuple[OperatingPoint, ...]:
    """What each of these thresholds keeps, and how much of that is wrong.

    Args:
        thresholds: In any order.
        confidences: Shape `(N,)`, 0 to 1.
        right: Shape `(N,)`, bool.
        delta: The probability that one bound is too low.

    Returns:
        A point a threshold, in the order given.

    Raises:
        DataError: There are no answers, their shapes differ, or a confidence is not 0 to 1.
        SettingError: `delta` is not above 0 and below 1.
    """
    chances, hits = _check(confidences, right)
    if not thresholds:
        return ()
    order = np.argsort(chances)
    first = np.searchsorted(chances[order], thresholds)  # the first answer that is kept
    errors_before = np.concatenate([[0], np.cumsum(~hits[order])])
    kept = len(chances) - first
    wrong = errors_before[-1] - errors_before[first]
    bounds = _bounds(wrong, kept, delta)
    rows = zip(thresholds, kept.tolist(), wrong.tolist(), bounds.tolist(), strict=True)
    return tuple(
        OperatingPoint(float(threshold), k, k / len(chances), w, w / max(k, 1), bound)
        for threshold, k, w, bound in rows
    )


def risk_coverage(confidences: Confidences, right: Right, *, delta: float = DELTA) -> tuple[OperatingPoint, ...]:
    """What surer and surer thresholds keep, and how much of that is wrong.

    The thresholds are `THRESHOLDS`, whatever the answers are. Of those that keep the same answers only the lowest is
    given, and those that keep none are left out.

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
    chances, hits = np.asarray(confidences), np.asarray(right)
    fits = chances.ndim == 1 and chances.size > 0 and chances.shape == hits.shape
    if not fits or chances.dtype.kind != "f" or hits.dtype.kind != "b":
        raise DataError(
            "Expected as many confidences as answers, shape (N,), and whether each is right. "
            f"Received: {chances.shape}, {chances.dtype}; {hits.shape}, {hits.dtype}.",
            hint="Give the greatest probability of each row, and whether it belongs to the label.",
        )
    if not np.all((chances >= 0) & (chances <= 1 + 1e-9)):
        raise DataError(
            f"Expected confidences of 0 to 1. Received: {chances.min():.6g} to {chances.max():.6g}.",
            hint="Put logits through a softmax first.",
        )
    return chances.astype(np.float64), hits
