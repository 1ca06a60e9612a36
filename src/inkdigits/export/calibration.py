"""Calibration of a packed model: temperature, prior, rejection threshold and operating points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset, Labels
from inkdigits.errors import SettingError
from inkdigits.evaluation.metrics import accuracy, log_loss
from inkdigits.evaluation.selective import risk_coverage
from inkdigits.evaluation.temperature import fit_temperature
from inkdigits.image.glyph import Glyphs
from inkdigits.labels import CLASSES
from inkdigits.models.card import Card
from inkdigits.models.classifier import PackedModel, calibrate, refused

EXPECTED_NO_DIGITS = 0.05  # of the pictures that people give a reader of digits: an assumption


REFUSED_DIGITS = 0.05  # of the calibration digits, far worse ones than people's, may be rejected as none


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
        not_a_digit_offset=_shift(material.no_digits) if material.no_digits else 0.0,
    )
    chances = calibrate(logits, card)
    scores: dict[str, Any] = {"keras": agreement, "validation": _scores(chances[:count], labels[:count])}
    if material.pictures is not None:
        scores["pictures"] = _scores(chances[count:], labels[count:])
    digits = labels < CLASSES  # the limit and the promise are about digits
    best, truth = chances[digits, :CLASSES], labels[digits]
    if material.no_digits:
        card = replace(card, not_a_digit_threshold=float(np.quantile(1 - best.sum(axis=1), 1 - REFUSED_DIGITS)))
    confidences = np.where(refused(best, card), 0.0, best.max(axis=1))
    points = risk_coverage(confidences, best.argmax(axis=1) == truth)
    return replace(card, scores=scores, operating_points=points)


def _shift(no_digits: float) -> float:
    """What is taken from the logit of no digit because people show less of it than the training did, in nats.

    Source:
        Saerens et al., "Adjusting the outputs of a classifier to new a priori probabilities", 2002.
    """
    expected, learned = (log(share / (1 - share)) for share in (EXPECTED_NO_DIGITS, no_digits))
    return learned - expected


def _scores(chances: NDArray[np.float64], labels: NDArray[np.integer]) -> dict[str, float]:
    return {
        "accuracy": accuracy(labels, chances.argmax(1)),
        "loss": log_loss(labels, chances),
        "count": len(labels),
    }
