"""Closed borders by their silhouette: a frame is inked along all of its outline, to one depth, whatever touches it.

The ink of a picture goes in, the part of it inside a frame comes out. Digits and models are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.image.load import Gray

Mask: TypeAlias = NDArray[np.uint8]
Depth: TypeAlias = NDArray[np.float32]

LEAST_SHARE = 0.5  # of the picture's width and height: a border's silhouette is at least so large
RECTANGULAR = 0.86  # of the smallest rectangle around it: an ellipse, such as a 0, covers 0.79
OUTGROWTH = 0.12  # of the silhouette's shorter side: thinner strokes that cross the border are none of it
MOST_INK = 0.75  # of the silhouette: what has more is a shadow or a blot
SOLID, OPEN = 0.75, 0.4  # of the pixels at one depth: at a border's and just behind it
THICKEST = 0.15  # of the silhouette's shorter side
LEAST_CONTENT = 0.25  # of the height inside the border: lower ink is a mark
SPANNING = 0.97  # of the width or height inside the border: longer ink is a line of a table
DEEP = 0.3  # of the way to the middle: a stroke that overlaps itself, as of a 0, does not reach so far
END = 2  # pixels by which a stroke may go on into the border's soft edge
LEAST_DIFFERENCE = 0.2  # of the border's contrast: so much darker or lighter is another pen


@dataclass(frozen=True, eq=False)
class Framed:
    """What a closed border holds.

    Attributes:
        inside: What the border leaves free, 0 or 1, shape `(H, W)`.
        strokes: The writing, 0 or 1, same shape, up to the border and, where its shade differs, within it.
    """

    inside: Mask
    strokes: Mask


def find_framed(gray: Gray, body: Mask, joined: Mask) -> Framed | None:
    """Finds what a closed border holds.

    Args:
        gray: Shape `(H, W)`, uint8.
        body: Where there is ink, 0 or 1, same shape.
        joined: The same with the gaps between dashes closed.

    Returns:
        None if there is no border, or nothing in it.
    """
    outline = _largest_outline(joined)
    if outline is None:
        return None
    padded = np.zeros((body.shape[0] + 2, body.shape[1] + 2), np.uint8)
    cv2.drawContours(padded, [outline], -1, 1, cv2.FILLED, offset=(1, 1))
    if cv2.countNonZero(padded[1:-1, 1:-1] & joined) > MOST_INK * cv2.countNonZero(padded):
        return None
    side = min(cv2.boundingRect(outline)[2:])
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, round(OUTGROWTH * side)) | 1,) * 2)
    filled = np.asarray(cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel), np.uint8)
    if not _is_rectangular(filled):
        return None
    depth = np.asarray(cv2.distanceTransform(filled, cv2.DIST_L2, 5)[1:-1, 1:-1], np.float32)
    thickness = _thickness(depth.astype(np.int32), joined, side)
    if thickness is None:
        return None
    inside = np.asarray(depth > thickness + 1, np.uint8)
    content = _content(body & inside, depth, cv2.boundingRect(inside))
    return None if content is None else Framed(inside, _strokes(gray, body, depth, content, thickness))


def _largest_outline(joined: Mask) -> NDArray[np.int32] | None:
    height, width = joined.shape
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [line for line in outlines if _is_large(cv2.boundingRect(line)[2:], width, height)]
    if not large:
        return None
    outline = np.asarray(max(large, key=cv2.contourArea), np.int32)
    _, _, wide, high = cv2.boundingRect(outline)
    return outline if cv2.contourArea(outline) >= 0.75 * wide * high else None


def _is_large(size: Sequence[int], width: int, height: int) -> bool:
    return size[0] >= LEAST_SHARE * width and size[1] >= LEAST_SHARE * height


def _is_rectangular(filled: Mask) -> bool:
    outlines, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if len(outlines) != 1:
        return False
    _, (wide, high), _ = cv2.minAreaRect(outlines[0])
    return cv2.contourArea(outlines[0]) >= RECTANGULAR * wide * high


def _thickness(depth: NDArray[np.int32], joined: Mask, side: int) -> int | None:
    """How deep a silhouette is inked along all of its outline; None if the ink does not end all along at one depth."""
    pixels = np.bincount(depth.ravel())[1:]
    inked = np.bincount(depth.ravel(), weights=joined.ravel())[1:]
    share = inked[: len(pixels)] / np.maximum(pixels, 1)
    ends = np.flatnonzero(share < OPEN)
    if not len(ends) or not 1 <= ends[0] <= max(2, THICKEST * side):
        return None
    end = int(ends[0])
    solid = int(np.count_nonzero(share[:end] >= SOLID))
    return end if end - solid <= max(2, end // 3) and share[: max(solid, 1)].max() >= SOLID else None


def _content(body: Mask, depth: Depth, inner: Sequence[int]) -> Mask | None:
    """The writing inside a border; None if there is none, or if it is a line from side to side, as of a table."""
    count, marked, stats, _ = cv2.connectedComponentsWithStats(body, connectivity=8)
    wide, high = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    if count < 2 or (wide >= SPANNING * inner[2]).any() or (high >= SPANNING * inner[3]).any():
        return None
    labels = np.asarray(marked, np.int32)
    main = 1 + int(np.argmax(np.where(high >= LEAST_CONTENT * inner[3], stats[1:, cv2.CC_STAT_AREA], 0)))
    content = np.asarray(labels == main, np.uint8)
    deep = depth[content > 0].max() >= DEEP * depth.max()
    return content if deep and stats[main, cv2.CC_STAT_HEIGHT] >= LEAST_CONTENT * inner[3] else None


def _strokes(gray: Gray, body: Mask, depth: Depth, content: Mask, thickness: int) -> Mask:
    """The writing and its ends at the border; and within the border if its shade is another."""
    deep = np.asarray(content & (depth > thickness + 2), np.uint8)  # behind what is left of the border's soft edge
    band = (body > 0) & (depth >= 1) & (depth < thickness)
    paper = (body == 0) & (depth > thickness + 1)
    found = (body > 0) & (depth > thickness + 2)
    if deep.any() and band.any() and paper.any():
        shade, border, pen = (float(np.median(gray[part])) for part in (paper, band, deep > 0))
        full = (gray > (shade + pen) / 2) == (pen > shade)  # not the border's soft edge
        found |= full & (body > 0) & (depth >= thickness) & _near(deep, END)
        if abs(border - pen) >= LEAST_DIFFERENCE * abs(shade - border):
            inner = (depth > 1.5) & (depth < thickness - 0.5)  # the border's soft edges have the shade of a lighter pen
            place = inner if abs(pen - shade) < abs(border - shade) else band
            middle = (border + pen) / 2
            found |= place & (body > 0) & ((gray > middle) == (pen > middle)) & _near(deep, END + thickness)
    _, marked = cv2.connectedComponents(found.astype(np.uint8), connectivity=8)
    labels = np.asarray(marked, np.int32)
    own = np.unique(labels[deep > 0])
    return np.asarray(np.isin(labels, own[own > 0]), np.uint8)


def _near(mask: Mask, reach: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(mask, np.ones((2 * reach + 1,) * 2, np.uint8)) > 0, np.bool_)
