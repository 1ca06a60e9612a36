"""The compiled loop against `model.fit`: the same network, optimizer, batch of 128 and glyphs, in turns, in one run.

    python bench/training_loop.py [--recipes mlp-128,...] [--rounds 5]

Each round times three epochs of 429 steps of each in turn; the medians and the median of the ratios are printed, with
the matrix-product peak measured just before. The loop's bfloat16 column differs from `fit` in precision, the float32
one in nothing but how it is run.
"""

from __future__ import annotations

import argparse
import os
import time
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import validation_split
from inkdigits.learning.network import build
from inkdigits.learning.recipes import Recipe, change, find_recipe
from inkdigits.learning.trainer import Trainer, native_bfloat16

EPOCHS = 3
RECIPES = "mlp-128,mlp-128x2,mlp-256x2,mlp-256x2-sigmoid,mlp-512-256-128,convnet"


def peak(dtype: tf.DType, side: int = 2048) -> float:
    """Matrix products, GFLOP/s, median of 7."""
    a, b = (tf.cast(tf.random.normal((side, side)), dtype) for _ in range(2))
    product = tf.function(tf.matmul)
    product(a, b)
    rates = []
    for _ in range(7):
        began = time.perf_counter()
        float(tf.cast(product(a, b)[0, 0], tf.float32))
        rates.append(2 * side**3 / (time.perf_counter() - began) / 1e9)
    return median(rates)


class Fit:
    """Keras as a tutorial uses it, in float32."""

    def __init__(self, recipe: Recipe, glyphs: np.ndarray, labels: np.ndarray) -> None:
        self.model = build(recipe.network)
        self.model.compile(
            optimizer=keras.optimizers.Adam(recipe.learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        self.glyphs = glyphs.astype(np.float32) / 255
        self.labels = labels
        self.batch_size = recipe.batch_size

    def run(self) -> None:
        """Three epochs in one call, so that what a call sets up counts little."""
        self.model.fit(self.glyphs, self.labels, batch_size=self.batch_size, epochs=EPOCHS, verbose=0)


class Loop:
    """The trainer of this package."""

    def __init__(self, recipe: Recipe, glyphs: np.ndarray, labels: np.ndarray, precision: str) -> None:
        self.trainer = Trainer(build(recipe.network, precision=precision), recipe, glyphs, labels, seed=0)

    def run(self) -> None:
        for _ in range(EPOCHS):
            self.trainer.run(self.trainer.steps_per_epoch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", default=RECIPES)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    dataset = load_mnist("train")
    training = dataset.subset(validation_split(dataset.labels)[0])
    glyphs, labels = training.glyphs[: 429 * 128], training.labels[: 429 * 128]
    print(f"matrix products: float32 {peak(tf.float32):.0f} GFLOP/s, bfloat16 {peak(tf.bfloat16):.0f} GFLOP/s")
    precisions = ["float32"] + (["bfloat16"] if native_bfloat16() else [])
    columns = "".join(f"{f'loop {name}':>16} {'faster':>7}" for name in precisions)
    print(f"{'ms a step':20} {'fit':>7} {columns}   n = {arguments.rounds} rounds of 3 x 429 steps")
    for name in arguments.recipes.split(","):
        # Nothing but the way it is run may differ: no augmentation, no schedule, no smoothing.
        plain = {"epochs": 100, "learning_rate": 1e-3, "schedule": "constant", "label_smoothing": 0.0}
        recipe = change(find_recipe(name), plain | {"max_steps": 100_000})
        recipe = Recipe(**{**vars(recipe), "augmentation": None})
        ways = [Fit(recipe, glyphs, labels)] + [Loop(recipe, glyphs, labels, precision) for precision in precisions]
        times: list[list[float]] = [[] for _ in ways]
        for way in ways:
            way.run()
        for _ in range(arguments.rounds):
            for way, seconds in zip(ways, times, strict=True):
                began = time.perf_counter()
                way.run()
                seconds.append((time.perf_counter() - began) / (EPOCHS * 429) * 1e3)
        row = f"{name:20} {median(times[0]):7.2f} "
        for seconds in times[1:]:
            ratio = median(fit / loop for fit, loop in zip(times[0], seconds, strict=True))
            row += f"{median(seconds):16.2f} {ratio:6.1f}x"
        print(row, flush=True)


if __name__ == "__main__":
    main()
