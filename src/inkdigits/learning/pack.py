"""Packing: a trained Keras model in, a packed model out. The bridge from the learning wing to the reading wing.

The packed network is checked against the Keras model, and how well they agree stands in the card.
"""

from __future__ import annotations

import hashlib
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from math import log
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.lite.tools import flatbuffer_utils

from inkdigits.data.dataset import CLASSES, Dataset, Labels
from inkdigits.errors import SettingError
from inkdigits.evaluation.metrics import accuracy, log_loss
from inkdigits.evaluation.selective import risk_coverage
from inkdigits.evaluation.temperature import fit_temperature
from inkdigits.image.glyph import PREPARATION, Glyphs
from inkdigits.learning.checkpoint import write_atomically
from inkdigits.packed.card import MODEL_NAME, Card
from inkdigits.packed.model import PackedModel, calibrate, refused, softmax
from inkdigits.packed.promise import DELTA

Weights = Literal["auto", "int8", "float32"]
WEIGHTS = ("auto", "int8", "float32")
CALIBRATION_COUNT = 1000  # training glyphs that show the converter the range of every layer
EXPECTED_NO_DIGITS = 0.05  # of the pictures that people give a reader of digits: an assumption
REFUSED_DIGITS = 0.05  # of the calibration digits, far worse ones than people's, may be rejected as none
LEAST_AGREEMENT = 0.999  # of labels between the packed network and Keras; less, and "auto" packs float32


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the card should say that the model itself cannot.

    Attributes:
        name: What `--model` will take.
        version: Of this model.
        views: Whether it is to look again at doubtful glyphs, turned and slanted.
        recipe: The whole recipe, as a dict.
        training: Seed, data, epochs, seconds, package versions.
        license: Of the model and of what it was trained on.
    """

    name: str
    version: str = "1"
    views: bool = False
    recipe: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    license: str = ""


@dataclass(frozen=True, kw_only=True)
class Material:
    """The glyphs that packing needs.

    Attributes:
        validation: Digits that the training did not see: the temperature is fitted on them.
        ranges: Training glyphs, shape `(N, 28, 28)`, that set the ranges of int8.
        check: Glyphs on which the packed network must agree with Keras, shape `(N, 28, 28)`.
        pictures: Glyphs of synthesized pictures that the training did not see, and their labels 0 to 10: temperature
            and operating points are to hold on them too. None if the recipe has no synthesis.
        no_digits: The share of what is no digit in the training, 0 to below 1.

    Raises:
        SettingError: `no_digits` is out of its range.
    """

    validation: Dataset
    ranges: Glyphs
    check: Glyphs
    pictures: tuple[Glyphs, Labels] | None = None
    no_digits: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.no_digits < 1:
            raise SettingError(
                f"Expected a share of no digits of 0 to below 1. Received: {self.no_digits}.",
                hint="A training needs digits, too.",
            )


def pack(model: keras.Model, folder: Path, material: Material, *, facts: Facts, weights: Weights = "auto") -> Card:
    """Packs a model: converts, calibrates, checks and writes it.

    Args:
        model: A float32 model, as `network.to_float32` gives it.
        folder: Where `model.tflite` and `card.json` are written; made if absent.
        material: The glyphs to do it with.
        facts: What else the card says.
        weights: `"int8"`, `"float32"`, or `"auto"`: int8 if its labels agree with Keras on 99.9 %, else float32.

    Returns:
        The card.

    Raises:
        SettingError: `weights` is none of these.
        TrainingError: The folder cannot be written.
    """
    if weights not in WEIGHTS:
        raise SettingError(
            f"Expected weights of {' or '.join(WEIGHTS)}. Received: {weights!r}.", hint="auto decides by agreement."
        )
    folder.mkdir(parents=True, exist_ok=True)
    reference = _keras_logits(model, material.check)
    for kind in ("int8", "float32") if weights == "auto" else (weights,):
        packed = _write(model, kind, folder, ranges=material.ranges, facts=facts)
        agreement = _agreement(reference, packed.logits(material.check))
        if weights != "auto" or agreement["labels_agree"] >= LEAST_AGREEMENT:
            break
    card = _with_calibration(packed, material, agreement)
    card.save(folder)
    return card


def _write(model: keras.Model, weights: str, folder: Path, *, ranges: Glyphs, facts: Facts) -> PackedModel:
    """Writes a packed model that is not calibrated yet."""
    content = convert(model, weights, ranges)
    write_atomically(folder / MODEL_NAME, content)
    card = Card(
        name=facts.name,
        version=facts.version,
        preparation=PREPARATION,
        weights=weights,
        parameters=int(model.count_params()),
        temperature=1.0,
        sha256=hashlib.sha256(content).hexdigest(),
        views=facts.views,
        recipe=facts.recipe,
        training=facts.training,
        license=facts.license,
    )
    card.save(folder)
    return PackedModel(folder)


def _with_calibration(packed: PackedModel, material: Material, agreement: dict[str, float]) -> Card:
    """The card with temperature, shift, limit, scores and operating points, all of the packed network."""
    count = len(material.validation)
    labels, logits = material.validation.labels, packed.considered_logits(material.validation.glyphs)
    if material.pictures is not None:
        logits = np.concatenate([logits, packed.considered_logits(material.pictures[0])])
        labels = np.concatenate([labels, material.pictures[1]])
    card = replace(
        packed.card,
        temperature=fit_temperature(labels, logits),
        no_digit_shift=_shift(material.no_digits) if material.no_digits else 0.0,
    )
    chances = calibrate(logits, card)
    scores: dict[str, Any] = {"keras": agreement, "validation": _scores(chances[:count], labels[:count])}
    if material.pictures is not None:
        scores["pictures"] = _scores(chances[count:], labels[count:])
    digits = labels < CLASSES  # the limit and the promise are about digits
    best, truth = chances[digits, :CLASSES], labels[digits]
    if material.no_digits:
        card = replace(card, no_digit_limit=float(np.quantile(1 - best.sum(axis=1), 1 - REFUSED_DIGITS)))
    confidences = np.where(refused(best, card), 0.0, best.max(axis=1))
    points = risk_coverage(confidences, best.argmax(axis=1) == truth, delta=DELTA)
    return replace(card, scores=scores, operating_points=[point._asdict() for point in points])


def _shift(no_digits: float) -> float:
    """What is taken from the logit of no digit because people show less of it than the training did, in nats.

    Source:
        Saerens et al., "Adjusting the outputs of a classifier to new a priori probabilities", 2002.
    """
    expected, learned = (log(share / (1 - share)) for share in (EXPECTED_NO_DIGITS, no_digits))
    return learned - expected


def convert(model: keras.Model, weights: str, calibration: Glyphs) -> bytes:
    """Converts a float32 Keras model to LiteRT.

    Args:
        model: `(N, 28, 28)` from 0 to 1 → logits.
        weights: `"int8"` (takes uint8 glyphs: their 1/255 is the input's own scale) or `"float32"` (takes 0 to 1).
        calibration: Glyphs that set the ranges of int8, shape `(N, 28, 28)`, uint8.

    Returns:
        The content of a `.tflite` file.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if weights == "int8":
        chosen = calibration[:: max(1, len(calibration) // CALIBRATION_COUNT)][:CALIBRATION_COUNT]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([g[np.newaxis].astype(np.float32) / 255.0] for g in chosen)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.float32
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")  # the converter warns of its own defaults, and prints where it keeps its drafts
        content: bytes = converter.convert()
    return _without_names(content)


def _without_names(content: bytes) -> bytes:
    """The same network without the names of its layers, which are a quarter of the smallest ones' files."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    flatbuffer_utils.strip_strings(model)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _keras_logits(model: keras.Model, glyphs: Glyphs) -> NDArray[np.float32]:
    parts = [
        np.asarray(model(glyphs[start : start + 500].astype(np.float32) / 255.0, training=False))
        for start in range(0, len(glyphs), 500)
    ]
    return np.concatenate(parts)


def _agreement(reference: NDArray[np.float32], packed: NDArray[np.float32]) -> dict[str, float]:
    difference = np.abs(softmax(reference) - softmax(packed))
    return {
        "labels_agree": float((reference.argmax(1) == packed.argmax(1)).mean()),
        "largest_probability_difference": float(difference.max()),
        "mean_probability_difference": float(difference.mean()),
        "count": len(reference),
    }


def _scores(chances: NDArray[np.float64], labels: NDArray[np.integer]) -> dict[str, float]:
    return {
        "accuracy": accuracy(labels, chances.argmax(1)),
        "loss": log_loss(labels, chances),
        "count": len(labels),
    }
