"""The one digit of a picture: gray in, its glyph and box out. Knows nothing of files or models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.image.glyph import Glyph, to_glyph
from inkdigits.image.ink import Ink, shrink, to_ink
from inkdigits.image.load import Gray

Box: TypeAlias = tuple[int, int, int, int]
"""`(left, top, width, height)`, pixels."""

SPECK = 0.03  # of the largest part's ink: less is dust, or the noise of JPEG
WORK_SIDE = 1024  # a digit that fills 1/50 of a page's side still has the 20 pixels of a glyph
LEAST_SIDE = 5  # pixels of the digit's longer side and of the picture's shorter one; no shape is left in fewer
LEAST_CONTRAST = 24  # gray levels between strokes and their paper; less is as often a stain as a stroke
REACH = 0.35  # of the largest part's longer side: parts of one digit are no further apart


@dataclass(frozen=True)
class PreparedDigit:
    """What a digit model sees of a picture.

    Attributes:
        glyph: Shape `(28, 28)`, uint8; None if the picture is blank.
        box: Where the digit is, `(left, top, width, height)` in pixels of the picture; None if it is blank.
        reason: Why this may be no readable digit: `"blank"`, `"too_small"`, `"low_contrast"`, or None.
    """

    glyph: Glyph | None
    box: Box | None
    reason: str | None = None


def prepare_digit(gray: Gray) -> PreparedDigit:
    """Goes the whole way from gray to the glyph of the one digit in it.

    Args:
        gray: Shape `(H, W)`, uint8, as `load` gives it.

    Returns:
        The glyph, where it was, and what is wrong with it, if anything.
    """
    work = shrink(gray, WORK_SIDE)
    ink = to_ink(work)
    found = find_digit(ink)
    if found is None:
        return PreparedDigit(None, None, "blank")
    part, (left, top, width, height) = found
    zoom = gray.shape[1] / work.shape[1], gray.shape[0] / work.shape[0]
    box = (round(left * zoom[0]), round(top * zoom[1]), max(1, round(width * zoom[0])), max(1, round(height * zoom[1])))
    reason = None
    if max(box[2:]) < LEAST_SIDE or min(work.shape) < LEAST_SIDE:
        reason = "too_small"
    elif _contrast(work[top : top + height, left : left + width], part) < LEAST_CONTRAST:
        reason = "low_contrast"
    return PreparedDigit(to_glyph(part), box, reason)


def _contrast(gray: Gray, ink: Ink) -> float:
    """Gray levels between the strokes and the paper between them; a part with no paper in it has full contrast."""
    strokes, paper = ink > 200, ink == 0
    if not strokes.any() or not paper.any():
        return 255.0
    return abs(float(gray[strokes].mean()) - float(gray[paper].mean()))


def find_digit(ink: Ink) -> tuple[Ink, Box] | None:
    """Takes the digit out of a picture that holds one.

    The largest part decides; what lies near it belongs to it (a 5's hat, a broken stroke), and dust, filled corners and
    what comes in over the edge do not.

    Args:
        ink: Shape `(H, W)`, uint8, as `to_ink` gives it.

    Returns:
        The digit's ink alone, cut to its box, and the box; None if there is no ink.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > 0).astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    mass = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)[1:] / 255
    boxes = np.asarray(stats[1:, :4], np.int32)
    keep = _belongs(boxes, mass, ink.shape)
    chosen = boxes[keep]
    left, top = chosen[:, 0].min(), chosen[:, 1].min()
    right, bottom = (chosen[:, 0] + chosen[:, 2]).max(), (chosen[:, 1] + chosen[:, 3]).max()
    part = ink[top:bottom, left:right]
    if not keep.all():
        kept = np.concatenate([[False], keep])
        part = part * kept[labels[top:bottom, left:right]]
    return part, (int(left), int(top), int(right - left), int(bottom - top))


def _belongs(boxes: NDArray[np.int32], mass: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which parts make up the digit, shape `(parts,)`."""
    height, width = shape
    left, top, right, bottom = boxes[:, 0], boxes[:, 1], boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    edges = (left == 0).astype(int) + (top == 0) + (right == width) + (bottom == height)
    center_x, center_y = (left + right) / 2 / width, (top + bottom) / 2 / height
    off_center = np.maximum(abs(center_x - 0.5), abs(center_y - 0.5)) * 2
    # A part at the edge and far from the middle is a corner, a ruling or a neighbour.
    foreign = (edges > 0) & (off_center > 0.5)
    weight = np.where(foreign, mass * 0.01, mass)
    main = int(np.argmax(weight))
    reach = REACH * max(boxes[main, 2], boxes[main, 3])
    gap_x = np.maximum(left - right[main], left[main] - right)
    gap_y = np.maximum(top - bottom[main], top[main] - bottom)
    near = np.maximum(gap_x, gap_y) <= reach
    belongs = near & (weight >= SPECK * mass[main])
    belongs[main] = True
    return np.asarray(belongs, np.bool_)
