"""The memory that a packed model needs: in a process of its own, so that nothing else is in it.

python -m inkdigits.cli.footprint MODEL
"""

from __future__ import annotations

import sys

import numpy as np

from inkdigits.models.classifier import PackedModel
from inkdigits.system import peak_memory_mb

COUNT = 1000  # glyphs answered at once


def main() -> None:
    """Prints the largest resident size in MB, or nothing where a system does not say."""
    glyphs = np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28), np.uint8)
    PackedModel.load(sys.argv[1]).probabilities(glyphs)
    peak = peak_memory_mb()
    print("" if peak is None else f"{peak:.1f}")


if __name__ == "__main__":
    main()
