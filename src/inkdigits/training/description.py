"""A network's description in one line: its architecture in, text and number of weights out. Needs no TensorFlow."""

from __future__ import annotations

from itertools import pairwise

from inkdigits.image.glyph import GLYPH_SIDE
from inkdigits.labels import CLASSES
from inkdigits.training.recipe import Convnet, Mlp, Recipe

KERNEL, STEM_KERNEL, STEM_STRIDE, POOL = 3, 6, 2, 2


def describe(recipe: Recipe) -> str:
    """Describes a recipe's network.

    Args:
        recipe: Any recipe.

    Returns:
        `"784 → 128 → 10, relu, 101,770 weights"`; of a convolutional network its stages, `"32-32 / 64-64 / 256 → 10"`.
    """
    network, classes = recipe.network, CLASSES + recipe.rejects
    dense = [*network.hidden, classes]
    if isinstance(network, Mlp):
        shape = " → ".join(map(str, [GLYPH_SIDE**2, *dense]))
    else:
        stem = f"stem of {network.stem} / " if network.stem else ""
        stages = " / ".join("-".join(map(str, stage)) for stage in network.stages)
        shape = f"{stem}{stages} / {' → '.join(map(str, dense))}"
    return f"{shape}, {network.activation}, {count_weights(network, classes):,} weights"


def count_weights(network: Mlp | Convnet, classes: int) -> int:
    """The number of weights that Keras counts: kernels and biases of all layers.

    Args:
        network: The architecture.
        classes: Number of logits.
    """
    inputs, total = (GLYPH_SIDE**2, 0) if isinstance(network, Mlp) else _convolutions(network)
    widths = [inputs, *network.hidden, classes]
    return total + sum((before + 1) * after for before, after in pairwise(widths))


def _convolutions(network: Convnet) -> tuple[int, int]:
    """Outputs of the convolutions, flattened, and their number of weights."""
    side, channels, total = GLYPH_SIDE, 1, 0
    if network.stem:
        total, channels = STEM_KERNEL**2 * network.stem, network.stem  # no bias
        side = (side - STEM_KERNEL) // STEM_STRIDE + 1
    for stage in network.stages:
        for filters in stage:
            total += (KERNEL**2 * channels + 1) * filters
            side, channels = side - KERNEL + 1, filters
        side //= POOL
    return side**2 * channels, total
