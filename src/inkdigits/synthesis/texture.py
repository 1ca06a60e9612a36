"""Textures: pictures of no writing at all, such as cloth, print, shadows and things. Knows nothing of labels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.image.load import Gray

SIDES = (32, 160)  # pixels of a side: from 32, below 160


def paint_texture(rng: Generator) -> Gray:
    """Paints a texture.

    Args:
        rng: Decides everything.

    Returns:
        Gray levels, shape `(H, W)`, uint8. A few have next to no contrast.
    """
    height, width = (int(side) for side in rng.integers(*SIDES, 2))
    kind = rng.random()
    if kind < 0.45:
        levels = fractal_noise(height, width, rng)
        if rng.random() < 0.5:  # blots
            levels = 1 / (1 + np.exp(-rng.uniform(4, 40) * (levels - rng.uniform(0.3, 0.7))))
    elif kind < 0.65:
        levels = waves(height, width, rng)
    else:
        levels = shapes(height, width, rng)
    levels = levels + rng.normal(0, rng.uniform(0, 0.04), levels.shape)
    low, span = rng.uniform(0, 120), rng.uniform(60, 135)
    gray = np.clip(low + span * levels, 0, 255).astype(np.uint8)
    return 255 - gray if rng.random() < 0.5 else gray


def fractal_noise(height: int, width: int, rng: Generator) -> NDArray[np.float64]:
    """Noise with less of the fine than of the coarse, 0 to 1, as in most of nature."""
    total = np.zeros((height, width))
    roughness = rng.uniform(0.35, 0.8)
    for octave in range(2, 7):
        coarse = rng.normal(size=(2**octave, 2**octave)).astype(np.float32)
        total += roughness**octave * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray((total - total.min()) / max(float(np.ptp(total)), 1e-9), np.float64)


def waves(height: int, width: int, rng: Generator) -> NDArray[np.float64]:
    """Stripes, checks and cloth, 0 to 1."""
    y, x = np.mgrid[0:height, 0:width]
    angle, period = rng.uniform(0, 3.15), rng.uniform(4, 30)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    waves = np.sin(2 * np.pi * along / period)
    if rng.random() < 0.6:
        waves = waves * np.sin(2 * np.pi * across / (period * rng.uniform(0.5, 2)))
    return np.asarray(0.5 + 0.5 * np.tanh(rng.uniform(0.5, 6) * waves), np.float64)


def shapes(height: int, width: int, rng: Generator) -> NDArray[np.float64]:
    """Overlapping plain shapes, 0 to 1, as things in a room are."""
    canvas = np.full((height, width), rng.uniform(0, 255), np.float32)
    for _ in range(rng.integers(3, 14)):
        points = rng.uniform(-0.2, 1.2, (int(rng.integers(3, 7)), 2)) * (width, height)
        if rng.random() < 0.4:
            axes = (float(rng.uniform(0.1, 1) * width), float(rng.uniform(0.1, 1) * height))
            middle = (float(points[0, 0]), float(points[0, 1]))
            cv2.ellipse(canvas, (middle, axes, float(rng.uniform(0, 180))), float(rng.uniform(0, 255)), -1)
        else:
            cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], float(rng.uniform(0, 255)))
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.3, 2.0)) / 255, np.float64)
