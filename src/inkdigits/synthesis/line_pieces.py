"""Pieces: one character of a line as strokes or as a bitmap, in heights of a digit. It knows nothing of paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.image.ink import Ink
from inkdigits.synthesis.curve import Stroke, Strokes

BINS = 12  # rows in which the distance to the next character is measured
TOP, BOTTOM = -0.4, 1.4  # heights that the bins cover: 0 is the top of a digit, 1 is the baseline
Profile: TypeAlias = NDArray[np.float64]
"""The leftmost and the rightmost ink of each bin, shape `(2, BINS)`; infinite, with opposite signs, where none is."""


@dataclass(frozen=True, eq=False)
class Piece:
    """One character of a line: either strokes or a bitmap.

    Attributes:
        character: What it is in the label.
        box: `(left, top, right, bottom)` in heights; the top of a digit is 0, the baseline 1, its left edge 0.
        profile: Where its ink begins and ends in each bin.
        strokes: In heights; empty for a bitmap.
        ink: The bitmap, uint8, cut to its box; None for strokes.
    """

    character: str
    box: tuple[float, float, float, float]
    profile: Profile = field(repr=False)
    strokes: Strokes = field(default=(), repr=False)
    ink: Ink | None = field(default=None, repr=False)

    @property
    def width(self) -> float:
        """In heights."""
        return self.box[2] - self.box[0]


def from_strokes(character: str, strokes: Strokes) -> Piece:
    """Makes a piece of strokes; its left edge moves to 0.

    Args:
        character: What it is in the label.
        strokes: In heights.
    """
    points = np.concatenate(strokes)
    left = float(points[:, 0].min())
    strokes = tuple(stroke - (left, 0.0) for stroke in strokes)
    points = np.concatenate(strokes)
    right, top, bottom = float(points[:, 0].max()), float(points[:, 1].min()), float(points[:, 1].max())
    return Piece(character, (0.0, top, right, bottom), _profile(points), strokes=strokes)


def from_bitmap(character: str, ink: Ink, *, width: float, top: float = 0.0, bottom: float = 1.0) -> Piece:
    """Makes a piece of a bitmap.

    Args:
        character: What it is in the label.
        ink: Cut to its box, uint8.
        width: In heights.
        top: Where the bitmap begins, in heights.
        bottom: Where it ends.
    """
    rows, columns = np.nonzero(ink > 100)
    scale = width / ink.shape[1], (bottom - top) / ink.shape[0]
    points = np.stack([(columns + 0.5) * scale[0], (rows + 0.5) * scale[1] + top], axis=1)
    return Piece(character, (0.0, top, width, bottom), _profile(points), ink=ink)


def distance(before: Profile, after: Profile) -> float:
    """How far the next character's ink is from this one's, in heights, if both have their left edges at 0.

    Args:
        before: Profile of the character on the left.
        after: Profile of the one on the right.

    Returns:
        The least distance over all bins; infinite if no bin holds ink of both.
    """
    return float((after[0] - before[1]).min())


def _profile(points: Stroke) -> Profile:
    """The profile of ink at these points; each bin holds its neighbors' ink, too, as strokes have a width."""
    bins = np.clip((points[:, 1] - TOP) / (BOTTOM - TOP) * BINS, 0, BINS - 1).astype(int)
    profile = np.stack([np.full(BINS, np.inf), np.full(BINS, -np.inf)])
    np.minimum.at(profile[0], bins, points[:, 0])
    np.maximum.at(profile[1], bins, points[:, 0])
    wide = profile.copy()
    wide[0, 1:] = np.minimum(wide[0, 1:], profile[0, :-1])
    wide[0, :-1] = np.minimum(wide[0, :-1], profile[0, 1:])
    wide[1, 1:] = np.maximum(wide[1, 1:], profile[1, :-1])
    wide[1, :-1] = np.maximum(wide[1, :-1], profile[1, 1:])
    return wide
