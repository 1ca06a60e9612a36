"""Test-time augmentation (TTA): a glyph in, copies of it that are rotated and sheared a little out."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.image.glyph import CENTER, GLYPH_SIDE, Glyph, Glyphs

ROTATION_DEG = 7.0
SHEAR = 0.15  # pixels to the side per pixel down
TRANSFORMATIONS = ((ROTATION_DEG, 0.0), (-ROTATION_DEG, 0.0), (0.0, SHEAR), (0.0, -SHEAR))
"""Rotation in degrees and shear of each copy."""


def tta_copies(glyph: Glyph) -> Glyphs:
    """Transforms a glyph as other writers may have written it.

    Args:
        glyph: Shape `(28, 28)`, uint8.

    Returns:
        Rotated left and right, sheared right and left, shape `(4, 28, 28)`, uint8.
    """
    copies = np.empty((len(TRANSFORMATIONS), GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    for copy, (rotation_deg, shear) in zip(copies, TRANSFORMATIONS, strict=True):
        cv2.warpAffine(glyph, _matrix(rotation_deg, shear), (GLYPH_SIDE, GLYPH_SIDE), dst=copy)
    return copies


@cache
def _matrix(rotation_deg: float, shear: float) -> NDArray[np.float64]:
    """The affine map about the glyph's center, shape `(2, 3)`."""
    angle = np.deg2rad(rotation_deg)
    matrix = np.array([[np.cos(angle), shear - np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, CENTER - 0.5)
    return np.column_stack([matrix, middle - matrix @ middle])
