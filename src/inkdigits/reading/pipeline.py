"""Classification of prepared pictures, and the pages of what was read.

`complete` classifies many pictures in two rounds: all primary candidates, then the fallbacks of the uncertain ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inkdigits.errors import PictureError
from inkdigits.geometry import Box
from inkdigits.image.glyph import Glyph
from inkdigits.labels import CLASSES, NOT_A_DIGIT
from inkdigits.layout.candidates import fallback_candidates
from inkdigits.layout.digit import DigitCandidate
from inkdigits.models.card import Card
from inkdigits.models.classifier import PackedModel
from inkdigits.reading.decision import Decision, DecisionPolicy, decide, wants_fallbacks
from inkdigits.reading.preparing import Failure, Prepared, defects_explained
from inkdigits.reading.record import Record, Tried
from inkdigits.reading.result import Alternative, Digit, Line, ModelInfo, Page


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a reading led to: as much of its record as a page needs.

    Attributes:
        name: The picture's path; None if it was not a file.
        decision: What was decided.
        box: Where the answer lies in the picture; None of a blank picture.
        glyph: The network's input, shape `(28, 28)`, uint8; None of a blank picture.
    """

    name: str | None
    decision: Decision
    box: Box | None = None
    glyph: Glyph | None = None


def complete(prepared: Sequence[Prepared], model: PackedModel, policy: DecisionPolicy) -> list[Record | Failure]:
    """Classifies prepared pictures and decides.

    Args:
        prepared: Any number of pictures.
        model: Classifies the candidates.
        policy: The thresholds.

    Returns:
        A record per picture, in the same order; a failure in place of one whose fallbacks cannot be found.
    """
    tried = _classify([[item.primary] if item.primary is not None else [] for item in prepared], model)
    fallbacks = [_find_fallbacks(item, first, policy) for item, first in zip(prepared, tried, strict=True)]
    classified = _classify([[] if isinstance(found, Failure) else found for found in fallbacks], model)
    records: list[Record | Failure] = []
    for item, first, found, others in zip(prepared, tried, fallbacks, classified, strict=True):
        if isinstance(found, Failure):
            records.append(found)
            continue
        both = (*first, *others)
        decision = decide([one.evidence for one in both], policy)
        records.append(Record(name=item.name, tried=both, decision=decision, pixels=item.pixels))
    return records


def _find_fallbacks(item: Prepared, first: Sequence[Tried], policy: DecisionPolicy) -> list[DigitCandidate] | Failure:
    if item.found is None or not first or not wants_fallbacks(first[0].evidence, policy):
        return []
    try:
        with defects_explained():
            return fallback_candidates(item.found)
    except PictureError as error:
        return Failure(item.name, error.message, error.hint)


def _classify(candidates: Sequence[Sequence[DigitCandidate]], model: PackedModel) -> list[list[Tried]]:
    """The candidates of each picture, classified together."""
    predictions = iter(model.predict([candidate.glyph for some in candidates for candidate in some]))
    return [[Tried(candidate, next(predictions)) for candidate in some] for some in candidates]


def model_info(card: Card) -> ModelInfo:
    """What a page says of the model that read it."""
    return ModelInfo(name=card.name, version=card.version, preparation=card.preparation)


def to_outcome(record: Record) -> Outcome:
    """What a record's reading led to."""
    if record.chosen is None:
        return Outcome(record.name, record.decision)
    candidate = record.chosen.candidate
    return Outcome(record.name, record.decision, candidate.box, candidate.glyph)


def to_page(result: Record | Outcome | Failure, model: ModelInfo, *, keep_record: bool = False) -> Page:
    """The page of one picture.

    Args:
        result: How it was read, or why it could not be read.
        model: That read it.
        keep_record: Whether the page holds its record.
    """
    if isinstance(result, Failure):
        return Page(status="error", path=result.name, error=result.message, hint=result.hint, model=model)
    outcome = to_outcome(result) if isinstance(result, Record) else result
    decision, digit = outcome.decision, _digit(outcome)
    lines = () if digit is None else (_line(digit),)
    return Page(
        status=decision.status,
        reason=decision.reason,
        confidence=decision.confidence,
        lines=lines,
        path=outcome.name,
        model=model,
        record=result if keep_record and isinstance(result, Record) else None,
    )


def _digit(outcome: Outcome) -> Digit | None:
    decision = outcome.decision
    if outcome.box is None or decision.probabilities is None or decision.confidence is None:
        return None
    digits = decision.probabilities[:CLASSES].tolist()
    ranked = sorted(enumerate(digits), key=lambda pair: -pair[1])
    return Digit(
        text=decision.answer,
        status=decision.status,
        reason=decision.reason,
        confidence=decision.confidence,
        box=outcome.box,
        alternatives=tuple(Alternative(str(label), probability) for label, probability in ranked),
        not_a_digit=float(decision.probabilities[NOT_A_DIGIT]),
        glyph=outcome.glyph,
    )


def _line(digit: Digit) -> Line:
    return Line(
        text=digit.text,
        status=digit.status,
        reason=digit.reason,
        confidence=digit.confidence,
        box=digit.box,
        alternatives=digit.alternatives,
        digits=(digit,),
    )
