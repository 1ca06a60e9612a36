"""The recognizer: pictures in, readings out. It composes loading, preparation and a packed model, and adds no maths."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.errors import InkdigitsError, PictureError
from inkdigits.image.load import MAX_MEGAPIXELS, Gray, Picture, load
from inkdigits.layout.digit import PreparedDigit, is_small, look_again, look_softly, prepare_digit
from inkdigits.models.classifier import BATCH, PackedModel, refused
from inkdigits.models.operating_points import RiskBound, select_threshold
from inkdigits.reading.options import MIN_CONFIDENCE, SURE, Expect, ReadingOptions
from inkdigits.reading.result import Digit, Line, Page, Status
from inkdigits.reading.source import SAMPLE_PREFIX, find_sample

Row: TypeAlias = NDArray[np.float64]
"""The probabilities of the ten digits, shape `(10,)`."""
Prepared: TypeAlias = PreparedDigit | InkdigitsError

WORKERS = 2  # threads that decode and prepare; the network has its own


class Recognizer:
    """Reads pictures with one packed model. Safe to use from several threads.

    Args:
        model: The packed model.

    Attributes:
        model: The packed model.
        about: Its name, version and preparation, as every reading carries them.

    Example:
        >>> recognizer = Recognizer.load("default")
        >>> [page.status for page in recognizer.read([np.full((50, 50), 255, np.uint8)])]
        ['rejected']
    """

    def __init__(self, model: PackedModel) -> None:
        self.model = model
        card = model.card
        self.about = {"name": card.name, "version": card.version, "preparation": card.preparation}

    @classmethod
    def load(cls, model: str | Path = "default") -> Recognizer:
        """Loads a packed model by name, folder or run.

        Raises:
            MissingModelError: There is none of that name.
            ModelError: It is damaged, or trained for another preparation.
        """
        return cls(PackedModel.load(model))

    def read(
        self,
        pictures: Iterable[Picture],
        *,
        expect: Expect = "auto",
        min_confidence: float = MIN_CONFIDENCE,
        max_error: float | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> list[Page]:
        """Reads pictures; one that cannot be read has status `"error"`, and the others are still read.

        Args:
            pictures: Paths, `"sample:NAME"`, bytes, Pillow images or arrays.
            expect: What they hold.
            min_confidence: Rejects readings less sure than this, 0 to 1, and what is taken for no digit; 0 nothing.
            max_error: Rejects as much as it takes for at most this share to be wrong, in place of `min_confidence`.
            max_megapixels: Refuses larger pictures.

        Returns:
            A page a picture, in the order given.

        Raises:
            PictureError: `pictures` is one picture instead of several.
            SettingError: An option is out of its range, or the model cannot promise `max_error`.
        """
        return list(
            self.stream(
                pictures,
                expect=expect,
                min_confidence=min_confidence,
                max_error=max_error,
                max_megapixels=max_megapixels,
            )
        )

    def stream(
        self,
        pictures: Iterable[Picture],
        *,
        expect: Expect = "auto",
        min_confidence: float = MIN_CONFIDENCE,
        max_error: float | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> Iterator[Page]:
        """Reads any number of pictures in batches, a few batches ahead, so that memory stays bounded.

        Args:
            pictures: As for `read`; taken from the iterable only as needed.
            expect: What they hold.
            min_confidence: Rejects readings less sure than this, 0 to 1, and what is taken for no digit; 0 nothing.
            max_error: Rejects as much as it takes for at most this share to be wrong, in place of `min_confidence`.
            max_megapixels: Refuses larger pictures.

        Yields:
            A page a picture, in the order given.

        Raises:
            PictureError: `pictures` is one picture instead of several.
            SettingError: An option is out of its range, or the model cannot promise `max_error`.
        """
        options = self._settle(
            ReadingOptions(
                expect=expect, min_confidence=min_confidence, max_error=max_error, max_megapixels=max_megapixels
            )
        )
        if isinstance(pictures, str | os.PathLike | bytes | bytearray | memoryview | Image.Image | np.ndarray):
            raise PictureError(
                f"Expected several pictures. Received: one ({type(pictures).__name__}).",
                hint="Put it in a list, or call read_one().",
            )
        return self._stream(iter(pictures), options)

    def _stream(self, pictures: Iterator[Picture], options: ReadingOptions) -> Iterator[Page]:
        pending: deque[tuple[list[Picture], Future[list[Prepared]]]] = deque()
        with ThreadPoolExecutor(WORKERS) as pool:
            while batch := list(islice(pictures, BATCH)):
                pending.append((batch, pool.submit(_prepare_batch, batch, options.max_megapixels)))
                if len(pending) > WORKERS:
                    ready, future = pending.popleft()
                    yield from self._answer(ready, future.result(), options)
            while pending:
                ready, future = pending.popleft()
                yield from self._answer(ready, future.result(), options)

    def read_one(
        self,
        picture: Picture,
        *,
        expect: Expect = "auto",
        min_confidence: float = MIN_CONFIDENCE,
        max_error: float | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> Page:
        """Reads one picture.

        Args:
            picture: A path, `"sample:NAME"`, bytes, a Pillow image or an array.
            expect: What it holds.
            min_confidence: Rejects a reading less sure than this, 0 to 1, and what is taken for no digit; 0 nothing.
            max_error: Rejects as much as it takes for at most this share to be wrong, in place of `min_confidence`.
            max_megapixels: Refuses a larger picture.

        Raises:
            PictureError: It cannot be read.
            SettingError: An option is out of its range, or the model cannot promise `max_error`.
        """
        options = self._settle(
            ReadingOptions(
                expect=expect, min_confidence=min_confidence, max_error=max_error, max_megapixels=max_megapixels
            )
        )
        prepared = prepare_digit(_load(picture, max_megapixels))
        return next(self._answer([picture], [prepared], options))

    def classify(self, glyphs: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Calibrated probabilities of glyphs that are already in MNIST's form.

        Args:
            glyphs: Shape `(N, 28, 28)`, uint8.

        Returns:
            Shape `(N, 10)`; each row sums to 1, less the probability that it is no digit.
        """
        return self.model.probabilities(glyphs)

    def promise(self, max_error: float) -> RiskBound:
        """What `max_error` stands for with this model: the least confidence that is read, and what is promised of it.

        Args:
            max_error: The share of the readings that may be wrong, above 0 and below 1.

        Returns:
            The promise; its threshold is 0.5 or more, for below another answer, or none, is as likely.

        Raises:
            SettingError: `max_error` is out of its range, or the model cannot promise it.
        """
        promise = select_threshold(self.model.card.operating_points, max_error)
        threshold = max(promise.threshold, MIN_CONFIDENCE)
        kept = [point.coverage for point in self.model.card.operating_points if point.threshold >= threshold]
        return replace(promise, threshold=threshold, coverage=max(kept, default=promise.coverage))

    def _settle(self, options: ReadingOptions) -> ReadingOptions:
        """The options with the threshold that keeps the promise of `max_error`."""
        if options.max_error is None:
            return options
        return replace(options, max_error=None, min_confidence=self.promise(options.max_error).threshold)

    def _answer(
        self, pictures: Sequence[Picture], prepared: Sequence[Prepared], options: ReadingOptions
    ) -> Iterator[Page]:
        glyphs = [item.glyph for item in prepared if isinstance(item, PreparedDigit) and item.glyph is not None]
        rows = iter(self.classify(np.stack(glyphs)) if glyphs else ())
        for picture, item in zip(pictures, prepared, strict=True):
            path = os.fspath(picture) if isinstance(picture, str | os.PathLike) else ""
            if isinstance(item, InkdigitsError):
                yield Page("error", path=path, error=item.message, hint=item.hint, model=self.about)
            elif item.glyph is None or item.box is None:
                yield Page("rejected", path=path, reason=item.reason, model=self.about)
            else:
                seen, probabilities = self._surest_look(item, next(rows))
                none = self.refuses(probabilities)
                status, reason = _judge(seen, float(probabilities.max()), options.min_confidence, none=none)
                line = Line((_digit(seen, probabilities),))
                yield Page(status, lines=(line,), path=path, reason=reason, model=self.about)

    def refuses(self, probabilities: Row) -> bool:
        """Whether the model takes a glyph for no digit: likelier none than its best answer, or than its card allows.

        Args:
            probabilities: Of the ten digits, shape `(10,)`, as `classify` gives a row of them.
        """
        return bool(refused(probabilities[np.newaxis], self.model.card)[0])

    def _surest_look(self, first: PreparedDigit, probabilities: Row) -> tuple[PreparedDigit, Row]:
        """The first look at a digit, or if it is not sure what others say of it.

        On lined paper they are the surest of that and the second looks. In a small picture the mean of all says which
        digit it is, and the first look how likely it is none.
        """
        sure = probabilities.max() >= SURE and not self.refuses(probabilities)
        if first.sheet is None or sure:
            return first, probabilities
        if is_small(first.sheet):
            soft = [self.classify(glyph[np.newaxis])[0] for glyph in look_softly(first.sheet)]
            mean = np.mean([probabilities, *soft], axis=0)
            return first, mean * (probabilities.sum() / mean.sum())
        glyphs = [(look, look.glyph) for look in look_again(first.sheet) if look.glyph is not None]
        # One by one: a batch is filled up, and takes ten times as long as four glyphs.
        seen = [(first, probabilities), *((look, self.classify(glyph[None])[0]) for look, glyph in glyphs)]
        return max(seen, key=lambda look: (not self.refuses(look[1]), float(look[1].max())))


def _load(picture: Picture, max_megapixels: float) -> Gray:
    if isinstance(picture, str) and picture.startswith(SAMPLE_PREFIX):
        picture = find_sample(picture.removeprefix(SAMPLE_PREFIX))
    return load(picture, max_megapixels=max_megapixels)


def _prepare_batch(pictures: Sequence[Picture], max_megapixels: float) -> list[Prepared]:
    return [_prepare(picture, max_megapixels) for picture in pictures]


def _prepare(picture: Picture, max_megapixels: float) -> Prepared:
    try:
        return prepare_digit(_load(picture, max_megapixels))
    except InkdigitsError as error:
        return error


def _digit(item: PreparedDigit, probabilities: Row) -> Digit:
    ranked = sorted(enumerate(probabilities.tolist()), key=lambda pair: -pair[1])
    alternatives = tuple((str(label), probability) for label, probability in ranked)
    return Digit(*alternatives[0], item.box or (0, 0, 0, 0), alternatives, item.glyph)


def _judge(item: PreparedDigit, confidence: float, min_confidence: float, *, none: bool) -> tuple[Status, str | None]:
    """The status of a reading and its reason; `none` says that the model takes it for no digit."""
    if min_confidence > 0 and item.reason is not None:
        return "rejected", item.reason
    doubt = "ambiguous" if not none else "several" if item.several else "not_a_digit"
    if confidence < min_confidence or (none and min_confidence > 0):
        return "rejected", doubt
    return ("uncertain", doubt) if none or confidence < SURE else ("ok", None)


@cache
def _shared_recognizer(model: str) -> Recognizer:
    return Recognizer.load(model)


def read(
    picture: Picture,
    *,
    model: str | Path = "default",
    expect: Expect = "auto",
    min_confidence: float = MIN_CONFIDENCE,
    max_error: float | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
) -> Page:
    """Reads one picture; the model stays loaded for the next call.

    Args:
        picture: A path, `"sample:NAME"`, bytes, a Pillow image or an array.
        model: A packed model's name or folder, or a run.
        expect: What the picture holds.
        min_confidence: Rejects a reading less sure than this, 0 to 1, and what the model takes for no digit; 0 rejects
            nothing but a blank.
        max_error: Rejects as much as it takes for at most this share to be wrong, in place of `min_confidence`.
        max_megapixels: Refuses a larger picture.

    Returns:
        The page; its `text` is the digit read, empty if it was rejected.

    Raises:
        PictureError: It cannot be read.
        MissingModelError: There is no such model.
        ModelError: The model is damaged, or trained for another preparation.
        SettingError: An option is out of its range, or the model cannot promise `max_error`.

    Example:
        >>> read("sample:chalk").text
        '5'
    """
    recognizer = _shared_recognizer(os.fspath(model))
    return recognizer.read_one(
        picture, expect=expect, min_confidence=min_confidence, max_error=max_error, max_megapixels=max_megapixels
    )
