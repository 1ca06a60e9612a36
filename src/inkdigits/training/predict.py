"""Compiled prediction and measuring of a Keras model on glyphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.errors import TrainingError

EVALUATION_BATCH = 500

Predict: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From glyphs, shape `(N, 28, 28)`, uint8, to logits, shape `(N, classes)`, float32."""


@dataclass(frozen=True)
class Score:
    """Mean loss (nats per glyph) and accuracy (0 to 1) over some glyphs."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Evaluation:
    """A model measured on labeled glyphs.

    Attributes:
        score: Mean loss and accuracy.
        logits: Shape `(N, classes)`, float32.
    """

    score: Score
    logits: NDArray[np.float32]


def compile_predict(model: keras.Model, *, batch_size: int = EVALUATION_BATCH) -> Predict:
    """Compiles a model's prediction.

    Args:
        model: As `network.build` gives it.
        batch_size: Glyphs that go through it at once.
    """

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def logits_of(batch: tf.Tensor) -> tf.Tensor:
        return model(tf.cast(batch, model.input.dtype) / 255, training=False)

    def predict(glyphs: NDArray[np.uint8]) -> NDArray[np.float32]:
        starts = range(0, max(1, len(glyphs)), batch_size)
        return np.concatenate([logits_of(glyphs[start : start + batch_size]).numpy() for start in starts])

    return predict


def evaluate(predict: Predict, dataset: Dataset) -> Evaluation:
    """Measures a model on a data set.

    Args:
        predict: As `compile_predict` gives it.
        dataset: Glyphs and labels, each counted once.

    Raises:
        TrainingError: A logit is NaN or infinite: the training has failed.
    """
    logits, labels = predict(dataset.glyphs), dataset.labels
    if broken := int((~np.isfinite(logits)).any(axis=1).sum()):
        raise TrainingError(
            f"Expected finite logits. Received: NaN or infinity for {broken} of {len(labels)} glyphs.",
            hint="The network did not learn: train again with a smaller learning_rate.",
        )
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels.astype(np.int32), logits).numpy()
    accuracy = float((logits.argmax(axis=1) == labels).mean())
    return Evaluation(Score(float(losses.mean()), accuracy), logits)
