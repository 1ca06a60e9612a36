"""Symbols that are no digits, as pen strokes: a name and chance in, the strokes of one handwritten symbol out.

A reader of digits learns from them what to refuse. One rule decides what may be learned as "no digit": what a person
could honestly take for a digit, whole or by its largest part, is flagged in `LOOK_ALIKES` and left out unless asked for
(o, l, z, s, b, g, q, an exclamation mark and their like). What else comes near a digit is drawn so that it cannot be
one: a beta has a long descender and is open at the bottom left, the bar of a theta comes out on both sides, a circle
with a dot is wider than a zero, a spiral turns more than twice and a c is wide open.

The tables in `letters.py` and `signs.py` are text. Strokes are parted by `|`. A stroke is the points `x,y` of a curve,
in hundredths of the height, x to the right and y down; `/` after a point makes it a corner. `@x,y,w,h` is an ellipse
by its middle and half axes, `*x,y,r` a filled dot. It knows nothing of ink, pictures or pens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Stroke, Strokes, smooth
from inkdigits.synthesis.letters import CHINESE, CYRILLIC, GREEK, LATIN
from inkdigits.synthesis.pen import WIDTHS
from inkdigits.synthesis.signs import ARROWS, MATHEMATICS, SKETCHES, WRITING

LOOK_ALIKES: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "apostrophe": frozenset({1}),
        "backslash": frozenset({1}),
        "bar": frozenset({1}),
        "brace-close": frozenset({3}),
        "braces": frozenset({3}),
        "brackets": frozenset({1}),
        "chinese-sun": frozenset({8}),
        "comma": frozenset({1}),
        "cyrillic-be": frozenset({6}),
        "cyrillic-che": frozenset({4, 9}),
        "cyrillic-e": frozenset({3}),
        "cyrillic-yeri": frozenset({6}),
        "cyrillic-ze": frozenset({3}),
        "double-slash": frozenset({1}),
        "empty-set": frozenset({0}),
        "exclamation": frozenset({1}),
        "exists": frozenset({3}),
        "greek-delta": frozenset({6, 8}),
        "greek-final-sigma": frozenset({5}),
        "greek-iota": frozenset({1}),
        "greek-zeta": frozenset({2, 3}),
        "hexagon": frozenset({0}),
        "hourglass": frozenset({8}),
        "latin-b": frozenset({6}),
        "latin-capital-b": frozenset({8}),
        "latin-capital-d": frozenset({0}),
        "latin-capital-g": frozenset({6}),
        "latin-capital-i": frozenset({1}),
        "latin-capital-o": frozenset({0}),
        "latin-capital-q": frozenset({0, 9}),
        "latin-ezh": frozenset({3}),
        "latin-g": frozenset({9}),
        "latin-i": frozenset({1}),
        "latin-l": frozenset({1}),
        "latin-o": frozenset({0}),
        "latin-q": frozenset({9}),
        "latin-s": frozenset({5}),
        "latin-y-open": frozenset({4, 9}),
        "latin-z": frozenset({2}),
        "not-sign": frozenset({7}),
        "paragraph": frozenset({9}),
        "parallel": frozenset({1}),
        "parentheses": frozenset({0}),
        "parenthesis": frozenset({1}),
        "perpendicular": frozenset({1}),
        "quotes": frozenset({1}),
        "section": frozenset({5, 8}),
        "semicolon": frozenset({1}),
        "slash": frozenset({1}),
        "treble-clef": frozenset({8}),
    }
)
JITTER = 0.022  # of the height: how far each point strays by chance; twice as much would break letters
MIXED = 0.6  # of the writings stand between two variants of as many strokes
WAY = (-0.2, 0.7)  # from one variant to the other: hands differ by more than the few that are written down
PITCH = WIDTHS[0] / 2  # from line to line of a filled dot: the finest pen leaves no paper between them
DENSITY = 32  # points of a stroke on one height of its way


@dataclass(frozen=True)
class Symbol:
    """A thing that people write and that is no digit.

    Attributes:
        name: What it is, such as `"greek-alpha"`.
        variants: How hands write it, each the strokes of one hand in the notation of this module.
        look_alike: The digits that a person could take it for; empty for most.
    """

    name: str
    variants: tuple[str, ...]
    look_alike: frozenset[int]


SYMBOLS: Mapping[str, Symbol] = MappingProxyType(
    {
        name: Symbol(name, variants, LOOK_ALIKES.get(name, frozenset()))
        for table in (GREEK, LATIN, CYRILLIC, CHINESE, MATHEMATICS, WRITING, ARROWS, SKETCHES)
        for name, variants in table.items()
    }
)
"""Every symbol by its name."""


def symbol_names(*, look_alikes: bool = False) -> tuple[str, ...]:
    """Lists the symbols.

    Args:
        look_alikes: With those that a person could take for a digit.

    Returns:
        The names, sorted.

    Example:
        >>> "latin-o" in symbol_names(), "latin-o" in symbol_names(look_alikes=True)
        (False, True)
    """
    return tuple(sorted(name for name, symbol in SYMBOLS.items() if look_alikes or not symbol.look_alike))


def write_symbol(name: str, rng: Generator) -> Strokes:
    """Writes a symbol once, in one of its variants or between two, each point strayed a little.

    Args:
        name: One of `symbol_names(look_alikes=True)`.
        rng: Where chance comes from.

    Returns:
        The strokes, not yet slanted or bent: `deform` does that.

    Raises:
        SettingError: There is no such symbol.

    Example:
        >>> len(write_symbol("plus", np.random.default_rng(0)))
        2
    """
    symbol = SYMBOLS.get(name)
    if symbol is None:
        raise SettingError(f"Expected the name of a symbol. Received: {name!r}.", hint="symbol_names() lists them.")
    variant = symbol.variants[int(rng.integers(len(symbol.variants)))]
    strokes = _strokes(variant, rng)
    others = [other for other in symbol.variants if other != variant and _alike(other, variant)]
    if not others or rng.random() >= MIXED:
        return strokes
    return _between(strokes, _strokes(others[int(rng.integers(len(others)))], rng), rng.uniform(*WAY))


def _alike(one: str, other: str) -> bool:
    """Whether two variants have as many strokes, and no ellipse, which may be drawn either way round."""
    return one.count("|") == other.count("|") and "@" not in one + other


def _strokes(variant: str, rng: Generator) -> Strokes:
    return tuple(_stroke(text.strip(), rng) for text in variant.split("|"))


def _between(first: Strokes, second: Strokes, way: float) -> Strokes:
    """A hand between two, at a part of the way from the first to the second, which may lie beyond both."""
    return tuple(a + way * (_resampled(b, len(a)) - a) for a, b in zip(first, second, strict=True))


def _resampled(stroke: Stroke, count: int) -> Stroke:
    places, known = np.linspace(0, len(stroke) - 1, count), np.arange(len(stroke))
    return np.stack([np.interp(places, known, axis) for axis in stroke.T], axis=1)


def _stroke(text: str, rng: Generator) -> Stroke:
    """One stroke of the notation, strayed by chance."""
    if text.startswith("@"):
        x, y, half_width, half_height = (float(number) / 100 for number in text[1:].split(","))
        return _ellipse((x, y), (half_width, half_height), rng)
    if text.startswith("*"):
        x, y, radius = (float(number) / 100 for number in text[1:].split(","))
        return _dot((x, y), radius, rng)
    pieces = [[_point(point) for point in piece.split()] for piece in text.split("/")]
    points = np.array([point for piece in pieces for point in piece])
    strayed = points + rng.normal(0, JITTER, points.shape)
    repeats = np.ones(len(points), np.int64)
    repeats[np.cumsum([len(piece) for piece in pieces[:-1]], dtype=np.int64) - 1] = 2  # a point twice is a corner
    return _trace(np.repeat(strayed, repeats, axis=0))


def _point(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x) / 100, float(y) / 100


def _ellipse(middle: tuple[float, float], axes: tuple[float, float], rng: Generator) -> Stroke:
    """An ellipse as hands draw it: begun near the top, closed with a small overlap, either way round."""
    start = -np.pi / 2 + rng.normal(0, 0.35)
    angles = start + np.linspace(0, 2 * np.pi + rng.uniform(0, 0.3), 11) * rng.choice((-1, 1))
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * axes
    stray = JITTER * min(1.0, 1.5 * max(axes))  # small rings stay round
    return _trace(ring + middle + rng.normal(0, JITTER / 2, 2) + rng.normal(0, stray, ring.shape))


def _dot(middle: tuple[float, float], radius: float, rng: Generator) -> Stroke:
    """A filled dot: hatched so tightly that the finest pen leaves no paper, then outlined."""
    rows = np.linspace(-0.9, 0.9, max(3, round(2 * radius / PITCH)))
    sides = np.sqrt(1 - rows**2) * np.where(np.arange(len(rows)) % 2, 1, -1)
    hatching = np.stack([np.stack([sides, -sides], axis=1), np.stack([rows, rows], axis=1)], axis=2).reshape(-1, 2)
    angles = np.pi / 2 + np.linspace(0, 2 * np.pi, 17)
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(np.concatenate([hatching, outline]) * radius + middle + rng.normal(0, JITTER / 2, 2), np.float64)


def _trace(points: NDArray[np.float64]) -> Stroke:
    """The curve through points, as dense on a long way as on a short one."""
    way = float(np.hypot(*np.diff(points, axis=0).T).sum())
    return smooth(points, count=max(8, round(DENSITY * way)))
