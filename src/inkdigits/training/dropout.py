"""A dropout layer whose random numbers are stateless: a resumed training, or one of several workers, drops the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
import tensorflow as tf

from inkdigits.training.stateless_random import StatelessRng

DROPOUT = 0  # folded into the step's random numbers; augmentation and attacks fold in others
_rng: ContextVar[StatelessRng | None] = ContextVar("rng", default=None)


@contextmanager
def dropout_rng(rng: StatelessRng) -> Iterator[None]:
    """Within this block, `StatelessDropout` layers draw from these random numbers."""
    token = _rng.set(rng)
    try:
        yield
    finally:
        _rng.reset(token)


@keras.saving.register_keras_serializable(package="inkdigits")
class StatelessDropout(keras.layers.Layer):  # type: ignore[misc]
    """Sets a share of its inputs to zero in training and scales up the others; it holds no variables.

    Outside `dropout_rng`, such as in Keras' own `fit`, it draws from TensorFlow's global generator.

    Args:
        rate: Share that is dropped, 0 to below 1.
        **options: As of any Keras layer, such as `name` and `dtype`.
    """

    def __init__(self, rate: float, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drops at random if `training`; else gives the inputs."""
        if not training or not self.rate:
            return inputs
        rng = _rng.get()
        drawn = tf.random.uniform(tf.shape(inputs)) if rng is None else rng.fold_in(DROPOUT).uniform(*inputs.shape[1:])
        return tf.where(drawn >= self.rate, inputs / (1 - self.rate), tf.zeros_like(inputs))

    def get_config(self) -> dict[str, Any]:
        """What Keras saves."""
        return {**super().get_config(), "rate": self.rate}
