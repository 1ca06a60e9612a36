"""Scribbles, as pen strokes: a generator in, the strokes of words, signatures, doodles and crossed-out things out.

A reader of digits learns from them what to reject. A simple random curve is a digit too often: an arc, a loop or a
slash may be a 0, 6 or 1. So each kind keeps what no digit has: many crossings, many turns, or far more width than
height. Separate parts are dots and level dashes, which are not digits either. It knows nothing of ink or pens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Stroke, Strokes, trace
from inkdigits.synthesis.notation import load_skeletons

CROSSINGS = 6  # of a curve with itself: an 8 has one, a 2 or a 9 with flourishes two or three
DENSITY = 26  # points of a curve per height of its path
STRAIGHTNESS = 0.65  # correlation of x and y: above it a thick pen leaves of a curve a slash, which may be a 1


def scribble_names() -> tuple[str, ...]:
    """Lists the kinds of scribbles, sorted."""
    return tuple(sorted(KINDS))


def write_scribble(rng: Generator, *, kind: str | None = None) -> Strokes:
    """Scribbles once.

    Args:
        rng: Decides everything else.
        kind: One of `scribble_names()`; one at random if None, words and tangles more often than the rest.

    Returns:
        The strokes: from a line's height to 2 high, up to 5 wide, already slanted and turned.

    Raises:
        SettingError: There is no such kind.

    Example:
        >>> len(write_scribble(np.random.default_rng(0), kind="burst")) >= 7
        True
    """
    if kind is None:
        weights = np.array([weight for weight, _ in KINDS.values()])
        kind = list(KINDS)[int(rng.choice(len(KINDS), p=weights / weights.sum()))]
    if kind not in KINDS:
        raise SettingError(
            f"Expected a kind of scribble among {', '.join(scribble_names())}. Received: {kind!r}.",
            hint="Leave kind out for a random one.",
        )
    return KINDS[kind][1](rng)


def _curve(points: Stroke) -> Stroke:
    return trace(points, density=DENSITY, least=max(10, 3 * len(points)))


def _lines(points: Stroke) -> Stroke:
    """Straight lines from point to point."""
    return _curve(np.repeat(points, [1] + [2] * (len(points) - 2) + [1], axis=0))


def _line(start: tuple[float, float], end: tuple[float, float], rng: Generator) -> Stroke:
    """A straight line as people draw it, a little bent."""
    ends = np.array([start, end]) + rng.normal(0, 0.02, (2, 2))
    middle = ends.mean(axis=0) + rng.normal(0, 0.015, 2)
    return _curve(np.array([ends[0], middle, ends[1]]))


def _ring(middle: Stroke, axes: Stroke, rng: Generator) -> Stroke:
    """An ellipse as people draw it, closed with an overlap."""
    angles = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi + 0.2, 11)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * axes
    return _curve(ring + middle + rng.normal(0, 0.03 * float(axes.max()), ring.shape))


def _dot(middle: Stroke, radius: float, rng: Generator) -> Stroke:
    """A filled dot, or nearly a point."""
    angles = np.linspace(0, 2 * np.pi * max(1.0, radius / 0.02), 25) + rng.uniform(0, 2 * np.pi)
    spiral = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(middle + spiral * np.linspace(0, radius, 25)[:, None], np.float64)


def _tangle(rng: Generator) -> Strokes:
    """A round curve that wanders to and fro over a patch and about closes."""
    while True:
        frequencies = np.arange(2, int(rng.integers(5, 9)))
        sizes = rng.normal(0, 1, (2, len(frequencies)))
        phases = rng.uniform(0, 2 * np.pi, (2, len(frequencies), 1))
        times = np.linspace(0, 2 * np.pi * rng.uniform(0.85, 1.0), 16 * int(frequencies[-1]))
        points = np.einsum("af,aft->ta", sizes, np.sin(frequencies[:, None] * times + phases))
        stroke = _curve(points / np.ptp(points, axis=0) * (rng.uniform(0.8, 1.8), 1.0))
        if _is_tangled(stroke):
            return (stroke,)


def _doodle(rng: Generator) -> Strokes:
    """A random curve or angular line that crosses itself more often than any digit."""
    angular = rng.random() < 0.3
    while True:
        points = rng.uniform(0, 1, (int(rng.integers(7, 14)), 2)) * (rng.uniform(0.8, 1.6), 1.0)
        stroke = _lines(points) if angular else _curve(points)
        if _is_tangled(stroke):
            return (stroke,)


def _is_tangled(stroke: Stroke) -> bool:
    correlation = np.asarray(np.corrcoef(stroke.T))[0, 1]
    return abs(float(correlation)) < STRAIGHTNESS and count_crossings(stroke) >= CROSSINGS


def count_crossings(stroke: Stroke) -> int:
    """Counts how often a stroke crosses itself, straight lines from point to point."""
    start, step = stroke[:-1], np.diff(stroke, axis=0)
    gap = start[None, :] - start[:, None]  # (N, N, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = step[:, None, 0] * step[None, :, 1] - step[:, None, 1] * step[None, :, 0]
        here = (gap[..., 0] * step[None, :, 1] - gap[..., 1] * step[None, :, 0]) / turn
        there = (gap[..., 0] * step[:, None, 1] - gap[..., 1] * step[:, None, 0]) / turn
    meets = (here > 0) & (here < 1) & (there > 0) & (there < 1)
    return int(np.triu(meets, 2).sum())


def _coil(rng: Generator) -> Strokes:
    """Loops side by side, as a pen is tried out."""
    turns = int(rng.integers(4, 9))
    angles = np.linspace(0, 2 * np.pi * turns, 10 * turns + 1) * rng.choice((-1, 1))
    pace = rng.uniform(0.05, 0.12)
    sizes = np.interp(np.arange(len(angles)), np.linspace(0, len(angles), turns), rng.uniform(0.3, 0.55, turns))
    loops = np.stack([np.cos(angles) * rng.uniform(0.35, 0.6), np.sin(angles)], axis=1) * sizes[:, None]
    return (_curve(loops + np.stack([np.abs(angles) * pace, np.zeros(len(angles))], axis=1)),)


def _spiral(rng: Generator) -> Strokes:
    """Three to five turns around a middle."""
    turns = rng.uniform(2.6, 4.8)
    angles = np.linspace(0, 2 * np.pi * turns, round(12 * turns)) * rng.choice((-1, 1))
    radii = np.linspace(0.02, 0.7, len(angles)) + rng.normal(0, 0.012, len(angles))
    axes = (rng.uniform(1.0, 1.6), 1.0)
    return (_curve(np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None] * axes),)


def _hatching(rng: Generator) -> Strokes:
    """To and fro without lifting the pen, sometimes once more across."""
    first = rng.uniform(0, np.pi)
    return tuple(_hatch(first + turn, rng) for turn in ((0.0,) if rng.random() < 0.5 else (0.0, rng.uniform(0.8, 2.2))))


def _hatch(angle: float, rng: Generator) -> Stroke:
    count = int(rng.integers(9, 18))
    across = np.linspace(-0.6, 0.6, count) + rng.normal(0, 0.02, count)
    along = rng.uniform(0.35, 0.6, count) * np.where(np.arange(count) % 2, 1, -1)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = np.stack([along, across], axis=1) @ turn
    return _curve(points) if rng.random() < 0.5 else _lines(points)


def _blob(rng: Generator) -> Strokes:
    """A patch blackened with dense strokes."""
    rows = int(rng.integers(18, 30))
    heights = np.linspace(-0.5, 0.5, rows)
    width = rng.uniform(0.9, 1.8)
    edges = np.sqrt(np.maximum(0.26 - heights**2, 0.01)) * width * np.where(np.arange(rows) % 2, 1, -1)
    points = np.stack([edges * rng.uniform(0.7, 1.1, rows), heights + rng.normal(0, 0.02, rows)], axis=1)
    return (_curve(points), _hatch(rng.uniform(0.6, 2.5), rng) * 0.8)


def _zigzag(rng: Generator) -> Strokes:
    """Teeth side by side."""
    count = int(rng.integers(8, 16))
    across = np.arange(count) * rng.uniform(0.12, 0.26) + rng.normal(0, 0.02, count)
    tops = rng.uniform(0.25, 0.5, count) * np.where(np.arange(count) % 2, 1, -1)
    points = np.stack([across, tops], axis=1)
    return (_curve(points) if rng.random() < 0.4 else _lines(points),)


def _wave_lines(rng: Generator) -> Strokes:
    """Wavy lines below each other, as writing is drawn in a sketch."""
    count = int(rng.integers(12, 20))
    rows = int(rng.integers(2, 5))
    waves = rng.uniform(0.04, 0.11, (rows, count)) * np.where(np.arange(count) % 2, 1, -1)
    across = np.linspace(0, 2.2, count)
    return tuple(_curve(np.stack([across, row * 0.4 + waves[row]], axis=1)) for row in range(rows))


def _script(letters: int, rng: Generator) -> Stroke:
    """The path of the pen through a cursive word."""
    stretch, parts, left = rng.uniform(0.6, 1.1), [], 0.0
    cursive = load_skeletons("cursive")["cursive"].variants
    for index in rng.integers(len(cursive), size=letters):
        part = cursive[index].points * (stretch * rng.uniform(0.85, 1.15), 1.0) + np.array([left, 0.0])
        parts.append(part)
        left = float(part[-1, 0]) + rng.uniform(0.04, 0.1)
    points = np.concatenate(parts)
    slant = np.outer(0.7 - points[:, 1], (rng.normal(0.12, 0.2), 0.0))
    return np.asarray(points + slant + rng.normal(0, 0.022, points.shape), np.float64)


def _written_line(strokes: list[Stroke], rng: Generator) -> Strokes:
    """Sizes writing beside its pen, and lets its line rise or fall."""
    size, angle = rng.uniform(1.0, 2.0), np.deg2rad(rng.normal(0, 6))
    turn = size * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return tuple(stroke @ turn for stroke in strokes)


def _word(rng: Generator) -> Strokes:
    """A cursive word of three to seven letters, with dots and bars now and then."""
    points = _script(int(rng.choice([3, 3, 4, 4, 5, 6, 7])), rng)
    width = float(points[:, 0].max())
    strokes = [_curve(points)]
    if rng.random() < 0.4:
        strokes.append(_dot(np.array([rng.uniform(0.1, width), rng.uniform(0.12, 0.24)]), 0.02, rng))
    if rng.random() < 0.4:
        left = rng.uniform(0, 0.7 * width)
        strokes.append(_line((left, 0.24), (left + 0.4, 0.22), rng))
    return _written_line(strokes, rng)


def _signature(rng: Generator) -> Strokes:
    """A large flourish, a word that runs out, and a stroke below it."""
    flourish = rng.uniform(0, 1, (int(rng.integers(4, 8)), 2)) * (0.7, 1.1) - (0.2, 0.15)
    word = _script(int(rng.integers(2, 6)), rng) + np.array([0.45, 0.0])
    word[:, 1] = 0.68 + (word[:, 1] - 0.68) * np.linspace(1, 0.25, len(word))
    points = np.concatenate([flourish, word])
    width = float(points[:, 0].max())
    strokes = [_curve(np.concatenate([points, [[width + 0.3, 0.6]]]))]
    if rng.random() < 0.7:
        below = [[width, rng.uniform(0.85, 1.0)], [0.4 * width, 1.0], [-0.1, rng.uniform(0.9, 1.1)]]
        strokes.append(_curve(np.array(below)))
    return _written_line(strokes, rng)


def _crossed_out(rng: Generator) -> Strokes:
    """A word, some loops or a doodle, struck through again and again."""
    under = rng.choice(np.array([_word, _coil, _doodle]))(rng)
    points = np.concatenate(under)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    count = int(rng.integers(5, 10))
    ends = np.where(np.arange(count) % 2, right, left) + rng.uniform(-0.15, 0.15, count)
    rows = np.linspace(top + 0.2, bottom - 0.2, count) + rng.normal(0, 0.06, count)
    return (*under, _lines(np.stack([ends, rows], axis=1)))


def _sticks(rng: Generator) -> Strokes:
    """Four to seven lines that cross about the middle, none along another."""
    count = int(rng.integers(4, 8))
    angles = rng.uniform(0, np.pi) + np.arange(count) * np.pi / count + rng.uniform(-0.15, 0.15, count)
    strokes = []
    for angle in angles:
        middle, reach = rng.normal(0, 0.12, 2), rng.uniform(0.4, 0.65, 2)
        direction = np.array([np.cos(angle), np.sin(angle)])
        strokes.append(_line(tuple(middle - direction * reach[0]), tuple(middle + direction * reach[1]), rng))
    return tuple(strokes)


def _polygon(rng: Generator) -> Strokes:
    """A closed path over random corners that crosses itself, or one with deep notches."""
    if rng.random() < 0.5:
        while True:
            corners = rng.uniform(0, 1, (int(rng.integers(6, 10)), 2)) * (rng.uniform(0.9, 1.5), 1.0)
            stroke = _lines(np.concatenate([corners, corners[:1]]))
            if _is_tangled(stroke):
                return (stroke,)
    count = int(rng.integers(5, 9))
    angles = np.arange(2 * count) * np.pi / count + rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.1, 2 * count)
    radii = rng.uniform(0.5, 0.65, 2 * count) * np.tile([1.0, rng.uniform(0.3, 0.5)], count)
    corners = np.stack([np.cos(angles) * rng.uniform(1.0, 1.4), np.sin(angles)], axis=1) * radii[:, None]
    return (_lines(np.concatenate([corners, corners[:1]])),)


def _burst(rng: Generator) -> Strokes:
    """Rays around a middle."""
    count = int(rng.integers(7, 13))
    angles = np.arange(count) * 2 * np.pi / count + rng.normal(0, 0.1, count)
    inner = 0.0 if rng.random() < 0.5 else 0.08
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return tuple(_line(tuple(ray * inner), tuple(ray * rng.uniform(0.4, 0.6)), rng) for ray in rays)


def _dots(rng: Generator) -> Strokes:
    """Dots in a row, or dots and level dashes all over."""
    count = int(rng.integers(4, 12))
    radii = rng.uniform(0.03, 0.06, count)
    if rng.random() < 0.5:
        middles = np.stack([np.arange(count) * rng.uniform(0.15, 0.3), rng.normal(0, 0.02, count)], axis=1)
        return tuple(_dot(middle, radius, rng) for middle, radius in zip(middles, radii, strict=True))
    middles = rng.uniform(0, 1, (count, 2)) * (rng.uniform(1.0, 2.0), 1.0)
    dots = [_dot(middle, radius, rng) for middle, radius in zip(middles[::2], radii[::2], strict=True)]
    dashes = [_line((x, y), (x + 0.35, y), rng) for x, y in middles[1::2].tolist()]
    return (*dots, *dashes)


def _underline(rng: Generator) -> Strokes:
    """One to three long level lines, straight or wavy."""
    width, strokes = rng.uniform(1.5, 3.0), []
    for row in range(int(rng.integers(1, 4))):
        across = np.linspace(0, width * rng.uniform(0.85, 1.0), int(rng.integers(3, 16)))
        heights = 0.16 * row + rng.normal(0, rng.choice((0.01, 0.04)), len(across))
        strokes.append(_curve(np.stack([across, heights], axis=1)))
    return tuple(strokes)


def _tally(rng: Generator) -> Strokes:
    """Four strokes and one across, once or twice."""
    strokes: list[Stroke] = []
    for group in range(int(rng.integers(1, 3))):
        left = 1.15 * group
        strokes += [_line((left + 0.2 * index, 0.0), (left + 0.2 * index, 1.0), rng) for index in range(4)]
        strokes.append(_line((left - 0.15, rng.uniform(0.6, 0.9)), (left + 0.75, rng.uniform(0.1, 0.4)), rng))
    return tuple(strokes)


def _grid(rng: Generator) -> Strokes:
    """A part of a table: at least two lines down and three across."""
    columns, rows = int(rng.integers(2, 6)), int(rng.integers(3, 6))
    width, spread = rng.uniform(0.9, 1.8), rng.uniform(0.0, 0.15)
    down = [_line((x, -spread), (x, 1 + spread), rng) for x in np.linspace(0.1, width - 0.1, columns).tolist()]
    across = [_line((-spread, y), (width + spread, y), rng) for y in np.linspace(0.05, 0.95, rows).tolist()]
    return (*down, *across)


def _chain(rng: Generator) -> Strokes:
    """Rings that overlap, in a row or as a clover."""
    count = int(rng.integers(4, 7))
    middles = np.stack([np.arange(count) * rng.uniform(0.3, 0.45), rng.normal(0, 0.06, count)], axis=1)
    if rng.random() < 0.5:
        angles = np.arange(count) * 2 * np.pi / count + rng.uniform(0, 2 * np.pi)
        middles = np.stack([0.42 * np.cos(angles), 0.34 * np.sin(angles)], axis=1)
    return tuple(_ring(middle, rng.uniform(0.26, 0.38, 2), rng) for middle in middles)


KINDS: Mapping[str, tuple[float, Callable[[Generator], Strokes]]] = MappingProxyType(
    {
        "blob": (1.0, _blob),
        "burst": (0.6, _burst),
        "chain": (0.8, _chain),
        "coil": (1.0, _coil),
        "crossed-out": (1.5, _crossed_out),
        "doodle": (2.0, _doodle),
        "dots": (0.6, _dots),
        "grid": (0.8, _grid),
        "hatching": (1.0, _hatching),
        "polygon": (0.8, _polygon),
        "signature": (2.0, _signature),
        "spiral": (0.6, _spiral),
        "sticks": (1.0, _sticks),
        "tally": (0.6, _tally),
        "tangle": (2.5, _tangle),
        "underline": (0.4, _underline),
        "wave-lines": (0.6, _wave_lines),
        "word": (3.0, _word),
        "zigzag": (1.0, _zigzag),
    }
)
"""How often each kind comes, beside the others, and what scribbles it."""
