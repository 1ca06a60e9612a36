"""The kinds of synthesized pictures: a kind and random numbers in; a gray picture, its content's box and label out.

Digits are MNIST's own, of pens, of fonts and plain ones of paint programs. Non-digits are letters, symbols, scribbles,
several digits side by side, digits on their side and textures. What a person could take for a digit (o, l, a circle, a
bar) is in none of them: nothing is taught about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Literal, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.dataset import Labels
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.geometry import Box
from inkdigits.image.glyph import Glyphs, crop
from inkdigits.image.ink import Ink
from inkdigits.image.load import Gray
from inkdigits.labels import NOT_A_DIGIT
from inkdigits.synthesis.deform import deform, deform_bitmap, scale_ink
from inkdigits.synthesis.digits import write_digit
from inkdigits.synthesis.fonts import load_handwriting
from inkdigits.synthesis.pages import render_page
from inkdigits.synthesis.pen import draw
from inkdigits.synthesis.plain import choose_plain_pen, write_plain_digit
from inkdigits.synthesis.scribbles import write_scribble
from inkdigits.synthesis.symbols import symbol_names, write_symbol
from inkdigits.synthesis.texture import paint_texture

Rendered: TypeAlias = tuple[Gray, Box | None, int]
"""A picture, the box of its content (None if any part of it will do), and the label."""
Part: TypeAlias = Literal["training", "validation", "calibration"]

DIGITS = "0123456789"
LOOK_ALIKE_LETTERS = "oOQDdlIijZzSsbGgqBy&()[]{}/!,.:;'\"|ιοΙΟ§¶Øø"  # a person may take them for digits
SAME_ON_ITS_SIDE = (0, 1, 8)  # or nearly: a level bar, an infinity sign
NEAR_DIGITS = "alpha beta gamma delta epsilon zeta eta theta kappa lambda xi sigma phi psi"  # Greek letters
LOOSE = 1.25  # hands bend letters more freely than digits
ROW_SIDE = 48  # pixels: the longer side, more or less, of each of several digits in a row
NON_DIGIT_CLUTTER = 0.2  # share of the pages with a non-digit that may hold anything else
PLAIN_CLUTTER = 0.1  # share of the pages with a plain digit that may hold anything else
PLAIN_DRAWN = 0.75  # share of the pages with a plain digit that come from a paint program
PLAIN_SHARES = (0.16, 0.16, 0.08, 0.08, 0.12, *(0.08,) * 5)  # of each digit: non-digits come nearest to 0, 1 and 4
JAGGED = 0.5  # share of the plain digits whose edges have no shades


class Sources:
    """Digits of every kind: their ink, cut to its box, and their labels.

    Args:
        split: Which part of MNIST's training digits is used.
    """

    def __init__(self, split: Part) -> None:
        self.glyphs, self.labels = _mnist(split)

    def mnist(self, rng: Generator) -> tuple[Ink, int]:
        """One of MNIST's own."""
        index = int(rng.integers(len(self.labels)))
        return _cropped(self.glyphs[index]), int(self.labels[index])

    def pen(self, rng: Generator) -> tuple[Ink, int]:
        """Drawn with a pen."""
        label = int(rng.integers(10))
        return _cropped(draw(deform(write_digit(label, rng), rng), rng)), label

    def font(self, rng: Generator) -> tuple[Ink, int]:
        """A font's, deformed."""
        indices, characters, bitmaps = _characters(digits=True)
        index = rng.choice(indices)
        return deform_bitmap(bitmaps[index], rng), int(characters[index])

    def plain(self, rng: Generator) -> tuple[Ink, int]:
        """As a mouse draws it in a paint program."""
        label = int(rng.choice(10, p=PLAIN_SHARES))
        ink = draw(write_plain_digit(label, rng), rng, pen=choose_plain_pen(rng))
        if rng.random() < JAGGED:
            ink = np.where(ink > 90, 255, 0).astype(np.uint8)
        return _cropped(ink), label

    def any_digit(self, rng: Generator) -> tuple[Ink, int]:
        """MNIST's or a pen's, sometimes a font's."""
        part = rng.random()
        return self.mnist(rng) if part < 0.45 else self.pen(rng) if part < 0.9 else self.font(rng)


@cache
def _mnist(split: Part) -> tuple[Glyphs, Labels]:
    dataset = load_mnist("train")
    part = dataset.subset(getattr(split_training(dataset), split))
    return part.glyphs, part.labels


@cache
def _characters(*, digits: bool) -> tuple[NDArray[np.intp], tuple[str, ...], NDArray[np.uint8]]:
    """Indices of the fonts' digits, or of their non-digits; all their characters; all their bitmaps."""
    fonts = load_handwriting()
    wanted = fonts.indices_of(DIGITS) if digits else fonts.indices_except(DIGITS + LOOK_ALIKE_LETTERS)
    return wanted, fonts.characters, fonts.bitmaps


@cache
def _non_digit_symbols() -> tuple[str, ...]:
    """Greek letters stand twice, and those that come near a digit more often still."""
    near = tuple(f"greek-{letter}" for letter in NEAR_DIGITS.split())
    return (*symbol_names(), *(name for name in symbol_names() if name.startswith("greek-")), *(near * 7))


def _cropped(ink: Ink) -> Ink:
    part = crop(ink)
    return ink if part is None else part


def _render_digit(take: Callable[[Sources, Generator], tuple[Ink, int]], sources: Sources, rng: Generator) -> Rendered:
    ink, label = take(sources, rng)
    return *render_page(ink, rng, adjacent=lambda: sources.any_digit(rng)[0]), label


def _render_plain(sources: Sources, rng: Generator) -> Rendered:
    ink, label = sources.plain(rng)
    return *render_page(ink, rng, clutter=PLAIN_CLUTTER, drawn=PLAIN_DRAWN), label


def _render_symbol(_sources: Sources, rng: Generator) -> Rendered:
    name = str(rng.choice(_non_digit_symbols()))
    ink = _cropped(draw(deform(write_symbol(name, rng), rng, amount=LOOSE), rng))
    return *render_page(ink, rng, clutter=NON_DIGIT_CLUTTER), NOT_A_DIGIT


def _render_letter(_sources: Sources, rng: Generator) -> Rendered:
    indices, _, bitmaps = _characters(digits=False)
    ink = deform_bitmap(bitmaps[rng.choice(indices)], rng)
    return *render_page(ink, rng, clutter=NON_DIGIT_CLUTTER), NOT_A_DIGIT


def _render_scribble(_sources: Sources, rng: Generator) -> Rendered:
    ink = _cropped(draw(write_scribble(rng), rng))
    return *render_page(ink, rng, clutter=NON_DIGIT_CLUTTER), NOT_A_DIGIT


def _render_several(sources: Sources, rng: Generator) -> Rendered:
    """Two to four digits on a line, all of about one size and wholly in the picture."""
    count = rng.choice([2, 2, 2, 3, 4])
    inks = [scale_ink(sources.any_digit(rng)[0], ROW_SIDE * rng.uniform(0.85, 1.15)) for _ in range(count)]
    gap = rng.uniform(-0.05, 0.35) * ROW_SIDE
    lefts = np.cumsum([0] + [ink.shape[1] + gap for ink in inks[:-1]]).astype(int)
    height = max(ink.shape[0] for ink in inks)
    sheet = np.zeros((height, int(lefts[-1]) + max(ink.shape[1] for ink in inks)), np.uint8)
    for left, ink in zip(lefts, inks, strict=True):
        top = int(rng.integers(0, height - ink.shape[0] + 1))
        part = sheet[top : top + ink.shape[0], max(left, 0) : max(left, 0) + ink.shape[1]]
        np.maximum(part, ink[:, : part.shape[1]], out=part)
    return *render_page(_cropped(sheet), rng, clutter=NON_DIGIT_CLUTTER), NOT_A_DIGIT


def _render_turned(sources: Sources, rng: Generator) -> Rendered:
    """A digit that has another shape when it lies on its side, as 0, 1 and 8 have not."""
    while True:
        ink, label = sources.any_digit(rng)
        if label not in SAME_ON_ITS_SIDE:
            turned = np.ascontiguousarray(np.rot90(ink, rng.choice([1, 3])))
            return *render_page(turned, rng, clutter=NON_DIGIT_CLUTTER), NOT_A_DIGIT


def _render_texture(_sources: Sources, rng: Generator) -> Rendered:
    return paint_texture(rng), None, NOT_A_DIGIT


RENDERERS: Mapping[str, Callable[[Sources, Generator], Rendered]] = {
    "mnist": partial(_render_digit, Sources.mnist),
    "pen": partial(_render_digit, Sources.pen),
    "font": partial(_render_digit, Sources.font),
    "symbols": _render_symbol,
    "letters": _render_letter,
    "scribbles": _render_scribble,
    "several": _render_several,
    "turned": _render_turned,
    "textures": _render_texture,
    "plain": _render_plain,
}
"""Renders a picture of each kind of a mixture."""
