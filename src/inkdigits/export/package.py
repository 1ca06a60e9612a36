"""Packing: a trained Keras model in, a packed model out. It is all that reading needs of training.

The packed network is checked against the Keras model, and how well they agree stands in the card.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.export.calibration import Material, _with_calibration
from inkdigits.export.litert import convert
from inkdigits.files import write_atomically
from inkdigits.image.glyph import PREPARATION, Glyphs
from inkdigits.models.card import DIGITS, MODEL_NAME, NOT_A_DIGIT_NAME, WEIGHTS, Card, Weights
from inkdigits.models.classifier import PackedModel, softmax

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
        classes=(*DIGITS, NOT_A_DIGIT_NAME)[: model.output_shape[-1]],
        sha256=hashlib.sha256(content).hexdigest(),
        tta=facts.views,
        recipe=facts.recipe,
        training=facts.training,
        license=facts.license,
    )
    card.save(folder)
    return PackedModel(folder)


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
