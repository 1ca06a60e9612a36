"""Random numbers of a training step, a function of seed, step and place alone. Knows nothing of what they are for.

A device that trains on some rows of a batch draws for the whole batch and keeps its rows: what a glyph meets is the
same however many devices share the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Draws:
    """The draws of one step for some rows of its batch.

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

    def uniform(self, *shape: int, stream: int, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """Uniform numbers, shape `(rows, *shape)`, float32; another `stream` gives others."""
        return self._rows(tf.random.stateless_uniform((self.batch_size, *shape), self._seed(stream), low, high))

    def normal(self, *shape: int, stream: int) -> tf.Tensor:
        """Normal numbers of mean 0 and deviation 1, shape `(rows, *shape)`, float32."""
        return self._rows(tf.random.stateless_normal((self.batch_size, *shape), self._seed(stream)))

    def _seed(self, stream: int) -> tf.Tensor:
        return self.seed + tf.constant([stream << 20, 0])

    def _rows(self, numbers: tf.Tensor) -> tf.Tensor:
        whole = (self.start, self.stop) == (0, self.batch_size)
        return numbers if whole else numbers[self.start : self.stop]
