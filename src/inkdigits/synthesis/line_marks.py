"""Marks of a line: points, commas, dashes, brackets, currency and fillers as strokes, in heights of a digit.

The top of a digit is 0, the baseline 1. It knows nothing of layout and pens.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from inkdigits.synthesis.curve import Stroke, Strokes, smooth
from inkdigits.synthesis.deform import deform
from inkdigits.synthesis.scribbles import write_scribble
from inkdigits.synthesis.symbols import symbol_names, write_symbol

CURRENCIES = ("dollar", "euro", "pound", "yen", "hash", "multiply-cross", "section", "at")


def write_mark(character: str, rng: Generator) -> Strokes:
    """Writes a mark, a run of signs or other writing.

    Args:
        character: One of `MARKS`, `SIGN` or `OTHER`.
        rng: Decides everything else.

    Returns:
        Its strokes, in heights of a digit.
    """
    return WRITERS[character](rng)


def _line(*points: tuple[float, float], rng: Generator, stray: float = 0.02) -> Stroke:
    return smooth(np.array(points) + rng.normal(0, stray, (len(points), 2)), count=10 + 4 * len(points))


def _dot(x: float, y: float, rng: Generator) -> Stroke:
    """A point: a touch of the pen, a blot or a short dash."""
    size = float(rng.choice([0.0, 0.015, 0.04])) + rng.exponential(0.012)
    angle = rng.uniform(0, 2 * np.pi)
    turns = angle + np.linspace(0, 4 * np.pi, 12)
    blot = np.stack([np.cos(turns), np.sin(turns)], axis=1) * np.linspace(size, size / 3, 12)[:, None]
    if rng.random() < 0.25:
        blot = np.linspace(-1, 1, 8)[:, None] * np.array([np.cos(angle), np.sin(angle)]) * (size + 0.03)
    return np.asarray(blot + np.array([x, y]), np.float64)


def _point(rng: Generator) -> Strokes:
    height = rng.uniform(0.4, 0.7) if rng.random() < 0.2 else rng.normal(0.96, 0.05)
    return (_dot(0.0, height, rng),)


def _comma(rng: Generator) -> Strokes:
    length, lean = rng.uniform(0.12, 0.4), rng.uniform(0.05, 0.2)
    top = rng.normal(0.92, 0.05)
    bow = rng.uniform(-0.02, 0.06)
    return (
        _line((lean, top), (lean / 2 + bow, top + length / 2), (0, top + length), rng=rng, stray=0.01),
        *((_dot(lean, top, rng),) if rng.random() < 0.3 else ()),
    )


def _dash(rng: Generator) -> Strokes:
    width, height, slope = rng.uniform(0.2, 0.6), rng.normal(0.55, 0.08), rng.normal(0, 0.05)
    return (_line((0, height + slope), (width / 2, height), (width, height - slope), rng=rng, stray=0.015),)


def _slash(rng: Generator) -> Strokes:
    lean, top, bottom = rng.uniform(0.12, 0.6), rng.uniform(-0.2, 0.1), rng.uniform(0.95, 1.3)
    return (_line((lean, top), (lean / 2, (top + bottom) / 2), (0, bottom), rng=rng),)


def _colon(rng: Generator) -> Strokes:
    return (_dot(0.0, rng.normal(0.4, 0.06), rng), _dot(rng.normal(0, 0.03), rng.normal(0.92, 0.06), rng))


def _plus(rng: Generator) -> Strokes:
    size, height = rng.uniform(0.2, 0.4), rng.normal(0.55, 0.07)
    across = _line((0, height), (size, height), (2 * size, height), rng=rng)
    return across, _line((size, height - size), (size, height), (size, height + size), rng=rng)


def _bracket(rng: Generator, *, opening: bool) -> Strokes:
    bow, top, bottom = rng.uniform(0.1, 0.35), rng.uniform(-0.25, 0.0), rng.uniform(1.0, 1.25)
    inner, outer = (bow, 0.0) if opening else (0.0, bow)
    share = 0.25
    upper, lower = top + share * (bottom - top), bottom - share * (bottom - top)
    near = outer + (inner - outer) * 0.2
    return (_line((inner, top), (near, upper), (outer, (top + bottom) / 2), (near, lower), (inner, bottom), rng=rng),)


def _percent(rng: Generator) -> Strokes:
    return _placed(write_symbol("percent", rng), rng, height=rng.uniform(0.7, 1.1))


def _placed(strokes: Strokes, rng: Generator, *, height: float, bottom: float = 1.0) -> Strokes:
    """Strokes of that height, standing about on the baseline."""
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = height / max(float(size[1]), 0.25 * float(size[0]), 1e-6)
    foot = bottom + rng.normal(0, 0.05)
    return tuple((stroke - low) * scale + (0.0, foot - float(size[1]) * scale) for stroke in strokes)


def _sign(rng: Generator) -> Strokes:
    """A currency, a cross, or a filler: dashes, waves, equal signs, asterisks, a long line."""
    kind = rng.random()
    if kind < 0.4:
        name = CURRENCIES[int(rng.choice(len(CURRENCIES), p=[0.44, 0.12, 0.12, 0.06, 0.08, 0.1, 0.04, 0.04]))]
        return _placed(deform(write_symbol(name, rng), rng, amount=0.5), rng, height=rng.uniform(0.7, 1.25))
    if kind < 0.6:
        count, pitch = int(rng.integers(2, 5)), rng.uniform(0.45, 0.8)
        return _row(_dash, count, pitch, rng)
    if kind < 0.75:
        return _row(_double_dash, int(rng.integers(1, 3)), 0.9, rng)
    if kind < 0.85:
        return _row(_asterisk, int(rng.integers(1, 4)), 0.7, rng)
    height, length = rng.normal(0.55, 0.1), rng.uniform(1.0, 3.0)
    xs = np.linspace(0, length, 7)
    wave = rng.choice([0.02, 0.02, 0.12])
    return (_line(*((float(x), float(height + rng.normal(0, wave))) for x in xs), rng=rng),)


def _row(write: Callable[[Generator], Strokes], count: int, pitch: float, rng: Generator) -> Strokes:
    return tuple(stroke + np.array([index * pitch, 0.0]) for index in range(count) for stroke in write(rng))


def _double_dash(rng: Generator) -> Strokes:
    width, height, gap = rng.uniform(0.3, 0.7), rng.normal(0.5, 0.12), rng.uniform(0.12, 0.3)
    return tuple(_line((0, y), (width, y + rng.normal(0, 0.03)), rng=rng) for y in (height, height + gap))


def _asterisk(rng: Generator) -> Strokes:
    strokes = write_symbol("multiply-asterisk", rng)
    return _placed(strokes, rng, height=rng.uniform(0.3, 0.55), bottom=rng.uniform(0.6, 0.85))


def write_letters(rng: Generator, count: int) -> Strokes:
    """Writes letters side by side, none of them like a digit.

    Args:
        rng: Decides everything else.
        count: How many.
    """
    names = [name for name in symbol_names() if name.startswith("latin-")]
    strokes: list[Stroke] = []
    left = 0.0
    for _ in range(count):
        height = rng.uniform(0.6, 1.1)
        letter = _placed(deform(write_symbol(str(rng.choice(names)), rng), rng, amount=0.5), rng, height=height)
        strokes += [stroke + np.array([left, 0.0]) for stroke in letter]
        left += float(np.concatenate(letter)[:, 0].max()) + rng.uniform(0.05, 0.2)
    return tuple(strokes)


def _other(rng: Generator) -> Strokes:
    """Letters, a cursive word, or a character that is struck out so that nobody reads it."""
    kind = rng.random()
    if kind < 0.5:
        return write_letters(rng, int(rng.integers(1, 4)))
    name = "word" if kind < 0.7 else "crossed-out" if kind < 0.85 else "hatching"
    return _placed(write_scribble(rng, kind=name), rng, height=rng.uniform(0.8, 1.2))


WRITERS: dict[str, Callable[[Generator], Strokes]] = {
    ".": _point,
    ",": _comma,
    "-": _dash,
    "/": _slash,
    ":": _colon,
    "+": _plus,
    "(": lambda rng: _bracket(rng, opening=True),
    ")": lambda rng: _bracket(rng, opening=False),
    "%": _percent,
    "*": _sign,
    "?": _other,
}
"""Writes each mark, sign or other writing."""
