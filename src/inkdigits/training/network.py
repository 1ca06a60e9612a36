"""Networks: from an architecture's description to a Keras model of glyphs in, logits out.

Every model takes glyphs of shape `(N, 28, 28)`, 0 to 1, in the type of its products, and gives logits of shape
`(N, classes)`, float32. Its last layer of weights is named `HEAD`; the dropout before it belongs to training, and so
to the trainer. It knows nothing of data, training or files.
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

HEAD = "logits"
STEM = "stem"
STEM_STRIDE = 2


def build(network: Mlp | Convnet, *, seed: int = 0, precision: str = "float32", refuses: bool = False) -> keras.Model:
    """Builds an untrained model.

    Args:
        network: The architecture.
        seed: Seed of the initial weights: the same seed gives the same weights.
        precision: `"float32"`, or `"bfloat16"` for bfloat16 products with float32 weights and logits.
        refuses: Whether there is an eleventh logit, for what is no digit.

    Returns:
        The model: `(N, 28, 28)` glyphs from 0 to 1, of type `precision` → `(N, classes)` logits, float32.
    """
    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    seeds = iter(range(seed * 1000, seed * 1000 + 1000))
    inputs = keras.Input((28, 28), dtype=precision, name="glyph")
    if isinstance(network, Mlp):
        x = keras.layers.Flatten(dtype=policy)(inputs)
    else:
        x = keras.layers.Reshape((28, 28, 1), dtype=policy)(inputs)
        if network.contrast:
            # Where bfloat16 rounds a sigmoid to 0 or 1 its gradient is gone, and an attack of the training with it.
            x = keras.layers.Rescaling(network.contrast, -network.contrast / 2, dtype="float32")(x)
            x = keras.layers.Activation("sigmoid", dtype="float32")(x)
        if network.stem:
            shape = {"kernel_size": 6, "strides": STEM_STRIDE, "use_bias": False, "trainable": False, "name": STEM}
            x = _convolution(network, network.stem, next(seeds), policy, **shape)(x)
        for stage in network.stages:
            for filters in stage:
                x = _convolution(network, filters, next(seeds), policy, kernel_size=3)(x)
            x = keras.layers.MaxPooling2D(2, dtype=policy)(x)
        x = keras.layers.Flatten(dtype=policy)(x)
    for size in network.hidden:
        x = _dense(network, size, next(seeds), policy)(x)
        x = keras.layers.Activation(network.activation, dtype=policy)(x)
    logits = _dense(network, CLASSES + refuses, next(seeds), policy, name=HEAD)(x)
    outputs = keras.layers.Activation("linear", dtype="float32", name="logits_float32")(logits)
    return keras.Model(inputs, outputs)


def _convolution(network: Convnet, filters: int, seed: int, policy: str, **shape: Any) -> keras.layers.Conv2D:
    kernel = keras.initializers.GlorotUniform(seed)
    return keras.layers.Conv2D(
        filters, activation=network.activation, kernel_initializer=kernel, dtype=policy, **shape
    )  # fmt: skip


def _dense(network: Mlp | Convnet, size: int, seed: int, policy: str, name: str | None = None) -> keras.layers.Dense:
    if isinstance(network, Mlp) and network.initializer == "truncated_normal":
        kernel = keras.initializers.TruncatedNormal(stddev=0.1, seed=seed)
        return keras.layers.Dense(
            size, kernel_initializer=kernel, bias_initializer=keras.initializers.Constant(0.1), dtype=policy, name=name
        )
    return keras.layers.Dense(size, kernel_initializer=keras.initializers.GlorotUniform(seed), dtype=policy, name=name)


def operations(model: keras.Model) -> int:
    """Multiplications and additions of one glyph's way through the model's convolutions and dense layers."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            places = math.prod(layer.output.shape[1:-1])
            total += 2 * places * math.prod(layer.kernel.shape)
    return total


def to_float32(model: keras.Model, network: Mlp | Convnet) -> keras.Model:
    """The same weights in a float32 model, for packing and for exact comparison."""
    twin = build(network, refuses=model.output_shape[-1] > CLASSES)
    twin.set_weights(model.get_weights())
    return twin
