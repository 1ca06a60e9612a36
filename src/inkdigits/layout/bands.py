"""Bands: the rows and columns of a picture that a line of writing fills. Gray in, boxes of one or two bands out.

Components of ink are joined sideways, from the one that is most likely a digit. Characters and models are not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.geometry import Box
from inkdigits.image.ink import Ink, otsu, shrink, to_contrast, to_ink
from inkdigits.image.load import Gray
from inkdigits.image.rulings import remove_rulings

Indices: TypeAlias = NDArray[np.intp]
Numbers: TypeAlias = NDArray[np.float64]

MARGIN_SIDE = 192  # margins are looked for at this longer side
DARK_MARGIN = 0.6  # of the paper's shade: an outer row or column whose median is darker is no paper
MOST_MARGIN = 0.55  # of a side that is cut on one side
VISIBLE = 90  # of 255: ink of a component
MOST_COMPONENTS = 80  # the largest are kept
REACH = 3.0  # heights of the band: the next character is no further away
OVERLAP = 0.5  # of the lower one's height that a component has in common with the band's rows
TALLER = 1.7  # of the first component's height that the band may grow to
FLAT, THIN = 7.0, 6.0  # times as wide as high is a line; times as high as wide is one, too, in a tall picture
EDGE_SHARE = 0.8  # of the picture's height: a component that tall at a side edge is a border
BORDER_WIDTH = 0.15  # of its height: a wider one may be a digit
FRAME_WIDTH = 0.6  # of the picture's width: a component that wide, with so little ink in its box, is a frame
SPARSE = 0.08
TALL = 1.2  # times as high as wide: a picture that shows more than a line
ROOM = (0.3, 0.16)  # of the band's height: paper left and right, above and below
SECOND = 0.2  # of the first band's score: a second one has more
LOW_ROWS = 0.85  # of the picture's height: below it captions stand more often than numbers
LOW_WEIGHT, EDGE_WEIGHT = 0.4, 0.5  # of the score of a component there, and of one cut by an edge


@dataclass(frozen=True, eq=False)
class _Components:
    """Boxes of components, each shape `(N,)`, and their ink in pixels."""

    left: Numbers = field(repr=False)
    top: Numbers = field(repr=False)
    right: Numbers = field(repr=False)
    bottom: Numbers = field(repr=False)
    area: Numbers = field(repr=False)

    @property
    def width(self) -> Numbers:
        return self.right - self.left

    @property
    def height(self) -> Numbers:
        return self.bottom - self.top

    def take(self, kept: NDArray[np.bool_] | Indices) -> _Components:
        return _Components(*(side[kept] for side in (self.left, self.top, self.right, self.bottom, self.area)))


def find_margins(light: Gray) -> Box:
    """Finds the paper inside dark margins: a book's edge, a table, the dark around a scan.

    Args:
        light: Shape `(H, W)`, uint8, light paper.

    Returns:
        The box of the paper; the whole picture if it has no margin.

    Source:
        The share of 0.6 was chosen by eye on pages of registers.
    """
    small = shrink(light, MARGIN_SIDE)
    paper = float(np.percentile(small, 75)) * DARK_MARGIN
    height, width = light.shape
    left, right = (_depth(np.median(small, axis=0)[::step], paper) / small.shape[1] for step in (1, -1))
    top, bottom = (_depth(np.median(small, axis=1)[::step], paper) / small.shape[0] for step in (1, -1))
    if left + right > 0.8 or top + bottom > 0.8:
        return 0, 0, width, height
    x, y = round(left * width), round(top * height)
    return x, y, max(1, width - x - round(right * width)), max(1, height - y - round(bottom * height))


def _depth(medians: Numbers, paper: float) -> int:
    """How many rows or columns from the edge on are darker than paper, and one more for the edge's softness."""
    dark = medians[: int(MOST_MARGIN * len(medians))] < paper
    depth = int(dark.argmin()) if not dark.all() else len(dark)
    return depth + 1 if depth else 0


def find_bands(light: Gray, *, cut: bool = False) -> list[Box]:
    """Finds the bands that hold a line of writing, the most likely first.

    Args:
        light: Shape `(H, W)`, uint8, light paper.
        cut: Whether a margin was cut off, so that rulings may end before the edges.

    Returns:
        Boxes with some paper around; at most two, none if there is no ink.
    """
    components = _find_components(light, cut=cut)
    bands: list[Box] = []
    first = 0.0
    while len(components.area) and len(bands) < 2:
        scores = _score(components, light.shape)
        members = _grow(components, int(scores.argmax()))
        score = float(scores[members].sum())
        if bands and score < SECOND * first:
            break
        first = first or score
        bands.append(_with_room(components.take(members), light.shape))
        rest = np.ones(len(components.area), bool)
        rest[members] = False
        components = components.take(rest)
    return bands


def _find_components(light: Gray, *, cut: bool) -> _Components:
    """Components of ink that may belong to characters."""
    ink = to_ink(light, light=True)
    if not ink.any():
        ink = _local_ink(light)
    ink = remove_rulings(ink, broken=cut)
    _, _, stats, _ = cv2.connectedComponentsWithStats((ink > VISIBLE).astype(np.uint8), connectivity=8)
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:MOST_COMPONENTS] + 1
    left, top, width, height, area = stats[order].astype(np.float64).T
    found = _Components(left, top, left + width, top + height, area)
    return found.take(_may_be_character(found, light.shape))


def _local_ink(light: Gray) -> Ink:
    """What is darker than its surroundings, where patterned paper hides what ink stands out from."""
    window = max(3, light.shape[0] // 2) | 1
    contrast = to_contrast(light, np.asarray(cv2.blur(light, (window, window)), np.uint8))
    threshold = otsu(np.bincount(contrast.ravel(), minlength=256))
    return np.where(contrast > threshold, 255, 0).astype(np.uint8)


def _may_be_character(found: _Components, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Leaves out specks, lines, and borders at the edges."""
    height, width = shape
    at_side = (found.left <= 1) | (found.right >= width - 1)
    border = at_side & (found.height > EDGE_SHARE * height) & (found.width < BORDER_WIDTH * found.height)
    flat = (found.width > FLAT * found.height) & (found.width > 0.25 * width)
    thin = (found.height > THIN * found.width) & (found.height > 0.15 * height) & (height > TALL * width)
    frame = (found.width > FRAME_WIDTH * width) & (found.area < SPARSE * found.width * found.height)
    speck = np.maximum(found.width, found.height) < max(2.0, 0.025 * height)
    return np.asarray(~(border | flat | thin | frame | speck), np.bool_)


def _score(found: _Components, shape: tuple[int, ...]) -> Numbers:
    """How likely each component begins the line: much ink and height, not at an edge, not at the bottom."""
    height, width = shape
    score = found.area * np.sqrt(found.height)
    cut = (found.left <= 0) | (found.right >= width) | (found.top <= 0) | (found.bottom >= height)
    return np.asarray(
        score * np.where(cut, EDGE_WEIGHT, 1.0) * np.where(found.top > LOW_ROWS * height, LOW_WEIGHT, 1.0), np.float64
    )


def _grow(found: _Components, seed: int) -> Indices:
    """Indices of the components that stand beside the first one, on its rows."""
    members = np.zeros(len(found.area), bool)
    members[seed] = True
    most = TALLER * found.height[seed]
    while True:
        left, right = found.left[members].min(), found.right[members].max()
        top, bottom = found.top[members].min(), found.bottom[members].max()
        tall = bottom - top
        shared = np.minimum(found.bottom, bottom) - np.maximum(found.top, top)
        gap = np.maximum(found.left - right, left - found.right)
        union = np.maximum(found.bottom, bottom) - np.minimum(found.top, top)
        joins = (shared >= OVERLAP * np.minimum(found.height, tall)) & (gap <= REACH * tall) & (union <= most)
        if not (joins & ~members).any():
            return np.flatnonzero(members)
        members |= joins


def _with_room(found: _Components, shape: tuple[int, ...]) -> Box:
    """The box of all components with some paper around, inside the picture."""
    left, top, right, bottom = found.left.min(), found.top.min(), found.right.max(), found.bottom.max()
    across, down = (share * (bottom - top) for share in ROOM)
    x0, y0 = max(0, round(left - across)), max(0, round(top - down))
    x1, y1 = min(shape[1], round(right + across)), min(shape[0], round(bottom + down))
    return x0, y0, x1 - x0, y1 - y0
