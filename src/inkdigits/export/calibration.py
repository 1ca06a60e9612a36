"""Calibration of a packed model: temperature, prior, rejection threshold and operating points.

Temperature and threshold are fitted on glyphs. Operating points are counted on whole pictures that go through
segmentation, fallback candidates, test-time augmentation and `decide`: `max_error` bounds the reader that ships.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
from inkdigits.image.load import MAX_MEGAPIXELS, Gray
from inkdigits.labels import CLASSES, NOT_A_DIGIT
from inkdigits.models.card import Card
from inkdigits.models.classifier import PackedModel, calibrate
from inkdigits.models.operating_points import OperatingPoint
from inkdigits.reading.decision import DecisionPolicy
from inkdigits.reading.pipeline import complete
from inkdigits.reading.preparing import Failure, prepare

EXPECTED_NON_DIGITS = 0.05  # share of non-digits among the pictures that people give a reader: an assumption
REJECTED_DIGITS = 0.05  # share of the calibration digits, far worse ones than people's, that is rejected
CHUNK = 256  # pictures that are read at once
AS_GLYPH = "glyph"  # source of calibration digits that are pictures of 28 × 28 themselves


@dataclass(frozen=True, eq=False)
class CalibrationPictures:
    """Whole pictures of one digit each, none of which the training saw.

    Attributes:
        pictures: Gray, each of shape `(H, W)`, uint8.
        labels: 0 to 9, shape `(N,)`.
        sources: Where each comes from, such as a kind of synthesis, N names.
    """

    pictures: Sequence[Gray]
    labels: Labels
    sources: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class CalibrationData:
    """The glyphs that packing needs. The training saw none but `ranges`.

    Attributes:
        validation: Digits that decide between int8 and float32, and give the card's validation scores.
        calibration: Digits for temperature, rejection threshold and operating points, and nothing else.
        ranges: Training glyphs, shape `(N, 28, 28)`, that set the ranges of int8.
        pictures: Glyphs of synthesized pictures, and their labels 0 to 10: temperature and threshold are fitted on them
            as well. None if the recipe has no synthesis.
        whole: Synthesized whole pictures, on which operating points are counted as well as on the calibration digits.
            None if the recipe has no synthesis.
        non_digits: Share of non-digits in the training, 0 to below 1.

    Raises:
        SettingError: `non_digits` is out of its range.
    """

    validation: Dataset
    calibration: Dataset
    ranges: Glyphs
    pictures: tuple[Glyphs, Labels] | None = None
    whole: CalibrationPictures | None = None
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
    if data.non_digits:
        thresholds = rejection_thresholds(probabilities[:, NOT_A_DIGIT], labels)
        card = replace(card, not_a_digit_threshold=thresholds)
    whole = whole_pictures(data)
    points = count_operating_points(packed.with_card(card), whole)
    scores: dict[str, Any] = {"validation": _validation_scores(packed, data.validation, card)}
    if data.pictures is not None:
        count = len(data.calibration)
        scores["pictures"] = _scores(probabilities[count:], labels[count:])
    return replace(card, operating_points=points, calibration=dict(Counter(whole.sources)), scores=card.scores | scores)


def rejection_thresholds(not_a_digit: NDArray[np.float64], labels: Labels) -> tuple[float, ...]:
    """The thresholds at which a fixed share of the calibration digits is rejected: of all, and of each digit at most.

    A ring and a bar come so near to non-digits that one threshold for all digits rejects far more of 0 and 1.

    Args:
        not_a_digit: Probability of a non-digit, shape `(N,)`.
        labels: 0 to 10, shape `(N,)`; non-digits do not count.

    Returns:
        For each digit the larger of two quantiles: of all digits, and of this digit alone.
    """
    kept = 1 - REJECTED_DIGITS
    least = np.quantile(not_a_digit[labels < CLASSES], kept)
    own = [not_a_digit[labels == digit] for digit in range(CLASSES)]
    return tuple(float(max(least, np.quantile(some, kept))) if len(some) else float(least) for some in own)


def whole_pictures(data: CalibrationData) -> CalibrationPictures:
    """The calibration digits as pictures of 28 × 28, and the synthesized whole pictures, if there are any."""
    glyphs, labels, sources = list(data.calibration.glyphs), data.calibration.labels, [AS_GLYPH] * len(data.calibration)
    if data.whole is None:
        return CalibrationPictures(glyphs, labels, sources)
    return CalibrationPictures(
        [*glyphs, *data.whole.pictures],
        np.concatenate([labels, data.whole.labels]),
        [*sources, *data.whole.sources],
    )


def count_operating_points(packed: PackedModel, whole: CalibrationPictures) -> tuple[OperatingPoint, ...]:
    """Reads whole pictures, and counts what each threshold keeps and how much of it is wrong.

    Args:
        packed: The model, with temperature, offset and threshold on its card.
        whole: Pictures of digits.
    """
    return risk_coverage(*read_calibration(packed, whole))


def read_calibration(packed: PackedModel, whole: CalibrationPictures) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Reads whole pictures as the reader does.

    Args:
        packed: The model, with temperature, offset and threshold on its card.
        whole: Pictures of digits.

    Returns:
        The confidence of each reading, shape `(N,)`: 0 of a blank; whether its answer is right, shape `(N,)`.
    """
    policy = DecisionPolicy(not_a_digit_threshold=packed.card.not_a_digit_threshold)
    confidences, right = np.zeros(len(whole.labels)), np.zeros(len(whole.labels), np.bool_)
    for start in range(0, len(whole.pictures), CHUNK):
        some = whole.pictures[start : start + CHUNK]
        prepared = [prepare(picture, max_megapixels=MAX_MEGAPIXELS, keep="nothing") for picture in some]
        for index, record in enumerate(complete(prepared, packed, policy), start):
            if not isinstance(record, Failure):
                confidences[index] = record.decision.confidence or 0.0
                right[index] = record.decision.answer == str(whole.labels[index])
    return confidences, right


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
