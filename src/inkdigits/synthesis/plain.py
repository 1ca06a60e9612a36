"""Plain digits: a label in, the strokes of a digit as a mouse draws it out: bars, rings and straight lines.

Skeletons are those of `digits.py`. They are not bent: people draw plain forms in a paint program.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Stroke, Strokes
from inkdigits.synthesis.deform import pose
from inkdigits.synthesis.digits import write_digit
from inkdigits.synthesis.pen import Pen

VARIANTS: tuple[tuple[str, ...], ...] = (
    ("plain", "round", "narrow", "boxy", "open at the top", "overlap at the top", "from the bottom"),
    ("bare", "bare", "bare", "short flag", "foot", "flag and foot"),
    ("flat base", "like a z", "angular", "no hook"),
    ("round", "flat top", "angular", "no hooks"),
    ("open", "closed", "in two parts", "narrow", "slanted stem", "tilted bar", "bar beyond both sides"),
    ("one line", "hat attached", "hat apart", "angular"),
    ("plain", "straight stem", "angular", "narrow"),
    ("plain", "crossed", "upright"),
    ("one line", "two rings", "narrow"),
    ("plain", "straight stem", "curved tail", "angular"),
)
"""The plain variants of each digit; one that is named more often is drawn more often."""
STRAIGHT, BOXY = "bare", "boxy"
POLYGONAL = 0.4  # share of digits that are drawn with straight lines
TOLERANCE = (0.015, 0.05)  # heights: how far straight lines are from the curve
UPRIGHT = 0.4  # share of digits that are neither turned nor slanted
RING_WIDTHS = (0.45, 1.2)  # of a 0, in heights: from narrow to wider than high
PEN_WIDTHS = (0.008, 0.17)  # heights: one pixel of a large canvas and a fat brush


def write_plain_digit(label: int, rng: Generator) -> Strokes:
    """Writes a digit as people draw it with a mouse: a plain form, often upright, wide or narrow.

    Args:
        label: 0 to 9.
        rng: Decides everything else.

    Returns:
        Its strokes, about 1 high, ready for `draw()`.

    Raises:
        SettingError: There is no such digit.

    Example:
        >>> [len(stroke) for stroke in write_plain_digit(1, np.random.default_rng(0))]
        [2]
    """
    if label not in range(10):
        raise SettingError(f"Expected a digit. Received: {label!r}.", hint="Give a whole number from 0 to 9.")
    name = str(rng.choice(VARIANTS[label]))
    strokes = write_digit(label, rng, variant=name)
    if name == STRAIGHT:
        upright = rng.random() < UPRIGHT
        strokes = tuple(stroke[[0, -1]] * (0.0 if upright else 1.0, 1.0) for stroke in strokes)
    elif name != BOXY and rng.random() < POLYGONAL:
        tolerance = rng.uniform(*TOLERANCE)
        strokes = tuple(_polygon(stroke, tolerance) for stroke in strokes)
    return _posed(strokes, rng, ring=label == 0)


def choose_plain_pen(rng: Generator) -> Pen:
    """Picks a round brush of a paint program, which is as wide and as dark everywhere."""
    width = float(np.exp(rng.uniform(*np.log(PEN_WIDTHS))))
    return Pen("round", "even", width=width, change=0.0, taper=0.0, angle=0.0, wash=0.0)


def _posed(strokes: Strokes, rng: Generator, *, ring: bool) -> Strokes:
    """Wider or narrower, slanted and turned."""
    width, height = np.ptp(np.concatenate(strokes), axis=0)
    wide = rng.uniform(*RING_WIDTHS) * height / width if ring else np.exp(np.clip(rng.normal(0, 0.2), -0.4, 0.4))
    turn, slant = 0.0, 0.0
    if rng.random() >= UPRIGHT:
        turn, slant = np.deg2rad(np.clip(rng.normal(0, 7), -18, 18)), rng.normal(0, 0.13)
    matrix = pose(turn=turn, slant=slant, width=wide)
    return tuple(stroke @ matrix.T for stroke in strokes)


def _polygon(stroke: Stroke, tolerance: float) -> Stroke:
    """A stroke of few straight lines, by Douglas and Peucker's algorithm."""
    return np.asarray(cv2.approxPolyDP(stroke[:, None].astype(np.float32), tolerance, False)[:, 0], np.float64)
