"""The memory that a packed model needs: in a process of its own, so that nothing else is in it.

python -m inkdigits.reporting.peak_memory MODEL COUNT
"""

from __future__ import annotations

import sys

import numpy as np

from inkdigits.models.classifier import PackedModel
from inkdigits.system import peak_memory_mb


def main() -> None:
    """Answers COUNT glyphs at once and prints the largest resident size in MB, or nothing where it is not known."""
    model, count = sys.argv[1:]
    glyphs = np.random.default_rng(0).integers(0, 256, (int(count), 28, 28), np.uint8)
    PackedModel.load(model).probabilities(glyphs)
    peak = peak_memory_mb()
    print("" if peak is None else f"{peak:.1f}")


if __name__ == "__main__":
    main()
