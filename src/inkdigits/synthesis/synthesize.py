"""Synthesis: labelled glyphs of pictures that MNIST lacks, made by writing, painting and preparing them.

Digits of pens and fonts and MNIST's own are put into scenes, and so are letters, symbols, scribbles and several digits
side by side, which are no digits. Each scene goes through the same preparation as a user's picture, so that the network
meets in training what preparation leaves behind. It knows nothing of networks.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import repeat
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.data.dataset import Labels
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import validation_split
from inkdigits.errors import SettingError
from inkdigits.geometry import Box
from inkdigits.image.glyph import Glyph, Glyphs, crop
from inkdigits.image.ink import Ink
from inkdigits.image.load import Gray
from inkdigits.labels import NOT_A_DIGIT
from inkdigits.layout.digit import prepare_digit
from inkdigits.synthesis.deform import deform, deform_bitmap, scale_ink
from inkdigits.synthesis.digits import write_digit
from inkdigits.synthesis.fonts import load_handwriting
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.pages import render_page
from inkdigits.synthesis.pen import draw
from inkdigits.synthesis.plain import choose_plain_pen, write_plain_digit
from inkdigits.synthesis.scribbles import write_scribble
from inkdigits.synthesis.symbols import symbol_names, write_symbol
from inkdigits.synthesis.texture import paint_texture

Painting: TypeAlias = tuple[Gray, Box | None, int]
"""A picture, the box of what it should show (None if any part of it will do), and the label."""
Part: TypeAlias = Literal["train", "validation"]

CHUNK = 500  # glyphs that one seed makes: results do not depend on how many processes there are
WORKERS = 2  # processes
DIGITS = "0123456789"
LOOK_ALIKE_LETTERS = "oOQDdlIijZzSsbGgqBy&()[]{}/!,.:;'\"|ιοΙΟ§¶Øø"  # for digits: nothing is taught of them
LEAST_OVERLAP = 0.5  # of the box found with the true one: less, and the glyph shows something else
LEAST_OVERLAP_OF_SEVERAL = 0.8  # less, and it may show a single digit
SAME_ON_ITS_SIDE = (0, 1, 8)  # or nearly: a level bar, an infinity sign
NEAR_DIGITS = "alpha beta gamma delta epsilon zeta eta theta kappa lambda xi sigma phi psi"  # Greek letters
LOOSE = 1.25  # hands bend letters more freely than digits
ROW_SIDE = 48  # pixels: the longer side, more or less, of each of several digits in a row
REFUSED_CLUTTER = 0.2  # of the scenes of what is no digit may have any
PLAIN_CLUTTER = 0.1  # of the scenes of plain digits may have any
PLAIN_DRAWN = 0.75  # of the scenes of plain digits come from a paint program
PLAIN_SHARES = (0.16, 0.16, 0.08, 0.08, 0.12, *(0.08,) * 5)  # of each digit: non-digits come nearest to 0, 1 and 4
JAGGED = 0.5  # of the plain digits have edges without shades


def synthesize(mixture: Mixture, *, seed: int, split: Part = "train") -> tuple[Glyphs, Labels, NDArray[np.str_]]:
    """Makes glyphs of pictures that never were.

    It starts processes anew: a script that calls it needs `if __name__ == "__main__":`.

    Args:
        mixture: How many of which kind.
        seed: The same seed gives the same glyphs. Of each kind, a larger mixture begins with the glyphs of a smaller.
        split: Which part of MNIST's training digits is put into scenes, `"train"` or `"validation"`. What pens write
            differs with it by chance alone, and fonts are the same in both.

    Returns:
        Glyphs, shape `(N, 28, 28)`, in the order of the mixture's kinds; labels 0 to 9, or 10 for no digit, shape
        `(N,)`; the kind of each, shape `(N,)`.

    Raises:
        SettingError: `seed` is below 0, or `split` is another.
    """
    _check(seed, split)
    tasks = []
    for number, (kind, count) in enumerate(mixture.counts.items()):
        sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
        tasks += [(kind, size, (seed, number, index, split == "validation")) for index, size in enumerate(sizes)]
    # Started anew, not forked: TensorFlow's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        parts = list(pool.map(_make, *zip(*tasks, strict=True), repeat(split)))
    kinds = np.repeat([kind for kind, _, _ in tasks], [len(labels) for _, labels in parts])
    return np.concatenate([glyphs for glyphs, _ in parts]), np.concatenate([labels for _, labels in parts]), kinds


def _check(seed: int, split: str) -> None:
    if seed < 0:
        raise SettingError(f"Expected a seed of 0 or more. Received: {seed}.", hint="0 is usual.")
    if split not in get_args(Part):
        raise SettingError(
            f"Expected a split of 'train' or 'validation'. Received: {split!r}.",
            hint="Both are parts of MNIST's training digits: nothing is made of the test split.",
        )


def _make(kind: str, count: int, seed: tuple[int, ...], split: str) -> tuple[Glyphs, Labels]:
    """One chunk: pictures are painted until `count` of them gave a glyph."""
    rng = np.random.default_rng(seed)
    paint = partial(_PAINTERS[kind], _Sources(split), rng)
    glyphs, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    done = 0
    while done < count:
        gray, box, label = paint()
        glyph = _glyph(gray, box, LEAST_OVERLAP_OF_SEVERAL if kind == "several" else LEAST_OVERLAP)
        if glyph is not None:
            glyphs[done], labels[done] = glyph, label
            done += 1
    return glyphs, labels


def _glyph(gray: Gray, box: Box | None, least_overlap: float) -> Glyph | None:
    """The glyph that preparation makes of a picture; None if it found nothing, or missed what is in `box`."""
    prepared = prepare_digit(gray)
    if prepared.box is None or (box is not None and _overlap(prepared.box, box) < least_overlap):
        return None
    return prepared.glyph


def _overlap(found: Box, true: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    left, top = max(found[0], true[0]), max(found[1], true[1])
    right = min(found[0] + found[2], true[0] + true[2])
    bottom = min(found[1] + found[3], true[1] + true[3])
    shared = max(right - left, 0) * max(bottom - top, 0)
    return shared / (found[2] * found[3] + true[2] * true[3] - shared)


class _Sources:
    """Where digits' ink, cut to its box, and labels come from."""

    def __init__(self, split: str) -> None:
        self.glyphs, self.labels = _mnist(split)

    def mnist(self, rng: Generator) -> tuple[Ink, int]:
        index = int(rng.integers(len(self.labels)))
        return _cropped(self.glyphs[index]), int(self.labels[index])

    def written(self, rng: Generator) -> tuple[Ink, int]:
        label = int(rng.integers(10))
        return _cropped(draw(deform(write_digit(label, rng), rng), rng)), label

    def printed(self, rng: Generator) -> tuple[Ink, int]:
        indices, characters, bitmaps = _characters(digits=True)
        index = rng.choice(indices)
        return deform_bitmap(bitmaps[index], rng), int(characters[index])

    def plain(self, rng: Generator) -> tuple[Ink, int]:
        label = int(rng.choice(10, p=PLAIN_SHARES))
        ink = draw(write_plain_digit(label, rng), rng, pen=choose_plain_pen(rng))
        if rng.random() < JAGGED:
            ink = np.where(ink > 90, 255, 0).astype(np.uint8)
        return _cropped(ink), label

    def any_digit(self, rng: Generator) -> tuple[Ink, int]:
        chance = rng.random()
        return self.mnist(rng) if chance < 0.45 else self.written(rng) if chance < 0.9 else self.printed(rng)


@cache
def _mnist(split: str) -> tuple[Glyphs, Labels]:
    dataset = load_mnist("train")
    chosen, held_out = validation_split(dataset.labels)
    part = dataset.subset(held_out if split == "validation" else chosen)
    return part.glyphs, part.labels


@cache
def _characters(*, digits: bool) -> tuple[NDArray[np.intp], tuple[str, ...], NDArray[np.uint8]]:
    """Indices of the fonts' digits, or of what nobody takes for one; all their characters; all their bitmaps."""
    fonts = load_handwriting()
    wanted = fonts.indices_of(DIGITS) if digits else fonts.indices_except(DIGITS + LOOK_ALIKE_LETTERS)
    return wanted, fonts.characters, fonts.bitmaps


@cache
def _refused_symbols() -> tuple[str, ...]:
    """What is taught to be no digit; Greek letters stand twice, and those that come near a digit oftener still."""
    near = tuple(f"greek-{letter}" for letter in NEAR_DIGITS.split())
    return (*symbol_names(), *(name for name in symbol_names() if name.startswith("greek-")), *(near * 7))


def _cropped(ink: Ink) -> Ink:
    part = crop(ink)
    return ink if part is None else part


def _paint_digit(take: Callable[[_Sources, Generator], tuple[Ink, int]], sources: _Sources, rng: Generator) -> Painting:
    ink, label = take(sources, rng)
    return *render_page(ink, rng, adjacent=lambda: sources.any_digit(rng)[0]), label


def _paint_plain(sources: _Sources, rng: Generator) -> Painting:
    ink, label = sources.plain(rng)
    return *render_page(ink, rng, clutter=PLAIN_CLUTTER, drawn=PLAIN_DRAWN), label


def _paint_symbol(_sources: _Sources, rng: Generator) -> Painting:
    name = str(rng.choice(_refused_symbols()))
    ink = _cropped(draw(deform(write_symbol(name, rng), rng, amount=LOOSE), rng))
    return *render_page(ink, rng, clutter=REFUSED_CLUTTER), NOT_A_DIGIT


def _paint_letter(_sources: _Sources, rng: Generator) -> Painting:
    indices, _, bitmaps = _characters(digits=False)
    ink = deform_bitmap(bitmaps[rng.choice(indices)], rng)
    return *render_page(ink, rng, clutter=REFUSED_CLUTTER), NOT_A_DIGIT


def _paint_scribble(_sources: _Sources, rng: Generator) -> Painting:
    ink = _cropped(draw(write_scribble(rng), rng))
    return *render_page(ink, rng, clutter=REFUSED_CLUTTER), NOT_A_DIGIT


def _paint_several(sources: _Sources, rng: Generator) -> Painting:
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
    return *render_page(_cropped(sheet), rng, clutter=REFUSED_CLUTTER), NOT_A_DIGIT


def _paint_turned(sources: _Sources, rng: Generator) -> Painting:
    """A digit that has another shape when it lies on its side, as 0, 1 and 8 have not."""
    while True:
        ink, label = sources.any_digit(rng)
        if label not in SAME_ON_ITS_SIDE:
            turned = np.ascontiguousarray(np.rot90(ink, rng.choice([1, 3])))
            return *render_page(turned, rng, clutter=REFUSED_CLUTTER), NOT_A_DIGIT


def _paint_texture(_sources: _Sources, rng: Generator) -> Painting:
    return paint_texture(rng), None, NOT_A_DIGIT


_PAINTERS: dict[str, Callable[[_Sources, Generator], Painting]] = {
    "scenes": partial(_paint_digit, _Sources.mnist),
    "written": partial(_paint_digit, _Sources.written),
    "printed": partial(_paint_digit, _Sources.printed),
    "symbols": _paint_symbol,
    "letters": _paint_letter,
    "scribbles": _paint_scribble,
    "several": _paint_several,
    "turned": _paint_turned,
    "textures": _paint_texture,
    "plain": _paint_plain,
}
