"""The stem's filters: principal components of the patches of glyphs, computed before the first step, not trained.

The first convolution has one input channel and uses a CPU least well, and its gradient needs the backward pass of all
later layers. Principal components replace it from the first step on.

Source:
    The frozen whitening layer of K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024; here of 6 × 6
    patches of one channel.
"""

from __future__ import annotations

import keras
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from inkdigits.training.network import STEM, STEM_STRIDE

GLYPHS = 500  # as many patches, 72,000 less the empty ones, are enough
LEAST_VARIANCE = 0.01  # added to each component's, so that rare ones do not become mere noise


def fit_stem(model: keras.Model, glyphs: NDArray[np.uint8]) -> None:
    """Sets the filters of a model's stem to the principal components of some of the glyphs' patches, whitened.

    Each component has two filters, one per sign, since a rectifier follows. A model without a stem is not changed.

    Args:
        model: As `network.build` gives it.
        glyphs: Shape `(N, 28, 28)`, uint8: the training's.
    """
    if STEM not in (layer.name for layer in model.layers):
        return
    kernel = model.get_layer(STEM).kernel
    side, _, _, filters = kernel.shape
    some = glyphs[:: max(1, len(glyphs) // GLYPHS)].astype(np.float32) / 255
    patches = sliding_window_view(some, (side, side), axis=(1, 2))[:, ::STEM_STRIDE, ::STEM_STRIDE]
    patches = patches.reshape(-1, side * side)
    patches = patches[patches.any(axis=1)]
    variances, components = np.linalg.eigh(patches.T @ patches / len(patches))  # ascending
    count = filters // 2
    whitened = components[:, : -count - 1 : -1] / np.sqrt(variances[: -count - 1 : -1] + LEAST_VARIANCE)
    kernel.assign(np.concatenate([whitened, -whitened], axis=1).reshape(kernel.shape))
