"""`inkdigits read`: pictures in, readings on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from typing import TypeAlias

    from inkdigits.errors import PictureError
    from inkdigits.reading.recognizer import ReadingOptions, Recognizer
    from inkdigits.reading.result import Page

    Source: TypeAlias = Path | bytes | PictureError  # the last: a folder without pictures, an unknown sample

FORMATS = ("text", "json", "jsonl", "csv")


@click.command(
    "read",
    short_help="Read the digits in pictures.",
    epilog="Exit codes: 0 all read; 1 some pictures could not be read (the rest were); 2 wrong usage; 3 no such model.",
)
@click.argument("pictures", nargs=-1, required=True)
@click.option("--expect", type=click.Choice(["auto", "digit", "line", "page"]), default="auto", show_default=True,
              help="What each picture holds. Today: one digit (lines and pages come later).")  # fmt: skip
@click.option("--model", default="default", show_default=True, help="A packed model's name or folder, or a run.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
              help="text: the answers alone; jsonl: one object a picture.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to stdout.")
@click.option("--min-confidence", type=float, default=0.5, show_default=True, metavar="P",
              help="Reject readings less sure than P; 0 rejects nothing but a blank.")  # fmt: skip
@click.option("--annotate", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write each picture there with its answer drawn on it.")  # fmt: skip
@click.option("--save-glyphs", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write there what the network saw of each picture.")  # fmt: skip
@click.option("--max-megapixels", type=float, default=100.0, show_default=True, help="Refuse larger pictures.")
def command(
    pictures: tuple[str, ...],
    expect: str,
    model: str,
    form: str,
    output: Path | None,
    min_confidence: float,
    annotate: Path | None,
    save_glyphs: Path | None,
    max_megapixels: float,
) -> int:
    """Reads the handwritten digit in each of PICTURES.

    PICTURES are files, folders (searched recursively), globs, - for standard input, or sample:NAME.

    \b
    Examples:
      inkdigits read photo.jpg
      inkdigits read scans/ --format jsonl -o answers.jsonl
      inkdigits read sample:photo --save-glyphs seen/
    """
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.reading.recognizer import ReadingOptions, Recognizer
    from inkdigits.reading.source import names_one

    options = ReadingOptions(
        expect=expect,  # type: ignore[arg-type]
        min_confidence=min_confidence,
        max_megapixels=max_megapixels,
    )
    with quiet_native_stderr():
        recognizer = Recognizer.load(model)
    named = _read_all(recognizer, list(_expand(pictures)), options)
    if annotate is not None or save_glyphs is not None:
        named = _saved(named, annotate, save_glyphs, max_megapixels)
    alone = len(pictures) == 1 and names_one(pictures[0])
    if output is None:
        return _write(named, form, sys.stdout, alone=alone)
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        return _write(named, form, file, alone=alone)


def _expand(names: tuple[str, ...]) -> Iterator[tuple[str, Source]]:
    """What each name stands for; one that stands for nothing does not keep the others from being read."""
    from inkdigits.errors import PictureError
    from inkdigits.reading.source import expand

    for name in names:
        try:
            yield from expand([name])
        except PictureError as error:
            yield name, error


def _read_all(
    recognizer: Recognizer, pictures: list[tuple[str, Source]], options: ReadingOptions
) -> Iterator[tuple[Page, Source]]:
    from dataclasses import replace

    from inkdigits.errors import PictureError

    pages = _pages(recognizer, [source for _, source in pictures if not isinstance(source, PictureError)], options)
    for name, source in pictures:
        page = _failed(recognizer, source) if isinstance(source, PictureError) else next(pages)
        yield replace(page, path=name), source


def _pages(recognizer: Recognizer, pictures: list[Path | bytes], options: ReadingOptions) -> Iterator[Page]:
    from inkdigits.errors import PictureError

    if len(pictures) != 1:
        yield from recognizer.stream(pictures, **vars(options))
        return
    try:
        yield recognizer.read_one(pictures[0], **vars(options))  # no threads for one picture
    except PictureError as error:
        yield _failed(recognizer, error)


def _failed(recognizer: Recognizer, error: PictureError) -> Page:
    from inkdigits.reading.result import Page

    return Page("error", error=error.message, hint=error.hint, model=recognizer.about)


def _saved(
    named: Iterator[tuple[Page, Source]], annotate: Path | None, save_glyphs: Path | None, max_megapixels: float
) -> Iterator[tuple[Page, Source]]:
    from PIL import Image

    from inkdigits.errors import PictureError
    from inkdigits.reading.annotation import annotate_picture

    for folder in filter(None, (annotate, save_glyphs)):
        folder.mkdir(parents=True, exist_ok=True)
    for index, (page, source) in enumerate(named):
        name = f"{index:05}_{_stem(page.path)}.png"
        digits = [digit for line in page.lines for digit in line.digits]
        if save_glyphs is not None and digits and digits[0].glyph is not None:
            Image.fromarray(digits[0].glyph).save(save_glyphs / name)
        if annotate is not None and page.status != "error" and not isinstance(source, PictureError):
            annotate_picture(source, page, max_megapixels=max_megapixels).save(annotate / name)
        yield page, source


def _stem(path: str) -> str:
    """What a picture's own files are named by: at most 100 bytes, for a file's name has room for 255 in all."""
    stem = os.fsencode(Path(path).stem.replace(":", "_"))
    return stem[:100].decode(errors="ignore") or "picture"


def _write(named: Iterator[tuple[Page, Source]], form: str, out: TextIO, *, alone: bool) -> int:
    """Writes the pages as they come; the exit code is 1 if any picture could not be read."""
    from inkdigits.cli import EXIT_FAILED, one_line, show_error

    failed = False
    writer = _Writer(form, out, alone=alone)
    for page, _ in named:
        if page.status == "error":
            failed = True
            show_error(f"{page.path}: {page.error}", page.hint)
        elif page.status != "ok" and form == "text":
            click.echo(one_line(f"{page.path}: {page.status} ({page.reason})"), err=True)
        writer.write(page)
    writer.close()
    return EXIT_FAILED if failed else 0


class _Writer:
    """Writes pages in one of the four formats."""

    def __init__(self, form: str, out: TextIO, *, alone: bool) -> None:
        import csv

        self._form = form
        self._out = out
        self._alone = alone
        self._count = 0
        self._csv = csv.writer(out, lineterminator="\n")
        if form == "csv":
            self._csv.writerow(["path", "kind", "text", "status", "reason", "confidence", "error"])

    def write(self, page: Page) -> None:
        import json

        if self._form == "text":
            if page.status != "error":
                self._out.write(f"{page.text}\n" if self._alone else f"{page.path}: {page.text}\n")
        elif self._form == "csv":
            confidence = "" if page.confidence is None else f"{page.confidence:.6g}"
            row = [page.path, page.kind, page.text, page.status, page.reason or "", confidence, page.error or ""]
            self._csv.writerow(row)
        else:
            text = json.dumps(page.to_dict(), ensure_ascii=False)
            if self._form == "json":
                text = ("[" if self._count == 0 else ",\n ") + text
            self._out.write(text if self._form == "json" else text + "\n")
        self._count += 1

    def close(self) -> None:
        if self._form == "json":
            self._out.write("]\n" if self._count else "[]\n")
