"""Test-time augmentation (TTA): a glyph in, copies of it that are rotated and sheared a little out."""

from __future__ import annotations

import cv2
import numpy as np

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
    return np.stack([_transformed(glyph, rotation_deg, shear) for rotation_deg, shear in TRANSFORMATIONS])


def _transformed(glyph: Glyph, rotation_deg: float, shear: float) -> Glyph:
    angle = np.deg2rad(rotation_deg)
    matrix = np.array([[np.cos(angle), shear - np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, CENTER - 0.5)
    shift = middle - matrix @ middle
    moved = cv2.warpAffine(glyph, np.column_stack([matrix, shift]), (GLYPH_SIDE, GLYPH_SIDE))
    return np.asarray(moved, np.uint8)
