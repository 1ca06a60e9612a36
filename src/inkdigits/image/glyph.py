"""Glyphs: one digit's ink in, a glyph in MNIST's own form out.

Training data and photographs go through this same function, so a picture of an MNIST digit gives back that digit's own
glyph. It knows nothing of pictures, files or models.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import PictureError
from inkdigits.geometry import Box
from inkdigits.image.ink import Ink

Glyph: TypeAlias = NDArray[np.uint8]
Glyphs: TypeAlias = NDArray[np.uint8]

PREPARATION = "2"
"""Version of the way from picture to glyph. A packed model names the one that it was trained for."""

GLYPH_SIDE = 28
INK_SIDE = 20  # MNIST fits a digit into 20 x 20, then centers it by mass
CENTER = 14.0  # where MNIST puts the centre of mass, in pixel indices (measured: 99.99 % of the training glyphs)
LEAST_STROKE = 1.8  # pixels of the glyph; MNIST's thinnest pens. A thinner line is widened before it fades
FAINT = 16  # of 255: ink that is nowhere darker, which to_ink() does not give
SHAPE_TOLERANCE = 1  # 13 of MNIST's 60,000 digits are 19 pixels long: enlarging them would only blur


def to_glyph(ink: Ink, *, side: int = GLYPH_SIDE) -> Glyph:
    """Fits one digit's ink into MNIST's own form.

    Args:
        ink: One digit, shape `(height, width)`, uint8; 0 is paper, 255 is full ink.
        side: Side of the glyph, in pixels; the ink fits into 20/28 of it.

    Returns:
        The glyph, shape `(side, side)`, uint8.

    Raises:
        PictureError: `ink` is not 2-D uint8, or holds no ink.

    Source:
        LeCun et al., "Gradient-based learning applied to document recognition", 1998, section III-A.

    Example:
        >>> stroke = np.full((200, 30), 255, np.uint8)
        >>> to_glyph(stroke).shape
        (28, 28)
    """
    if ink.ndim != 2 or ink.dtype != np.uint8:
        raise PictureError(
            f"Expected ink of shape (H, W), uint8. Received: {ink.shape}, {ink.dtype}.", hint="Call to_ink() first."
        )
    part = crop(ink)
    if part is None:
        raise PictureError("Expected the ink of one digit. Received: no ink.", hint="Check for None from find_digit().")
    fitted = _fit(part, round(INK_SIDE * side / GLYPH_SIDE))
    return _center(fitted, side)


def crop(ink: Ink) -> Ink | None:
    """Cuts ink to the smallest box that holds all of it; None if there is none."""
    left, top, width, height = cv2.boundingRect(ink)
    return ink[top : top + height, left : left + width] if width else None


def _fit(part: Ink, longest: int) -> Ink:
    """Scales ink so that its longer side is `longest`, keeping its shape and its strokes visible."""
    height, width = part.shape
    longer = max(height, width)
    if longest - SHAPE_TOLERANCE <= longer <= longest:
        return part
    scale = longest / longer
    if part.max() < FAINT:  # a few levels would be lost when they are averaged
        part = np.asarray(cv2.convertScaleAbs(part, alpha=255 / int(part.max())), np.uint8)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale > 1:
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    small = cv2.resize(_widen(part, scale), size, interpolation=cv2.INTER_AREA)
    peak = int(small.max())
    if 0 < peak < 250:  # thin strokes fade when they shrink
        small = cv2.convertScaleAbs(small, alpha=255 / peak)
    return np.asarray(small, np.uint8)


def _widen(part: Ink, scale: float) -> Ink:
    """Widens strokes that would be thinner than `LEAST_STROKE` after scaling."""
    body = (part > 127).astype(np.uint8)
    area = int(body.sum())
    edge = area - int(cv2.erode(body, np.ones((3, 3), np.uint8)).sum())
    stroke = 2 * area / max(edge, 1)  # a line has two edges along its length
    missing = round(LEAST_STROKE / scale - stroke)
    if missing < 1:
        return part
    room = missing // 2 + 1
    padded = cv2.copyMakeBorder(part, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (missing + 1, missing + 1))
    return np.asarray(cv2.dilate(padded, pen), np.uint8)


def _center(fitted: Ink, side: int) -> Glyph:
    """Puts ink on an empty glyph with its center of mass in the middle, by whole pixels, wholly inside."""
    moments = cv2.moments(fitted)
    mass = max(moments["m00"], 1e-9)
    middle = CENTER * side / GLYPH_SIDE
    height, width = fitted.shape
    left = min(max(round(middle - moments["m10"] / mass), 0), side - width)
    top = min(max(round(middle - moments["m01"] / mass), 0), side - height)
    glyph = np.zeros((side, side), np.uint8)
    glyph[top : top + height, left : left + width] = fitted
    return glyph


def ink_box(glyph: Glyph) -> Box:
    """The smallest box around a glyph's ink, which is what the digit's box in the picture was fitted into."""
    rows, columns = np.flatnonzero(glyph.any(axis=1)), np.flatnonzero(glyph.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top
