"""What `read` and `explain` share: reading named pictures, reporting on stderr, writing results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

import click

from inkdigits.cli.terminal import say, show_error
from inkdigits.errors import PictureError, SettingError

if TYPE_CHECKING:
    from inkdigits.explaining.explanation import Explanation
    from inkdigits.reading.result import Page
    from inkdigits.reading.source import Source, Sources
    from inkdigits.recognizer import Recognizer

    Result: TypeAlias = tuple[Page, Explanation | None]
    """A page, and its explanation if it was asked for and the picture could be read."""

MANY = 50  # pictures: from here on a terminal shows how far the reading is


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


class Reporter:
    """Reports on stderr what becomes of the pictures: errors and statuses as they come, a summary at the end.

    Args:
        sources: What is read.
        show_statuses: Names each page that is not ok.
        show_explanations: Writes each explanation.
    """

    def __init__(self, sources: Sources, *, show_statuses: bool = False, show_explanations: bool = False) -> None:
        from inkdigits.reading.writers import Tally

        self._sources = sources
        self._show_statuses, self._show_explanations = show_statuses, show_explanations
        self._tally = Tally()

    def watch(self, results: Iterator[Result]) -> Iterator[Result]:
        """Passes results on, and reports each."""
        from inkdigits.cli.terminal import progress

        with progress(len(self._sources.pictures), least=MANY) as advance:
            for page, explanation in results:
                advance()
                self._tally.add(page)
                if page.status == "error":
                    show_error(f"{page.path}: {page.error}", page.hint)
                elif page.status != "ok" and self._show_statuses:
                    say(f"{page.path}: {page.status} ({page.reason})")
                if explanation is not None and self._show_explanations:
                    from inkdigits.explaining.text import explanation_text

                    say(*explanation_text(explanation, encoding=sys.stderr.encoding).splitlines())
                yield page, explanation

    def finish(self) -> int:
        """Writes the summary, and gives the exit code: 1 if any picture could not be read."""
        from inkdigits.cli import EXIT_FAILED

        passed = self._sources.passed_over
        if self._tally.total > 1 or passed:
            over = ", ".join(f"{count} {ending}" for ending, count in sorted(passed.items()))
            say(f"{self._tally}" + (f"; {passed.total()} passed over ({over})" if over else ""))
        if self._show_statuses and self._tally.reasons.keys() - {"blank"}:
            say("hint: inkdigits explain PICTURE says why; --min-confidence 0 gives the best guess.")
        if ".pdf" in passed:
            say("hint: make pictures of a PDF's pages: pdftoppm -r 200 -png FILE.pdf page")
        return EXIT_FAILED if self._tally.statuses["error"] else 0


@contextmanager
def opened(output: Path | None, sources: Sources) -> Iterator[TextIO]:
    """The file that results are written to, or stdout."""
    if output is None:
        yield sys.stdout
        return
    check_not_read(output, sources)
    from inkdigits.files import draft_of

    output.parent.mkdir(parents=True, exist_ok=True)
    with draft_of(output) as draft, draft.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield file


def check_not_read(output: Path, sources: Sources) -> None:
    """Refuses to write over a picture that is to be read.

    Raises:
        SettingError: The output is one of the pictures.
    """
    if not output.exists():
        return
    for source in sources.pictures:
        if isinstance(source.picture, Path) and source.picture.exists() and source.picture.samefile(output):
            raise SettingError(
                f"Expected an output beside the pictures. Received: {output}, which is to be read.",
                hint="Name another file with -o.",
            )


def check_views_not_read(folder: Path, sources: Sources) -> None:
    """Refuses a folder in which the drawing or glyph of one picture would take the place of another.

    Raises:
        SettingError: It would.
    """
    from inkdigits.reading.writers import file_name

    for index, source in enumerate(sources.pictures):
        check_not_read(folder / file_name(source.name, index), sources)


def write(
    results: Iterator[Result], form: str, out: TextIO, *, explain: bool, alone: bool = False, raw: bool = False
) -> None:
    """Writes results in a format; with json and jsonl an explanation stands in the key of that name."""
    from inkdigits.reading import writers

    if form in ("json", "jsonl"):
        objects = (explained_dict(page, explanation) if explain else page.to_dict() for page, explanation in results)
        (writers.write_json if form == "json" else writers.write_jsonl)(objects, out)
        return
    pages = (page for page, _ in results)
    if form == "csv":
        writers.write_csv(pages, out, raw=raw)
    else:
        writers.write_text(pages, out, alone=alone)


def explained_dict(page: Page, explanation: Explanation | None) -> dict[str, Any]:
    """A page in plain values with its explanation; None if the picture could not be read."""
    return page.to_dict() | {"explanation": None if explanation is None else explanation.to_dict()}
