"""The recognizer: pictures in, pages and explanations out. It composes `reading` and `explaining` with one model."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from inkdigits.errors import InkdigitsError, PictureError, SettingError
from inkdigits.image.load import MAX_MEGAPIXELS, Picture
from inkdigits.models.classifier import BATCH, PackedModel
from inkdigits.reading.decision import MIN_CONFIDENCE, DecisionPolicy, find_risk_bound
from inkdigits.reading.options import Expect, ReadingOptions
from inkdigits.reading.pipeline import complete, model_info, to_page
from inkdigits.reading.preparing import Failure, Keep, Prepared, prepare, prepare_many
from inkdigits.reading.result import Page
from inkdigits.reading.workers import MOST, Job, read_in_processes, worth_workers
from inkdigits.system import usable_cores

if TYPE_CHECKING:
    from inkdigits.explaining.explanation import Explanation
    from inkdigits.explaining.nearest import TrainingExamples

WORKERS = 2  # threads that decode and prepare; the network has its own


class Recognizer:
    """Reads pictures with one packed model. Several threads may share it; it can be pickled and copied.

    Args:
        model: A packed model, its name or folder, or a run.
        expect: What the pictures hold. `"auto"` and `"digit"`: one digit per picture.
        min_confidence: Rejects readings of less confidence, 0 to 1; 0 rejects nothing but a blank. By default 0.5.
        max_error: The largest acceptable error rate among accepted readings, in place of `min_confidence`.
        max_megapixels: Refuses larger pictures.

    Attributes:
        model: The packed model.
        options: How to read.
        policy: The thresholds that follow from options and model.
        risk_bound: What `max_error` stands for with this model; None without `max_error`.

    Raises:
        MissingModelError: There is no such model.
        ModelError: The model is damaged, or trained for another preparation.
        SettingError: An option is out of its range, or the model cannot guarantee `max_error`.

    Example:
        >>> recognizer = Recognizer("default", min_confidence=0.8)
        >>> recognizer.read("sample:chalk").text
        '5'
    """

    def __init__(
        self,
        model: PackedModel | str | os.PathLike[str] = "default",
        *,
        expect: Expect = "auto",
        min_confidence: float | None = None,
        max_error: float | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> None:
        self.options = ReadingOptions(
            expect=expect, min_confidence=min_confidence, max_error=max_error, max_megapixels=max_megapixels
        )
        self.model = _loaded(model)
        self.risk_bound = None if max_error is None else find_risk_bound(self.model.card, max_error)
        least = MIN_CONFIDENCE if min_confidence is None else min_confidence
        self.policy = DecisionPolicy(
            min_confidence=least if self.risk_bound is None else self.risk_bound.threshold,
            not_a_digit_threshold=self.model.card.not_a_digit_threshold,
        )
        self._info = model_info(self.model.card)

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "default",
        *,
        expect: Expect = "auto",
        min_confidence: float | None = None,
        max_error: float | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> Recognizer:
        """Loads a packed model by name, folder or run; the options are those of the class."""
        return cls(
            model, expect=expect, min_confidence=min_confidence, max_error=max_error, max_megapixels=max_megapixels
        )

    def read(self, picture: Picture) -> Page:
        """Reads one picture. The page keeps its record, from which it is drawn and explained.

        Args:
            picture: A path, `"sample:NAME"`, bytes, a file object, a Pillow image or an array.

        Raises:
            PictureError: It cannot be read.
        """
        return self._read(picture, "gray")

    def _read(self, picture: Picture, keep: Keep) -> Page:
        prepared = prepare(picture, max_megapixels=self.options.max_megapixels, keep=keep)
        (record,) = complete([prepared], self.model, self.policy)
        if isinstance(record, Failure):
            raise PictureError(record.message, hint=record.hint)
        return to_page(record, self._info, keep_record=True)

    def failed_page(self, error: PictureError) -> Page:
        """The page of a picture that cannot be read, as `read_many` gives it."""
        return to_page(Failure(None, error.message, error.hint), self._info, keep_record=False)

    def read_many(
        self, pictures: Iterable[Picture], *, keep_records: bool = False, processes: int | None = None
    ) -> Iterator[Page]:
        """Reads any number of pictures in batches, a few batches ahead, so that memory stays bounded.

        Args:
            pictures: As for `read`; taken from the iterable only as needed.
            keep_records: Whether each page keeps its record, with the picture.
            processes: How many processes read paths, this one included. By default 1; one per core, up to 8, if
                `pictures` is a list of paths that takes longer than a second.

        Returns:
            A page per picture, in the order given. One that cannot be read has status `"error"`, and the others are
            still read.

        Raises:
            PictureError: `pictures` is one picture instead of several.
        """
        single = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image, np.ndarray)
        if isinstance(pictures, single) or hasattr(pictures, "read"):
            raise PictureError(
                f"Expected several pictures. Received: one ({type(pictures).__name__}).",
                hint="Put it in a list, or call read().",
            )
        if processes is None:
            processes = min(usable_cores(), MOST) if not keep_records and worth_workers(pictures) else 1
        return (
            self._read_many(iter(pictures), keep_records)
            if processes == 1 or keep_records
            else self._in_processes(pictures, processes)
        )

    def explain(self, picture: Picture) -> Explanation:
        """Reads one picture and explains why it is read so, with MNIST's nearest training digits if they are there.

        Args:
            picture: As for `read`.

        Raises:
            PictureError: It cannot be read.
        """
        from inkdigits.explaining.explanation import explain_page  # here, so that reading alone starts sooner

        return explain_page(self._read(picture, "photo"), self.model, self.policy, examples=training_examples())

    def _read_many(self, pictures: Iterator[Picture], keep: bool) -> Iterator[Page]:
        pending: deque[Future[list[Prepared | Failure]]] = deque()
        pool, limit = ThreadPoolExecutor(WORKERS), self.options.max_megapixels
        what: Keep = "gray" if keep else "nothing"
        try:
            while batch := list(islice(pictures, BATCH)):
                pending.append(pool.submit(prepare_many, batch, max_megapixels=limit, keep=what))
                if len(pending) > WORKERS:
                    yield from self._complete(pending.popleft().result(), keep)
            while pending:
                yield from self._complete(pending.popleft().result(), keep)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # an interrupt does not wait for a slow picture

    def _in_processes(self, pictures: Iterable[Picture], processes: int) -> Iterator[Page]:
        model = PackedModel.from_content(self.model.card, self.model.content, threads=1)  # each process has a core
        job = Job(model, self.policy, self.options.max_megapixels)
        for result in read_in_processes(pictures, job, processes):
            yield to_page(result, self._info)

    def _complete(self, prepared: Sequence[Prepared | Failure], keep: bool) -> Iterator[Page]:
        good = [item for item in prepared if isinstance(item, Prepared)]
        records = iter(complete(good, self.model, self.policy))
        for item in prepared:
            yield to_page(item if isinstance(item, Failure) else next(records), self._info, keep_record=keep)


def _loaded(model: PackedModel | str | os.PathLike[str]) -> PackedModel:
    if isinstance(model, PackedModel):
        return model
    if isinstance(model, str | os.PathLike):
        return PackedModel.load(Path(model) if isinstance(model, os.PathLike) else model)
    raise SettingError(
        f"Expected a packed model, its name or its folder. Received: {type(model).__name__}.",
        hint="Give 'default', or call PackedModel.load().",
    )


@cache
def _shared_model(name: str) -> PackedModel:
    """A model stays loaded for the next call."""
    return PackedModel.load(name)


def _shared_recognizer(model: str | os.PathLike[str], min_confidence: float | None) -> Recognizer:
    return Recognizer(_shared_model(os.fspath(model)), min_confidence=min_confidence)


@cache
def training_examples() -> TrainingExamples | None:
    """MNIST's training digits, to find the nearest of; None where their files are missing."""
    from inkdigits.data.source import load_dataset
    from inkdigits.explaining.nearest import TrainingExamples

    try:
        training = load_dataset("mnist")
    except InkdigitsError:
        return None
    return TrainingExamples(training.glyphs, training.labels)


def read(picture: Picture, *, model: str | os.PathLike[str] = "default", min_confidence: float | None = None) -> Page:
    """Reads one picture; the model stays loaded for the next call. A `Recognizer` has more options.

    Args:
        picture: A path, `"sample:NAME"`, bytes, a file object, a Pillow image or an array.
        model: A packed model's name or folder, or a run.
        min_confidence: Rejects a reading of less confidence, 0 to 1; 0 rejects nothing but a blank. By default 0.5.

    Returns:
        The page; its `text` is the digit, empty if it was rejected.

    Raises:
        PictureError: The picture cannot be read; a `FileNotFoundError` too, if there is no such file.
        MissingModelError: There is no such model.
        ModelError: The model is damaged, or trained for another preparation.
        SettingError: `min_confidence` is out of its range.

    Example:
        >>> read("sample:chalk").text
        '5'
    """
    return _shared_recognizer(model, min_confidence).read(picture)


def read_many(
    pictures: Iterable[Picture], *, model: str | os.PathLike[str] = "default", min_confidence: float | None = None
) -> Iterator[Page]:
    """Reads any number of pictures, in bounded memory.

    Args:
        pictures: As for `read`; taken from the iterable only as needed.
        model: A packed model's name or folder, or a run.
        min_confidence: Rejects readings of less confidence, 0 to 1; 0 rejects nothing but a blank. By default 0.5.

    Returns:
        A page per picture, in the order given. One that cannot be read has status `"error"`.

    Raises:
        PictureError: `pictures` is one picture instead of several.
        MissingModelError: There is no such model.
        ModelError: The model is damaged, or trained for another preparation.
        SettingError: `min_confidence` is out of its range.

    Example:
        >>> [page.text for page in read_many(["sample:chalk", "sample:photo"])]
        ['5', '7']
    """
    return _shared_recognizer(model, min_confidence).read_many(pictures)


def explain(
    picture: Picture, *, model: str | os.PathLike[str] = "default", min_confidence: float | None = None
) -> Explanation:
    """Explains why a picture is read as it is.

    Args:
        picture: A path, `"sample:NAME"`, bytes, a file object, a Pillow image or an array.
        model: A packed model's name or folder, or a run.
        min_confidence: Rejects a reading of less confidence, 0 to 1; a rejected one is explained, too.

    Returns:
        The reading, and why.

    Raises:
        PictureError: The picture cannot be read; a `FileNotFoundError` too, if there is no such file.
        MissingModelError: There is no such model.
        ModelError: The model is damaged, or trained for another preparation.
        SettingError: `min_confidence` is out of its range.

    Example:
        >>> explanation = explain("sample:chalk")
        >>> explanation.answer, [warning.code for warning in explanation.warnings]
        ('5', [])
    """
    return _shared_recognizer(model, min_confidence).explain(picture)
