"""Papers of lines: security prints, weave, stains, bleed-through, stamps and dark margins. Sheets of ink are changed.

Each `add_` function changes the sheet in place and only adds ink. It knows nothing of what is written.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.synthesis.camera import Layer
from inkdigits.synthesis.texture import fractal_noise

Pattern = NDArray[np.float32]


def add_pattern(layer: Layer, height: int, rng: Generator) -> None:
    """Prints a pattern on the paper, fainter than the writing.

    Args:
        layer: The sheet.
        height: Pixels of a digit's height.
        rng: Decides everything else.
    """
    pattern = PATTERNS[int(rng.integers(len(PATTERNS)))](layer.shape, height, rng)
    if rng.random() < 0.25:
        pattern = np.maximum(pattern, PATTERNS[int(rng.integers(len(PATTERNS)))](layer.shape, height, rng))
    strength = np.float32(rng.uniform(0.05, 0.38) * max(0.35, float(layer.max())))
    mix(layer, pattern * strength)


def mix(layer: Layer, other: Layer) -> None:
    """Adds ink to a sheet as one print over another: both together are darker than each."""
    layer += other * (1 - np.minimum(layer, 1))


def _grid(shape: tuple[int, ...]) -> tuple[Pattern, Pattern]:
    return np.arange(shape[0], dtype=np.float32)[:, None], np.arange(shape[1], dtype=np.float32)[None]


def _lines(phase: Pattern, share: float) -> Pattern:
    """Soft lines wherever the phase is near a whole number; `share` of the paper is inked."""
    return np.asarray(np.clip((np.cos(2 * np.pi * phase) - np.cos(np.pi * share)) * 3, 0, 1), np.float32)


def _waves(shape: tuple[int, ...], height: int, rng: Generator) -> Pattern:
    """Level waved lines, as on cheques."""
    y, x = _grid(shape)
    period = rng.uniform(0.09, 0.3) * height
    length, size = rng.uniform(0.5, 5.0) * height, rng.uniform(0.0, 0.9) * period
    bow = np.sin(2 * np.pi * x / length + rng.uniform(0, 6.3)) + rng.uniform(0, 1) * np.sin(x / length * 2.3)
    return _lines((y + size * bow + rng.normal(0, 0.2) * x) / max(period, 2.5), rng.uniform(0.25, 0.55))


def _rosette(shape: tuple[int, ...], height: int, rng: Generator) -> Pattern:
    """Guilloche: two bundles of lines around points, interlaced."""
    y, x = _grid(shape)
    total = np.zeros(shape, np.float32)
    period = max(rng.uniform(0.12, 0.35) * height, 3.0)
    for _ in range(int(rng.integers(1, 4))):
        center = rng.uniform(-0.5, 1.5, 2) * (shape[0] * 2, shape[1])
        dy, dx = y - np.float32(center[0]), x - np.float32(center[1])
        radius, angle = np.sqrt(dy * dy + dx * dx), np.arctan2(dy, dx)
        petals = rng.uniform(0, 1.2) * period * np.sin(angle * rng.integers(5, 30))
        np.maximum(total, _lines((radius + petals) / period, rng.uniform(0.2, 0.45)), out=total)
    return total


def _weave(shape: tuple[int, ...], height: int, rng: Generator) -> Pattern:
    """Crossed lines, dots and checks."""
    y, x = _grid(shape)
    period = max(rng.uniform(0.06, 0.22) * height, 2.5)
    angle = rng.choice([0.0, 0.785, rng.uniform(0, 1.57)])
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    first, second = (_lines(np.asarray(axis / period, np.float32), rng.uniform(0.3, 0.6)) for axis in (along, across))
    return first * second if rng.random() < 0.5 else np.maximum(first, second)


def _stains(shape: tuple[int, ...], _height: int, rng: Generator) -> Pattern:
    """Old paper: clouds and grain."""
    levels = fractal_noise(shape[0], shape[1], rng)
    return np.asarray(levels * rng.uniform(0.5, 1.2), np.float32)


def _crosshatch(shape: tuple[int, ...], height: int, rng: Generator) -> Pattern:
    """Fine lines whose direction bends slowly, as in the background of banknotes."""
    y, x = _grid(shape)
    period = max(rng.uniform(0.1, 0.25) * height, 3.0)
    bend = rng.normal(0, 0.15, 2) / height
    first = _lines((y * rng.uniform(0.5, 1) + x * rng.uniform(0.2, 1) + bend[0] * x * y) / period, 0.35)
    second = _lines((y * rng.uniform(0.5, 1) - x * rng.uniform(0.2, 1) + bend[1] * x * x / 3) / period, 0.35)
    return np.maximum(first, second)


PATTERNS: tuple[Callable[[tuple[int, ...], int, Generator], Pattern], ...] = (
    _waves,
    _waves,
    _rosette,
    _weave,
    _crosshatch,
    _stains,
)
"""Draw patterns from 0 to 1 on sheets of a shape; one that stands twice is twice as common."""


def add_bleed_through(layer: Layer, other: Layer, rng: Generator) -> None:
    """Adds the writing of the sheet's other side: mirrored, soft and faint. `other` is as large as the sheet."""
    faint = cv2.GaussianBlur(np.ascontiguousarray(other[:, ::-1]), (0, 0), rng.uniform(0.8, 2.0))
    mix(layer, np.asarray(faint * np.float32(rng.uniform(0.06, 0.3) * float(layer.max())), np.float32))


def add_stamp(layer: Layer, height: int, rng: Generator) -> None:
    """Stamps a ring or a frame over a part of the sheet."""
    stroke = np.zeros(layer.shape, np.uint8)
    middle = rng.uniform(0, 1, 2) * layer.shape[::-1]
    side, thickness = rng.uniform(0.8, 2.5) * height, max(1, round(height * rng.uniform(0.03, 0.1)))
    angle = float(rng.normal(0, 20))
    for scale in (1.0, rng.uniform(0.6, 0.9)):
        axes = (scale * side, scale * side * rng.choice([1.0, 0.5]))
        if rng.random() < 0.6:
            size = (round(axes[0]), max(1, round(axes[1])))
            cv2.ellipse(stroke, (round(middle[0]), round(middle[1])), size, angle, 0, 360, 255, thickness, cv2.LINE_AA)
        else:
            corners = cv2.boxPoints(((float(middle[0]), float(middle[1])), (2 * axes[0], 2 * axes[1]), angle))
            cv2.polylines(stroke, [np.rint(corners).astype(np.int32)], True, 255, thickness, cv2.LINE_AA)
    worn = fractal_noise(layer.shape[0], layer.shape[1], rng) > rng.uniform(0.2, 0.5)
    mix(layer, stroke * worn * np.float32(rng.uniform(0.15, 0.6) * layer.max() / 255))


def add_dark_margin(layer: Layer, rooms: tuple[int, int, int, int], rng: Generator) -> None:
    """Adds the dark beyond the sheet's edge, as beside a scanned book, at one side or two.

    Args:
        layer: The sheet.
        rooms: Pixels of free paper at the left, top, right and bottom: the dark covers at most 3/4 of them.
        rng: Decides everything else.
    """
    shade = np.float32(rng.uniform(0.7, 1.0))
    for side in rng.permutation(4)[: int(rng.integers(1, 3))].tolist():
        depth = round(0.75 * rng.random() * rooms[side])
        if depth:
            rows = layer if side % 2 == 0 else layer.T
            part = rows[:, :depth] if side < 2 else rows[:, -depth:]
            np.maximum(part, shade, out=part)
