"""Optimizers and the learning-rate schedule: one fused TensorFlow operation per weight.

Keras' optimizers build about fifteen operations per weight, which costs more than the products of a small network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from inkdigits.training.recipe import Recipe

SLOTS = {"adam": ("mean", "square"), "sgd": ("momentum",)}
"""What each optimizer keeps of every weight, by name; all start at zero."""

WARM_UP = 0.25  # of all steps: the rate of a triangular schedule rises
START_RATE = 0.04  # of the peak rate, in the first step
MOMENTUM = 0.9
EPSILON = 1e-7  # Keras' default


def learning_rate(recipe: Recipe, step: tf.Tensor, steps: int) -> tf.Tensor:
    """The rate at a step of a training of `steps` steps, a float32 scalar."""
    peak = tf.constant(recipe.learning_rate, tf.float32)
    if recipe.schedule == "constant":
        return peak
    done = tf.cast(step, tf.float32) / steps
    rise = START_RATE + (1 - START_RATE) * done / WARM_UP
    fall = (1 - done) / (1 - WARM_UP)
    return peak * tf.minimum(rise, fall)


def apply_gradients(
    weights: Sequence[tf.Variable],
    slots: Mapping[str, Sequence[tf.Variable]],
    gradients: Sequence[tf.Tensor],
    *,
    recipe: Recipe,
    step: tf.Tensor,
    steps: int,
) -> None:
    """Changes the weights, and the slots of the recipe's optimizer, by one step.

    Args:
        weights: The trainable ones.
        slots: For each name in `SLOTS[recipe.optimizer]` one variable per weight.
        gradients: One per weight.
        recipe: Says which optimizer and which rate.
        step: Steps done before this one, a scalar.
        steps: Number of steps of the whole training.
    """
    rate = learning_rate(recipe, step, steps)
    if recipe.optimizer == "sgd":
        for weight, momentum, gradient in zip(weights, slots["momentum"], gradients, strict=True):
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=weight.handle, accum=momentum.handle, lr=rate, grad=gradient, momentum=MOMENTUM
            )
        return
    beta1, beta2 = recipe.betas
    time = tf.cast(step, tf.float32) + 1.0
    for weight, mean, square, gradient in zip(weights, slots["mean"], slots["square"], gradients, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=tf.pow(beta1, time),
            beta2_power=tf.pow(beta2, time),
            lr=rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=EPSILON,
            grad=gradient,
        )
