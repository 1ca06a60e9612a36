"""Distillation: a network learns what others answer to each changed glyph, instead of its label.

Source:
    G. Hinton et al., "Distilling the Knowledge in a Neural Network", 2015; that teacher and student see the same
    changed pictures, for long: L. Beyer et al., "Knowledge distillation: A good teacher is patient and consistent",
    CVPR 2022.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

TEMPERATURE = 4.0  # softens both answers, so that what a teacher thinks of the other digits counts


def distillation_loss(logits: tf.Tensor, taught: Sequence[tf.Tensor]) -> tf.Tensor:
    """How far each row is from the mean of the teachers' chances (Kullback-Leibler divergence), shape `(N,)`, nats.

    Args:
        logits: Of the student, shape `(N, classes)`, float32.
        taught: Each teacher's, the same shape.
    """
    chances = tf.add_n([tf.nn.softmax(tf.cast(one, tf.float32) / TEMPERATURE) for one in taught]) / len(taught)
    chances = tf.stop_gradient(chances)
    own = tf.nn.log_softmax(logits / TEMPERATURE)
    divergence = tf.reduce_sum(tf.math.xlogy(chances, chances) - chances * own, axis=1)
    return divergence * TEMPERATURE**2  # softening divides the gradients by the square


def _cross_entropy(labels: tf.Tensor, logits: tf.Tensor, smoothing: float) -> tf.Tensor:
    if not smoothing:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    classes = logits.shape[-1]
    return tf.nn.softmax_cross_entropy_with_logits(
        tf.one_hot(labels, classes, 1 - smoothing + smoothing / classes, smoothing / classes), logits
    )
