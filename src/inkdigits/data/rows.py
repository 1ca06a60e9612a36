"""Rows of numbers, each a square image, in; glyphs out. Knows nothing of labels, files or what the numbers meant."""

from __future__ import annotations

from math import isqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError
from inkdigits.image.glyph import GLYPH_SIDE, Glyphs


def glyphs_from_rows(rows: NDArray[np.uint8]) -> Glyphs:
    """Takes each row for a square image, row by row, and scales it to a glyph's size.

    Unlike `to_glyph` it neither crops nor centers: a row of 784 numbers is the glyph that it says.

    Args:
        rows: Shape `(N, features)`, uint8; 0 is paper, 255 is full ink. Where the features do not fill a square, the
            rest is paper.

    Returns:
        Shape `(N, 28, 28)`, uint8.

    Raises:
        DataError: The array is not of that shape and type, or has no features.

    Example:
        >>> glyphs_from_rows(np.zeros((5, 64), np.uint8)).shape
        (5, 28, 28)
    """
    if rows.ndim != 2 or rows.dtype != np.uint8 or not rows.shape[1]:
        raise DataError(
            f"Expected rows of shape (N, features), uint8. Received: {rows.shape}, {rows.dtype}.",
            hint="Flatten each image to a row.",
        )
    count, features = rows.shape
    side = isqrt(features - 1) + 1
    padded = np.zeros((count, side * side), np.uint8)
    padded[:, :features] = rows
    squares = padded.reshape(count, side, side)
    if side == GLYPH_SIDE:
        return squares
    way = cv2.INTER_AREA if side > GLYPH_SIDE else cv2.INTER_LINEAR
    size = (GLYPH_SIDE, GLYPH_SIDE)
    scaled = [cv2.resize(square, size, interpolation=way) for square in squares]
    return np.asarray(scaled, np.uint8).reshape(count, GLYPH_SIDE, GLYPH_SIDE)
