"""Where `read` and `explain` write results, and in which format."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from inkdigits.cli.pictures import Result
    from inkdigits.explaining.explanation import Explanation
    from inkdigits.reading.result import Page
    from inkdigits.reading.source import Sources


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
    from inkdigits.files import check_not_input

    if output.exists():
        check_not_input(output, *(source.picture for source in sources.pictures if isinstance(source.picture, Path)))


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
