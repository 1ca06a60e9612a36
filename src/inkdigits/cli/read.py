"""`inkdigits read`: pictures in, readings on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from inkdigits.reading.recognizer import ReadingOptions, Recognizer
    from inkdigits.reading.result import Page

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
    from inkdigits.reading.source import expand

    options = ReadingOptions(
        expect=expect,  # type: ignore[arg-type]
        min_confidence=min_confidence,
        max_megapixels=max_megapixels,
    )
    with quiet_native_stderr():
        recognizer = Recognizer.load(model)
    named = _read_all(recognizer, list(expand(pictures)), options)
    if annotate is not None or save_glyphs is not None:
        named = _saved(named, annotate, save_glyphs)
    if output is None:
        return _write(named, form, sys.stdout, alone=_is_one(pictures))
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8", newline="") as file:
        return _write(named, form, file, alone=_is_one(pictures))


def _is_one(pictures: tuple[str, ...]) -> bool:
    import glob

    name = pictures[0]
    return len(pictures) == 1 and not Path(name).is_dir() and (Path(name).exists() or not glob.has_magic(name))


def _read_all(
    recognizer: Recognizer, pictures: list[tuple[str, Path | bytes]], options: ReadingOptions
) -> Iterator[tuple[Page, Path | bytes]]:
    from dataclasses import replace

    from inkdigits.errors import InkdigitsError
    from inkdigits.reading.result import Page

    if len(pictures) == 1:  # no threads for one picture
        name, picture = pictures[0]
        try:
            page = recognizer.read_one(picture, options)
        except InkdigitsError as error:
            page = Page("error", error=error.message, hint=error.hint, model=recognizer.about)
        yield replace(page, path=name), picture
        return
    pages = recognizer.stream((picture for _, picture in pictures), options)
    for (name, picture), page in zip(pictures, pages, strict=True):
        yield replace(page, path=name), picture


def _saved(
    named: Iterator[tuple[Page, Path | bytes]], annotate: Path | None, save_glyphs: Path | None
) -> Iterator[tuple[Page, Path | bytes]]:
    from PIL import Image

    from inkdigits.reading.annotation import annotate_picture

    for folder in filter(None, (annotate, save_glyphs)):
        folder.mkdir(parents=True, exist_ok=True)
    for index, (page, picture) in enumerate(named):
        name = f"{index:05}_{Path(page.path).stem.replace(':', '_') or 'picture'}.png"
        digits = [digit for line in page.lines for digit in line.digits]
        if save_glyphs is not None and digits and digits[0].glyph is not None:
            Image.fromarray(digits[0].glyph).save(save_glyphs / name)
        if annotate is not None and page.status != "error":
            annotate_picture(picture, page).save(annotate / name)
        yield page, picture


def _write(named: Iterator[tuple[Page, Path | bytes]], form: str, out: TextIO, *, alone: bool) -> int:
    """Writes the pages as they come; the exit code is 1 if any picture could not be read."""
    from inkdigits.cli import EXIT_FAILED, show_error

    failed = False
    writer = _Writer(form, out, alone=alone)
    for page, _ in named:
        if page.status == "error":
            failed = True
            show_error(f"{page.path}: {page.error}", page.hint)
        elif page.status != "ok" and form == "text":
            click.echo(f"{page.path}: {page.status} ({page.reason})", err=True)
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
