"""Traits: gray, ink and a digit's box in, measures of how the picture was taken and drawn out.

It knows nothing of models or answers, and judges nothing: whoever explains a reading does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from inkdigits.geometry import Box
from inkdigits.image.ink import Ink
from inkdigits.image.load import Gray

FULL_INK = 200  # from here on a pixel is a stroke's body
HALF_INK = 127
RIVAL = 0.3  # of the largest part's ink: a part as heavy as this is a shape of its own, if it stands apart
TALL = 0.7  # of the digit's height: parts this tall, side by side, are digits, not a digit's pieces
MEASURING_SIDE = 160  # a smaller digit is enlarged to it, so that its stroke is more than a few pixels
LEAST_SHARP_SIDE = 48  # pixels of the digit: a smaller one has no edge that could be called sharp or blurred
LEAST_SHARP_STROKE = 6  # pixels: a thinner stroke is all edge
SHARP_EDGE = 2.0  # pixels: the edge of a stroke that is drawn without a staircase
LINE_SIDE = 400  # ruled lines are looked for on a picture of this longer side
LINE_SHARE = 0.75  # of the picture's side: a ruled line goes from edge to edge, and a digit may cover some of it
LINE_DISTANCE = 8  # pixels of that picture between two lines; nearer ones are the two edges of one
STEEPEST, SLOPES = 0.12, 25  # of ruled lines: up to 7 degrees, in steps of half a degree
FILLED = 0.75  # of the picture's width and height: a digit that was cut out closely
SPECK = 0.03  # of the digit's largest part: a smaller one is dust


@dataclass(frozen=True)
class Traits:
    """What a picture of a digit is like.

    Attributes:
        shapes: Big parts that stand apart from each other; 1 is the digit alone.
        contrast: Gray levels between strokes and paper, 0 to 255.
        cut: At which of the picture's edges the digit ends: `"left"`, `"top"`, `"right"`, `"bottom"`.
        stroke: Width of the strokes, as a share of the digit's longer side; MNIST's are 0.05 to 0.2.
        blur: Width of the strokes' edges, as a share of the stroke; 0 if they are sharp, or too small to say.
        grain: Standard deviation of the paper, as a share of the contrast.
        specks: Small parts of ink beside the digit.
        lines: Straight lines that go from edge to edge.
    """

    shapes: int
    contrast: float
    cut: tuple[str, ...]
    stroke: float
    blur: float
    grain: float
    specks: int
    lines: int


def measure_traits(gray: Gray, ink: Ink, box: Box) -> Traits:
    """Measures a picture in which a digit was found.

    Args:
        gray: Shape `(H, W)`, uint8.
        ink: Its ink, same shape.
        box: Where the digit is, `(left, top, width, height)` in pixels of `gray`.

    Returns:
        The measures.
    """
    left, top, width, height = box
    part = ink[top : top + height, left : left + width]
    levels = gray[top : top + height, left : left + width]
    contrast = _contrast(levels, part)
    shapes, specks = _count_parts(ink, box)
    stroke = _stroke(part)
    return Traits(
        shapes=shapes,
        contrast=contrast,
        cut=_cut_edges(ink, box),
        stroke=stroke,
        blur=_blur(levels, contrast, stroke * max(width, height)),
        grain=_grain(gray) / max(contrast, 1.0),
        specks=specks,
        lines=_count_lines(gray, box),
    )


def _contrast(levels: Gray, part: Ink) -> float:
    """Gray levels between the strokes and the paper in a digit's box; 255 if there is only one of them."""
    strokes, paper = part > FULL_INK, part == 0
    if not strokes.any() or not paper.any():
        return 255.0
    return abs(float(levels[strokes].mean()) - float(levels[paper].mean()))


def _count_parts(ink: Ink, box: Box) -> tuple[int, int]:
    """How many big parts stand apart, and how many specks lie beside the digit."""
    body = (ink > HALF_INK).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(body, connectivity=8)
    if count < 2:
        return 1, 0
    parts = np.asarray(stats[1:], np.int64)
    left, top, width, height = box
    middle_x, middle_y = parts[:, 0] + parts[:, 2] / 2, parts[:, 1] + parts[:, 3] / 2
    inside = (abs(middle_x - left - width / 2) <= width / 2) & (abs(middle_y - top - height / 2) <= height / 2)
    heaviest = int(parts[inside, 4].max()) if inside.any() else int(parts[:, 4].max())
    big = parts[:, 4] >= RIVAL * heaviest
    rivals = int((big & ~inside).sum())
    side_by_side = int((big & inside & (parts[:, 3] >= TALL * height)).sum())
    specks = int(((parts[:, 4] < SPECK * heaviest) & ~inside).sum())
    return rivals + max(side_by_side, 1), specks


def _cut_edges(ink: Ink, box: Box) -> tuple[str, ...]:
    """The edges of the picture at which strokes of the digit end."""
    left, top, width, height = box
    rows, columns = slice(top, top + height), slice(left, left + width)
    ends = {
        "left": left == 0 and ink[rows, 0],
        "top": top == 0 and ink[0, columns],
        "right": left + width >= ink.shape[1] and ink[rows, -1],
        "bottom": top + height >= ink.shape[0] and ink[-1, columns],
    }
    return tuple(name for name, border in ends.items() if np.max(border) > HALF_INK)


def _stroke(part: Ink) -> float:
    """Width of the strokes as a share of the longer side: across a stroke, the mean way to its edge is a quarter."""
    longer = max(part.shape)
    if longer < MEASURING_SIDE:
        scale = MEASURING_SIDE / longer
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    body = cv2.copyMakeBorder((part > HALF_INK).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    if not body.any():
        return 0.0
    ways = cv2.distanceTransform(body, cv2.DIST_L2, 3)
    return float(max(4 * (float(ways[body > 0].mean()) - 0.5), 1.0) / max(part.shape))


def _blur(levels: Gray, contrast: float, stroke: float) -> float:
    """How wide the steepest edges are beyond those of any picture, as a share of the stroke."""
    if max(levels.shape) < LEAST_SHARP_SIDE or min(levels.shape) < 3 or stroke < LEAST_SHARP_STROKE:
        return 0.0
    smooth = cv2.GaussianBlur(levels, (3, 3), 0).astype(np.float32)
    slope = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(smooth, cv2.CV_32F, 0, 1) / 8)
    steepest = float(np.quantile(slope, 0.97))
    return max(contrast / max(steepest, 1e-3) - SHARP_EDGE, 0.0) / stroke


def _grain(gray: Gray) -> float:
    """Standard deviation of the grain, from the median difference of neighbours: strokes are too few to move it."""
    if gray.shape[1] < 2:
        return 0.0
    return float(np.median(cv2.absdiff(gray[:, 1:], gray[:, :-1]))) * 1.4826 / 2**0.5


def _count_lines(gray: Gray, box: Box) -> int:
    """How many straight lines go from edge to edge, across or down, a few degrees off at most."""
    if min(gray.shape) < LEAST_SHARP_SIDE:
        return 0
    scale = min(1.0, LINE_SIDE / max(gray.shape))
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
    across = _lines_across(small)
    down = _lines_across(np.ascontiguousarray(small.T))
    fills = box[2] > FILLED * gray.shape[1] and box[3] > FILLED * gray.shape[0]
    narrow = max(box[2:]) > 2.5 * min(box[2:])
    if across + down == 1 and (fills or narrow):  # the bar of a 7 that was cut out closely, or a 1
        return 0
    return across + down


def _lines_across(gray: Gray) -> int:
    """Lines that go from the left edge to the right one."""
    height, width = gray.shape
    departure = cv2.absdiff(gray, cv2.medianBlur(gray, 11))
    threshold = max(8.0, 5 * _grain(gray))
    thin = cv2.dilate((departure > threshold).astype(np.uint8), np.ones((3, 1), np.uint8))
    room = math.ceil(STEEPEST * width / 2) + 1
    padded = np.pad(thin, ((room, room), (0, 0)))
    columns = np.arange(0, width, 2)
    covered = np.zeros(height)  # the share of a line through each row that is drawn, at the slope that is drawn best
    for slope in np.linspace(-STEEPEST, STEEPEST, SLOPES):
        shifts = np.rint(slope * (columns - width / 2)).astype(np.intp) + room
        rows = np.arange(height)[:, None] + shifts
        covered = np.maximum(covered, padded[rows, columns].mean(axis=1))
    count = 0
    while covered.max() >= LINE_SHARE:
        row = int(covered.argmax())
        covered[max(row - LINE_DISTANCE, 0) : row + LINE_DISTANCE + 1] = 0
        count += 1
    return count
