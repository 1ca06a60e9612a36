"""Curves: control points in, strokes out.

A stroke is the path of the pen from touching the paper to leaving it. It knows nothing of characters or pens.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkdigits.errors import SettingError

Stroke: TypeAlias = NDArray[np.float64]
"""Points of a path, shape `(N, 2)`, x to the right and y down, in heights of the character."""
Strokes: TypeAlias = tuple[Stroke, ...]


def smooth(points: ArrayLike, *, count: int = 40) -> Stroke:
    """Leads a curve through control points.

    Args:
        points: Shape `(N, 2)`, x to the right and y down. A point given twice in a row is a corner.
        count: Points of the curve, about.

    Returns:
        The curve, shape `(about count, 2)`; it begins and ends at the first and last control point.

    Raises:
        SettingError: `points` is not of this shape, or empty.

    Source:
        Yuksel et al., "On the parameterization of Catmull-Rom curves", 2009: the centripetal one makes no loops.

    Example:
        >>> smooth([(0, 0), (0, 1)], count=3)[1].tolist()
        [0.0, 0.5]
    """
    path = np.asarray(points, np.float64)
    if path.ndim != 2 or path.shape[1:] != (2,) or not len(path):
        raise SettingError(
            f"Expected control points of shape (N, 2). Received: {path.shape}.", hint="Give x and y of each point."
        )
    corners = [0, *(1 + np.flatnonzero((path[1:] == path[:-1]).all(axis=1))), len(path)]
    pieces = [path[start:stop] for start, stop in pairwise(corners)]
    pieces = [piece for piece in pieces if len(piece) > 1]
    if not pieces:
        return path[:1].copy()
    lengths = [float(np.hypot(*np.diff(piece, axis=0).T).sum()) for piece in pieces]
    shares = [max(2, round(count * length / sum(lengths))) for length in lengths]
    return np.concatenate([_catmull_rom(piece, share) for piece, share in zip(pieces, shares, strict=True)])


def trace(points: Stroke, *, density: float, least: int = 2, most: float = math.inf, extra: float = 0.5) -> Stroke:
    """Leads a curve through control points, with more points on a longer path.

    Args:
        points: Shape `(N, 2)`. A point given twice in a row is a corner.
        density: Points of the curve per unit of its path.
        least: Points of the curve, at least.
        most: Points of the curve, at most.
        extra: What is added before the number of points is rounded down; 0.5 rounds to the nearest.

    Returns:
        The curve, shape `(about density * length, 2)`.

    Example:
        >>> len(trace(np.array([[0.0, 0.0], [0.0, 1.0]]), density=20))
        20
    """
    return smooth(points, count=int(min(max(density * path_length(points) + extra, least), most)))


def path_length(points: Stroke) -> float:
    """Measures the straight lines from point to point, shape `(N, 2)`."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def resample(points: Stroke, count: int) -> Stroke:
    """Interpolates `count` points along the numbering of `points`, shape `(N, K)`; the ends stay."""
    places, known = np.linspace(0, len(points) - 1, count), np.arange(len(points))
    return np.stack([np.interp(places, known, axis) for axis in points.T], axis=1)


def _catmull_rom(points: Stroke, count: int) -> Stroke:
    """The centripetal Catmull-Rom curve through points of which no two in a row are equal."""
    steps = np.diff(points, axis=0)
    spans = np.sqrt(np.hypot(steps[:, 0], steps[:, 1]))[:, None]  # (N - 1, 1)
    slopes = steps / spans
    tangents = np.empty_like(points)
    if len(points) > 2:
        before, after = spans[:-1], spans[1:]
        tangents[1:-1] = (slopes[:-1] * after + slopes[1:] * before) / (before + after)
        tangents[0] = 1.5 * slopes[0] - 0.5 * tangents[1]
        tangents[-1] = 1.5 * slopes[-1] - 0.5 * tangents[-2]
    else:
        tangents[:] = slopes
    knots = np.concatenate([[0.0], np.cumsum(spans[:, 0])])
    times = np.linspace(0.0, knots[-1], count)
    part = np.clip(np.searchsorted(knots, times, side="right") - 1, 0, len(spans) - 1)
    span = spans[part]
    u = (times - knots[part])[:, None] / span
    v = 1 - u
    ends = v * v * (1 + 2 * u) * points[part] + u * u * (3 - 2 * u) * points[part + 1]
    return np.asarray(ends + u * v * span * (v * tangents[part] - u * tangents[part + 1]), np.float64)
