"""Strangers: glyphs that are no digits, to measure whether a reader takes them for some. Never for training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inkdigits.data.idx import read_idx
from inkdigits.data.synthesis.mixture import Mixture
from inkdigits.data.synthesis.synthesize import synthesize
from inkdigits.image.glyph import GLYPH_SIDE, Glyphs

FASHION = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
"""Where Debian's package dataset-fashion-mnist puts it. H. Xiao et al., "Fashion-MNIST", 2017."""


def strangers(count: int, *, seed: int = 0) -> dict[str, Glyphs]:
    """Makes and finds glyphs that are no digits.

    Args:
        count: Of each kind, at most.
        seed: Of letters and noise.

    Returns:
        By kind, glyphs of shape `(N, 28, 28)`, uint8: letters and signs of handwriting fonts, drawn otherwise than the
        recipe `reader` trains on them, without those that look like digits; noise; and clothes if Debian's
        dataset-fashion-mnist is installed.
    """
    letters, _, _ = synthesize(Mixture(letters=count), seed=seed, split="validation")
    noise = np.random.default_rng(seed).integers(0, 256, (count, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    kinds = {"letters": letters, "noise": noise}
    if FASHION.is_file():
        kinds["clothes (Fashion-MNIST)"] = read_idx(FASHION)[:count]
    return kinds
