"""Out-of-distribution sets: glyphs that are not digits. For measuring, never for training."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.idx import read_idx
from inkdigits.errors import require
from inkdigits.image.glyph import GLYPH_SIDE, Glyph, Glyphs, crop
from inkdigits.layout.candidates import find_candidates
from inkdigits.synthesis.kinds import LOOK_ALIKE_LETTERS
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.pages import render_page
from inkdigits.synthesis.synthesize import synthesize

FASHION = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
"""Where Debian's package dataset-fashion-mnist puts it. H. Xiao et al., "Fashion-MNIST", 2017."""
PRINTED_FONTS = (
    *("DejaVuSans", "DejaVuSans-BoldOblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic"),
    *("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "cmr10", "cmmi10", "cmss10", "cmtt10"),
)
"""Fonts that come with matplotlib; no training contains their letters."""
UNLIKE_DIGITS = sorted(set(string.ascii_letters) - set(LOOK_ALIKE_LETTERS))
SIZE = 96  # pixels: of the font that a letter is drawn with


def ood_sets(count: int, *, seed: int = 0) -> dict[str, Glyphs]:
    """Makes glyphs that are not digits.

    Args:
        count: Largest number of each kind.
        seed: Seed of letters and noise.

    Returns:
        By kind, glyphs of shape `(N, 28, 28)`, uint8: letters and signs of handwriting fonts that the recipe `reader`
        trains on, with other random numbers; printed letters, which no recipe trains on; noise; and clothes if
        Debian's dataset-fashion-mnist is installed. Letters that look like digits are left out.

    Raises:
        MissingExtraError: matplotlib, which brings the printed fonts, is not installed.
    """
    letters, _, _ = synthesize(Mixture(letters=count), seed=seed, split="validation")
    rng = np.random.default_rng(seed)
    kinds = {
        "letters": letters,
        "printed letters": np.stack([_printed_letter(rng) for _ in range(count)]),
        "noise": rng.integers(0, 256, (count, GLYPH_SIDE, GLYPH_SIDE), np.uint8),
    }
    if FASHION.is_file():
        kinds["clothes (Fashion-MNIST)"] = read_idx(FASHION)[:count]
    return kinds


def _printed_letter(rng: np.random.Generator) -> Glyph:
    """The glyph of a letter on paper."""
    while True:
        font, letter = _font(rng.choice(PRINTED_FONTS)), rng.choice(UNLIKE_DIGITS)
        sheet = Image.new("L", (3 * SIZE, 3 * SIZE))
        ImageDraw.Draw(sheet).text((SIZE, SIZE), letter, fill=255, font=font)
        ink = crop(np.asarray(sheet))
        primary = None if ink is None else find_candidates(render_page(ink, rng, clutter=0.0)[0]).primary
        if primary is not None:
            return primary.glyph


@cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    matplotlib = require("matplotlib", extra="report", purpose="the fonts of printed letters")
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"), SIZE)
