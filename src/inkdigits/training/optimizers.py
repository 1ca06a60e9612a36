"""Optimizers and the learning-rate schedule: one fused TensorFlow operation per weight."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from inkdigits.training.recipe import Recipe

WARM_UP = 0.25  # of all steps, in a one-cycle schedule


START_RATE = 0.04  # of the peak rate


def learning_rate(recipe: Recipe, step: tf.Tensor, steps: int) -> tf.Tensor:
    """The rate at a step of a training of `steps` steps, a float32 scalar."""
    peak = tf.constant(recipe.learning_rate, tf.float32)
    if recipe.schedule == "constant":
        return peak
    done = tf.cast(step, tf.float32) / steps
    rise = START_RATE + (1 - START_RATE) * done / WARM_UP
    fall = (1 - done) / (1 - WARM_UP)
    return peak * tf.minimum(rise, fall)


# One fused kernel a weight: Keras' optimizers build about fifteen operations for each, which costs more than the
# products themselves in small networks.
Tensors = list[tf.Tensor]


def _adam(
    weights: Tensors, slots: Tensors, gradients: Tensors, rate: tf.Tensor, time: tf.Tensor, recipe: Recipe
) -> None:
    beta1, beta2 = recipe.betas
    count = len(weights)
    for weight, mean, square, gradient in zip(weights, slots[:count], slots[count:], gradients, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=tf.pow(beta1, time),
            beta2_power=tf.pow(beta2, time),
            lr=rate,
            beta1=beta1,
            beta2=beta2,
            epsilon=1e-7,
            grad=gradient,
        )


def _sgd(
    weights: Tensors, slots: Tensors, gradients: Tensors, rate: tf.Tensor, _time: tf.Tensor, _recipe: Recipe
) -> None:
    for weight, speed, gradient in zip(weights, slots, gradients, strict=True):
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=weight.handle, accum=speed.handle, lr=rate, grad=gradient, momentum=0.9
        )


def _rmsprop(
    weights: Tensors, slots: Tensors, gradients: Tensors, rate: tf.Tensor, _time: tf.Tensor, _recipe: Recipe
) -> None:
    count = len(weights)
    for weight, square, speed, gradient in zip(weights, slots[:count], slots[count:], gradients, strict=True):
        tf.raw_ops.ResourceApplyRMSProp(
            var=weight.handle,
            ms=square.handle,
            mom=speed.handle,
            lr=rate,
            rho=0.9,
            momentum=0.0,
            epsilon=1e-7,
            grad=gradient,
        )


_SLOTS = {"adam": 2, "sgd": 1, "rmsprop": 2}


_APPLY: dict[str, Callable[[Tensors, Tensors, Tensors, tf.Tensor, tf.Tensor, Recipe], None]] = {
    "adam": _adam,
    "sgd": _sgd,
    "rmsprop": _rmsprop,
}
