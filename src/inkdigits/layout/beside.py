"""Symbols beside a digit: another digit, a letter or a minus, which one digit may not be read for.

The boxes and ink of a picture's components go in. Points, commas, dust, rulings, what touches the picture's edges and
the detached strokes of the digit itself are no symbols.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_HEIGHT, MOST_HEIGHT = 0.4, 2.5  # of the digit's height: of a letter or a digit; m is 0.5 as tall as 8
LEAST_GAP, MOST_GAP = 0.07, 3.0  # of the digit's height, across: nearer ink is a stroke of the digit
COMMA_TOP = 0.65  # of the digit's height, from its top: what begins lower is a point or a comma
LEAST_OVERLAP = 0.5  # of the lower one's height: so much of it stands beside the other
LEAST_MASS = 0.12  # of the digit's ink: less is a hair or a scratch
LEAST_STRENGTH = 0.6  # of the digit's blackness: fainter ink is of another pen, or printed
THINNEST = 0.12  # of its height: a narrower shape that is taller than the digit is a line
DASH = 0.4  # of its width: a dash is not higher
DASH_LENGTH = (0.2, 0.9)  # of the digit's height
DASH_GAP = 0.8  # of the digit's height: a minus is not further away
DASH_MASS = 0.04  # of the digit's ink
DASH_PLACE = (0.25, 0.75)  # of the digit's height, from its top: a minus is at about the middle

Values = NDArray[np.float64]


def has_symbol_beside(boxes: NDArray[np.int32], mass: Values, areas: Values, main: int, shape: tuple[int, ...]) -> bool:
    """Whether another symbol stands beside a digit.

    Args:
        boxes: Boxes of the components, shape `(N, 4)`: left, top, width, height.
        mass: Their ink, in full pixels, shape `(N,)`.
        areas: Their pixels, shape `(N,)`.
        main: Which of them is the digit.
        shape: Height and width of the picture.
    """
    left, top, width, height = (boxes[:, side].astype(np.float64) for side in range(4))
    right, bottom = left + width, top + height
    inside = (left > 0) & (top > 0) & (right < shape[1]) & (bottom < shape[0])
    strength = mass / areas
    inside &= strength >= LEAST_STRENGTH * strength[main]
    inside[main] = False
    tall = height[main]
    gap = np.maximum(left - right[main], left[main] - right) / tall
    overlap = np.minimum(bottom, bottom[main]) - np.maximum(top, top[main])
    comma = top - top[main] >= COMMA_TOP * tall
    line = (height > tall) & (width < THINNEST * height)
    symbol = inside & ~line & ~comma & (height >= LEAST_HEIGHT * tall) & (height <= MOST_HEIGHT * tall)
    symbol &= (gap >= LEAST_GAP) & (gap <= MOST_GAP) & (mass >= LEAST_MASS * mass[main])
    symbol &= overlap >= LEAST_OVERLAP * np.minimum(height, tall)
    return bool(symbol.any() or _has_minus(boxes, mass, inside, main))


def _has_minus(boxes: NDArray[np.int32], mass: Values, inside: NDArray[np.bool_], main: int) -> bool:
    """Whether a dash stands before the digit, and none behind it as on a decorated line."""
    left, top, width, height = (boxes[:, side].astype(np.float64) for side in range(4))
    tall = height[main]
    place = (top + height / 2 - top[main]) / tall
    dash = inside & (height <= DASH * width) & (mass >= DASH_MASS * mass[main])
    dash &= (width >= DASH_LENGTH[0] * tall) & (width <= DASH_LENGTH[1] * tall)
    dash &= (place >= DASH_PLACE[0]) & (place <= DASH_PLACE[1])
    before, behind = (left[main] - left - width) / tall, (left - left[main] - width[main]) / tall
    return bool(
        (dash & (before >= LEAST_GAP) & (before <= DASH_GAP)).any()
        and not (dash & (behind >= LEAST_GAP) & (behind <= DASH_GAP)).any()
    )
