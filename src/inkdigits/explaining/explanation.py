"""The explanation: the record of a reading in, why it was read so out.

It is a view of the record: nothing is decoded or segmented again. What decided is found by covering the glyphs that
counted, place by place. The nearest examples come from labeled glyphs that a caller gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.errors import SettingError
from inkdigits.explaining.nearest import NearestExample, TrainingExamples
from inkdigits.explaining.occlusion import Spot, decisive_spot, occlude
from inkdigits.explaining.sheet import SheetContent, draw_sheet
from inkdigits.explaining.warnings import ReadingWarning, Turned, percent, warn_of
from inkdigits.geometry import Box, Frame
from inkdigits.image.glyph import GLYPH_SIDE, Glyph, Glyphs
from inkdigits.image.ink import Ink
from inkdigits.image.load import Gray
from inkdigits.labels import CLASSES
from inkdigits.models.classifier import PackedModel
from inkdigits.reading.decision import DecisionPolicy, average, find_non_digits
from inkdigits.reading.record import Pixels, Record, Tried
from inkdigits.reading.result import Alternative, Page

TURNS = (1, 2, 3)  # quarters counter-clockwise
LEAST_FALL = 0.1  # of the answer's probability: if covering costs less, no single place decides
PLACES = 6  # decimal places of a probability in a dictionary


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation:
    """Why a picture was read as it was.

    Attributes:
        page: The reading; its record holds what was seen, tried and predicted.
        glyph_saliency: How much each pixel of `glyph` supports the answer (above 0) or opposes it (below 0), in
            log-odds, shape `(28, 28)`, float32.
        decisive: The spot whose covering hurts the answer most; None if the picture is blank.
        nearest: The nearest training examples, nearest first; none if there are none to compare with.
        warnings: What may mislead the reading: `(code, text)`.
    """

    page: Page
    glyph_saliency: NDArray[np.float32] = field(repr=False)
    decisive: Spot | None
    nearest: tuple[NearestExample, ...]
    warnings: tuple[ReadingWarning, ...]

    @property
    def record(self) -> Record:
        """What was seen, tried, predicted and decided."""
        return _record_of(self.page)[0]

    @property
    def gray(self) -> Gray:
        """The picture, shape `(H, W)`, uint8."""
        return _record_of(self.page)[1].gray

    @property
    def ink(self) -> Ink:
        """The ink that was read, uint8; at most 1024 pixels on its longer side, where `gray` may have more."""
        return self.record.ink

    @property
    def photo(self) -> Image.Image:
        """The picture as a person sees it, RGB, at most 1024 pixels on its longer side; gray if that alone was kept."""
        pixels = _record_of(self.page)[1]
        return Image.fromarray(pixels.work.gray).convert("RGB") if pixels.photo is None else pixels.photo

    @property
    def glyph(self) -> Glyph | None:
        """The first glyph that counted, shape `(28, 28)`, uint8; None if the picture is blank."""
        chosen = self.record.chosen
        return None if chosen is None else chosen.candidate.glyph

    @property
    def counted(self) -> tuple[Tried, ...]:
        """The candidates that the answer is made of, each with its TTA copies."""
        return self.record.counted

    @property
    def box(self) -> Box | None:
        """Where the digit is, `(left, top, width, height)` in pixels of `gray`; None if the picture is blank."""
        return self.page.box

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """The ten digits and their probabilities, most probable first."""
        return self.page.alternatives

    @property
    def answer(self) -> str:
        """The best guess, also of a rejected picture; empty if it is blank."""
        return self.record.decision.answer

    @property
    def probability(self) -> float:
        """The best guess's probability; 0 if the picture is blank."""
        return self.alternatives[0].probability if self.alternatives else 0.0

    @property
    def not_a_digit(self) -> float:
        """Probability of a non-digit; 1 if the picture is blank."""
        return self.page.lines[0].digits[0].not_a_digit if self.page.lines else 1.0

    @property
    def saliency(self) -> NDArray[np.float32]:
        """The map laid over the picture, shape `(H, W)`, float32; 0 where there is no glyph."""
        chosen = self.record.chosen
        if chosen is None:
            return np.zeros(self.gray.shape, np.float32)
        laid = Image.fromarray(self.glyph_saliency).transform(
            (self.gray.shape[1], self.gray.shape[0]),
            Image.Transform.AFFINE,
            chosen.candidate.glyph_frame.inverse().coefficients,
            Image.Resampling.BILINEAR,
        )
        return np.array(laid, np.float32)

    @property
    def decisive_sentence(self) -> str:
        """What decided, in a sentence; empty if there is nothing to explain."""
        spot = self.decisive
        if spot is None:
            return ""
        if spot.answer != self.answer:
            then = f"covered, it would be read as {spot.answer} ({percent(spot.answer_probability)})."
            return f"Most depends on the {spot.where}: {then}"
        if self.probability - spot.probability < LEAST_FALL:
            return f"No single place decides: with any one covered the answer is still {self.answer}."
        return f"Most depends on the {spot.where}: covered, the answer falls to {percent(spot.probability)}."

    def draw(self) -> Image.Image:
        """The explanation as one sheet, RGB."""
        record, pixels = _record_of(self.page)
        return draw_sheet(
            SheetContent(
                page=self.page,
                record=record,
                pixels=pixels,
                photo=self.photo,
                saliency=self.glyph_saliency,
                decisive=self.decisive,
                decisive_sentence=self.decisive_sentence,
                nearest=self.nearest,
                warnings=self.warnings,
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """The explanation in plain values, for JSON; glyphs and map are lists of 28 rows."""
        return {
            "answer": self.answer,
            "probability": round(self.probability, PLACES),
            "not_a_digit": round(self.not_a_digit, PLACES),
            "alternatives": [[text, round(probability, PLACES)] for text, probability in self.alternatives],
            "box": None if self.box is None else list(self.box),
            "glyph": None if self.glyph is None else self.glyph.tolist(),
            "combination": self.record.decision.combination,
            "candidates": [
                _candidate_dict(tried, index in self.record.decision.counted)
                for index, tried in enumerate(self.record.tried)
            ],
            "saliency": [[round(float(value), 3) for value in row] for row in self.glyph_saliency],
            "decisive": None if self.decisive is None else asdict(self.decisive) | {"box": list(self.decisive.box)},
            "nearest": [example.to_dict() for example in self.nearest],
            "warnings": [{"code": code, "text": text} for code, text in self.warnings],
        }


def _candidate_dict(tried: Tried, counted: bool) -> dict[str, Any]:
    probabilities = tried.prediction.probabilities
    return {
        "origin": tried.candidate.origin,
        "counted": counted,
        "box": list(tried.candidate.box),
        "probabilities": [round(float(value), PLACES) for value in probabilities],
        "tta_copies": len(tried.prediction.copies),
    }


def _record_of(page: Page) -> tuple[Record, Pixels]:
    if page.record is None or page.record.pixels is None:
        raise SettingError(
            "Expected a page that keeps its record. Received: one without.",
            hint="Read it with read(), or with read_many(pictures, keep_records=True).",
        )
    return page.record, page.record.pixels


def explain_page(
    page: Page, model: PackedModel, policy: DecisionPolicy, *, examples: TrainingExamples | None = None
) -> Explanation:
    """Explains a page by its record.

    Args:
        page: Read with its record.
        model: That read it.
        policy: That it was decided by.
        examples: Labeled glyphs, as the model was trained on, to find the nearest of.

    Raises:
        SettingError: The page did not keep its record.
    """
    record, pixels = _record_of(page)
    chosen = record.chosen
    if chosen is None:
        saliency = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.float32)
        return Explanation(
            page=page, glyph_saliency=saliency, decisive=None, nearest=(), warnings=warn_of(record, pixels, (), (), 1.0)
        )
    seen, label = chosen.candidate, int(record.decision.answer)
    occlusion = occlude(_classifier(record, model), *_glyphs_and_frames(record), label)
    nearest = () if examples is None else examples.nearest(seen.glyph)
    turned = _turned(model, seen.glyph, policy)
    return Explanation(
        page=page,
        glyph_saliency=occlusion.saliency,
        decisive=decisive_spot(occlusion, seen.glyph, seen.glyph_frame, label),
        nearest=nearest,
        warnings=warn_of(record, pixels, turned, nearest, policy.not_a_digit_threshold),
    )


def _glyphs_and_frames(record: Record) -> tuple[list[Glyph], list[Frame]]:
    """The glyphs that counted, and the frame that places each one's pixels in those of the first."""
    seen = [tried.candidate for tried in record.counted]
    to_first = seen[0].glyph_frame.inverse()
    frames = [Frame(), *(candidate.glyph_frame.then(to_first) for candidate in seen[1:])]
    return [candidate.glyph for candidate in seen], frames


def _classifier(record: Record, model: PackedModel) -> Any:
    """Classifies variants of the glyphs that counted, and combines them as the decision did."""

    def classify(variants: Sequence[Glyphs]) -> NDArray[np.float64]:
        rows = [model.probabilities(some) for some in variants]
        return average(np.stack(rows)) if record.decision.combination == "mean" else rows[0]

    return classify


def _turned(model: PackedModel, glyph: Glyph, policy: DecisionPolicy) -> list[Turned]:
    """What the glyph would be read as if it were turned by one, two and three quarters."""
    rows = model.probabilities(np.stack([np.rot90(glyph, quarters) for quarters in TURNS]))
    accepted = ~find_non_digits(rows, policy.not_a_digit_threshold)
    return [
        Turned(90 * quarters, str(int(row[:CLASSES].argmax())), float(row[:CLASSES].max()))
        for quarters, row, taken in zip(TURNS, rows, accepted, strict=True)
        if taken
    ]
