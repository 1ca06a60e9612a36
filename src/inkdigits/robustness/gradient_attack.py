"""The attack along gradients (PGD) on a Keras model: glyphs in, which are still classified correctly out."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inkdigits.training.pgd import BATCH, Pgd, withstood


def robust_mask(
    model: keras.Model, glyphs: NDArray[np.uint8], labels: NDArray[np.integer], attack: Pgd, *, seed: int = 0
) -> NDArray[np.bool_]:
    """Which glyphs are classified correctly, unchanged and after each step of the attack.

    Args:
        model: `(N, 28, 28)` → logits.
        glyphs: Shape `(N, 28, 28)`, uint8.
        labels: Shape `(N,)`.
        attack: The first start is the glyph itself, the others are random.
        seed: Seed of the random starts.

    Returns:
        Shape `(N,)`.
    """

    def attacked(x: tf.Tensor, truth: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        return withstood(model, x, truth, attack, start)

    some = tf.TensorSpec((None, *glyphs.shape[1:]))
    answers = tf.function(attacked, autograph=False, input_signature=(some, tf.TensorSpec((None,), tf.int32), some))
    rng = np.random.default_rng(seed)
    x, truth = (glyphs / 255).astype(np.float32), labels.astype(np.int32)
    robust = np.ones(len(glyphs), bool)
    for restart in range(attack.restarts):
        left = np.flatnonzero(robust)
        for first in range(0, len(left), BATCH):
            rows = left[first : first + BATCH]
            start = rng.uniform(-1, 1, x[rows].shape) * (restart > 0)
            robust[rows] = answers(x[rows], truth[rows], start.astype(np.float32)).numpy()
    return robust
