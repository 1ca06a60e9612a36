"""What `read` and `explain` share: a recognizer, and the reading of named pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from inkdigits.cli.terminal import say
from inkdigits.errors import PictureError

if TYPE_CHECKING:
    from inkdigits.explaining.explanation import Explanation
    from inkdigits.reading.result import Page
    from inkdigits.reading.source import Source, Sources
    from inkdigits.recognizer import Recognizer

    Result: TypeAlias = tuple[Page, Explanation | None]
    """A page, and its explanation if it was asked for and the picture could be read."""


def load_recognizer(*, model: str, **options: Any) -> Recognizer:
    """Loads a recognizer, and says on stderr what its user should know before reading."""
    from inkdigits.cli.options import model_folder
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.recognizer import Recognizer

    if options.get("max_error") is not None and options.get("min_confidence") is not None:
        raise click.UsageError("Give --max-error or --min-confidence, not both.", click.get_current_context())
    folder = model_folder(model)
    with quiet_native_stderr():
        recognizer = Recognizer.load(folder, **options)
    if recognizer.risk_bound is not None:
        say(recognizer.risk_bound.sentence)
    if not recognizer.model.has_not_a_digit:
        name = recognizer.model.card.name
        say(f"note: {name} has no class for non-digits: it takes every mark for a digit.")
    return recognizer


def read_sources(
    recognizer: Recognizer, sources: Sources, *, explain: bool = False, keep_records: bool = False
) -> Iterator[Result]:
    """Reads, or explains, every picture that names stand for; pages bear the names that their user gave."""
    pages = _explained(recognizer, sources) if explain else _read(recognizer, sources, keep_records)
    for source, (page, explanation) in zip(sources.pictures, pages, strict=True):
        named = page if page.path == source.name else replace(page, path=source.name)
        yield named, None if explanation is None else replace(explanation, page=named)


def _read(recognizer: Recognizer, sources: Sources, keep_records: bool) -> Iterator[Result]:
    pictures = [source.picture for source in sources.pictures if source.picture is not None]
    if len(pictures) == 1:
        pages = iter([_page_of(recognizer, pictures[0])])  # no threads for one picture
    else:
        pages = recognizer.read_many(pictures, keep_records=keep_records)
    for source in sources.pictures:
        yield (_failed(recognizer, source) if source.picture is None else next(pages)), None


def _page_of(recognizer: Recognizer, picture: Path | bytes) -> Page:
    try:
        return recognizer.read(picture)
    except PictureError as error:
        if click.get_current_context().find_root().obj.debug:
            raise
        return recognizer.failed_page(error)


def _failed(recognizer: Recognizer, source: Source) -> Page:
    return recognizer.failed_page(PictureError(source.error, hint=source.hint))


def _explained(recognizer: Recognizer, sources: Sources) -> Iterator[Result]:
    for source in sources.pictures:
        if source.picture is None:
            yield _failed(recognizer, source), None
            continue
        try:
            explanation = recognizer.explain(source.picture)
        except PictureError as error:
            yield recognizer.failed_page(error), None
        else:
            yield explanation.page, explanation
