"""Packing any Keras model of 28 × 28 digits: a `.keras` file in, a packed model out.

A tutorial's model takes pictures of another shape or range, and gives probabilities instead of logits. Shape and
output are seen from the model; the range of its inputs is tried out on validation digits.
"""

from __future__ import annotations

import math
from pathlib import Path

import keras
import numpy as np

from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.errors import MissingModelError, ModelError
from inkdigits.evaluation.metrics import log_loss
from inkdigits.export.calibration import CalibrationData
from inkdigits.export.package import CardMetadata, keras_logits, pack
from inkdigits.image.glyph import GLYPH_SIDE
from inkdigits.labels import CLASSES
from inkdigits.models.card import Card, Weights
from inkdigits.models.classifier import softmax
from inkdigits.training.run.folder import versions

RANGES = (1, 255)  # largest input value that a tutorial's model expects
SUM_TOLERANCE = 1e-3  # of probabilities, which sum to 1
LEAST_PROBABILITY = 1e-7  # its logarithm is finite; Keras' own epsilon


def pack_keras(file: Path, folder: Path, *, weights: Weights = "auto", name: str = "", version: str = "1") -> Card:
    """Packs a Keras model, calibrated on MNIST's held-out training digits.

    Args:
        file: A `.keras` file of a model that takes 28 × 28 digits (or 784 numbers), from 0 to 1 or from 0 to 255, and
            gives 10 logits or probabilities.
        folder: Folder of the packed model.
        weights: `"int8"`, `"float32"` or `"auto"`.
        name: Name of the packed model; by default the file's.
        version: Version of the packed model.

    Returns:
        The card. `training["input_range"]` is the range that gave the lower loss: 1 or 255.

    Raises:
        MissingModelError: There is no such file.
        ModelError: It is no Keras model, or takes or gives something else.
        TrainingError: The network did not learn.
        OutputError: The folder cannot be written.
    """
    dataset = load_mnist("train")
    training, validation, calibration = (dataset.subset(part) for part in split_training(dataset))
    model, largest = adapted(load_keras(file), validation, file)
    data = CalibrationData(validation=validation, calibration=calibration, ranges=training.glyphs)
    facts = {"source": file.name, "input_range": largest, "versions": versions()}
    metadata = CardMetadata(name=name or file.stem, version=version, training=facts)
    return pack(model, folder, data, metadata=metadata, weights=weights)


def load_keras(file: Path) -> keras.Model:
    """Loads a `.keras` file; code in it is not run.

    Raises:
        MissingModelError: There is no such file.
        ModelError: It is no Keras model, or needs code of its own.
    """
    if not file.is_file():
        raise MissingModelError(f"Expected a Keras file. Received: {file}, no such file.", hint="Check the path.")
    try:
        model: keras.Model = keras.models.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # whatever is in the file: Keras raises errors of many kinds
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"Expected a Keras model at {file}. Received: {reason}",
            hint="Save it with model.save('name.keras'), without layers and functions of your own.",
        ) from error
    return model


def adapted(model: keras.Model, validation: Dataset, file: Path) -> tuple[keras.Model, int]:
    """The model as packing needs it: glyphs from 0 to 1, shape `(N, 28, 28)`, to logits.

    Args:
        model: As `load_keras` gives it.
        validation: Digits on which the ranges of the inputs are tried.
        file: For messages.

    Returns:
        The model, and the largest value of the inputs that it was trained for: 1 or 255.

    Raises:
        ModelError: It takes or gives something else.
    """
    shape = _input_shape(model, file)
    probable = _gives_probabilities(model, shape, validation)
    candidates = [(_wrapped(model, shape, largest, probable), largest) for largest in RANGES]
    losses = [log_loss(validation.labels, softmax(keras_logits(each, validation.glyphs))) for each, _ in candidates]
    return candidates[int(np.argmin(np.nan_to_num(losses, nan=np.inf)))]


def _input_shape(model: keras.Model, file: Path) -> tuple[int, ...]:
    """The shape of one input; checked, with that of the output."""
    inputs, outputs = model.input_shape, model.output_shape
    one = isinstance(inputs, tuple) and isinstance(outputs, tuple)
    shape = tuple(inputs[1:]) if one else ()
    fits = all(isinstance(side, int) for side in shape) and math.prod(shape) == GLYPH_SIDE**2
    if not (one and shape and fits and outputs[1:] == (CLASSES,)):
        raise ModelError(
            f"Expected a Keras model from 28 x 28 digits to {CLASSES} outputs. "
            f"Received: {file}, from {inputs} to {outputs}.",
            hint="Give it an input such as keras.Input((28, 28)) and a last layer Dense(10).",
        )
    return shape


def _gives_probabilities(model: keras.Model, shape: tuple[int, ...], validation: Dataset) -> bool:
    inputs = validation.glyphs[:100].reshape(-1, *shape).astype(np.float32)
    outputs = np.asarray(model(inputs, training=False))
    return bool((outputs >= 0).all() and np.abs(outputs.sum(axis=1) - 1).max() < SUM_TOLERANCE)


def _wrapped(model: keras.Model, shape: tuple[int, ...], largest: int, probable: bool) -> keras.Model:
    glyphs = keras.Input((GLYPH_SIDE, GLYPH_SIDE), name="glyph")
    x = keras.layers.Reshape(shape)(glyphs) if shape != (GLYPH_SIDE, GLYPH_SIDE) else glyphs
    x = keras.layers.Rescaling(largest)(x) if largest != 1 else x
    x = model(x, training=False)
    if probable:
        x = keras.ops.log(keras.ops.maximum(x, LEAST_PROBABILITY))
    return keras.Model(glyphs, x)
