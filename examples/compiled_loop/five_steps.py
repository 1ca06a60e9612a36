"""What the five steps share: MNIST's digits, the network `mlp-128`, and what is printed at the end.

Every step takes the same two arguments: python examples/compiled_loop/step_1_fit.py [EPOCHS] [DIGITS]
"""

import sys

import keras
import numpy as np

from inkdigits.data.mnist import load_mnist

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
DIGITS = int(sys.argv[2]) if len(sys.argv) > 2 else 60_000
BATCH = 128
STEPS = DIGITS // BATCH  # per epoch; digits that do not fill a batch are left out

training, test = load_mnist("train"), load_mnist("test")
x = training.glyphs[: STEPS * BATCH].astype("float32") / 255
y = training.labels[: STEPS * BATCH].astype("int32")
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build_network(precision: str = "float32") -> keras.Model:
    """784 levels of ink, 128 neurons, 10 logits; `precision` is that of the large product."""
    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu", dtype=precision),
        keras.layers.Dense(10),
    ])  # fmt: skip


def report(model: keras.Model, clock: list[float]) -> None:
    """Prints the time of all epochs, that of an epoch after the first, and the accuracy.

    Args:
        model: The trained network.
        clock: Seconds: one reading before the network was built, then one after each epoch.
    """
    seconds = np.diff(clock)
    logits = model.predict(test.glyphs.astype("float32") / 255, batch_size=1000, verbose=0)
    print(f"{seconds.sum():.3f} s for {EPOCHS} epochs, {np.median(seconds[1:]):.4f} s for each after the first")
    print(f"right on the test digits: {np.mean(logits.argmax(axis=1) == test.labels):.2%}")
