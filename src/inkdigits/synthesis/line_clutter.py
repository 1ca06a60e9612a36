"""Clutter of lines: boxes, combs, dotted lines, borders cut at the edge, adjacent rows and print. Sheets are changed.

Each `add_` function changes the sheet in place and only adds ink. What is added is in no label: a border at the edge
is no 1, and a row that is cut is not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.geometry import Box
from inkdigits.synthesis.camera import Layer
from inkdigits.synthesis.clutter import add_rulings, add_specks, add_underline


@dataclass(frozen=True)
class Place:
    """Where the line lies on its sheet, in pixels.

    Attributes:
        box: Box of the line, `(left, top, width, height)`.
        height: Height of a digit.
        cell: Width of the cells that the digits stand in; 0 if there are none.
        start: Left edge of the first cell.
        baseline: Row on which the digits stand.
    """

    box: Box
    height: int
    cell: float
    start: float
    baseline: float


Row = Callable[[tuple[int, int], int], Layer]
"""Draws some other row of writing on a sheet of a shape, at a digit's height; it begins at the upper left corner."""


def add_line_clutter(layer: Layer, place: Place, rng: Generator, row: Row) -> None:
    """Adds several kinds of clutter, or none.

    Args:
        layer: The sheet.
        place: Where the line is.
        rng: Decides everything else.
        row: Draws other writing.
    """
    strength = float(layer.max())
    if place.cell and rng.random() < 0.85:
        add_cells(layer, place, rng, strength=strength)
    chances = rng.random(9)
    if chances[0] < 0.22:
        add_rulings(layer, place.height, rng, squared=bool(rng.random() < 0.4))
    if chances[1] < 0.2:
        add_box(layer, place, rng, strength=strength)
    if chances[2] < 0.3:
        add_edge_lines(layer, place, rng, strength=strength)
    if chances[3] < 0.2:
        add_dotted_line(layer, place, rng, strength=strength)
    if chances[4] < 0.12:
        add_underline(layer, place.box, rng, strength=strength)
    if chances[5] < 0.3:
        add_cut_rows(layer, place, rng, row)
    if chances[6] < 0.15:
        add_print_below(layer, place, rng, row)
    if chances[7] < 0.15:
        add_specks(layer, place.height, rng)
    if chances[8] < 0.15:
        add_cut_neighbors(layer, place, rng, row)


def add_cells(layer: Layer, place: Place, rng: Generator, *, strength: float) -> None:
    """Adds the boxes or the comb that the digits stand in."""
    height = place.height
    top, bottom = place.baseline - rng.uniform(1.1, 1.5) * height, place.baseline + rng.uniform(0.1, 0.4) * height
    comb = rng.random() < 0.4
    tick = bottom - rng.uniform(0.15, 0.6) * height if comb else top
    shade, width = strength * rng.uniform(0.2, 1.0), rng.uniform(0.02, 0.07) * height
    count = int(np.ceil(place.box[2] / place.cell + 0.3)) + int(rng.integers(0, 3))
    gap = rng.uniform(0.05, 0.15) * place.cell if not comb and rng.random() < 0.3 else 0.0
    end = place.start + count * place.cell
    for number in range(count + 1):
        x = place.start + number * place.cell
        for side in (x - gap, x + gap) if gap else (x,):
            _line(layer, (side, tick), (side, bottom), width, shade)
    for y in (bottom,) if comb else (top, bottom):
        _line(layer, (place.start, y), (end, y), width, shade)


def add_box(layer: Layer, place: Place, rng: Generator, *, strength: float) -> None:
    """Adds a frame around the line; the picture may cut it."""
    left, top, width, height = place.box
    margins = rng.uniform(0.08, 0.6, 4) * place.height
    corners = [
        (left - margins[0], top - margins[1]),
        (left + width + margins[2], top - margins[1]),
        (left + width + margins[2], top + height + margins[3]),
        (left - margins[0], top + height + margins[3]),
    ]
    lean = rng.normal(0, 0.01)
    corners = [(x - lean * y, y + lean * x) for x, y in corners]
    thickness, shade = max(0.8, rng.uniform(0.02, 0.1) * place.height), strength * rng.uniform(0.3, 1.1)
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        _line(layer, start, end, thickness, shade)


def add_edge_lines(layer: Layer, place: Place, rng: Generator, *, strength: float) -> None:
    """Adds what a crop leaves of borders: lines along the edges, whole, in part or doubled, also slightly askew."""
    height, width = layer.shape
    for side in range(4):
        if rng.random() < 0.45:
            far, length = (width, height) if side % 2 == 0 else (height, width)
            inset = min(abs(rng.normal(0, 0.1)) * place.height, 0.1 * far)
            start, end = (0.0, 1.0) if rng.random() < 0.6 else np.sort(rng.uniform(-0.2, 1.2, 2))
            at = inset if side < 2 else far - inset
            lean = rng.normal(0, 0.012) * length
            thickness, shade = max(1.0, rng.uniform(0.02, 0.14) * place.height), strength * rng.uniform(0.4, 1.2)
            ends = [(at, start * length), (at + lean, end * length)]
            ends = ends if side % 2 == 0 else [(y, x) for x, y in ends]
            _line(layer, ends[0], ends[1], thickness, shade)


def add_dotted_line(layer: Layer, place: Place, rng: Generator, *, strength: float) -> None:
    """Adds a line of dots or dashes to write on, near the baseline."""
    y = place.baseline + rng.normal(0.05, 0.12) * place.height
    pitch = max(3.0, rng.uniform(0.08, 0.35) * place.height)
    radius = max(0.5, rng.uniform(0.015, 0.05) * place.height)
    dash = rng.uniform(0.3, 0.7) * pitch if rng.random() < 0.35 else 0.0
    start, end = place.box[0] - rng.uniform(0, 2) * place.height, place.box[0] + place.box[2] * rng.uniform(0.6, 1.6)
    for x in np.arange(max(start, 0.0), min(end, layer.shape[1]), pitch):
        _line(layer, (x, y), (x + dash, y), 2 * radius, strength * 0.9)


def add_cut_rows(layer: Layer, place: Place, rng: Generator, row: Row) -> None:
    """Adds the row above or below, of which the picture shows a part, clear of the line."""
    _, top, _, height = place.box
    below = rng.random() < 0.5
    room = layer.shape[0] - (top + height) if below else top
    shown = min(int(rng.uniform(0.1, 0.6) * place.height), room - max(1, round(0.04 * place.height)))
    if shown < 2:
        return
    other = row((place.height * 2, layer.shape[1]), place.height)
    inked = np.flatnonzero(other.any(axis=1))
    if not len(inked):
        return
    part = other[inked[0] : inked[0] + shown] if below else other[: inked[-1] + 1][-shown:]
    target = layer[layer.shape[0] - len(part) :] if below else layer[: len(part)]
    np.maximum(target, part * np.float32(rng.uniform(0.6, 1.0)), out=target)


def add_print_below(layer: Layer, place: Place, rng: Generator, row: Row) -> None:
    """Adds a small row of other writing or print, a caption, below or above the line, if there is room."""
    _, top, _, height = place.box
    size = max(6, round(rng.uniform(0.25, 0.8) * place.height))
    below = layer.shape[0] - (top + height) - round(0.1 * place.height)
    above = top - round(0.1 * place.height)
    need = round(1.5 * size)
    if max(below, above) < need:
        return
    y = layer.shape[0] - below if below >= need else above - need
    x = int(rng.integers(0, max(1, layer.shape[1] // 2)))
    target = layer[y : y + need, x:]
    np.maximum(target, row(target.shape, size), out=target)


def add_cut_neighbors(layer: Layer, place: Place, rng: Generator, row: Row) -> None:
    """Adds writing of the next column, cut off at the picture's left or right edge, clear of the line."""
    left, top, width, _ = place.box
    right = layer.shape[1] - (left + width)
    gap = round(rng.uniform(0.5, 1.0) * place.height)
    room = max(right, left) - gap
    shown = min(room, round(rng.uniform(0.05, 0.35) * place.height))
    if shown < 2:
        return
    other = row((2 * place.height, 4 * place.height), place.height)
    columns = np.flatnonzero(other.any(axis=0))
    if not len(columns):
        return
    other = other[:, columns[0] : columns[-1] + 1]
    y = max(0, top - int(rng.integers(0, max(place.height // 2, 1))))
    on_the_right = right >= left
    part = other[: layer.shape[0] - y, :shown] if on_the_right else other[: layer.shape[0] - y, -shown:]
    target = layer[y : y + len(part), -part.shape[1] :] if on_the_right else layer[y : y + len(part), : part.shape[1]]
    np.maximum(target, part, out=target)


def _line(layer: Layer, start: tuple[float, float], end: tuple[float, float], width: float, strength: float) -> None:
    """A line of `width` pixels; one thinner than a pixel is fainter instead. Only the rows it crosses are drawn."""
    reach = width + 2
    low, high = sorted((start[1], end[1]))
    top, bottom = max(0, int(low - reach)), min(layer.shape[0], int(high + reach) + 1)
    if top >= bottom:
        return
    stroke = np.zeros((bottom - top, layer.shape[1]), np.uint8)
    points = [(round(x * 16), round((y - top) * 16)) for x, y in (start, end)]
    cv2.line(stroke, points[0], points[1], 255, max(1, round(width)), cv2.LINE_AA, 4)
    part = layer[top:bottom]
    np.maximum(part, stroke * np.float32(strength * min(1.0, max(width, 0.4)) / 255), out=part)
