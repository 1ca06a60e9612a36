"""Stateless random numbers of a training step: a function of seed, step and row alone.

A device that trains on some rows of a batch draws for the whole batch and keeps its rows. Each glyph meets the same
numbers however many devices share the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import tensorflow as tf


@dataclass(frozen=True)
class StatelessRng:
    """The random numbers of one step for some rows of its batch.

    Attributes:
        seed: Shape `(2,)`, int32: the training's seed and the step.
        batch_size: Rows of the whole batch.
        start: First of the rows.
        stop: The one after the last.
    """

    seed: tf.Tensor
    batch_size: int
    start: int
    stop: int

    def fold_in(self, number: int) -> StatelessRng:
        """Other numbers for another purpose, chosen by a number below 2048."""
        return replace(self, seed=self.seed + tf.constant([number << 20, 0]))

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """Uniform numbers, shape `(rows, *shape)`, float32."""
        return self._rows(tf.random.stateless_uniform((self.batch_size, *shape), self.seed, low, high))

    def normal(self, *shape: int) -> tf.Tensor:
        """Normal numbers of mean 0 and standard deviation 1, shape `(rows, *shape)`, float32."""
        return self._rows(tf.random.stateless_normal((self.batch_size, *shape), self.seed))

    def _rows(self, numbers: tf.Tensor) -> tf.Tensor:
        whole = (self.start, self.stop) == (0, self.batch_size)
        return numbers if whole else numbers[self.start : self.stop]
