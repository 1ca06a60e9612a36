"""Hands: who writes a line. A character in, a piece of the same hand out, each time a little different.

A hand keeps its pen, its slant and its way to write each digit. There are three: MNIST's glyphs of about one slant and
pen, strokes of a simulated pen, and one font.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Protocol

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.dataset import Labels
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.image.glyph import Glyphs, crop
from inkdigits.synthesis.curve import Strokes
from inkdigits.synthesis.deform import deform, pose
from inkdigits.synthesis.digits import VARIATION, write_digit
from inkdigits.synthesis.fonts import load_handwriting
from inkdigits.synthesis.kinds import Part
from inkdigits.synthesis.line_marks import write_mark
from inkdigits.synthesis.line_pieces import Piece, from_bitmap, from_strokes
from inkdigits.synthesis.line_settings import DIGITS, LineSettings
from inkdigits.synthesis.notation import load_skeletons
from inkdigits.synthesis.pen import Pen, choose_pen
from inkdigits.synthesis.writer import write

CANDIDATES = 6  # MNIST's glyphs of which the one nearest to the hand's slant and pen is taken
SLANT_WEIGHT = 6.0  # pixels of the pen's width that a slant of 1 counts for
WIDEST = 1.25  # heights: a wider glyph is scaled by its width
OTHER_FORM = 0.1  # share of the digits that a hand writes in another way than usual
LINE_FORMS = 0.25  # share of a modern hand's digits that are of `skeletons/line_digits.txt`
OLD_FORMS = 0.6  # share of an old hand's digits that are of `skeletons/old_hands.txt`
OLD_NAMES = ("copperplate", "old hand", "loop", "leaning", "hook", "curled", "swan", "long")
PRINT_FONTS = 0.12  # share of the lines in fonts that are of print


class Hand(Protocol):
    """Writes the characters of one line."""

    pen: Pen

    def piece(self, character: str, rng: Generator) -> Piece:
        """Writes a character of `LABEL_CHARACTERS`."""


def choose_hand(rng: Generator, settings: LineSettings, split: Part) -> Hand:
    """Chooses who writes a line.

    Args:
        rng: Decides everything else.
        settings: The weights of the three sources, and the share of old hands.
        split: Which part of MNIST's training digits is used.
    """
    weights = np.cumsum([settings.mnist, settings.pen, settings.font])
    kind = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
    if kind == 0:
        return MnistHand(rng, split)
    return PenHand(rng, old=bool(rng.random() < settings.old_hands)) if kind == 1 else FontHand(rng)


def _line_pen(rng: Generator) -> Pen:
    """A pen for a line: no outlines, and no marker that would fill small loops."""
    pen = choose_pen(rng)
    while pen.rim:
        pen = choose_pen(rng)
    return replace(pen, width=min(pen.width, 0.15))


class PenHand:
    """A simulated writer: each digit keeps its form, and is written a little differently every time.

    Args:
        rng: Chooses pen, slant, width and care.
        old: Whether the writer learned to write in the 19th century.
    """

    def __init__(self, rng: Generator, *, old: bool) -> None:
        self.pen = _line_pen(rng)
        self.old = old
        slant = rng.normal(0.35, 0.2) if old else rng.normal(0.1, 0.22)
        width = float(np.exp(rng.normal(-0.05, 0.16)))
        self._pose = pose(turn=0.0, slant=float(np.clip(slant, -0.4, 0.9)), width=width)
        self._care = rng.uniform(0.15, 0.6)
        self._forms: dict[str, Strokes] = {}

    def piece(self, character: str, rng: Generator) -> Piece:
        """Writes a character."""
        if character not in DIGITS:
            return from_strokes(character, self._posed(write_mark(character, rng)))
        form = self._forms.get(character)
        if form is None:
            form = self._forms[character] = self._form(int(character), rng)
        elif rng.random() < OTHER_FORM:
            form = self._form(int(character), rng)
        return from_strokes(character, self._posed(deform(form, rng, amount=self._care)))

    def _form(self, label: int, rng: Generator) -> Strokes:
        part = rng.random()
        if self.old and part < OLD_FORMS:
            return write(load_skeletons("old_hands")[str(label)], rng, VARIATION)
        if self.old:
            return write_digit(label, rng, variant=str(rng.choice(_old_variants(label))))
        if part < LINE_FORMS:
            return write(load_skeletons("line_digits")[str(label)], rng, VARIATION)
        return write_digit(label, rng)

    def _posed(self, strokes: Strokes) -> Strokes:
        """Slanted around the baseline."""
        base = np.array([0.0, 1.0])
        return tuple((stroke - base) @ self._pose.T + base for stroke in strokes)


@cache
def _old_variants(label: int) -> list[str]:
    """Names of the variants in `digits.txt` that old hands write; all if there is none."""
    names = [variant.name for variant in load_skeletons("digits")[str(label)].variants]
    return [name for name in names if any(word in name for word in OLD_NAMES)] or names


class MnistHand:
    """MNIST's glyphs of many writers, those of about one slant and pen.

    Args:
        rng: Chooses slant and pen.
        split: Which part of MNIST's training digits is used.
    """

    def __init__(self, rng: Generator, split: Part) -> None:
        self._glyphs, self._styles, self._indices = _mnist(split)
        model = self._styles[int(rng.integers(len(self._styles)))]
        self._style = model
        self.pen = replace(_line_pen(rng), width=float(np.clip(model[1] / 20, 0.03, 0.18)), wash=0.0)
        self._width = float(np.exp(rng.normal(0, 0.1)))

    def piece(self, character: str, rng: Generator) -> Piece:
        """A glyph of the digit, or a mark of a pen."""
        if character not in DIGITS:
            return from_strokes(character, write_mark(character, rng))
        indices = self._indices[int(character)]
        some = indices[rng.integers(0, len(indices), CANDIDATES)]
        best = some[int(np.abs(self._styles[some] - self._style).sum(axis=1).argmin())]
        ink = crop(self._glyphs[best])
        ink = self._glyphs[best] if ink is None else ink
        width = self._width * ink.shape[1] / ink.shape[0]
        if width > WIDEST:
            height = WIDEST / width
            return from_bitmap(character, ink, width=WIDEST, top=1 - height)
        return from_bitmap(character, ink, width=width)


@cache
def _mnist(split: Part) -> tuple[Glyphs, NDArray[np.float32], tuple[NDArray[np.intp], ...]]:
    """The glyphs of a split, their styles (weighted slant, pen's width in pixels), and the indices of each digit."""
    dataset = load_mnist("train")
    part = dataset.subset(getattr(split_training(dataset), split))
    return part.glyphs, measure_styles(part.glyphs), _by_label(part.labels)


def _by_label(labels: Labels) -> tuple[NDArray[np.intp], ...]:
    return tuple(np.flatnonzero(labels == digit) for digit in range(10))


def measure_styles(glyphs: Glyphs) -> NDArray[np.float32]:
    """Measures slant and pen of glyphs.

    Args:
        glyphs: Shape `(N, 28, 28)`, uint8.

    Returns:
        Shape `(N, 2)`: the slant times `SLANT_WEIGHT`, and the pen's width in pixels: twice the ink over its outline.
    """
    styles = np.empty((len(glyphs), 2), np.float32)
    y, x = (axis.ravel() - 13.5 for axis in np.mgrid[0:28, 0:28].astype(np.float32))
    for start in range(0, len(glyphs), 4096):
        ink = glyphs[start : start + 4096].reshape(-1, 784).astype(np.float32) / 255
        mass = np.maximum(ink.sum(axis=1), 1e-6)
        mean_x, mean_y = ink @ x / mass, ink @ y / mass
        covariance = ink @ (x * y) / mass - mean_x * mean_y
        variance = np.maximum(ink @ (y * y) / mass - mean_y**2, 1e-6)
        square = ink.reshape(-1, 28, 28)
        outline = np.abs(np.diff(square, axis=1)).sum(axis=(1, 2)) + np.abs(np.diff(square, axis=2)).sum(axis=(1, 2))
        slant = np.clip(-covariance / variance, -1, 1)
        styles[start : start + len(ink)] = np.stack([SLANT_WEIGHT * slant, 2.5 * mass / np.maximum(outline, 1)], 1)
    return styles


class FontHand:
    """One font's digits, all bent in the same way.

    Args:
        rng: Chooses the font, slant and width.
    """

    def __init__(self, rng: Generator) -> None:
        handwritten, printed, self._places = _font_digits()
        fonts = printed if rng.random() < PRINT_FONTS else handwritten
        self._font = int(rng.choice(fonts))
        self._width = float(np.exp(rng.normal(0, 0.12)))
        self._thick = int(rng.choice([0, 0, 2, 3]))
        self._shear = rng.normal(0, 0.1)
        self.pen = replace(_line_pen(rng), width=rng.uniform(0.05, 0.12))

    def piece(self, character: str, rng: Generator) -> Piece:
        """The font's digit, or a mark of a pen."""
        if character not in DIGITS:
            return from_strokes(character, write_mark(character, rng))
        places = self._places[self._font, character]
        ink = load_handwriting().bitmaps[places[int(rng.integers(len(places)))]]
        shear = self._shear + rng.normal(0, 0.03)
        matrix = np.array([[1.0, -shear, 12 + shear * 24], [0.0, 1.0, 4.0]])
        ink = np.asarray(cv2.warpAffine(ink, matrix, (72, 56), flags=cv2.INTER_LINEAR), np.uint8)
        if self._thick:
            ink = np.asarray(cv2.dilate(ink, np.ones((self._thick, self._thick), np.uint8)), np.uint8)
        part = crop(ink)
        part = ink if part is None else part
        return from_bitmap(character, part, width=min(self._width * part.shape[1] / part.shape[0], WIDEST))


@cache
def _font_digits() -> tuple[list[int], list[int], dict[tuple[int, str], list[int]]]:
    """Fonts of handwriting with all digits, those of print, and where each font's digits are."""
    fonts = load_handwriting()
    places: dict[tuple[int, str], list[int]] = {}
    for index in fonts.indices_of(DIGITS).tolist():
        places.setdefault((int(fonts.fonts[index]), fonts.characters[index]), []).append(index)
    whole = [font for font in range(len(fonts.font_names)) if all((font, digit) in places for digit in DIGITS)]
    first_printed = fonts.font_names.index("Lato")
    return [font for font in whole if font < first_printed], [f for f in whole if f >= first_printed], places
