"""Image quality: gray, ink and a digit's box in, measures of how the picture was taken and drawn out.

It knows nothing of models or answers, and judges nothing: whoever explains a reading does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkdigits.geometry import Box
from inkdigits.image.ink import SPECK, Ink, measure_grain, stroke_contrast
from inkdigits.image.load import Gray
from inkdigits.image.rulings import count_rulings

HALF_INK = 127
RIVAL = 0.3  # of the largest part's ink: a part as heavy as this is a shape of its own, if it stands apart
TALL = 0.7  # of the digit's height: parts this tall, side by side, are digits, not a digit's pieces
MEASURING_SIDE = 160  # a smaller digit is enlarged to it, so that its stroke is more than a few pixels
LEAST_SHARP_SIDE = 48  # pixels of the digit: a smaller one has no edge that could be called sharp or blurred
LEAST_SHARP_STROKE = 6  # pixels: a thinner stroke is all edge
SHARP_EDGE = 2.0  # pixels: the edge of a stroke that is drawn without a staircase
FILLED = 0.75  # of the picture's width and height: a digit that was cut out closely


@dataclass(frozen=True)
class ImageQuality:
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


def assess_quality(gray: Gray, ink: Ink, box: Box) -> ImageQuality:
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
    contrast = stroke_contrast(levels, part)
    shapes, specks = _count_parts(ink, box)
    stroke = _stroke(part)
    return ImageQuality(
        shapes=shapes,
        contrast=contrast,
        cut=_cut_edges(ink, box),
        stroke=stroke,
        blur=_blur(levels, contrast, stroke * max(width, height)),
        grain=measure_grain(gray) / max(contrast, 1.0),
        specks=specks,
        lines=_count_lines(ink, box),
    )


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


def _count_lines(ink: Ink, box: Box) -> int:
    """How many straight lines go from edge to edge; a digit's own bar in a tight crop is none."""
    lines = count_rulings(ink)
    fills = box[2] > FILLED * ink.shape[1] and box[3] > FILLED * ink.shape[0]
    narrow = max(box[2:]) > 2.5 * min(box[2:])
    return 0 if lines == 1 and (fills or narrow) else lines  # the bar of a 7 that was cut out closely, or a 1
