"""The task of reading one digit: how a glyph enters the network, the loss, the score and what the logits mean.

The training loop knows nothing else about digits. Another task is another module with the same four functions.

Source:
    Distillation: G. Hinton et al., "Distilling the Knowledge in a Neural Network", 2015. That teacher and student see
    the same changed pictures, for long: L. Beyer et al., "Knowledge distillation: A good teacher is patient and
    consistent", CVPR 2022.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from inkdigits.training.augmentation import augment
from inkdigits.training.pgd import Pgd, perturb
from inkdigits.training.recipe import Recipe
from inkdigits.training.stateless_random import StatelessRng

ATTACK = 100  # folded into the step's random numbers
TEMPERATURE = 4.0  # softens both distributions, so that the teacher's probabilities of the other digits count


def inputs(glyphs: tf.Tensor, labels: tf.Tensor, *, recipe: Recipe, model: keras.Model, rng: StatelessRng) -> tf.Tensor:
    """What the network sees of some rows of a batch in training: augmented, then attacked, as the recipe says.

    Args:
        glyphs: Shape `(N, 28, 28)`, uint8.
        labels: Shape `(N,)`, int32.
        recipe: Says which augmentation and which adversary.
        model: The network that the adversary attacks.
        rng: Random numbers of these rows.

    Returns:
        Shape `(N, 28, 28)`, 0 to 1, in the type of the model's input.
    """
    dtype = model.input.dtype
    if recipe.augmentation is None and recipe.adversary is None:
        return tf.cast(glyphs, dtype) / 255
    x = tf.cast(glyphs, tf.float32) / 255
    if recipe.augmentation is not None:
        x = augment(x, recipe.augmentation, rng)
    if recipe.adversary is not None:
        attack = Pgd(recipe.adversary.epsilon, recipe.adversary.steps)
        start = rng.fold_in(ATTACK).uniform(*x.shape[1:], low=-1.0)
        x = perturb(model, x, labels, attack, start)
    return tf.cast(x, dtype)


def loss(logits: tf.Tensor, labels: tf.Tensor, *, smoothing: float = 0.0) -> tf.Tensor:
    """Cross-entropy of each row with its label, shape `(N,)`, nats; `smoothing` spreads that mass over all classes."""
    if not smoothing:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    classes = logits.shape[-1]
    return tf.nn.softmax_cross_entropy_with_logits(
        tf.one_hot(labels, classes, 1 - smoothing + smoothing / classes, smoothing / classes), logits
    )


def distillation_loss(logits: tf.Tensor, teacher_logits: Sequence[tf.Tensor]) -> tf.Tensor:
    """Kullback-Leibler divergence of each row from the mean of the teachers' probabilities, shape `(N,)`, nats.

    Args:
        logits: The student's, shape `(N, classes)`, float32.
        teacher_logits: Each teacher's, the same shape.
    """
    softened = [tf.nn.softmax(tf.cast(one, tf.float32) / TEMPERATURE) for one in teacher_logits]
    probabilities = tf.stop_gradient(tf.add_n(softened) / len(teacher_logits))
    own = tf.nn.log_softmax(logits / TEMPERATURE)
    divergence = tf.reduce_sum(tf.math.xlogy(probabilities, probabilities) - probabilities * own, axis=1)
    return divergence * TEMPERATURE**2  # softening divides the gradients by the square


def decode(logits: tf.Tensor) -> tf.Tensor:
    """The most probable class of each row, shape `(N,)`, int32."""
    return tf.argmax(logits, axis=1, output_type=tf.int32)


def score(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Which rows are right: 1 or 0, shape `(N,)`, float32."""
    return tf.cast(tf.equal(decode(logits), labels), tf.float32)
