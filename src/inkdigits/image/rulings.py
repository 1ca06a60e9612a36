"""Rulings: the printed lines of ruled and squared paper, and of tables, taken out of the ink. Knows nothing of digits.

A ruling is straight, thin, nearly level or upright, and goes from one edge of the picture to the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.image.ink import Ink

LEAST_SIDE = 32  # pixels of the picture's shorter side: in less, such as 28 x 28, a line is rather a stroke
LEANS = np.linspace(-0.09, 0.09, 19)  # pixels up or down a pixel along: 5 degrees to either side
ALL_LEANS = np.linspace(-0.13, 0.13, 27)  # of lines that are counted: too steep to be told from strokes and removed
STRIP = 16  # pixels along a line: within a strip it is taken for level
COVERED = 0.75  # of a line's way that is inked at least: pencil and JPEG leave gaps
COVERED_BROKEN = 0.4  # the same, where lines are known to be
EDGE = 0.02  # of a line's way: as near to both edges it begins and ends; a stroke in a tight crop leaves a margin
THICKEST = 0.06  # of the picture's shorter side
FRINGE = 1  # pixels on both sides of a line that its steps and soft edges reach
CROSSING = 1.5  # times a ruling's thickness: ink that goes on for longer across it is a stroke
DARKER = 48  # levels above those of the ruling: what is darker is a stroke that crosses it

Mask = NDArray[np.uint8]


def remove_rulings(ink: Ink, *, broken: bool = False) -> Ink:
    """Takes edge-to-edge lines out of ink, and leaves strokes that cross them.

    Args:
        ink: Shape `(H, W)`, uint8.
        broken: Takes out lines with wide gaps, too, and those that end before the edges.

    Returns:
        The ink without its rulings; `ink` itself if it has none.

    Source:
        The projection profile of sheared strips, as for the skew of text lines: Zramdini & Ingold, "Optical font
        recognition from projection profiles", 1993.

    Example:
        >>> ink = np.zeros((60, 100), np.uint8)
        >>> ink[40] = 255
        >>> ink[10:35, 50:54] = 255
        >>> int(remove_rulings(ink)[40].max()), int(remove_rulings(ink)[20, 51])
        (0, 255)
    """
    if min(ink.shape) < LEAST_SIDE:
        return ink
    body = (ink > 0).astype(np.uint8)
    level = _bands(ink, body, broken=broken)
    upright = _bands(_turned(ink), _turned(body), broken=broken).T
    if not level.any() and not upright.any():
        return ink
    lines = _without_crossings(level, body & ~upright) | _without_crossings(upright.T, (body & ~level).T).T
    bare = ink.copy()
    bare[lines > 0] = 0
    return bare


def _turned(mask: Mask) -> Mask:
    """Rows for columns; ten times as fast as a copy of `mask.T`."""
    return np.asarray(cv2.transpose(mask), np.uint8)


def count_rulings(ink: Ink) -> int:
    """How many edge-to-edge lines ink holds, across and down.

    Args:
        ink: Shape `(H, W)`, uint8.
    """
    if min(ink.shape) < LEAST_SIDE:
        return 0
    body = (ink > 0).astype(np.uint8)
    level = _rulings(ink, body, broken=False, leans=ALL_LEANS)
    upright = _rulings(_turned(ink), _turned(body), broken=False, leans=ALL_LEANS)
    return len([*level, *upright])


def _bands(ink: Ink, body: Mask, *, broken: bool) -> Mask:
    """Ink along nearly level lines from edge to edge, 0 or 1, shape `(H, W)`; `body` is where there is ink, 0 or 1."""
    bands = np.zeros_like(ink)
    for low, line in _rulings(ink, body, broken=broken):
        near, high = ink[low : low + len(line)], low + len(line)
        bands[low:high][line & (near <= float(np.median(near[line])) + DARKER)] = 1
    return bands


def _rulings(
    ink: Ink, body: Mask, *, broken: bool, leans: NDArray[np.float64] = LEANS
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The first row and the pixels of each nearly level line that is a ruling."""
    height, width = ink.shape
    covered = COVERED_BROKEN if broken else COVERED
    if np.count_nonzero(body.any(axis=0)) < covered * width:
        return
    starts = np.arange(0, width, STRIP)
    middles = starts + np.diff(np.append(starts, width)) / 2 - width / 2
    grown = cv2.dilate(body, np.ones((3, 1), np.uint8))  # a line that leans has steps of a pixel
    profile = np.add.reduceat(grown, starts, axis=1, dtype=np.float32) / width  # (H, strips)
    columns = np.arange(width) - width / 2
    edge = max(1, round(EDGE * width))
    for lean, top, bottom in _lines(profile, middles, covered, leans):
        drop = np.rint(lean * columns).astype(int)
        low, high = max(0, top - FRINGE + int(drop.min())), min(height, bottom + FRINGE + int(drop.max()))
        rows = np.arange(low, high)[:, None] - drop  # (rows near the line, W)
        line = (rows >= top - FRINGE) & (rows < bottom + FRINGE) & (body[low:high] > 0)
        if broken or (line[:, :edge].any() and line[:, -edge:].any()):
            yield low, line


def _lines(
    profile: NDArray[np.float32], middles: NDArray[np.float64], covered: float, leans: NDArray[np.float64]
) -> Iterator[tuple[float, int, int]]:
    """Lean, first row and row after the last of each line, at the picture's middle column."""
    height = len(profile)
    thickest = max(4, round(THICKEST * min(height, 2 * middles[-1]))) + 2  # growing added a row on both sides
    coverage = _sheared_sums(profile, middles, leans)
    full = coverage.max(axis=0) >= covered
    edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]]).astype(np.int8)))
    for top, bottom in zip(edges[::2], edges[1::2], strict=True):
        if bottom - top <= thickest:
            lean = np.square(coverage[:, top:bottom]).sum(axis=1).argmax()  # where it is least spread over rows
            yield float(leans[lean]), int(top), int(bottom)


def _sheared_sums(
    profile: NDArray[np.float32], middles: NDArray[np.float64], leans: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Ink along lines of each lean, by the row at which they cross the middle column, shape `(leans, H)`."""
    height = len(profile)
    shifts = np.rint(leans[:, None] * middles).astype(int)  # (leans, strips)
    room = int(np.abs(shifts).max())
    strips = np.pad(profile.T, ((0, 0), (room, room)))  # (strips, H and room for the shifts)
    totals = np.zeros((len(leans), height), np.float32)
    for lean, starts in enumerate((shifts + room).tolist()):
        for strip, start in zip(strips, starts, strict=True):
            totals[lean] += strip[start : start + height]
    return totals


def _without_crossings(bands: Mask, body: Mask) -> Mask:
    """The level lines without strokes that cross them: ink that continues across a line for longer than its width."""
    if not bands.any():
        return bands
    across = max(3, round(CROSSING * _thickness(bands)) + 2)
    crossing = cv2.morphologyEx(np.ascontiguousarray(body), cv2.MORPH_OPEN, np.ones((across, 1), np.uint8))
    return bands & (1 - np.asarray(crossing, np.uint8))


def _thickness(bands: Mask) -> float:
    """Pixels across a line: its ink over its upper edges."""
    tops = int(np.count_nonzero(bands[0])) + int(np.count_nonzero((bands[1:] > 0) & (bands[:-1] == 0)))
    return int(np.count_nonzero(bands)) / max(tops, 1)
