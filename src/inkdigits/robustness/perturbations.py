"""Perturbations of growing strength: glyphs rotated, shifted, thinned or covered by an amount. Never for training.

The same seed gives the same glyphs; the neutral amount leaves every glyph as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.image.glyph import GLYPH_SIDE, Glyph, Glyphs

MIDDLE = (GLYPH_SIDE - 1) / 2
STROKE_ZOOM = 8  # parts of a pixel by which strokes grow and shrink


Change = Callable[[Glyph, float, np.random.Generator], NDArray[np.generic]]


@dataclass(frozen=True)
class Perturbation:
    """A kind of perturbation.

    Attributes:
        unit: Unit of its amounts.
        amounts: Those that a curve is drawn through.
        change: Glyph, amount and random numbers in, changed glyph out.
    """

    unit: str
    amounts: tuple[float, ...]
    change: Change


def perturb_glyphs(glyphs: Glyphs, name: str, amount: float, *, seed: int = 0) -> Glyphs:
    """Perturbs glyphs.

    Args:
        glyphs: Shape `(N, 28, 28)`, uint8.
        name: A name in `PERTURBATIONS`.
        amount: In its unit; 0, or a scale of 1, changes nothing.
        seed: Seed of directions, places and noise.

    Returns:
        The same shape and type.

    Raises:
        SettingError: There is no such perturbation.
    """
    if name not in PERTURBATIONS:
        raise SettingError(
            f"Expected a perturbation among {', '.join(PERTURBATIONS)}. Received: {name!r}.", hint="Choose another."
        )
    rng, change = np.random.default_rng(seed), PERTURBATIONS[name].change
    changed = [change(glyph, amount, rng) for glyph in glyphs]
    return np.asarray(changed, np.uint8).reshape(glyphs.shape)


def _rotation(glyph: Glyph, degrees: float, rng: np.random.Generator) -> NDArray[np.generic]:
    turn = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), degrees * float(rng.choice([-1, 1])), 1.0)
    return _warp(glyph, turn)


def _shift(glyph: Glyph, pixels: float, rng: np.random.Generator) -> NDArray[np.generic]:
    angle = rng.uniform(0, 2 * np.pi)
    return _warp(glyph, np.array([[1, 0, pixels * np.cos(angle)], [0, 1, pixels * np.sin(angle)]]))


def _scale(glyph: Glyph, times: float, _rng: np.random.Generator) -> NDArray[np.generic]:
    return _warp(glyph, cv2.getRotationMatrix2D((MIDDLE, MIDDLE), 0.0, times))


def _stroke(glyph: Glyph, pixels: float, _rng: np.random.Generator) -> NDArray[np.generic]:
    """Grows or shrinks the strokes of an enlarged glyph by half the amount on either side."""
    reach = round(abs(pixels) / 2 * STROKE_ZOOM)
    if not reach:
        return glyph
    side = GLYPH_SIDE * STROKE_ZOOM
    large = cv2.resize(glyph, (side, side), interpolation=cv2.INTER_CUBIC)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    changed = cv2.dilate(large, pen) if pixels > 0 else cv2.erode(large, pen)
    return np.asarray(cv2.resize(changed, (GLYPH_SIDE, GLYPH_SIDE), interpolation=cv2.INTER_AREA))


def _noise(glyph: Glyph, deviation: float, rng: np.random.Generator) -> NDArray[np.generic]:
    return np.clip(np.round(glyph + 255 * deviation * rng.standard_normal(glyph.shape)), 0, 255)


def _blur(glyph: Glyph, sigma: float, _rng: np.random.Generator) -> NDArray[np.generic]:
    return np.asarray(cv2.GaussianBlur(glyph, (0, 0), sigma)) if sigma else glyph


def _occlusion(glyph: Glyph, side: float, rng: np.random.Generator) -> NDArray[np.generic]:
    """Blanks a square whose middle lies somewhere on the ink."""
    inked = np.argwhere(glyph > 127)
    row, column = inked[rng.integers(len(inked))] if len(inked) else (GLYPH_SIDE // 2, GLYPH_SIDE // 2)
    top, left = max(0, int(row - side / 2 + 0.5)), max(0, int(column - side / 2 + 0.5))
    covered = glyph.copy()
    covered[top : top + int(side), left : left + int(side)] = 0
    return covered


def _warp(glyph: Glyph, matrix: NDArray[Any]) -> NDArray[np.generic]:
    return np.asarray(cv2.warpAffine(glyph, matrix, (GLYPH_SIDE, GLYPH_SIDE), flags=cv2.INTER_LINEAR))


PERTURBATIONS = {
    "rotation": Perturbation("degrees, either way", (0, 5, 10, 15, 20, 30, 40, 50, 60), _rotation),
    "shift": Perturbation("pixels, any direction", (0, 1, 2, 3, 4, 5, 6), _shift),
    "scale": Perturbation("times", (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3), _scale),
    "stroke width": Perturbation("pixels thicker", (-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2), _stroke),
    "noise": Perturbation("standard deviation, full ink is 1", (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6), _noise),
    "blur": Perturbation("standard deviation, pixels", (0, 0.5, 1, 1.5, 2, 2.5, 3), _blur),
    "occlusion": Perturbation("side of a blank square, pixels", (0, 2, 4, 6, 8, 10, 12), _occlusion),
}
"""By name."""
