"""A network for handwritten digits in plain Keras: the data and the network of the recipe `mlp-128`.

    python examples/mnist_in_60_lines.py [EPOCHS] [PICTURE]

It trains on MNIST, measures, and then tries one of your pictures twice: as tutorials do it, and prepared by inkdigits.
"""

import sys

import keras
import numpy as np
from PIL import Image

import inkdigits
from inkdigits.data.mnist import load_mnist

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
PICTURE = sys.argv[2] if len(sys.argv) > 2 else "sample:photo"


def scaled(glyphs: np.ndarray) -> np.ndarray:
    """Levels of 0 to 255 as numbers of 0 to 1."""
    return glyphs.astype("float32") / 255


# The data: 28 x 28 glyphs, white ink on black, and the digit that each one shows.
training, test = load_mnist("train"), load_mnist("test")

# The network: 784 levels, 128 neurons that see all of them, and one number for each digit.
keras.utils.set_random_seed(0)
model = keras.Sequential([
    keras.Input((28, 28)),
    keras.layers.Flatten(),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dense(10),
])  # fmt: skip
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])

# Training: the glyphs are shown in batches of 128, and after each batch the weights are changed a little.
model.fit(scaled(training.glyphs), training.labels, batch_size=128, epochs=EPOCHS, validation_split=1 / 12, verbose=2)

# Measuring, once, on digits that the network has not seen.
_, accuracy = model.evaluate(scaled(test.glyphs), test.labels, verbose=0)
print(f"right on the test digits: {accuracy:.2%}")

# Your own picture, as tutorials do it: scaled to 28 x 28 and inverted. The digit is too small, or too pale.
page = inkdigits.Recognizer.load("default").read(PICTURE)  # the shipped model, to compare
gray = Image.fromarray(page.record.pixels.gray)
squeezed = 255 - np.asarray(gray.resize((28, 28)))
# And prepared: shadow and paper are removed, the digit is cut out, centered and scaled as MNIST's are.
prepared = page.lines[0].digits[0].glyph
for name, glyph in (("squeezed", squeezed), ("prepared", prepared)):
    logits = model.predict(scaled(glyph)[None], verbose=0)[0]
    print(f"{name}: {logits.argmax()}")
print(f"inkdigits reads: {page.text} ({page.confidence:.0%})")
