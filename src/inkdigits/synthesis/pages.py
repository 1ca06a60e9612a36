"""Scenes: the ink of one character in, a gray picture of it on paper out, as cameras, scanners and paint programs give.

Rulings, underlines, neighbours that intrude, dots, specks, filled corners, shadows, grain and JPEG are drawn at random.
It knows nothing of labels, glyphs or networks.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.geometry import Box
from inkdigits.image.ink import Ink
from inkdigits.image.load import Gray

Layer = NDArray[np.float32]
"""Shape `(H, W)`, 0 = paper to 1 = the darkest ink; more is cut off when it is painted."""

LEAST_SIDE = 18  # pixels of the character's longer side: a glyph's ink has 20
MOST_SIDE = 96  # a larger one only shows the same shape again
CLUTTERED = 0.55  # of all scenes may have something besides the character; one in five of these has nothing after all
DRAWN = 0.25  # of all scenes come from a paint program: flat, clean, and half of them light on dark


def paint_scene(
    ink: Ink, rng: Generator, *, neighbour: Callable[[], Ink] | None = None, clutter: float = CLUTTERED
) -> tuple[Gray, Box]:
    """Puts a character on paper.

    Args:
        ink: The character, shape `(h, w)`, uint8, cut to its box.
        rng: Decides everything else.
        neighbour: Gives the ink of what may intrude from the sides; None for no neighbours.
        clutter: Share of scenes, 0 to 1, that may have anything besides the character.

    Returns:
        The picture, shape `(H, W)`, uint8, and the character's box in it.
    """
    longer = LEAST_SIDE * (MOST_SIDE / LEAST_SIDE) ** rng.random()
    ink = scale_ink(ink, longer)
    layer, box = _place(ink, rng, longer)
    layer *= np.float32(rng.uniform(0.45, 1.0) if rng.random() < 0.7 else 1.0)
    if rng.random() < clutter:
        _clutter(layer, box, rng, neighbour)
    if rng.random() < DRAWN:
        gray = 255 - np.rint(255 * np.minimum(layer, 1)).astype(np.uint8)
        return (255 - gray if rng.random() < 0.5 else gray), box
    return _photograph(layer, box, rng), box


def scale_ink(ink: Ink, longer: float) -> Ink:
    """Scales ink, keeping its shape, so that its longer side is about `longer` pixels; enlarged edges stay sharp."""
    scale = longer / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    if scale <= 1:
        return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    large = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    if scale <= 1.5:
        return large
    gain = min(scale, 4.0)  # a soft edge of one pixel stays one of about one pixel
    return np.asarray(np.clip((large.astype(np.float32) - 127.5) * gain + 127.5, 0, 255), np.uint8)


def _place(ink: Ink, rng: Generator, longer: float) -> tuple[Layer, Box]:
    """An empty sheet around the character: cut tight, a loose crop, or a page."""
    style = rng.random()
    least, most = (0.0, 0.12) if style < 0.2 else (0.08, 0.5) if style < 0.75 else (0.5, 1.6)
    left, top, right, bottom = np.rint(rng.uniform(least, most, 4) * longer).astype(int)
    height, width = ink.shape
    layer = np.zeros((top + height + bottom, left + width + right), np.float32)
    layer[top : top + height, left : left + width] = ink / np.float32(255)
    return layer, (int(left), int(top), width, height)


def _clutter(layer: Layer, box: Box, rng: Generator, neighbour: Callable[[], Ink] | None) -> None:
    """Draws what real crops hold besides their digit: several things, one, or by chance none."""
    longer = max(box[2:])
    strength = float(layer.max())
    draws = rng.random(6)
    for side in (-1, 1):
        if neighbour is not None and rng.random() < 0.4:
            _intrude(layer, box, neighbour(), rng, side)
    if draws[0] < 0.18:
        _rulings(layer, rng, longer, squared=bool(rng.random() < 0.4))
    if draws[1] < 0.3:
        _vertical_ruling(layer, box, rng, strength)
    if draws[2] < 0.2:
        _underline(layer, box, rng, strength)
    if draws[3] < 0.15:
        _dot(layer, box, rng, strength)
    if draws[4] < 0.15:
        _specks(layer, rng, longer)
    if draws[5] < 0.06:
        _fill_corners(layer, rng)


def _intrude(layer: Layer, box: Box, ink: Ink, rng: Generator, side: int) -> None:
    """Puts other ink to the left (`side` -1) or right (1), near the character or touching it, cut off at the edge."""
    left, top, width, height = box
    other = scale_ink(ink, max(box[2:]) * rng.uniform(0.75, 1.25)) / np.float32(255) * layer.max()
    gap = round(float(rng.uniform(-0.08, 0.4)) * max(box[2:]))
    x = left + width + gap if side > 0 else left - gap - other.shape[1]
    y = top + round((height - other.shape[0]) * rng.uniform(-0.2, 1.2))
    _overlay(layer, other, x, y)


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


def _rulings(layer: Layer, rng: Generator, longer: int, *, squared: bool) -> None:
    """Ruled or squared paper, slightly turned."""
    height, width = layer.shape
    period = longer * (rng.uniform(0.35, 1.2) if squared else rng.uniform(0.8, 2.2))
    strength, thickness = rng.uniform(0.06, 0.4), rng.uniform(0.5, 2.0)
    slope = rng.normal(0, 0.02)
    for y in np.arange(rng.uniform(0, period), height, period):
        _line(layer, (0, y), (width, y + slope * width), thickness, strength)
    if squared:
        for x in np.arange(rng.uniform(0, period), width, period):
            _line(layer, (x, 0), (x - slope * height, height), thickness, strength)


def _vertical_ruling(layer: Layer, box: Box, rng: Generator, strength: float) -> None:
    """The line between two columns, beside the digit or touching it."""
    left, _, width, height = box
    gap = rng.uniform(-0.12, 0.35) * height
    x = left - gap if rng.random() < 0.5 else left + width + gap
    lean = rng.normal(0, 0.03) * layer.shape[0]
    thickness = max(1.0, rng.uniform(0.02, 0.09) * height)
    _line(layer, (x, -2), (x + lean, layer.shape[0] + 2), thickness, strength * rng.uniform(0.3, 1.1))


def _underline(layer: Layer, box: Box, rng: Generator, strength: float) -> None:
    """A line below the digit (seldom above it), solid or dotted, from edge to edge or of about its length."""
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


def _dot(layer: Layer, box: Box, rng: Generator, strength: float) -> None:
    """A full stop or comma after the digit."""
    left, top, width, height = box
    radius = rng.uniform(0.04, 0.09) * height
    center = left + width + rng.uniform(0.05, 0.3) * height, top + height - rng.uniform(-0.05, 0.15) * height
    stroke = np.zeros(layer.shape, np.uint8)
    cv2.circle(stroke, (round(center[0] * 16), round(center[1] * 16)), round(radius * 16), 255, -1, cv2.LINE_AA, 4)
    np.maximum(layer, stroke * np.float32(strength / 255), out=layer)


def _specks(layer: Layer, rng: Generator, longer: int) -> None:
    """Dust and short hairs, anywhere."""
    for _ in range(rng.integers(1, 8)):
        x, y = rng.uniform(0, layer.shape[1]), rng.uniform(0, layer.shape[0])
        length, angle = rng.uniform(0.01, 0.08) * longer, rng.uniform(0, 6.3)
        end = x + length * np.cos(angle), y + length * np.sin(angle)
        _line(layer, (x, y), end, rng.uniform(0.5, 0.04 * longer + 0.6), rng.uniform(0.2, 0.9))


def _fill_corners(layer: Layer, rng: Generator) -> None:
    """What a turned canvas leaves in the corners: triangles of one shade."""
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


def _photograph(layer: Layer, box: Box, rng: Generator) -> Gray:
    """Light, paper, lens, sensor and JPEG."""
    height, width = layer.shape
    white = rng.uniform(120, 255)
    black = rng.uniform(0.0, 0.55) * white
    softness = rng.uniform(0, 0.02) * max(box[2:])
    if softness > 0.3:
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), softness), np.float32)
    paper = white * _light(height, width, rng)
    gray = paper * (1 - np.minimum(layer, 1) * np.float32(1 - black / white))
    if rng.random() < 0.7:
        grain = rng.normal(0, rng.uniform(0.5, 7.0), (height, width)).astype(np.float32)
        if rng.random() < 0.3:
            grain = cv2.GaussianBlur(grain, (0, 0), 0.8) * np.float32(2)
        gray = gray + grain
    result = np.clip(gray, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, content = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])
        result = np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(255 - result if rng.random() < 0.08 else result, np.uint8)


def _light(height: int, width: int, rng: Generator) -> Layer:
    """Light over the sheet, 0 to 1: a slope, and now and then the edge of a shadow."""
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j].astype(np.float32)
    slope = rng.normal(0, 0.12, 2)
    light = 1 - np.abs(rng.normal(0, 0.05)) + np.float32(slope[0]) * x + np.float32(slope[1]) * y
    if rng.random() < 0.2:
        angle, softness = rng.uniform(0, 6.3), rng.uniform(0.03, 0.4)
        edge = (np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.4, 0.4)) / softness
        light *= 1 - np.float32(rng.uniform(0.1, 0.5)) / (1 + np.exp(-np.clip(4 * edge, -30, 30)))
    return np.asarray(np.clip(light, 0.15, 1), np.float32)
