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
from inkdigits.labels import CLASSES, NOT_A_DIGIT
from inkdigits.models.card import Card
from inkdigits.models.classifier import PackedModel, calibrate
from inkdigits.reading.decision import is_non_digit

EXPECTED_NON_DIGITS = 0.05  # share of non-digits among the pictures that people give a reader: an assumption
REJECTED_DIGITS = 0.05  # share of the calibration digits, far worse ones than people's, that may be rejected


@dataclass(frozen=True, kw_only=True)
class CalibrationData:
    """The glyphs that packing needs. The training saw none but `ranges`.

    Attributes:
        validation: Digits that decide between int8 and float32, and give the card's validation scores.
        calibration: Digits for temperature, rejection threshold and operating points, and nothing else.
        ranges: Training glyphs, shape `(N, 28, 28)`, that set the ranges of int8.
        pictures: Glyphs of synthesized pictures, and their labels 0 to 10, which are calibrated on besides. None if the
            recipe has no synthesis.
        non_digits: Share of non-digits in the training, 0 to below 1.

    Raises:
        SettingError: `non_digits` is out of its range.
    """

    validation: Dataset
    calibration: Dataset
    ranges: Glyphs
    pictures: tuple[Glyphs, Labels] | None = None
    non_digits: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.non_digits < 1:
            raise SettingError(
                f"Expected a share of non-digits of 0 to below 1. Received: {self.non_digits}.",
                hint="A training needs digits, too.",
            )


def calibrated(packed: PackedModel, data: CalibrationData) -> Card:
    """Fits a packed model's temperature, offset, threshold and operating points, and scores it.

    Args:
        packed: The model, with a card that is not calibrated.
        data: What to calibrate with.

    Returns:
        The card to write.
    """
    labels, logits = data.calibration.labels, packed.logits(data.calibration.glyphs, tta=True)
    if data.pictures is not None:
        logits = np.concatenate([logits, packed.logits(data.pictures[0], tta=True)])
        labels = np.concatenate([labels, data.pictures[1]])
    offset = _offset(data.non_digits) if data.non_digits else 0.0
    card = replace(packed.card, temperature=fit_temperature(labels, logits), not_a_digit_offset=offset)
    probabilities = calibrate(logits, card)
    digits = labels < CLASSES  # threshold and bounds are about digits
    rows, truth = probabilities[digits], labels[digits]
    best = rows[:, :CLASSES]
    if data.non_digits:
        threshold = float(np.quantile(rows[:, NOT_A_DIGIT], 1 - REJECTED_DIGITS))
        card = replace(card, not_a_digit_threshold=threshold)
    confidences = np.where(is_non_digit(rows, card.not_a_digit_threshold), 0.0, best.max(axis=1))
    points = risk_coverage(confidences, best.argmax(axis=1) == truth)
    scores: dict[str, Any] = {"validation": _validation_scores(packed, data.validation, card)}
    if data.pictures is not None:
        count = len(data.calibration)
        scores["pictures"] = _scores(probabilities[count:], labels[count:])
    return replace(card, operating_points=points, scores=card.scores | scores)


def _validation_scores(packed: PackedModel, validation: Dataset, card: Card) -> dict[str, float]:
    return _scores(calibrate(packed.logits(validation.glyphs, tta=True), card), validation.labels)


def _offset(non_digits: float) -> float:
    """Subtracted from the not-a-digit logit because training shows more non-digits than people do, in nats.

    Source:
        Saerens et al., "Adjusting the outputs of a classifier to new a priori probabilities", 2002.
    """
    expected, learned = (log(share / (1 - share)) for share in (EXPECTED_NON_DIGITS, non_digits))
    return learned - expected


def _scores(probabilities: NDArray[np.float64], labels: NDArray[np.integer]) -> dict[str, float]:
    return {
        "accuracy": accuracy(labels, probabilities.argmax(1)),
        "loss": log_loss(labels, probabilities),
        "count": len(labels),
    }
