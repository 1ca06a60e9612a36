"""Writing that is no number: words of fonts and pens, scribbles and print, as sheets of ink. All of it is labeled `?`.

It also draws the rows beside a line. It knows nothing of paper and cameras.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.image.ink import Ink
from inkdigits.synthesis.camera import Layer
from inkdigits.synthesis.curve import Stroke
from inkdigits.synthesis.deform import deform
from inkdigits.synthesis.fonts import load_handwriting
from inkdigits.synthesis.line_marks import write_letters
from inkdigits.synthesis.pen import choose_pen, draw_in_place
from inkdigits.synthesis.scribbles import write_scribble

SMALL = "acemnorsuvwxzαεικνοπσυωςτ"  # letters without ascenders
HANGING = "gpqyηγμρφχψβ"  # letters with descenders
X_HEIGHT = 0.62  # of a capital's height
LEAST_LETTERS = 3  # of a word: a single o, l or I may be a digit
DIGIT_LIKE = "oOlIiSsZzBbgq|!()[]{}"  # letters of which a word has less than half


def draw_words(shape: tuple[int, int], height: int, rng: Generator) -> Layer:
    """Sets words of one font in a row, from the upper left corner.

    Args:
        shape: Height and width of the sheet, in pixels; words are cut off where it ends.
        height: Pixels of a capital letter's height.
        rng: Decides everything else.

    Returns:
        Ink from 0 to 1, shape `shape`.
    """
    sheet = np.zeros(shape, np.uint8)
    fonts = _letters()
    letters = fonts[list(fonts)[int(rng.integers(len(fonts)))]]
    bitmaps = load_handwriting().bitmaps
    x, gap = rng.uniform(0, 0.3) * height, rng.uniform(0.02, 0.2) * height
    end = x + rng.uniform(1.5, 12) * height
    while x < min(end, shape[1]):
        for character in _word(letters, rng):
            ink = bitmaps[letters[character]]
            top, bottom = _rows(character)
            x += _set(sheet, ink, x, top * height, (bottom - top) * height) + gap
        x += rng.uniform(0.3, 0.7) * height
    return np.asarray(sheet / np.float32(255), np.float32)


def _word(letters: dict[str, int], rng: Generator) -> str:
    names = list(letters)
    while True:
        count = int(rng.integers(LEAST_LETTERS, 9))
        word = "".join(names[index] for index in rng.integers(0, len(names), count).tolist())
        if 2 * sum(character in DIGIT_LIKE for character in word) < count:
            return word.lower() if rng.random() < 0.5 and all(c.lower() in letters for c in word) else word


def _rows(character: str) -> tuple[float, float]:
    """First and last row of a letter, in capitals' heights."""
    if character in HANGING:
        return 1 - X_HEIGHT, 1.3
    return (1 - X_HEIGHT, 1.0) if character in SMALL else (0.0, 1.0)


def _set(sheet: Ink, ink: Ink, x: float, y: float, height: float) -> float:
    """Draws a letter with its left edge at `x`; returns its width."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = max(1, round(ink.shape[1] * height / ink.shape[0])), max(1, round(height))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    top, left = max(0, round(y)), max(0, round(x))
    part = sheet[top : top + size[1], left : left + size[0]]
    np.maximum(part, small[: part.shape[0], : part.shape[1]], out=part)
    return float(size[0])


@cache
def _letters() -> dict[int, dict[str, int]]:
    """The place of each letter in each font, for fonts with at least 40 of them."""
    fonts = load_handwriting()
    places: dict[int, dict[str, int]] = {}
    for index, character in enumerate(fonts.characters):
        if character.isalpha():
            places.setdefault(int(fonts.fonts[index]), {})[character] = index
    return {font: letters for font, letters in places.items() if len(letters) >= 40}


def draw_scribbles(shape: tuple[int, int], height: int, rng: Generator) -> Layer:
    """Draws a pen's letters, cursive words, or scribbles, from the upper left corner.

    Args:
        shape: Height and width of the sheet, in pixels.
        height: Pixels of a digit's height.
        rng: Decides everything else.

    Returns:
        Ink from 0 to 1, shape `shape`.
    """
    strokes: list[Stroke] = []
    x, end = rng.uniform(0, 0.3), rng.uniform(1.0, 8.0)
    kind = rng.random()
    while x < min(end, shape[1] / height):
        if kind < 0.4:
            some = deform(write_letters(rng, int(rng.integers(3, 7))), rng, amount=0.3)
        else:
            some = write_scribble(rng, kind="word" if kind < 0.7 else None)
        points = np.concatenate(some)
        some = tuple(stroke - points.min(axis=0) + (x, 0.05) for stroke in some)
        strokes += some
        x += float(np.ptp(points[:, 0])) + rng.uniform(0.2, 0.8)
    pen = choose_pen(rng)
    ink = draw_in_place(tuple(strokes), rng, height=height, pen=pen, size=shape)
    return np.asarray(ink / np.float32(255), np.float32)
