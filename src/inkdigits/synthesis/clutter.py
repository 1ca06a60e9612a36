"""Clutter: what real crops hold besides their character. A sheet of ink in; rulings, dots and other ink are added.

Each `add_` function changes the sheet in place and only adds ink.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.geometry import Box
from inkdigits.image.ink import Ink
from inkdigits.synthesis.camera import Layer
from inkdigits.synthesis.deform import scale_ink


def add_clutter(layer: Layer, box: Box, rng: Generator, adjacent: Callable[[], Ink] | None = None) -> None:
    """Adds several kinds of clutter, one, or none.

    Args:
        layer: The sheet.
        box: Box of the character on it.
        rng: Decides everything.
        adjacent: Returns the ink of a character that may stand beside this one; None for no such ink.
    """
    longer = max(box[2:])
    strength = float(layer.max())
    chances = rng.random(6)
    for side in (-1, 1):
        if adjacent is not None and rng.random() < 0.4:
            add_adjacent_ink(layer, box, adjacent(), rng, side=side)
    if chances[0] < 0.18:
        add_rulings(layer, longer, rng, squared=bool(rng.random() < 0.4))
    if chances[1] < 0.3:
        add_column_line(layer, box, rng, strength=strength)
    if chances[2] < 0.2:
        add_underline(layer, box, rng, strength=strength)
    if chances[3] < 0.15:
        add_full_stop(layer, box, rng, strength=strength)
    if chances[4] < 0.15:
        add_specks(layer, longer, rng)
    if chances[5] < 0.06:
        add_filled_corners(layer, rng)


def add_adjacent_ink(layer: Layer, box: Box, ink: Ink, rng: Generator, *, side: int) -> None:
    """Adds other ink left (`side` -1) or right (1) of the character, near or touching it, cut off at the edge."""
    left, top, width, height = box
    other = scale_ink(ink, max(box[2:]) * rng.uniform(0.75, 1.25)) / np.float32(255) * layer.max()
    gap = round(float(rng.uniform(-0.08, 0.4)) * max(box[2:]))
    x = left + width + gap if side > 0 else left - gap - other.shape[1]
    y = top + round((height - other.shape[0]) * rng.uniform(-0.2, 1.2))
    _overlay(layer, other, x, y)


def add_rulings(layer: Layer, longer: int, rng: Generator, *, squared: bool) -> None:
    """Adds the lines of ruled or squared paper, slightly turned; `longer` is the character's longer side."""
    height, width = layer.shape
    period = longer * (rng.uniform(0.35, 1.2) if squared else rng.uniform(0.8, 2.2))
    strength, thickness = rng.uniform(0.06, 0.4), rng.uniform(0.5, 2.0)
    slope = rng.normal(0, 0.02)
    for y in np.arange(rng.uniform(0, period), height, period):
        _line(layer, (0, y), (width, y + slope * width), thickness, strength)
    if squared:
        for x in np.arange(rng.uniform(0, period), width, period):
            _line(layer, (x, 0), (x - slope * height, height), thickness, strength)


def add_column_line(layer: Layer, box: Box, rng: Generator, *, strength: float) -> None:
    """Adds the line between two columns, beside the digit or touching it."""
    left, _, width, height = box
    gap = rng.uniform(-0.12, 0.35) * height
    x = left - gap if rng.random() < 0.5 else left + width + gap
    lean = rng.normal(0, 0.03) * layer.shape[0]
    thickness = max(1.0, rng.uniform(0.02, 0.09) * height)
    _line(layer, (x, -2), (x + lean, layer.shape[0] + 2), thickness, strength * rng.uniform(0.3, 1.1))


def add_underline(layer: Layer, box: Box, rng: Generator, *, strength: float) -> None:
    """Adds a line below the digit (seldom above it), solid or dotted, from edge to edge or of about its length."""
    left, top, width, height = box
    longer = max(box[2:])
    y = top + height + rng.uniform(-0.08, 0.2) * longer if rng.random() < 0.8 else top - rng.uniform(0, 0.2) * longer
    reach = rng.uniform(0.0, 0.6) * longer
    start, end = (left - reach, left + width + reach) if rng.random() < 0.5 else (-2.0, layer.shape[1] + 2.0)
    thickness, slope = max(1.0, rng.uniform(0.02, 0.08) * longer), rng.normal(0, 0.04)
    before = layer.copy()
    _line(layer, (start, y), (end, y + slope * (end - start)), thickness, strength * rng.uniform(0.3, 1.0))
    if rng.random() < 0.2:
        gaps = np.arange(layer.shape[1]) % max(3, round(3 * thickness)) >= max(2, round(1.5 * thickness))
        layer[:, gaps] = before[:, gaps]


def add_full_stop(layer: Layer, box: Box, rng: Generator, *, strength: float) -> None:
    """Adds a full stop or comma after the digit."""
    left, top, width, height = box
    radius = rng.uniform(0.04, 0.09) * height
    center = left + width + rng.uniform(0.05, 0.3) * height, top + height - rng.uniform(-0.05, 0.15) * height
    stroke = np.zeros(layer.shape, np.uint8)
    cv2.circle(stroke, (round(center[0] * 16), round(center[1] * 16)), round(radius * 16), 255, -1, cv2.LINE_AA, 4)
    np.maximum(layer, stroke * np.float32(strength / 255), out=layer)


def add_specks(layer: Layer, longer: int, rng: Generator) -> None:
    """Adds dust and short hairs, anywhere."""
    for _ in range(rng.integers(1, 8)):
        x, y = rng.uniform(0, layer.shape[1]), rng.uniform(0, layer.shape[0])
        length, angle = rng.uniform(0.01, 0.08) * longer, rng.uniform(0, 6.3)
        end = x + length * np.cos(angle), y + length * np.sin(angle)
        _line(layer, (x, y), end, rng.uniform(0.5, 0.04 * longer + 0.6), rng.uniform(0.2, 0.9))


def add_filled_corners(layer: Layer, rng: Generator) -> None:
    """Adds what a turned canvas leaves in the corners: triangles of one shade."""
    height, width = layer.shape
    turn = np.tan(np.deg2rad(rng.uniform(2, 20)))
    a, b = 0.5 * height * turn, 0.5 * width * turn
    corners = [
        [(0, 0), (a, 0), (0, b)],
        [(width, 0), (width, b), (width - a, 0)],
        [(width, height), (width - a, height), (width, height - b)],
        [(0, height), (0, height - b), (a, height)],
    ]
    stroke = np.zeros(layer.shape, np.uint8)
    for corner in corners:
        cv2.fillPoly(stroke, [np.rint(corner).astype(np.int32)], 255)
    np.maximum(layer, stroke * np.float32(rng.choice([1.0, rng.uniform(0.3, 1.0)]) / 255), out=layer)


def _overlay(layer: Layer, other: Layer, x: int, y: int) -> None:
    """Draws `other` with its upper left corner at `(x, y)`, cut off where the layer ends."""
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + other.shape[0], layer.shape[0]), min(x + other.shape[1], layer.shape[1])
    if top < bottom and left < right:
        part = layer[top:bottom, left:right]
        np.maximum(part, other[top - y : bottom - y, left - x : right - x], out=part)


def _line(layer: Layer, start: tuple[float, float], end: tuple[float, float], width: float, strength: float) -> None:
    """A ruling of `width` pixels; one thinner than a pixel is fainter instead. OpenCV takes its ends in 1/16 pixels."""
    stroke = np.zeros(layer.shape, np.uint8)
    points = [(round(x * 16), round(y * 16)) for x, y in (start, end)]
    cv2.line(stroke, points[0], points[1], 255, max(1, round(width)), cv2.LINE_AA, 4)
    np.maximum(layer, stroke * np.float32(strength * min(1.0, max(width, 0.4)) / 255), out=layer)
