"""Compiled prediction and scoring of a Keras model on glyphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

EVALUATION_BATCH = 500


@dataclass(frozen=True)
class Score:
    """Mean loss (nats a glyph) and accuracy (0 to 1) over some glyphs."""

    loss: float
    accuracy: float


def make_answerer(
    model: keras.Model, *, batch_size: int = EVALUATION_BATCH
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Compiles a model's answers.

    Args:
        model: As `network.build` gives it.
        batch_size: Glyphs that go through it at once.

    Returns:
        A function from glyphs, shape `(N, 28, 28)`, uint8, to logits, shape `(N, classes)`.
    """

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def logits_of(batch: tf.Tensor) -> tf.Tensor:
        return model(tf.cast(batch, model.input.dtype) / 255, training=False)

    def answer(glyphs: NDArray[np.uint8]) -> NDArray[np.float32]:
        starts = range(0, max(1, len(glyphs)), batch_size)
        return np.concatenate([logits_of(glyphs[start : start + batch_size]).numpy() for start in starts])

    return answer


def make_scorer(
    model: keras.Model, glyphs: NDArray[np.uint8], labels: NDArray[np.integer]
) -> Callable[[], tuple[Score, NDArray[np.float32]]]:
    """Compiles the scoring of a model on fixed glyphs, such as the validation split after each epoch.

    Args:
        model: As `network.build` gives it.
        glyphs: Shape `(N, 28, 28)`, uint8.
        labels: Shape `(N,)`, below the number of the model's logits.

    Returns:
        A function that gives the score over exactly N glyphs, and the logits, shape `(N, classes)`.
    """
    answer = make_answerer(model)

    def score() -> tuple[Score, NDArray[np.float32]]:
        logits = answer(glyphs)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels.astype(np.int32), logits).numpy()
        return Score(float(losses.mean()), float((logits.argmax(1) == labels).mean())), logits

    return score
