"""Ink: gray in, ink out. Paper, shadows and noise are removed; it knows nothing of digits or models.

Ink is `(H, W)` uint8, 0 = paper, 255 = full ink, whatever the colours of the picture were.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import PictureError
from inkdigits.image.load import Gray

Ink: TypeAlias = NDArray[np.uint8]

PAPER_SIDE = 128  # the paper's shade is smooth: it is found on a picture of this side
PAPER_WINDOW = 0.4  # of the longer side: wider than any stroke, narrower than the page
LEAST_CONTRAST = 16  # of 255 levels between paper and ink; less is noise of a camera or of JPEG
FULL_CONTRAST = 230  # from here on ink is as dark as it gets, and its levels stay untouched, as MNIST's do


def to_ink(gray: Gray) -> Ink:
    """Separates ink from paper.

    Args:
        gray: Shape `(H, W)`, uint8, dark ink on light paper or light ink on dark paper.

    Returns:
        Ink, same shape, uint8; all 0 if there is none that stands out from the paper.

    Raises:
        PictureError: `gray` is not 2-D uint8, or empty.

    Example:
        >>> page = np.full((40, 40), 200, np.uint8)
        >>> page[10:30, 18:22] = 40
        >>> int(to_ink(page).max()), int(to_ink(page)[0, 0])
        (255, 0)
    """
    if gray.ndim != 2 or gray.dtype != np.uint8 or gray.size == 0:
        raise PictureError(
            f"Expected gray of shape (H, W), uint8. Received: {gray.shape}, {gray.dtype}.", hint="Call load() first."
        )
    light = gray if paper_is_light(gray) else 255 - gray
    contrast = _contrast(light, _paper(light))
    full = full_contrast(contrast)
    if full < LEAST_CONTRAST:
        return np.zeros_like(gray)
    return _stretch(contrast, full)


def paper_is_light(gray: Gray) -> bool:
    """Whether the paper is lighter than the ink, judged by what the border of the picture is made of."""
    small = shrink(gray, 64)
    border = np.concatenate([small[0], small[-1], small[1:-1, 0], small[1:-1, -1]]).astype(np.float32)
    low, high = np.percentile(small, (1, 99))
    spread = np.percentile(border, 75) - np.percentile(border, 25)
    if high - low < 1 or spread < 0.3 * (high - low):
        middle = float(np.median(border))
        return middle - float(small.min()) >= float(small.max()) - middle
    # An uneven border, as under a shadow: ink is what departs most from its own surroundings.
    window = max(3, round(0.3 * max(small.shape))) | 1
    departure = small.astype(np.float32) - cv2.medianBlur(small, window)
    return float(-np.percentile(departure, 1)) >= float(np.percentile(departure, 99))


def full_contrast(contrast: NDArray[np.uint8]) -> float:
    """The contrast of well-inked strokes: the upper quarter's border within the darker part of the picture."""
    threshold, _ = cv2.threshold(contrast, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strong = contrast[contrast > threshold]
    return float(np.percentile(strong, 75)) if strong.size else 0.0


def shrink(gray: Gray, side: int) -> Gray:
    """Scales a picture down so that its longer side is at most `side` pixels; a smaller one is given back as it is."""
    longer = max(gray.shape)
    if longer <= side:
        return gray
    size = (max(1, round(gray.shape[1] * side / longer)), max(1, round(gray.shape[0] * side / longer)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def _paper(light: Gray) -> Gray:
    """The paper's shade at every pixel: a closing with a window wider than strokes keeps only the paper."""
    small = shrink(light, PAPER_SIDE)
    if small is not light:
        small = np.asarray(cv2.medianBlur(small, 3), np.uint8)
    window = max(3, round(PAPER_WINDOW * max(small.shape))) | 1
    shade = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    if small is not light:
        shade = cv2.blur(shade, (5, 5))
        shade = cv2.resize(shade, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(shade, np.uint8)


def _contrast(light: Gray, paper: Gray) -> NDArray[np.uint8]:
    """How much darker than its paper each pixel is, as if the paper were evenly lit: 0 to 255."""
    return np.asarray(255 - cv2.divide(light, cv2.max(paper, 1), scale=255), np.uint8)


def _noise(contrast: NDArray[np.uint8]) -> float:
    """Standard deviation of the grain, from the median difference of neighbours (strokes are too few to move it)."""
    if contrast.shape[1] < 2:
        return 0.0
    difference = cv2.absdiff(contrast[:, 1:], contrast[:, :-1])
    return float(np.median(difference)) * 1.4826 / 2**0.5


def _stretch(contrast: NDArray[np.uint8], full: float) -> Ink:
    """Cuts what is faint enough to be noise and brings well-inked strokes to 255."""
    faint = np.count_nonzero((contrast > 0) & (contrast <= 0.1 * full))
    clean = faint < 0.5 * np.count_nonzero(contrast > 0.5 * full)
    low = 0.0 if clean else max(4 * _noise(contrast), 0.25 * full)
    if clean and full >= FULL_CONTRAST:
        return contrast
    high = max(full, low + 1)
    levels = np.clip((np.arange(256) - low) * 255 / (high - low), 0, 255)
    return np.asarray(cv2.LUT(contrast, np.rint(levels).astype(np.uint8)), np.uint8)
