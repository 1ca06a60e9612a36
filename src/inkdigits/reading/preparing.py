"""Preparation of pictures for a model: pixels in, the primary candidate of each out. It may run in another thread."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image

from inkdigits.errors import InkdigitsError, PictureError
from inkdigits.image.load import Gray, Picture, load, load_with_photo
from inkdigits.layout.candidates import Segmentation, find_candidates
from inkdigits.layout.digit import WORK_SIDE, DigitCandidate
from inkdigits.reading.record import Pixels
from inkdigits.reading.source import resolve

Keep: TypeAlias = Literal["nothing", "gray", "photo"]

NO_INK = np.empty((0, 0), np.uint8)
LOADED_PIXELS = 1 << 18  # of small pictures that are loaded before the first of them is segmented


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


@dataclass(frozen=True, eq=False)
class _Loaded:
    name: str | None
    gray: Gray
    photo: Image.Image | None


def prepare(picture: Picture, *, max_megapixels: float, keep: Keep) -> Prepared:
    """Loads a picture and finds its primary candidate.

    Args:
        picture: As for reading.
        max_megapixels: Refuses a larger picture.
        keep: What the record keeps of the picture: `"nothing"`, `"gray"` and ink, or the `"photo"` in its colors, too.

    Raises:
        PictureError: It cannot be read.
    """
    return _segment(_load(picture, max_megapixels, keep), keep)


def prepare_many(pictures: Sequence[Picture], *, max_megapixels: float, keep: Keep) -> list[Prepared | Failure]:
    """As `prepare`, of several pictures; one that cannot be read becomes a failure, which holds no pixels.

    Small pictures are loaded many at a time, and then segmented. In turns, each step would drive the other's code and
    data out of the processor's caches. Both together would take up to 1.4 times as long.
    """
    prepared: list[Prepared | Failure] = []
    loaded: list[_Loaded | Failure] = []
    pixels = 0
    for picture in pictures:
        try:
            loaded.append(one := _load(picture, max_megapixels, keep))
            pixels += one.gray.size
        except InkdigitsError as error:
            loaded.append(Failure(name_of(picture), error.message, error.hint))
        if pixels >= LOADED_PIXELS:
            prepared += [_segment_or_fail(one, keep) for one in loaded]
            loaded, pixels = [], 0
    return prepared + [_segment_or_fail(one, keep) for one in loaded]


def name_of(picture: Picture) -> str | None:
    """The path of a picture; None if it is not a file."""
    try:
        return os.fspath(picture) if isinstance(picture, str | os.PathLike) else None
    except Exception:  # of a path that is none: loading says so
        return None


def _load(picture: Picture, max_megapixels: float, keep: Keep) -> _Loaded:
    with defects_explained():
        if keep == "photo":
            gray, photo = load_with_photo(resolve(picture), side=WORK_SIDE, max_megapixels=max_megapixels)
            return _Loaded(name_of(picture), gray, photo)
        return _Loaded(name_of(picture), load(resolve(picture), max_megapixels=max_megapixels), None)


def _segment(loaded: _Loaded, keep: Keep) -> Prepared:
    with defects_explained():
        found = find_candidates(loaded.gray)
    if keep != "nothing":
        return Prepared(loaded.name, found.primary, found, Pixels(loaded.gray, found.work, loaded.photo))
    if found.fallback is None:
        return Prepared(loaded.name, found.primary, None, None)
    if found.fallback == "shaded":  # many pictures may wait: what no fallback needs is let go
        seen = found.unlit or found.work
        found = replace(found, work=replace(seen, ink=NO_INK, bare=NO_INK), unlit=None)
    elif found.work.is_ruled:
        found = replace(found, work=replace(found.work, bare=found.work.ink))
    return Prepared(loaded.name, found.primary, found, None)


def _segment_or_fail(loaded: _Loaded | Failure, keep: Keep) -> Prepared | Failure:
    if isinstance(loaded, Failure):
        return loaded
    try:
        return _segment(loaded, keep)
    except InkdigitsError as error:
        return Failure(loaded.name, error.message, error.hint)


@contextmanager
def defects_explained() -> Iterator[None]:
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
