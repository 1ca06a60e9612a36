"""Digits to prepare: drawn with a round pen, and MNIST's own test glyphs."""

import gzip
from pathlib import Path

import cv2
import numpy as np
import pytest

import inkdigits

# Pen paths on a page of 100 x 100.
STROKES = {
    0: [[(50, 10), (25, 30), (22, 60), (35, 88), (55, 90), (75, 70), (78, 35), (65, 14), (50, 10)]],
    1: [[(35, 28), (52, 10), (50, 90)]],
    2: [[(25, 30), (40, 12), (62, 14), (70, 32), (55, 58), (25, 88), (78, 86)]],
    3: [[(28, 18), (55, 10), (70, 26), (48, 46), (72, 62), (66, 84), (28, 86)]],
    4: [[(60, 10), (25, 62), (80, 60)], [(60, 40), (58, 92)]],
    5: [[(72, 12), (35, 14), (30, 45), (60, 44), (74, 64), (60, 86), (26, 84)]],
    7: [[(24, 16), (76, 14), (44, 90)]],
}


def draw(label, *, side=200, size=0.6, shift=(0, 0), ink=40, paper=210):
    """Draws a digit that fills `size` of a square picture, `shift` pixels off its middle."""
    finer = max(1, 800 // side)
    page = np.full((side * finer, side * finer), paper, np.uint8)
    pen = max(1, round(0.08 * side * size * finer))
    for stroke in STROKES[label]:
        points = (np.array(stroke) / 100 - 0.5) * size * side * finer + side * finer / 2 + np.array(shift) * finer
        cv2.polylines(page, [np.rint(points).astype(np.int32)], False, ink, pen, cv2.LINE_AA)
    return cv2.resize(page, (side, side), interpolation=cv2.INTER_AREA)


def distance(first, second):
    """Mean absolute difference of two glyphs, levels of 255, at the best of the nine shifts by at most one pixel.

    A glyph is centred by whole pixels, so a hair's difference in mass may move it by one.
    """
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(np.abs(np.roll(first, shift, (0, 1)).astype(int) - second).mean() for shift in shifts)


@pytest.fixture(scope="session")
def draw_digit():
    return draw


@pytest.fixture(scope="session")
def glyph_distance():
    return distance


@pytest.fixture(scope="session")
def mnist_glyphs():
    """MNIST's test glyphs, shape `(10000, 28, 28)`, uint8."""
    file = Path(inkdigits.__file__).parent / "data" / "embedded" / "t10k-images-idx3-ubyte.gz"
    return np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=16).reshape(-1, 28, 28)
