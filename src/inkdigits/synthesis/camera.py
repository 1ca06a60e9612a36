"""A simulated camera: ink on a sheet in, a gray picture with uneven light, grain and JPEG's traces out."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.image.load import Gray

Layer: TypeAlias = NDArray[np.float32]
"""Ink on a sheet, shape `(H, W)`: 0 is paper, 1 the darkest ink. A camera cuts off what is above 1."""


def simulate_camera(layer: Layer, longer: int, rng: Generator) -> Gray:
    """Photographs a sheet: light, paper, lens, sensor and JPEG.

    Args:
        layer: The sheet's ink.
        longer: Pixels of the longer side of what the picture shows; sets how soft the lens is.
        rng: Decides everything.

    Returns:
        Gray levels, shape `(H, W)`, uint8; 8 % are negatives.
    """
    height, width = layer.shape
    white = rng.uniform(120, 255)
    black = rng.uniform(0.0, 0.55) * white
    softness = rng.uniform(0, 0.02) * longer
    if softness > 0.3:
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), softness), np.float32)
    paper = white * light_field(height, width, rng)
    gray = paper * (1 - np.minimum(layer, 1) * np.float32(1 - black / white))
    result = np.clip(_add_grain(gray, rng), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, content = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])
        result = np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(255 - result if rng.random() < 0.08 else result, np.uint8)


def light_field(height: int, width: int, rng: Generator) -> Layer:
    """Makes the light over a sheet: a slope, and on one sheet of five the edge of a shadow.

    Args:
        height: Pixels.
        width: Pixels.
        rng: Decides everything.

    Returns:
        Shape `(height, width)`, from 0.15 to 1.
    """
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j].astype(np.float32)
    slope = rng.normal(0, 0.12, 2)
    light = 1 - np.abs(rng.normal(0, 0.05)) + np.float32(slope[0]) * x + np.float32(slope[1]) * y
    if rng.random() < 0.2:
        angle, softness = rng.uniform(0, 6.3), rng.uniform(0.03, 0.4)
        edge = (np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.4, 0.4)) / softness
        light *= 1 - np.float32(rng.uniform(0.1, 0.5)) / (1 + np.exp(-np.clip(4 * edge, -30, 30)))
    return np.asarray(np.clip(light, 0.15, 1), np.float32)


def _add_grain(gray: Layer, rng: Generator) -> Layer:
    if rng.random() >= 0.7:
        return gray
    grain = rng.normal(0, rng.uniform(0.5, 7.0), gray.shape).astype(np.float32)
    if rng.random() < 0.3:
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.8) * np.float32(2), np.float32)
    return gray + grain
