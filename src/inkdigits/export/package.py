"""Packing: a trained Keras model in, a calibrated packed model out.

Everything is computed in memory. The folder appears in one step at the end, whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Labels
from inkdigits.errors import ModelError, SettingError, TrainingError
from inkdigits.export.calibration import CalibrationData, calibrated
from inkdigits.export.litert import convert
from inkdigits.files import folder_draft_of, write_atomically
from inkdigits.image.glyph import PREPARATION, Glyphs
from inkdigits.models.card import DIGITS, MODEL_NAME, NOT_A_DIGIT_NAME, WEIGHTS, Card, Weights
from inkdigits.models.classifier import PackedModel, softmax

LEAST_AGREEMENT = 0.999  # share of validation digits on which int8 must agree with Keras; else "auto" packs float32
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class CardMetadata:
    """What the card says that cannot be computed from the model.

    Attributes:
        name: What `--model` will take.
        version: Version of this model.
        tta: Whether uncertain glyphs are also classified rotated and slanted.
        recipe: The whole recipe, as a dict.
        training: Seed, data, epochs, seconds, package versions.
        license: License of the model and of what it was trained on.
    """

    name: str
    version: str = "1"
    tta: bool = False
    recipe: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    license: str = ""


def pack(
    model: keras.Model,
    folder: Path,
    data: CalibrationData,
    *,
    metadata: CardMetadata,
    weights: Weights = "auto",
    learned: bool = True,
) -> Card:
    """Packs a model: converts, checks and calibrates it in memory, then writes it in one step.

    Args:
        model: A float32 model of glyphs from 0 to 1, shape `(N, 28, 28)`, that gives logits, shape `(N, 10)` or
            `(N, 11)`.
        folder: Folder of the packed model. One that is there is replaced as a whole.
        data: The glyphs to do it with.
        metadata: What else the card says.
        weights: `"int8"`, `"float32"`, or `"auto"`: int8 if its labels agree with Keras on 99.9 % of the validation
            digits, else float32. The card's `scores["int8"]` then says on how many it would have agreed, or why it
            cannot be computed.
        learned: Whether a network that gives all digits the same label is refused.

    Returns:
        The card.

    Raises:
        SettingError: `weights` is none of these.
        TrainingError: The network did not learn or cannot be packed.
        OutputError: The folder cannot be written.
    """
    if weights not in WEIGHTS:
        raise SettingError(
            f"Expected weights of {' or '.join(WEIGHTS)}. Received: {weights!r}.", hint="auto decides by agreement."
        )
    reference = keras_logits(model, data.validation.glyphs)
    check_learned(reference, data.validation.labels, constant=not learned)
    packed, content = _convert(
        model, reference, data, metadata, ["int8", "float32"] if weights == "auto" else [weights]
    )
    card = calibrated(packed, data)
    with folder_draft_of(folder) as draft:
        write_atomically(draft / MODEL_NAME, content)
        card.save(draft)
    return card


def check_learned(logits: NDArray[np.float32], labels: Labels, *, constant: bool = False) -> None:
    """Refuses the logits of a network that did not learn.

    Args:
        logits: Logits of the validation digits, shape `(N, classes)`.
        labels: Theirs, shape `(N,)`.
        constant: Whether one label for all digits will do, as of a training of a few steps.

    Raises:
        TrainingError: A logit is not finite, or all digits get the same label.
    """
    answers = logits.argmax(axis=1)
    if not np.isfinite(logits).all():
        received = "NaN or infinity"
    elif not constant and len(np.unique(labels)) > 1 and len(np.unique(answers)) == 1:
        received = f"the label {answers[0]} for all {len(labels)} validation digits"
    else:
        return
    raise TrainingError(
        f"Expected a network that learned to tell digits apart. Received: {received}, "
        f"{(answers == labels).mean():.0%} right.",
        hint="Train it with a smaller learning rate.",
    )


def _convert(
    model: keras.Model,
    reference: NDArray[np.float32],
    data: CalibrationData,
    metadata: CardMetadata,
    kinds: Sequence[Weights],
) -> tuple[PackedModel, bytes]:
    """The first kind of weights that agrees with Keras, or the last that can be computed; not calibrated yet."""
    scores: dict[str, Any] = {}
    for kind in kinds:
        content = convert(model, kind, data.ranges)
        try:
            packed = PackedModel.from_content(_card(model, kind, content, metadata), content)
            agreement = _agreement(reference, packed.logits(data.validation.glyphs))
        except ModelError as error:  # the scales of a network that diverged are infinite
            if kind == kinds[-1]:
                raise TrainingError(
                    f"Expected a network that can be packed as {kind}. Received: {error.message}",
                    hint="If the network learned, pack it as float32; else train it with a smaller learning rate.",
                ) from error
            scores[kind] = {"error": error.message}
            continue
        if kind == kinds[-1] or agreement["labels_agree"] >= LEAST_AGREEMENT:
            scores["keras"] = agreement
            break
        scores[kind] = agreement
    return PackedModel.from_content(_card(model, kind, content, metadata, scores), content), content


def _card(
    model: keras.Model, weights: Weights, content: bytes, metadata: CardMetadata, scores: dict[str, Any] | None = None
) -> Card:
    """A card without calibration."""
    return Card(
        name=metadata.name,
        version=metadata.version,
        classes=(*DIGITS, NOT_A_DIGIT_NAME)[: model.output_shape[-1]],
        preparation=PREPARATION,
        weights=weights,
        parameters=int(model.count_params()),
        temperature=1.0,
        sha256=hashlib.sha256(content).hexdigest(),
        tta=metadata.tta,
        recipe=metadata.recipe,
        training=metadata.training,
        scores=scores or {},
        license=metadata.license,
    )


def keras_logits(model: keras.Model, glyphs: Glyphs) -> NDArray[np.float32]:
    """Runs a Keras model on glyphs, shape `(N, 28, 28)`, uint8, which it gets from 0 to 1."""
    parts = [
        np.asarray(model(glyphs[start : start + BATCH].astype(np.float32) / 255.0, training=False))
        for start in range(0, len(glyphs), BATCH)
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
