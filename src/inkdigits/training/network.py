"""Networks: from an architecture's description to a Keras model of glyphs in, logits out.

Every model takes glyphs of shape `(N, 28, 28)`, 0 to 1, in the type of its products, and gives logits of shape
`(N, classes)`, float32. Layers with weights have fixed names, by which checkpoints find them.
"""

from __future__ import annotations

import math
import os
from typing import Any

from inkdigits.errors import require
from inkdigits.labels import CLASSES
from inkdigits.training.recipe import Convnet, Mlp

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # the CPU build announces itself on every start
require("tensorflow", extra="train", purpose="training")

import keras  # noqa: E402

from inkdigits.training.dropout import StatelessDropout  # noqa: E402

STEM = "stem"
STEM_STRIDE = 2


def build(
    network: Mlp | Convnet,
    *,
    seed: int = 0,
    precision: str = "float32",
    rejects: bool = False,
    dropout: type[keras.layers.Layer] = StatelessDropout,
) -> keras.Model:
    """Builds an untrained model.

    Args:
        network: The architecture.
        seed: Seed of the initial weights: the same seed gives the same weights.
        precision: `"float32"`, or `"bfloat16"` for bfloat16 products with float32 weights and logits.
        rejects: Whether there is an eleventh logit, for pictures of non-digits.
        dropout: The layer before the logits, made with a rate; `keras.layers.Dropout` for a model that loads without
            this package.

    Returns:
        The model: `(N, 28, 28)` glyphs from 0 to 1, of type `precision` → `(N, classes)` logits, float32.
    """
    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    seeds = iter(range(seed * 1000, seed * 1000 + 1000))
    inputs = keras.Input((28, 28), dtype=precision, name="glyph")
    if isinstance(network, Convnet):
        x = _convolutions(network, inputs, seeds, policy)
    else:
        x = keras.layers.Flatten(dtype=policy)(inputs)
    for number, size in enumerate(network.hidden, start=1):
        x = _dense(network, size, next(seeds), policy, name=f"dense_{number}")(x)
        x = keras.layers.Activation(network.activation, dtype=policy)(x)
    if network.dropout:
        x = dropout(network.dropout, dtype=policy)(x)
    logits = _dense(network, CLASSES + rejects, next(seeds), policy, name="logits")(x)
    outputs = keras.layers.Activation("linear", dtype="float32", name="logits_float32")(logits)
    return keras.Model(inputs, outputs)


def _convolutions(network: Convnet, inputs: Any, seeds: Any, policy: str) -> Any:
    x = keras.layers.Reshape((28, 28, 1), dtype=policy)(inputs)
    if network.soft_binarization:
        # Where bfloat16 rounds a sigmoid to 0 or 1 its gradient is gone, and an attack of the training with it.
        x = keras.layers.Rescaling(network.soft_binarization, -network.soft_binarization / 2, dtype="float32")(x)
        x = keras.layers.Activation("sigmoid", dtype="float32")(x)
    if network.stem:
        shape = {"kernel_size": 6, "strides": STEM_STRIDE, "use_bias": False, "trainable": False, "name": STEM}
        x = _convolution(network, network.stem, next(seeds), policy, **shape)(x)
    number = 0
    for stage in network.stages:
        for filters in stage:
            number += 1
            x = _convolution(network, filters, next(seeds), policy, kernel_size=3, name=f"conv_{number}")(x)
        x = keras.layers.MaxPooling2D(2, dtype=policy)(x)
    return keras.layers.Flatten(dtype=policy)(x)


def _convolution(network: Convnet, filters: int, seed: int, policy: str, **shape: Any) -> keras.layers.Conv2D:
    kernel = keras.initializers.GlorotUniform(seed)
    return keras.layers.Conv2D(
        filters, activation=network.activation, kernel_initializer=kernel, dtype=policy, **shape
    )  # fmt: skip


def _dense(network: Mlp | Convnet, size: int, seed: int, policy: str, name: str) -> keras.layers.Dense:
    kernel, bias = keras.initializers.GlorotUniform(seed), keras.initializers.Zeros()
    if isinstance(network, Mlp) and network.initializer == "truncated_normal":
        kernel, bias = keras.initializers.TruncatedNormal(stddev=0.1, seed=seed), keras.initializers.Constant(0.1)
    return keras.layers.Dense(size, kernel_initializer=kernel, bias_initializer=bias, dtype=policy, name=name)


def operations(model: keras.Model) -> int:
    """Multiplications and additions of one glyph's way through the model's convolutions and dense layers."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            places = math.prod(layer.output.shape[1:-1])
            total += 2 * places * math.prod(layer.kernel.shape)
    return total
