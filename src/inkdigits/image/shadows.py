"""Shadows: a page whose light is uneven in, an evenly lit one out. Tells a shadow's soft edge from ink's sharp one.

Digits and models are not known here.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.geometry import Box
from inkdigits.image.ink import LEAST_CONTRAST, Ink, find_median, find_quantiles, shrink, to_contrast
from inkdigits.image.load import Gray

SEARCH_SIDE = 512  # a page's light is followed at this longer side
WINDOWS = (0.12, 0.06, 0.03)  # of the longer side, tried in turn: what is wider is a shadow, not a stroke
SHARP = 0.28  # of the contrast from a pixel to the next: ink in a photograph has 0.33, a shadow 0.05 to 0.25
SOFT = 0.24  # less is a shadow's, or a blurred photograph's
VISIBLE = 127  # of 255: the body of a stroke
AROUND = 3  # pixels around a stroke in which its paper is


def edge_sharpness(gray: Gray, ink: Ink, box: Box) -> float:
    """How steep the edges of ink are.

    Args:
        gray: Shape `(H, W)`, uint8.
        ink: The ink within the box, shape `(height, width)`, uint8.
        box: Where it is, `(left, top, width, height)`.

    Returns:
        The share of the contrast to the paper by which the level changes from a pixel to the next, the median along the
        edges; 0 if there is no contrast.
    """
    left, top, width, height = box
    x, y = max(left - AROUND, 0), max(top - AROUND, 0)
    levels = gray[y : top + height + AROUND, x : left + width + AROUND]
    body = np.zeros(levels.shape, np.uint8)
    body[top - y : top - y + height, left - x : left - x + width] = ink > VISIBLE
    around = (cv2.dilate(body, np.ones((2 * AROUND + 1,) * 2, np.uint8)) > 0) & (body == 0)
    if not body.any() or not around.any():
        return 0.0
    contrast = abs(find_median(levels[around]) - find_median(levels[body > 0]))
    return find_median(_steps(levels)[_edges(body)]) / 2 / contrast if contrast >= LEAST_CONTRAST else 0.0


def flatten_light(gray: Gray, window: float) -> Gray:
    """Lights a page evenly: paper is 255 everywhere, and what has soft edges is paper.

    Args:
        gray: Shape `(H, W)`, uint8.
        window: Share of the longer side: a darker place that is wider is a shadow.

    Returns:
        Dark ink on white paper, same shape, uint8.
    """
    light = gray if _departs_darker(gray, window) else 255 - gray
    contrast = to_contrast(light, _paper(light, window))
    body = np.asarray(cv2.threshold(contrast, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1], np.uint8)
    count, marked = cv2.connectedComponents(body, connectivity=8)
    labels = np.asarray(marked, np.int32)
    flat = 255 - contrast
    soft = _are_soft(flat, body, labels, count)
    soft[0] = False
    near = cv2.dilate(soft[labels].astype(np.uint8), np.ones((2 * AROUND + 1,) * 2, np.uint8)) > 0
    flat[near & ~((body > 0) & ~soft[labels])] = 255
    return np.asarray(flat, np.uint8)


def _are_soft(flat: Gray, body: NDArray[np.uint8], labels: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which of the parts have soft edges, shape `(count,)`."""
    edges = _edges(body) & (body > 0)
    slope = _means(_steps(flat)[edges] / 2, labels[edges], count)
    depth = _means(255.0 - flat[body > 0], labels[body > 0], count)
    return np.asarray(slope < SHARP * depth, np.bool_)


def _means(values: NDArray[np.floating], owners: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """The mean value of each owner, shape `(count,)`."""
    sums = np.bincount(owners, weights=values, minlength=count)
    return np.asarray(sums / np.maximum(np.bincount(owners, minlength=count), 1), np.float64)


def _steps(levels: Gray) -> NDArray[np.uint8]:
    """Change of the level across two pixels."""
    smooth = cv2.GaussianBlur(levels, (3, 3), 0)
    return np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)


def _edges(body: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(cv2.morphologyEx(body, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0, np.bool_)


def _departs_darker(gray: Gray, window: float) -> bool:
    """Whether what departs most from its surroundings is darker than these: the ink, whatever a shadow does."""
    small = shrink(gray, SEARCH_SIDE)
    departure = small.astype(np.int16) - cv2.medianBlur(small, round(window * max(small.shape)) | 1)
    darkest, lightest = find_quantiles(departure, (0.001, 0.999))
    return -darkest >= lightest


def _paper(light: Gray, window: float) -> Gray:
    """The paper's shade at every pixel, which follows shadows wider than the window."""
    small = shrink(light, SEARCH_SIDE)
    if small is not light:
        small = np.asarray(cv2.medianBlur(small, 3), np.uint8)
    side = max(3, round(window * max(small.shape))) | 1
    room = side // 2
    padded = cv2.copyMakeBorder(small, room, room, room, room, cv2.BORDER_REPLICATE)
    shade = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))[room:-room, room:-room]
    return np.asarray(cv2.resize(shade, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)
