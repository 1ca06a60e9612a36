"""What a packed model costs: its size, speed and memory, measured here and now."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from inkdigits.models.classifier import PackedModel
from inkdigits.system import run_module

SINGLES = 200  # digits that are timed one by one
AT_ONCE = 1000  # glyphs whose memory is measured


def measure_costs(packed: PackedModel, folder: Path, glyphs: NDArray[np.uint8]) -> dict[str, str]:
    """Measures size, speed and memory.

    Args:
        packed: The model.
        folder: Where it is.
        glyphs: Any, shape `(N, 28, 28)`, uint8.

    Returns:
        The costs in words, by name; without the memory where a system does not say it.
    """
    began = time.perf_counter()
    packed.probabilities(glyphs)
    rate = len(glyphs) / (time.perf_counter() - began)
    singles = []
    for index in range(SINGLES):
        began = time.perf_counter()
        packed.probabilities(glyphs[index % len(glyphs)][None])
        singles.append(time.perf_counter() - began)
    middle, slow = median(singles) * 1e6, float(np.quantile(singles, 0.95)) * 1e6
    costs = {
        "size": f"{packed.size / 1000:.0f} kB",
        "speed": f"{rate:,.0f} glyphs per second in one batch; {middle:.0f} µs per single glyph (median), "
        f"{slow:.0f} µs (95th percentile)",
    }
    if peak := run_module("inkdigits.reporting.peak_memory", str(folder), str(AT_ONCE)).strip():
        costs["memory"] = f"{float(peak):.0f} MB at most, for Python and {AT_ONCE:,} glyphs at once"
    return costs
