"""Preparation of a line: a gray picture in, up to three candidates for a line out, each of one height.

The candidates are the band of the most likely line, the whole picture without dark margins, and a second band. A model
reads each; the most confident reading wins. Training and reading prepare lines with this module alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import PictureError
from inkdigits.geometry import Box, Frame
from inkdigits.image.ink import Ink, find_quantiles, otsu, paper_is_light, shrink, to_ink
from inkdigits.image.load import Gray
from inkdigits.layout.bands import find_bands, find_margins

LINE_PREPARATION = "1"
"""Version of the way from picture to line. A packed line model names the one that it was trained for."""

LineOrigin: TypeAlias = Literal["band", "whole", "second band"]
"""How a candidate was found."""
Rows: TypeAlias = NDArray[np.uint8]
"""A line of one height, shape `(height, W)`, uint8: 0 is paper, 255 is ink."""

LINE_HEIGHT = 32  # rows: digits of a tight crop have about 24, those of MNIST 20
WORK_SIDE = 800  # bands are looked for at this longer side
WIDEST = 64  # times as wide as high: a longer line is squeezed
LEAST_WIDTH = 8  # columns of a line
QUANTILES = (0.01, 0.99)  # of gray levels: the lighter becomes 0, the darker 255
LEAST_RANGE = 12  # gray levels between them: less is a blank, and is not stretched further
POLARITY_SIDE = 128  # the paper's shade is judged at this longer side
CLEAR_MAJORITY = 0.15  # above one half: as much of a picture is of the paper's shade, whatever its border is
SAME = 0.9  # of a candidate's area: another one that covers as much of it is the same
SLANTS = np.linspace(-0.5, 0.9, 15)  # columns per row


@dataclass(frozen=True, eq=False)
class LineCandidate:
    """One possible place of the line.

    Attributes:
        origin: How it was found.
        part: The pixels, shape `(h, w)`, uint8, at the picture's own size, light paper.
        box: Where it lies in the picture, `(left, top, width, height)`.
    """

    origin: LineOrigin
    part: Gray = field(repr=False)
    box: Box

    def rows(self, *, height: int = LINE_HEIGHT, slant: float = 0.0) -> Rows:
        """The line in gray levels, stretched so that paper is about 0 and ink about 255.

        Args:
            height: Rows of the result.
            slant: What is taken out, in columns per row; see `measure_slant`.

        Returns:
            Shape `(height, W)`, uint8.
        """
        low, high = find_quantiles(self.part, QUANTILES)
        span = max(high - low, LEAST_RANGE)
        levels = np.clip((high - np.arange(256)) * 255 / span, 0, 255)
        stretched = np.asarray(cv2.LUT(self.part, np.rint(levels).astype(np.uint8)), np.uint8)
        return straighten(_to_height(stretched, height), slant)

    def ink_rows(self, *, height: int = LINE_HEIGHT, slant: float = 0.0) -> Rows:
        """The line's ink as `to_ink` separates it, in the same form; all 0 where no ink stands out from the paper."""
        return straighten(_to_height(to_ink(self.part, light=True), height), slant)

    def frame(self, rows: Rows) -> Frame:
        """Places pixels of the rows, whose slant was not changed, in the picture."""
        return Frame.fitting((0, 0, rows.shape[1], rows.shape[0]), self.box)


def find_line_candidates(gray: Gray, *, light: bool | None = None) -> tuple[LineCandidate, ...]:
    """Finds where a line of writing may be.

    Args:
        gray: Shape `(H, W)`, uint8.
        light: Whether the paper is lighter than the ink, if that is known.

    Returns:
        One to three candidates, the most likely first.

    Raises:
        PictureError: `gray` is not 2-D uint8, or empty.

    Example:
        >>> page = np.full((60, 200), 230, np.uint8)
        >>> page[20:44, 50:56] = page[20:44, 80:86] = 30
        >>> [candidate.origin for candidate in find_line_candidates(page)]
        ['band', 'whole']
    """
    if gray.ndim != 2 or gray.dtype != np.uint8 or gray.size == 0:
        raise PictureError(
            f"Expected gray of shape (H, W), uint8. Received: {gray.shape}, {gray.dtype}.", hint="Call load() first."
        )
    paper = gray if (_is_light(gray) if light is None else light) else 255 - gray
    inner = find_margins(paper)
    page = _cut(paper, inner)
    cut = page.shape != paper.shape
    work = shrink(page, WORK_SIDE)
    frame = Frame.fitting((0, 0, work.shape[1], work.shape[0]), inner)
    bands = [_inside(frame.outward(box), paper.shape) for box in find_bands(work, cut=cut)]
    boxes: list[tuple[LineOrigin, Box]] = [("band", box) for box in bands[:1]]
    boxes += [("whole", inner)]
    boxes += [("second band", box) for box in bands[1:]]
    kept: list[tuple[LineOrigin, Box]] = []
    for origin, box in boxes:
        if not any(_overlap(box, other) > SAME for _, other in kept):
            kept.append((origin, box))
    return tuple(LineCandidate(origin, _cut(paper, box), box) for origin, box in kept)


def _is_light(gray: Gray) -> bool:
    """Whether the paper is light: what most of the picture is of, or what its border is of where neither is most."""
    small = shrink(gray, POLARITY_SIDE)
    light = np.count_nonzero(small > otsu(np.bincount(small.ravel(), minlength=256))) / small.size
    return bool(light > 0.5) if abs(light - 0.5) > CLEAR_MAJORITY else paper_is_light(gray)


def measure_slant(rows: Rows) -> float:
    """Measures how far the strokes of a line lean to the right.

    Args:
        rows: A line, as `LineCandidate.rows` or `ink_rows` gives it.

    Returns:
        Columns per row, from -0.5 to 0.9; 0 for a line without ink.

    Source:
        Vinciarelli & Luettin, "A new normalization technique for cursive handwritten words", 2001: of all slants, the
        one at which ink is gathered in the fewest columns.

    Example:
        >>> upright = np.zeros((32, 60), np.uint8)
        >>> upright[4:28, 30:33] = 255
        >>> measure_slant(upright)
        0.0
    """
    if not rows.any():
        return 0.0
    gathered = [float(np.square(straighten(rows, slant).sum(axis=0, dtype=np.float64)).sum()) for slant in SLANTS]
    return round(float(SLANTS[int(np.argmax(gathered))]), 3) + 0.0  # never the negative zero


def straighten(rows: Rows, slant: float) -> Rows:
    """Takes a slant out of a line; the line becomes wider by what leaned out of it."""
    if not slant:
        return rows
    height, width = rows.shape
    lean = slant * (height - 1)
    matrix = np.array([[1.0, slant, max(-lean, 0.0)], [0.0, 1.0, 0.0]])
    size = (width + round(abs(lean)), height)
    return np.asarray(cv2.warpAffine(rows, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)


def _to_height(levels: Ink, height: int) -> Rows:
    """Scales a line to a number of rows, and keeps its shape unless it is very long."""
    width = round(levels.shape[1] * height / levels.shape[0])
    size = (min(max(width, LEAST_WIDTH), WIDEST * height), height)
    smaller = levels.shape[0] > height or levels.shape[1] > size[0]
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR), np.uint8)


def _cut(gray: Gray, box: Box) -> Gray:
    left, top, width, height = box
    return gray[top : top + height, left : left + width]


def _inside(box: Box, shape: tuple[int, ...]) -> Box:
    """A box cut off at the picture's edges."""
    left, top = min(max(box[0], 0), shape[1] - 1), min(max(box[1], 0), shape[0] - 1)
    return left, top, max(1, min(box[2], shape[1] - left)), max(1, min(box[3], shape[0] - top))


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
