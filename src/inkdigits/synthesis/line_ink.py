"""Ink of a line: a layout in, a sheet of ink and the box of each character out. Knows nothing of paper and cameras."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.geometry import Box
from inkdigits.image.ink import Ink
from inkdigits.synthesis.camera import Layer
from inkdigits.synthesis.curve import Stroke
from inkdigits.synthesis.line_layout import Layout, Placed
from inkdigits.synthesis.pen import Pen, draw_in_place


def draw_layout(
    layout: Layout, rng: Generator, *, pen: Pen, height: int, origin: tuple[float, float], size: tuple[int, int]
) -> tuple[Layer, list[Box]]:
    """Draws the pieces of a line.

    Args:
        layout: The pieces, in heights.
        rng: Decides how the ink comes.
        pen: What strokes are drawn with.
        height: Pixels of a height of 1.
        origin: Where the layout's point (0, 0) lies on the sheet, x and y in heights.
        size: Height and width of the sheet in pixels. What lies outside is cut off.

    Returns:
        The sheet, shape `size`, and the box of each piece on it, cut off at the sheet's edges.
    """
    sheet = np.zeros(size, np.uint8)
    strokes: list[Stroke] = [stroke + origin for stroke in layout.links]
    gain, shift = rng.uniform(1.5, 4.0), rng.uniform(-50, 50)
    for placed in layout.placed:
        strokes += [stroke + origin for stroke in placed.strokes]
        if placed.piece.ink is not None:
            _paste(sheet, placed, height, origin, gain=gain, shift=shift)
    if strokes:
        np.maximum(sheet, draw_in_place(tuple(strokes), rng, height=height, pen=pen, size=size), out=sheet)
    half = pen.width / 2
    boxes = [_box(placed, height, origin, half if placed.piece.ink is None else 0.0, size) for placed in layout.placed]
    return np.asarray(sheet / np.float32(255), np.float32), boxes


def _paste(sheet: Ink, placed: Placed, height: int, origin: tuple[float, float], *, gain: float, shift: float) -> None:
    """Draws a bitmap at its place. One that is enlarged keeps sharp edges, which `shift` makes thicker or thinner."""
    left, top, right, bottom = (round((side + origin[index % 2]) * height) for index, side in enumerate(placed.box))
    width, rows = max(right - left, 1), max(bottom - top, 1)
    ink = placed.piece.ink
    if ink is None or left >= sheet.shape[1] or top >= sheet.shape[0] or right <= 0 or bottom <= 0:
        return
    enlarged = rows > 1.2 * ink.shape[0]
    scaled = cv2.resize(ink, (width, rows), interpolation=cv2.INTER_CUBIC if enlarged else cv2.INTER_AREA)
    if enlarged:
        gain = min(gain, rows / ink.shape[0])
        scaled = _sharpen(np.asarray(scaled, np.uint8), gain, shift)
    y, x = max(-top, 0), max(-left, 0)
    part = sheet[max(top, 0) : bottom, max(left, 0) : right]
    np.maximum(part, scaled[y : y + part.shape[0], x : x + part.shape[1]], out=part)


def _sharpen(ink: Ink, gain: float, shift: float) -> Ink:
    levels = np.clip((np.arange(256) - 127.5) * gain + 127.5 + shift * (gain - 1) / 2, 0, 255)
    levels[:24] = 0
    return np.asarray(cv2.LUT(ink, levels.astype(np.uint8)), np.uint8)


def _box(placed: Placed, height: int, origin: tuple[float, float], half: float, size: tuple[int, int]) -> Box:
    left, top, right, bottom = placed.box
    x0, y0 = (left - half + origin[0]) * height, (top - half + origin[1]) * height
    x1, y1 = (right + half + origin[0]) * height, (bottom + half + origin[1]) * height
    x0, x1 = (min(max(round(x), 0), size[1]) for x in (x0, x1))
    y0, y1 = (min(max(round(y), 0), size[0]) for y in (y0, y1))
    return x0, y0, x1 - x0, y1 - y0
