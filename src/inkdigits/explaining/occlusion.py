"""Occlusion: classified glyphs and their answer in, how much each place supports the answer out.

A patch of paper is laid on every place in turn, and the glyphs are classified again.

Source:
    Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.geometry import Box, Frame
from inkdigits.image.glyph import GLYPH_SIDE, Glyph, Glyphs, ink_box
from inkdigits.labels import CLASSES

Classify: TypeAlias = Callable[[Sequence[Glyphs]], NDArray[np.float64]]
"""For each glyph that counted its variants, shape `(N, 28, 28)`, to combined probabilities, shape `(N, 11)`."""

PATCH = 5  # pixels: wider than any stroke of a glyph, so that it can cut one
FULL_INK = 128  # of 255: from here on a pixel counts as ink, below it in part
LEAST = 1e-6  # probabilities are clipped to this, and to 1 less this


@dataclass(frozen=True)
class Spot:
    """A patch of the glyph, and what would be answered without it.

    Attributes:
        where: In words: `"upper left"`, `"middle"`, …
        box: In pixels of the picture: `(left, top, width, height)`.
        probability: That of the answer when the spot is covered.
        answer: The most probable digit then.
        answer_probability: And its probability.
    """

    where: str
    box: Box
    probability: float
    answer: str
    answer_probability: float


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What covering each place of a glyph does to its answer.

    Attributes:
        saliency: Mean fall of the answer's log-odds under the patches that cover a pixel, shape `(28, 28)`. Above 0
            its ink supports the answer, below 0 it opposes it; 0 where there is no ink.
        corner: Upper left corner of the patch that hurts the answer most, `(left, top)` in pixels of the glyph.
        probabilities: Without that patch, shape `(11,)`.
    """

    saliency: NDArray[np.float32]
    corner: tuple[int, int]
    probabilities: NDArray[np.float64]


def occlude(classify: Classify, glyphs: Sequence[Glyph], frames: Sequence[Frame], label: int) -> Occlusion:
    """Lays a patch of paper on every place with ink.

    Args:
        classify: The model, and how several glyphs are combined.
        glyphs: That counted, each of shape `(28, 28)`, uint8; the first has ink, and is the one that is mapped.
        frames: Place each glyph's pixels in those of the first.
        label: The answer to explain.

    Returns:
        The map, and the patch that matters most.
    """
    first = glyphs[0]
    corners = _corners_with_ink(first)
    probabilities = classify([_covered(glyph, corners, frame) for glyph, frame in zip(glyphs, frames, strict=True)])
    odds = _log_odds(probabilities[:, label])
    falls = odds[0] - odds[1:]
    total, count = np.zeros((2, GLYPH_SIDE, GLYPH_SIDE), np.float32)
    for (left, top), fall in zip(corners, falls, strict=True):
        place = slice(max(top, 0), top + PATCH), slice(max(left, 0), left + PATCH)
        total[place] += fall
        count[place] += 1
    most = int(np.argmax(falls))
    ink = np.minimum(first / np.float32(FULL_INK), 1)  # paper on paper changes nothing
    saliency = np.asarray(total / np.maximum(count, 1) * ink, np.float32)
    return Occlusion(saliency, corners[most], probabilities[most + 1])


def decisive_spot(occlusion: Occlusion, glyph: Glyph, frame: Frame, label: int) -> Spot:
    """The patch that hurts the answer most, in words and in pixels of the picture.

    Args:
        occlusion: What covering the glyph did.
        glyph: Shape `(28, 28)`, uint8.
        frame: Places the glyph in the picture.
        label: The answer.
    """
    x, y, across, down = ink_box(glyph)
    corner_x, corner_y = occlusion.corner
    left, right = max(corner_x, x), min(corner_x + PATCH, x + across)
    top, bottom = max(corner_y, y), min(corner_y + PATCH, y + down)
    answer = int(occlusion.probabilities[:CLASSES].argmax())
    return Spot(
        where=_where(((left + right) / 2 - x) / across, ((top + bottom) / 2 - y) / down, across, down),
        box=frame.outward((left, top, right - left, bottom - top)),
        probability=float(occlusion.probabilities[label]),
        answer=str(answer),
        answer_probability=float(occlusion.probabilities[answer]),
    )


def _covered(glyph: Glyph, corners: Sequence[tuple[int, int]], frame: Frame) -> Glyphs:
    """The glyph as it is, then with each patch on it; shape `(1 + corners, 28, 28)`."""
    covered = np.repeat(glyph[None], len(corners) + 1, axis=0)
    inward = frame.inverse()
    for patched, (left, top) in zip(covered[1:], corners, strict=True):
        x, y, across, down = inward.outward((left, top, PATCH, PATCH))
        patched[max(y, 0) : max(y + down, 0), max(x, 0) : max(x + across, 0)] = 0
    return covered


def _corners_with_ink(glyph: Glyph) -> list[tuple[int, int]]:
    """Where a patch covers ink; it may reach over the glyph's edge."""
    places = range(1 - PATCH, GLYPH_SIDE)
    ink = np.pad(glyph, PATCH - 1)
    windows = np.lib.stride_tricks.sliding_window_view(ink, (PATCH, PATCH)).max(axis=(2, 3))
    return [(left, top) for top in places for left in places if windows[top + PATCH - 1, left + PATCH - 1]]


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(probabilities, LEAST, 1 - LEAST)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


def _where(x: float, y: float, across: int, down: int) -> str:
    """A place in the digit, 0 to 1 each way, in words; a digit as narrow as two patches has no sides."""
    column = "" if across < 2 * PATCH or 1 / 3 <= x <= 2 / 3 else ("left" if x < 0.5 else "right")
    row = "" if down < 2 * PATCH or 1 / 3 <= y <= 2 / 3 else ("upper" if y < 0.5 else "lower")
    if not row:
        return f"{column} side" if column else "middle"
    return f"{row} {column}" if column else {"upper": "top", "lower": "bottom"}[row]
