"""Deformations: how writers vary what they write. Strokes or ink in, the same character bent out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.image.glyph import crop
from inkdigits.image.ink import Ink
from inkdigits.synthesis.curve import Stroke, Strokes, resample

OBLIQUE = 0.15  # share of writings that lean as copperplate does


def deform(strokes: Strokes, rng: Generator, *, amount: float = 1.0) -> Strokes:
    """Bends a character as writers differ: slant, turn, width, uneven growth and tremor.

    Args:
        strokes: The character.
        rng: Decides everything else.
        amount: How much; 0 leaves the character as it is, 1 goes as far as writers do.

    Returns:
        As many strokes of as many points; the height stays about the same.
    """
    if not strokes:
        return strokes
    points = np.concatenate(strokes)
    middle: Stroke = (points.min(axis=0) + points.max(axis=0)) / 2
    points = (points - middle) @ _affine(rng, amount).T
    points = points + _warp(points, rng, amount) + middle
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return tuple(stroke + _tremor(stroke, rng, amount) for stroke in np.split(points, ends))


def _affine(rng: Generator, amount: float) -> NDArray[np.float64]:
    """Slant, turn and width of a writer, shape (2, 2)."""
    wild = rng.random() < 0.08  # a paper lying askew
    turn = np.deg2rad(np.clip(rng.normal(0, 8 if wild else 4), -16, 16)) * amount
    slant = rng.uniform(0.3, 0.85) if rng.random() < OBLIQUE else np.clip(rng.normal(0.1, 0.2), -0.5, 0.7)
    slant = np.clip(slant * amount, -0.55 + turn, 0.9 + turn)  # both lean it: together no more than writers do
    width = np.exp(np.clip(rng.normal(0, 0.2), -0.69, 0.41) * amount)
    return pose(turn=turn, slant=slant, width=width)


def _warp(points: Stroke, rng: Generator, amount: float) -> Stroke:
    """A slow displacement over the character: two waves of a length of one to three heights."""
    waves = rng.uniform(-4.0, 4.0, (2, 2))
    phases = rng.uniform(0, 2 * np.pi, 2)
    sizes = rng.normal(0, 0.024 * amount, (2, 2))
    return np.asarray(np.sin(points @ waves.T + phases) @ sizes, np.float64)


def _tremor(stroke: Stroke, rng: Generator, amount: float) -> Stroke:
    """The shaking of a writer's hand along a stroke."""
    if len(stroke) < 4:
        return np.zeros_like(stroke)
    size = rng.exponential(0.0045) * amount
    knots = max(4, len(stroke) // int(rng.integers(2, 7)))
    return resample(rng.normal(0, min(size, 0.018), (2, knots)).T, len(stroke))


def pose(*, turn: float, slant: float, width: float, height: float = 1.0) -> NDArray[np.float64]:
    """Makes the matrix that stretches a character, slants it to the right and then turns it clockwise.

    Args:
        turn: Radians.
        slant: Heights by which the top moves to the right of the foot.
        width: Factor of the width.
        height: Factor of the height.

    Returns:
        Shape `(2, 2)`, for points as columns.

    Example:
        >>> (pose(turn=0.0, slant=0.5, width=2.0) @ [1.0, -1.0]).tolist()
        [2.5, -1.0]
    """
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(np.array([[cos, -sin], [sin, cos]]) @ np.array([[width, -slant], [0.0, height]]), np.float64)


def deform_bitmap(bitmap: Ink, rng: Generator) -> Ink:
    """Bends a drawn character as writers differ: slant, turn, proportions and the pen's thickness.

    Args:
        bitmap: Ink, shape `(H, W)`, uint8, whose longer side is at most the picture's.
        rng: Decides everything.

    Returns:
        The bent ink, cut to its box.
    """
    side = 2 * bitmap.shape[0]
    turn, slant = np.deg2rad(rng.normal(0, 6)), rng.normal(0.05, 0.15)
    width, height = np.exp(rng.normal(0, 0.12, 2))
    matrix = pose(turn=turn, slant=slant, width=width, height=height)
    middle = np.array([bitmap.shape[1], bitmap.shape[0]]) / 2
    shift = side / 2 - matrix @ middle
    bent = cv2.warpAffine(bitmap, np.column_stack([matrix, shift]), (side, side), flags=cv2.INTER_LINEAR)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (int(rng.integers(2, 6)),) * 2)
    if rng.random() < 0.5:
        bent = cv2.dilate(bent, pen)
    soft = np.asarray(cv2.GaussianBlur(bent, (3, 3), 0), np.uint8)
    part = crop(soft)
    return soft if part is None else part


def scale_ink(ink: Ink, longer: float) -> Ink:
    """Scales ink, keeping its shape, so that its longer side is about `longer` pixels; enlarged edges stay sharp."""
    scale = longer / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    if scale <= 1:
        return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    large = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    if scale <= 1.5:
        return large
    gain = min(scale, 4.0)  # a soft edge of one pixel stays one of about one pixel
    return np.asarray(np.clip((large.astype(np.float32) - 127.5) * gain + 127.5, 0, 255), np.uint8)
