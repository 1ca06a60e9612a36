"""Cells of forms and tables: one MNIST digit and the printed borders around it. Knows nothing of readers.

Each kind is a way in which a crop shows the border of its cell: closed, thick, thin, rounded, doubled, dashed, cut by
the crop at one to four sides, with pieces of the next cells.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from conditions import Condition, Subject
from pages import Bytes, Color, Floats, Random, camera, jpeg, light, paint, paper, place, png, strokes

STEPS = 16  # OpenCV draws in sixteenths of a pixel


def closed(subject: Subject) -> bytes:
    """A dark border that is closed, along the edges or with a margin, thick or thin."""
    rng = subject.rng
    shape, ink = _cell(subject)
    return _finish(shape, ink, _rectangle(shape, rng, width=_width(shape, rng)), rng)


def inset(subject: Subject) -> bytes:
    """A closed border with paper outside it, as in a loose crop."""
    rng = subject.rng
    shape, ink = _cell(subject)
    room = [round(float(rng.uniform(0.05, 0.3)) * min(shape)) for _ in range(4)]
    border = _pad(_rectangle(shape, rng, width=_width(shape, rng)), room)
    ink = _pad(ink, room)
    return _finish(ink.shape, ink, border, rng)


def cut(subject: Subject) -> bytes:
    """The crop runs along the border and cuts it: at one to four sides some of its width is left."""
    rng = subject.rng
    shape, ink = _cell(subject)
    width = _width(shape, rng)
    sides = rng.permutation(4)[: int(rng.integers(1, 5))]
    return _finish(shape, ink, _edges(shape, rng, sides.tolist(), width), rng)


def all_cut(subject: Subject) -> bytes:
    """The crop cuts the border at all four sides."""
    shape, ink = _cell(subject)
    return _finish(shape, ink, _edges(shape, subject.rng, [0, 1, 2, 3], _width(shape, subject.rng)), subject.rng)


def skewed(subject: Subject) -> bytes:
    """A closed border that the scanner has turned by up to four degrees."""
    rng = subject.rng
    shape, ink = _cell(subject)
    angle = float(rng.uniform(1, 4) * rng.choice([-1, 1]))
    border = _rectangle(shape, rng, width=_width(shape, rng), margin=(0.04, 0.1), angle_deg=angle)
    return _finish(shape, ink, border, rng)


def rounded(subject: Subject) -> bytes:
    rng = subject.rng
    shape, ink = _cell(subject)
    border = _rectangle(shape, rng, width=_width(shape, rng), corner=float(rng.uniform(0.1, 0.4)))
    return _finish(shape, ink, border, rng)


def doubled(subject: Subject) -> bytes:
    rng = subject.rng
    shape, ink = _cell(subject, fill=(0.4, 0.62))
    width, outer = _width(shape, rng) * 0.6, float(rng.uniform(0, 0.04))
    step = (2.5 * width + 2) / min(shape)
    border = np.maximum(
        _rectangle(shape, rng, width=width, margin=(outer, outer)),
        _rectangle(shape, rng, width=width, margin=(outer + step, outer + step)),
    )
    return _finish(shape, ink, border, rng)


def dashed(subject: Subject) -> bytes:
    rng = subject.rng
    shape, ink = _cell(subject)
    border = _rectangle(shape, rng, width=_width(shape, rng), margin=(0.02, 0.08))
    period = min(shape) * rng.uniform(0.05, 0.12)
    y, x = np.ogrid[: shape[0], : shape[1]]
    share = rng.uniform(0.5, 0.7)
    gaps = ((x / period) % 1 < share) & ((y / period) % 1 < share)
    upright = np.minimum(x, shape[1] - 1 - x) < np.minimum(y, shape[0] - 1 - y)
    shown = np.where(upright, (y / period) % 1 < share, (x / period) % 1 < share) | gaps
    return _finish(shape, ink, np.asarray(border * shown, np.float32), rng)


def comb(subject: Subject) -> bytes:
    """A comb field: the lower line and the teeth at both sides, open above."""
    rng = subject.rng
    shape, ink = _cell(subject)
    width, tooth = _width(shape, rng), float(rng.uniform(0.25, 0.9))
    height, wide = shape
    border = np.zeros(shape, np.uint8)
    low, left, right = height * rng.uniform(0.93, 0.99), wide * rng.uniform(0.01, 0.06), wide * rng.uniform(0.94, 0.99)
    _segment(border, (0, low), (wide, low), width)
    for x in (left, right):
        _segment(border, (x, low), (x, low - tooth * height), width)
    return _finish(shape, ink, _coverage(border), rng)


def table(subject: Subject) -> bytes:
    """A cell of a table, cropped loosely: the borders of the next cells go on to the edges."""
    rng = subject.rng
    shape, ink = _cell(subject)
    room = [round(float(rng.uniform(0.03, 0.25)) * min(shape)) for _ in range(4)]
    ink = _pad(ink, room)
    border, width = np.zeros(ink.shape, np.uint8), _width(shape, rng)
    lean = float(np.tan(np.deg2rad(rng.uniform(-1.5, 1.5))))
    for y in (room[0], ink.shape[0] - room[1]):
        _segment(border, (-2, y), (ink.shape[1] + 2, y + lean * ink.shape[1]), width)
    for x in (room[2], ink.shape[1] - room[3]):
        _segment(border, (x, -2), (x - lean * ink.shape[0], ink.shape[0] + 2), width)
    return _finish(ink.shape, ink, _coverage(border), rng)


def touching(subject: Subject) -> bytes:
    """A closed border that the digit touches or crosses."""
    rng = subject.rng
    shape, ink = _cell(subject)
    border = _rectangle(shape, rng, width=_width(shape, rng), margin=(0, 0.04))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    step = [-int(columns[0]), shape[1] - 1 - int(columns[-1]), -int(rows[0]), shape[0] - 1 - int(rows[-1])]
    side = int(rng.integers(4))
    reach = round(step[side] * float(rng.uniform(0.93, 1.0)))
    return _finish(shape, np.asarray(np.roll(ink, reach, axis=1 if side < 2 else 0)), border, rng)


def bare(subject: Subject) -> bytes:
    """The same cells without any border, for comparison."""
    shape, ink = _cell(subject)
    return _finish(shape, ink, np.zeros_like(ink), subject.rng)


def tight(subject: Subject) -> bytes:
    """No border, and the crop so tight that strokes touch the edges: nothing may be taken for a border."""
    rng = subject.rng
    size = rng.uniform(50, 200)
    ink = strokes(subject.glyph, size) if rng.random() < 0.5 else strokes(subject.glyph, size, pen=0.06 * size)
    rows, columns = np.flatnonzero((ink > 0.4).any(axis=1)), np.flatnonzero((ink > 0.4).any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    ink = np.pad(ink, [(int(rng.integers(0, 3)), int(rng.integers(0, 3))) for _ in range(2)])
    return _finish(ink.shape, ink, np.zeros_like(ink), rng)


CELLS = {
    "bare": Condition("no border", "the same cells without a border", bare),
    "tight": Condition("no border, cut tightly", "strokes touch the crop's edges", tight),
    "closed": Condition("closed border", "along the edges or with a small margin, thick or thin", closed),
    "inset": Condition("closed border, loose crop", "paper outside the border", inset),
    "cut": Condition("border cut at 1 to 4 sides", "the crop runs along the border", cut),
    "all_cut": Condition("border cut at 4 sides", "the crop runs along the border all round", all_cut),
    "skewed": Condition("closed border, skewed", "turned by 1 to 4 degrees", skewed),
    "rounded": Condition("rounded border", "corners of 10 to 40 % of the side", rounded),
    "doubled": Condition("double border", "two closed borders", doubled),
    "dashed": Condition("dashed border", "half to 70 % of it is drawn", dashed),
    "comb": Condition("comb field", "the lower line and teeth at both sides", comb),
    "table": Condition("table, loose crop", "the next cells' borders go on to the edges", table),
    "touching": Condition("closed border, touched", "the digit touches or crosses the border", touching),
}


def _cell(subject: Subject, fill: tuple[float, float] = (0.45, 0.72)) -> tuple[tuple[int, int], Floats]:
    """A cell's shape, and a digit in it that does not reach its edges."""
    rng = subject.rng
    height = round(float(np.exp(rng.uniform(np.log(48), np.log(260)))))
    shape = (height, round(height * float(rng.uniform(0.75, 1.35))))
    size = min(shape) * rng.uniform(*fill)
    pen = None if rng.random() < 0.5 else max(1.6, size * rng.uniform(0.04, 0.09))
    ink = strokes(subject.glyph, size, pen=pen)
    room = [max(shape[axis] - ink.shape[axis], 0) for axis in (0, 1)]
    top, left = (round(gap * float(rng.uniform(0.3, 0.7))) for gap in room)
    return shape, place(ink, shape, left, top)


def _pad(coverage: Floats, room: list[int]) -> Floats:
    return np.pad(coverage, (room[:2], room[2:]))


def _coverage(drawn: Bytes) -> Floats:
    return np.asarray(drawn, np.float32) / np.float32(255)


def _width(shape: tuple[int, int], rng: Random) -> float:
    """Of a border: a hair's to a felt pen's."""
    return max(1.0, min(shape) * float(np.exp(rng.uniform(np.log(0.01), np.log(0.07)))))


def _segment(border: Bytes, start: tuple[float, float], end: tuple[float, float], width: float) -> None:
    points = [(round(x * STEPS), round(y * STEPS)) for x, y in (start, end)]
    cv2.line(border, points[0], points[1], 255, max(1, round(width)), cv2.LINE_AA, 4)


def _rectangle(
    shape: tuple[int, int],
    rng: Random,
    *,
    width: float,
    margin: tuple[float, float] = (0, 0.08),
    angle_deg: float = 0,
    corner: float = 0,
) -> Floats:
    """The outline of a rectangle, `margin` of the shorter side away from the edges, as coverage."""
    height, wide = shape
    away = [min(shape) * float(rng.uniform(*margin)) + width / 2 for _ in range(4)]
    box = np.array([[away[0], away[1]], [wide - away[2], away[1]], [wide - away[2], height - away[3]]])
    box = np.vstack([box, [away[0], height - away[3]]])
    if corner:
        box = _round(box, corner * min(shape))
    turn = cv2.getRotationMatrix2D((wide / 2, height / 2), angle_deg, 1)
    points = np.rint((box @ turn[:, :2].T + turn[:, 2]) * STEPS).astype(np.int32)
    border = np.zeros(shape, np.uint8)
    cv2.polylines(border, [points], True, 255, max(1, round(width)), cv2.LINE_AA, 4)
    return _coverage(border)


def _round(box: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """A quarter of a circle at each of the four corners, clockwise from the upper left."""
    arc = np.linspace(np.pi, 1.5 * np.pi, 8)
    points = []
    for index, (x, y) in enumerate(box):
        angle = arc + index * np.pi / 2
        inward = np.array([1, 1]) * radius * np.array([1 if index in (0, 3) else -1, 1 if index in (0, 1) else -1])
        points.append(np.stack([x + inward[0] + radius * np.cos(angle), y + inward[1] + radius * np.sin(angle)], 1))
    return np.vstack(points)


def _edges(shape: tuple[int, int], rng: Random, sides: list[int], width: float) -> Floats:
    """Lines along the picture's edges, a little askew, of which the crop has left a part or all."""
    height, wide = shape
    border = np.zeros(shape, np.uint8)
    for side in sides:
        near, far = (float(rng.uniform(-0.3, 1.2)) * width for _ in range(2))
        if side == 0:
            _segment(border, (-2, near), (wide + 2, far), width)
        elif side == 1:
            _segment(border, (-2, height - 1 - near), (wide + 2, height - 1 - far), width)
        elif side == 2:
            _segment(border, (near, -2), (far, height + 2), width)
        else:
            _segment(border, (wide - 1 - near, -2), (wide - 1 - far, height + 2), width)
    return _coverage(border)


def _finish(shape: tuple[int, ...], ink: Floats, border: Floats, rng: Random) -> bytes:
    """Half scanned clean, half photographed; the border is black, gray or colored, the pen another."""
    page = paper((shape[0], shape[1]), (float(rng.uniform(205, 255)),) * 3, rng)
    page = paint(page, border, _print(rng))
    page = paint(page, ink * float(rng.uniform(0.85, 1)), _pen(rng))
    if rng.random() < 0.5:
        return png(page)
    return jpeg(camera(light(page, rng), rng, blur=rng.uniform(0.4, 0.8), noise=rng.uniform(1, 3)), 85)


def _print(rng: Random) -> Color:
    level = float(rng.uniform(0, 110))
    return (level, level, level) if rng.random() < 0.7 else (level, level * 0.6 + 60, min(255.0, level + 100))


def _pen(rng: Random) -> Color:
    level = float(rng.uniform(10, 70))
    return (level, level, level + 6) if rng.random() < 0.5 else (level, level + 15, level + 90)
