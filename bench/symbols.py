"""Several symbols in one picture, and one digit with marks beside it. Knows nothing of readers.

In `SEVERAL` no single digit is the right answer: numbers, signs, units. In `SINGLE` there is one digit; points, dashes,
dust, rulings and what the crop has left of the next digit do not count.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from conditions import Condition, Subject
from inkdigits.synthesis.fonts import Handwriting, load_handwriting
from pages import Floats, Random, camera, jpeg, light, lines, paint, paper, png, strokes

SCRIPTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_ITALIC)
UNITS, PREFIXES = ("cm", "kg", "m", "l", "km", "h"), ("No", "a", "x", "Nr")


def _digit(subject: Subject, size: float, pen: float, *, other: bool = False) -> Floats:
    glyph = subject.others[int(subject.rng.integers(len(subject.others)))] if other else subject.glyph
    return _tight(strokes(glyph, size, pen=pen))


def _tight(ink: Floats) -> Floats:
    rows, columns = np.flatnonzero((ink > 0.3).any(axis=1)), np.flatnonzero((ink > 0.3).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _measures(rng: Random) -> tuple[float, float]:
    """A digit's height and the pen's width."""
    size = float(np.exp(rng.uniform(np.log(40), np.log(160))))
    return size, max(1.6, size * float(rng.uniform(0.05, 0.11)))


def _row(parts: list[tuple[Floats, float, float]], size: float) -> Floats:
    """Puts ink in a row: `(ink, gap before it, foot)`, both in sizes; a foot of 0 is the line, 1 the digit's height."""
    wide = sum(ink.shape[1] + round(max(gap, 0) * size) for ink, gap, _ in parts)
    canvas = np.zeros((round(size * 1.8), wide + 4), np.float32)
    x, base = 0, round(size * 1.3)
    for ink, gap, foot in parts:
        x += round(gap * size)
        top = max(0, min(base - round(foot * size) - ink.shape[0], canvas.shape[0] - ink.shape[0]))
        target = canvas[top : top + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(target, ink[:, : target.shape[1]], out=target)
        x += ink.shape[1]
    return _tight(canvas)


def _dot(pen: float, rng: Random, *, comma: bool = False) -> Floats:
    radius = pen * float(rng.uniform(0.55, 0.9))
    side = round(2 * radius) + 3
    drawn = np.zeros((side * (3 if comma else 1), side * (2 if comma else 1)), np.uint8)
    middle = (drawn.shape[1] * 8, round(radius + 1.5) * 16)
    cv2.circle(drawn, middle, round(radius * 16), 255, -1, cv2.LINE_AA, 4)
    if comma:
        tail = (middle[0] - round(radius * 16), middle[1] + round(radius * 40))
        cv2.line(drawn, middle, tail, 255, max(1, round(radius)), cv2.LINE_AA, 4)
    return _tight(drawn.astype(np.float32) / np.float32(255))


def _dash(size: float, pen: float, rng: Random) -> Floats:
    length = size * float(rng.uniform(0.3, 0.65))
    drawn = np.zeros((round(pen * 2 + length * 0.3), round(length + 2 * pen)), np.uint8)
    middle, tilt = drawn.shape[0] / 2, length * float(rng.uniform(-0.08, 0.08))
    start, end = (round(pen), round(middle - tilt)), (round(pen + length), round(middle + tilt))
    cv2.line(drawn, start, end, 255, max(1, round(pen)), cv2.LINE_AA)
    return _tight(drawn.astype(np.float32) / np.float32(255))


@cache
def _fonts() -> Handwriting:
    return load_handwriting()


def _letters(text: str, size: float, rng: Random) -> list[tuple[Floats, float, float]]:
    """Letters of one handwriting font, small ones about 60 % as tall as a digit."""
    data = _fonts()
    font = int(rng.integers(len(data.font_names)))
    parts: list[tuple[Floats, float, float]] = []
    for place, character in enumerate(text):
        indices = [i for i in data.indices_of(character) if data.fonts[i] == font] or list(data.indices_of(character))
        ink = data.bitmaps[int(rng.choice(indices))]
        tall = 1.0 if character.isupper() or character in "klh" else float(rng.uniform(0.5, 0.7))
        x, y, w, h = cv2.boundingRect(ink)
        height = size * tall
        cut = ink[y : y + h, x : x + w].astype(np.float32) / np.float32(255)
        shape = (max(1, round(w * height / h)), max(1, round(height)))
        method = cv2.INTER_AREA if height < h else cv2.INTER_CUBIC
        large = np.asarray(np.clip(cv2.resize(cut, shape, interpolation=method), 0, 1), np.float32)
        parts.append((large, 0.06 if place else float(rng.uniform(0.12, 0.6)), 0.0))
    return parts


def decimal(subject: Subject, *, comma: bool = False) -> bytes:
    rng = subject.rng
    size, pen = _measures(rng)
    mark = _dot(pen, rng, comma=comma)
    first, second = _digit(subject, size, pen), _digit(subject, size * rng.uniform(0.85, 1.15), pen, other=True)
    low = float(rng.uniform(-0.08, 0.02)) - (0.15 if comma else 0)
    row = [(first, 0.0, 0.0), (mark, float(rng.uniform(0.06, 0.3)), low), (second, float(rng.uniform(0.06, 0.3)), 0.0)]
    return _finish(_row(row, size), rng)


def negative(subject: Subject) -> bytes:
    rng = subject.rng
    size, pen = _measures(rng)
    high = float(rng.uniform(0.35, 0.6))
    row = [(_dash(size, pen, rng), 0.0, high), (_digit(subject, size, pen), float(rng.uniform(0.1, 0.45)), 0.0)]
    return _finish(_row(row, size), rng)


def unit(subject: Subject) -> bytes:
    rng = subject.rng
    size, pen = _measures(rng)
    row = [(_digit(subject, size, pen), 0.0, 0.0), *_letters(str(rng.choice(UNITS)), size, rng)]
    return _finish(_row(row, size), rng)


def prefix(subject: Subject) -> bytes:
    rng = subject.rng
    size, pen = _measures(rng)
    row = [
        *_letters(str(rng.choice(PREFIXES)), size, rng),
        (_digit(subject, size, pen), float(rng.uniform(0.2, 0.6)), 0),
    ]
    return _finish(_row(row, size), rng)


def pair(subject: Subject) -> bytes:
    """Two digits, near or far."""
    rng = subject.rng
    size, pen = _measures(rng)
    second = _digit(subject, size * rng.uniform(0.8, 1.2), pen, other=True)
    return _finish(
        _row([(_digit(subject, size, pen), 0.0, 0.0), (second, float(rng.uniform(0.15, 1.2)), 0.0)], size), rng
    )


def typed(subject: Subject) -> bytes:
    """7.5, -3, 8 cm and No 5 in the strokes of Hershey's fonts."""
    rng = subject.rng
    size, pen = _measures(rng)
    digit = str(int(rng.integers(10)))
    text = str(rng.choice([f"{digit}.{rng.integers(10)}", f"{digit},{rng.integers(10)}", f"-{digit}", f"{digit} cm"]))
    canvas = np.zeros((round(size * 2), round(size * 5)), np.uint8)
    font = int(rng.choice(SCRIPTS))
    cv2.putText(canvas, text, (9, round(size * 1.4)), font, size / 22, 255, max(1, round(pen)), cv2.LINE_AA)
    return _finish(_tight(canvas.astype(np.float32) / np.float32(255)), rng)


def alone(subject: Subject) -> bytes:
    size, pen = _measures(subject.rng)
    return _finish(_digit(subject, size, pen), subject.rng)


def own_pen(subject: Subject) -> bytes:
    """One digit with MNIST's own strokes, gaps included."""
    size, _ = _measures(subject.rng)
    return _finish(_tight(strokes(subject.glyph, size)), subject.rng)


def stopped(subject: Subject) -> bytes:
    """One digit and a full stop or comma after it."""
    rng = subject.rng
    size, pen = _measures(rng)
    comma = bool(rng.random() < 0.4)
    mark = (_dot(pen, rng, comma=comma), float(rng.uniform(0.06, 0.3)), -0.15 if comma else 0.0)
    return _finish(_row([(_digit(subject, size, pen), 0.0, 0.0), mark], size), rng)


def dashed(subject: Subject) -> bytes:
    """One digit and a dash after it."""
    rng = subject.rng
    size, pen = _measures(rng)
    mark = (_dash(size, pen, rng), float(rng.uniform(0.15, 0.5)), float(rng.uniform(0.35, 0.6)))
    return _finish(_row([(_digit(subject, size, pen), 0.0, 0.0), mark], size), rng)


def dusty(subject: Subject) -> bytes:
    """One digit, specks and hairs."""
    rng = subject.rng
    size, pen = _measures(rng)
    ink = np.pad(_digit(subject, size, pen), round(0.5 * size))
    dust = np.zeros(ink.shape, np.uint8)
    for _ in range(int(rng.integers(2, 9))):
        x, y = (float(rng.uniform(0, side)) for side in ink.shape[::-1])
        length, angle = float(rng.uniform(0, 0.12)) * size, float(rng.uniform(0, 6.3))
        end = (round(x + length * np.cos(angle)), round(y + length * np.sin(angle)))
        cv2.line(dust, (round(x), round(y)), end, int(rng.integers(90, 255)), max(1, round(pen * 0.4)), cv2.LINE_AA)
    return _finish(np.maximum(ink, dust.astype(np.float32) / np.float32(255)), rng)


def cut_neighbor(subject: Subject) -> bytes:
    """One digit, and at one or both sides what the crop has left of the next."""
    rng = subject.rng
    size, pen = _measures(rng)
    ink = np.pad(_digit(subject, size, pen), ((round(0.2 * size),) * 2, (round(0.55 * size),) * 2))
    for side in (-1, 1) if rng.random() < 0.4 else (int(rng.choice([-1, 1])),):
        other = _digit(subject, size * rng.uniform(0.8, 1.1), pen, other=True)
        shown = min(round(float(rng.uniform(0.1, 0.4)) * size), other.shape[1] - 2)
        piece = other[:, -shown:] if side < 0 else other[:, :shown]
        top = max(0, (ink.shape[0] - piece.shape[0]) // 2)
        piece = piece[: ink.shape[0] - top]
        columns = slice(0, shown) if side < 0 else slice(ink.shape[1] - shown, ink.shape[1])
        np.maximum(ink[top : top + piece.shape[0], columns], piece, out=ink[top : top + piece.shape[0], columns])
    return _finish(ink, rng, margin=0)


def on_rulings(subject: Subject) -> bytes:
    rng = subject.rng
    size, pen = _measures(rng)
    return _finish(_digit(subject, size, pen), rng, ruled=True)


SEVERAL = {
    "decimal": Condition("point between two digits", "7.5", decimal),
    "comma": Condition("comma between two digits", "7,5", lambda s: decimal(s, comma=True)),
    "negative": Condition("minus and digit", "-3", negative),
    "unit": Condition("digit and letters", "8 cm", unit),
    "prefix": Condition("letters and digit", "No 5", prefix),
    "pair": Condition("two digits", "7 5", pair),
    "typed": Condition("Hershey's fonts", "7.5, -3, 8 cm", typed),
}
SINGLE = {
    "alone": Condition("one digit", "alone on paper", alone),
    "own_pen": Condition("one digit, MNIST's strokes", "with its gaps", own_pen),
    "stopped": Condition("one digit and a full stop or comma", "after it", stopped),
    "dashed": Condition("one digit and a dash", "after it", dashed),
    "dusty": Condition("one digit and dust", "specks and hairs", dusty),
    "cut_neighbor": Condition("one digit, neighbors cut by the crop", "at one or both sides", cut_neighbor),
    "on_rulings": Condition("one digit on ruled paper", "lines from edge to edge", on_rulings),
}


def _finish(ink: Floats, rng: Random, *, margin: float | None = None, ruled: bool = False) -> bytes:
    longer = max(ink.shape)
    room = [round(float(rng.uniform(0.1, 0.5)) * longer) if margin is None else round(margin) for _ in range(4)]
    ink = np.pad(ink, (room[:2], room[2:]))
    shape = (ink.shape[0], ink.shape[1])
    page = paper(shape, (float(rng.uniform(205, 255)),) * 3, rng)
    if ruled:
        spacing, offset = shape[0] * float(rng.uniform(0.3, 0.7)), float(rng.uniform(0, 60))
        rule = lines(shape, spacing, width=max(1, 0.01 * longer), angle_deg=rng.uniform(-2, 2), offset=offset)
        page = paint(page, rule * 0.8, (125.0, 150.0, 195.0))
    level = float(rng.uniform(10, 70))
    page = paint(page, ink * np.float32(rng.uniform(0.85, 1)), (level, level, level + float(rng.choice([6, 90]))))
    if rng.random() < 0.5:
        return png(page)
    return jpeg(camera(light(page, rng), rng, blur=rng.uniform(0.4, 0.8), noise=rng.uniform(1, 3)), 85)
