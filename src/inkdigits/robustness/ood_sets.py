"""Strangers: glyphs that are no digits, to measure whether a reader takes them for some. Never for training."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.idx import read_idx
from inkdigits.errors import require
from inkdigits.image.glyph import GLYPH_SIDE, Glyph, Glyphs, crop
from inkdigits.layout.digit import prepare_digit
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.pages import paint_scene
from inkdigits.synthesis.synthesize import LOOK_ALIKE_LETTERS, synthesize

FASHION = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
"""Where Debian's package dataset-fashion-mnist puts it. H. Xiao et al., "Fashion-MNIST", 2017."""
PRINT = (
    *("DejaVuSans", "DejaVuSans-BoldOblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic"),
    *("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "cmr10", "cmmi10", "cmss10", "cmtt10"),
)
"""Fonts of print that come with matplotlib; no training has met a letter of them."""
UNLIKE_DIGITS = sorted(set(string.ascii_letters) - set(LOOK_ALIKE_LETTERS))
SIZE = 96  # pixels: of the font that a letter is drawn with


def strangers(count: int, *, seed: int = 0) -> dict[str, Glyphs]:
    """Makes and finds glyphs that are no digits.

    Args:
        count: Of each kind, at most.
        seed: Of letters and noise.

    Returns:
        By kind, glyphs of shape `(N, 28, 28)`, uint8: letters and signs of handwriting fonts, drawn otherwise than the
        recipe `reader` trains on them; letters of print, which it never meets; both without those that look like
        digits; noise; and clothes if Debian's dataset-fashion-mnist is installed.
    """
    letters, _, _ = synthesize(Mixture(letters=count), seed=seed, split="validation")
    draws = np.random.default_rng(seed)
    kinds = {
        "letters": letters,
        "printed letters": np.stack([_printed_letter(draws) for _ in range(count)]),
        "noise": draws.integers(0, 256, (count, GLYPH_SIDE, GLYPH_SIDE), np.uint8),
    }
    if FASHION.is_file():
        kinds["clothes (Fashion-MNIST)"] = read_idx(FASHION)[:count]
    return kinds


def _printed_letter(draws: np.random.Generator) -> Glyph:
    """The glyph of a letter on paper."""
    while True:
        font, letter = _font(draws.choice(PRINT)), draws.choice(UNLIKE_DIGITS)
        sheet = Image.new("L", (3 * SIZE, 3 * SIZE))
        ImageDraw.Draw(sheet).text((SIZE, SIZE), letter, fill=255, font=font)
        ink = crop(np.asarray(sheet))
        glyph = None if ink is None else prepare_digit(paint_scene(ink, draws, clutter=0.0)[0]).glyph
        if glyph is not None:
            return glyph


@cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    matplotlib = require("matplotlib", extra="train", purpose="the fonts of printed letters")
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"), SIZE)
