"""Projected gradient descent (PGD): glyphs changed by a bounded amount so that a network reads them wrong.

It serves adversarial training and the measuring of robustness. Glyphs and a model in, changed glyphs out.

Source:
    I. Goodfellow et al., "Explaining and Harnessing Adversarial Examples", 2015 (FGSM); A. Madry et al., "Towards Deep
    Learning Models Resistant to Adversarial Attacks", 2018 (PGD).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import tensorflow as tf

BATCH = 500
STEP_BUDGET = 2.5  # step size = 2.5 · epsilon / steps, as in Madry et al.


@dataclass(frozen=True)
class Pgd:
    """Projected gradient descent: steps along the gradient's sign, kept near the glyph.

    Attributes:
        epsilon: The most that a pixel may change, full ink is 1 (L∞).
        steps: How many; one, as long as `epsilon`, is FGSM.
        restarts: Attacks on each glyph, from other places near it, until one succeeds.
    """

    epsilon: float
    steps: int
    restarts: int = 1

    @property
    def step_size(self) -> float:
        """Change of a pixel per step."""
        return self.epsilon if self.steps == 1 else min(self.epsilon, STEP_BUDGET * self.epsilon / self.steps)


def perturb(model: keras.Model, glyphs: tf.Tensor, labels: tf.Tensor, attack: Pgd, start: tf.Tensor) -> tf.Tensor:
    """Raises the loss by steps along the sign of its gradient, in a graph.

    Args:
        model: `(N, 28, 28)` → logits.
        glyphs: Shape `(N, 28, 28)`, float32, 0 to 1.
        labels: Shape `(N,)`, int32.
        attack: How far and in how many steps.
        start: Where from, relative to the glyphs and in parts of epsilon, -1 to 1; their shape.

    Returns:
        Glyphs of the same shape, no pixel farther than epsilon from where it was, 0 to 1.
    """
    return _climb(model, glyphs, labels, attack, start)[0]


def withstood(model: keras.Model, glyphs: tf.Tensor, labels: tf.Tensor, attack: Pgd, start: tf.Tensor) -> tf.Tensor:
    """Which glyphs are classified correctly at the start, after each step and at the end, shape `(N,)`, in a graph.

    Args: as of `perturb`.
    """
    x, right = _climb(model, glyphs, labels, attack, start)
    return tf.logical_and(right, _right(_logits(model, x), labels))


def _climb(
    model: keras.Model, glyphs: tf.Tensor, labels: tf.Tensor, attack: Pgd, start: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The glyphs after the last step, and which were classified correctly before each step."""
    low, high = tf.maximum(glyphs - attack.epsilon, 0.0), tf.minimum(glyphs + attack.epsilon, 1.0)

    def uphill(step: tf.Tensor, x: tf.Tensor, right: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            logits = _logits(model, x)
            loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        right = tf.logical_and(right, _right(logits, labels))
        x += attack.step_size * tf.sign(tape.gradient(loss, x))
        return step + 1, tf.clip_by_value(x, low, high), right

    first = tf.clip_by_value(glyphs + attack.epsilon * start, low, high)
    state = (tf.constant(0), first, tf.ones_like(labels, tf.bool))
    _, x, right = tf.while_loop(lambda i, *_: i < attack.steps, uphill, state, parallel_iterations=1)
    return tf.stop_gradient(x), right


def _logits(model: keras.Model, x: tf.Tensor) -> tf.Tensor:
    return tf.cast(model(tf.cast(x, model.input.dtype), training=False), tf.float32)


def _right(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    return tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
