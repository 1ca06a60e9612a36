"""The way of a picture: picture in, record and page out, in two parts.

`prepare` works on the pixels of one picture and may run in another thread. `complete` classifies many prepared pictures
in two rounds: all primary candidates, then the fallbacks of the uncertain ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from inkdigits.errors import InkdigitsError, PictureError
from inkdigits.geometry import Box
from inkdigits.image.glyph import Glyph
from inkdigits.image.load import Picture, load, load_with_photo
from inkdigits.labels import CLASSES, NOT_A_DIGIT
from inkdigits.layout.candidates import Segmentation, fallback_candidates, find_candidates
from inkdigits.layout.digit import WORK_SIDE, DigitCandidate
from inkdigits.models.card import Card
from inkdigits.models.classifier import PackedModel
from inkdigits.reading.decision import Decision, DecisionPolicy, decide, wants_fallbacks
from inkdigits.reading.record import Pixels, Record, Tried
from inkdigits.reading.result import Alternative, Digit, Line, ModelInfo, Page
from inkdigits.reading.source import resolve

Keep: TypeAlias = Literal["nothing", "gray", "photo"]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture that waits to be classified.

    Attributes:
        name: Its path; None if it is not a file.
        primary: The primary candidate; None if it is blank.
        found: Where fallbacks are found, if it has any.
        pixels: The picture, if the record is to keep it.
    """

    name: str | None
    primary: DigitCandidate | None
    found: Segmentation | None
    pixels: Pixels | None


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


@dataclass(frozen=True)
class Failure:
    """A picture that cannot be read.

    Attributes:
        name: Its path; None if it is not a file.
        message: What was expected and what was received.
        hint: What to do about it.
    """

    name: str | None
    message: str
    hint: str


def name_of(picture: Picture) -> str | None:
    """The path of a picture; None if it is not a file."""
    try:
        return os.fspath(picture) if isinstance(picture, str | os.PathLike) else None
    except Exception:  # of a path that is none: loading says so
        return None


def prepare(picture: Picture, *, max_megapixels: float, keep: Keep) -> Prepared:
    """Loads a picture and finds its primary candidate.

    Args:
        picture: As for reading.
        max_megapixels: Refuses a larger picture.
        keep: What the record keeps of the picture: `"nothing"`, `"gray"` and ink, or the `"photo"` in its colors, too.

    Raises:
        PictureError: It cannot be read.
    """
    with _defects_explained():
        if keep == "photo":
            gray, photo = load_with_photo(resolve(picture), side=WORK_SIDE, max_megapixels=max_megapixels)
        else:
            gray, photo = load(resolve(picture), max_megapixels=max_megapixels), None
        found = find_candidates(gray)
    if keep != "nothing":
        return Prepared(name_of(picture), found.primary, found, Pixels(gray, found.work, photo))
    if found.fallback is None:
        return Prepared(name_of(picture), found.primary, None, None)
    if found.work.is_ruled:  # many pictures may wait: what no fallback needs is let go
        found = replace(found, work=replace(found.work, bare=found.work.ink))
    return Prepared(name_of(picture), found.primary, found, None)


@contextmanager
def _defects_explained() -> Iterator[None]:
    """Turns what OpenCV or NumPy raise into a `PictureError`: one picture must not end a stream of them."""
    try:
        yield
    except InkdigitsError:
        raise
    except Exception as error:
        raise PictureError(
            f"Expected a picture that can be read. Received: {type(error).__name__}: {error}.",
            hint="Report it, with the picture if you may.",
        ) from error


def prepare_or_fail(picture: Picture, *, max_megapixels: float, keep: Keep) -> Prepared | Failure:
    """As `prepare`, but what is wrong with the picture is returned, without the pixels that an exception holds."""
    try:
        return prepare(picture, max_megapixels=max_megapixels, keep=keep)
    except InkdigitsError as error:
        return Failure(name_of(picture), error.message, error.hint)


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
        with _defects_explained():
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
