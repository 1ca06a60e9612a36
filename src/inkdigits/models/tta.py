"""Views: a glyph in, the same glyph turned and slanted a little out. Knows nothing of models."""

from __future__ import annotations

import cv2
import numpy as np

from inkdigits.image.glyph import CENTER, GLYPH_SIDE, Glyph, Glyphs

TURN_DEG = 7.0
SLANT = 0.15  # pixels to the side a pixel down
VIEWS = ((TURN_DEG, 0.0), (-TURN_DEG, 0.0), (0.0, SLANT), (0.0, -SLANT))
"""Turn in degrees and slant of each view."""


def views(glyph: Glyph) -> Glyphs:
    """Shows a glyph as other hands may have written it: what a model makes of all of them is surer than of one.

    Args:
        glyph: Shape `(28, 28)`, uint8.

    Returns:
        Turned left and right, slanted right and left, shape `(4, 28, 28)`, uint8.
    """
    return np.stack([_view(glyph, turn_deg, slant) for turn_deg, slant in VIEWS])


def _view(glyph: Glyph, turn_deg: float, slant: float) -> Glyph:
    turn = np.deg2rad(turn_deg)
    matrix = np.array([[np.cos(turn), slant - np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.full(2, CENTER - 0.5)
    shift = middle - matrix @ middle
    moved = cv2.warpAffine(glyph, np.column_stack([matrix, shift]), (GLYPH_SIDE, GLYPH_SIDE))
    return np.asarray(moved, np.uint8)
