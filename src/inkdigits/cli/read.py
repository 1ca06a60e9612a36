"""`inkdigits read`: pictures in, readings on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from typing import TypeAlias

    from inkdigits.cli.explain import Explainer
    from inkdigits.errors import PictureError
    from inkdigits.reading.options import ReadingOptions
    from inkdigits.reading.recognizer import Recognizer
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
              help="Reject readings less sure than P, and what is no digit; 0: only a blank.")  # fmt: skip
@click.option("--max-error", type=float, metavar="P",
              help="Reject as much as it takes for at most a share P of the readings to be wrong.")  # fmt: skip
@click.option("--annotate", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write each picture there with its answer drawn on it.")  # fmt: skip
@click.option("--save-glyphs", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write there what the network saw of each picture.")  # fmt: skip
@click.option("--explain", is_flag=True,
              help="Say why, on stderr; with json and jsonl in the key explanation.")  # fmt: skip
@click.option("--max-megapixels", type=float, default=100.0, show_default=True, help="Refuse larger pictures.")
def command(
    pictures: tuple[str, ...],
    expect: str,
    model: str,
    form: str,
    output: Path | None,
    min_confidence: float,
    max_error: float | None,
    annotate: Path | None,
    save_glyphs: Path | None,
    explain: bool,
    max_megapixels: float,
) -> int:
    """Reads the handwritten digit in each of PICTURES.

    PICTURES are files, folders (searched recursively), globs, - for standard input, or sample:NAME.

    \b
    Examples:
      inkdigits read photo.jpg
      inkdigits read scans/ --format jsonl -o answers.jsonl
      inkdigits read sample:photo --save-glyphs seen/
      inkdigits read sample:photo --explain
    """
    from inkdigits.cli.explain import Explainer
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.reading.options import ReadingOptions
    from inkdigits.reading.recognizer import Recognizer
    from inkdigits.reading.source import names_one

    if max_error is not None and _given("min_confidence"):
        raise click.UsageError("Give --max-error or --min-confidence, not both.", click.get_current_context())
    options = ReadingOptions(
        expect=expect,  # type: ignore[arg-type]
        min_confidence=min_confidence,
        max_error=max_error,
        max_megapixels=max_megapixels,
    )
    with quiet_native_stderr():
        recognizer = Recognizer.load(model)
    if max_error is not None:
        click.echo(recognizer.promise(max_error).sentence, err=True)
    named = _read_all(recognizer, list(expand_each(pictures)), options)
    if annotate is not None or save_glyphs is not None:
        named = _saved(named, annotate, save_glyphs, max_megapixels)
    alone = len(pictures) == 1 and names_one(pictures[0])
    explainer = Explainer(recognizer, max_megapixels=max_megapixels) if explain else None
    if output is None:
        return _write(named, form, sys.stdout, alone=alone, explainer=explainer)
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        return _write(named, form, file, alone=alone, explainer=explainer)


def _given(name: str) -> bool:
    """Whether an option stands on the command line."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def expand_each(names: tuple[str, ...]) -> Iterator[tuple[str, Source]]:
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
    from inkdigits.reading.drawing import annotate_picture

    for folder in filter(None, (annotate, save_glyphs)):
        folder.mkdir(parents=True, exist_ok=True)
    for index, (page, source) in enumerate(named):
        name = f"{index:05}_{file_stem(page.path)}.png"
        digits = [digit for line in page.lines for digit in line.digits]
        if save_glyphs is not None and digits and digits[0].glyph is not None:
            Image.fromarray(digits[0].glyph).save(save_glyphs / name)
        if annotate is not None and page.status != "error" and not isinstance(source, PictureError):
            annotate_picture(source, page, max_megapixels=max_megapixels).save(annotate / name)
        yield page, source


def file_stem(path: str) -> str:
    """What a picture's own files are named by: at most 100 bytes, for a file's name has room for 255 in all."""
    stem = os.fsencode(Path(path).stem.replace(":", "_"))
    return stem[:100].decode(errors="ignore") or "picture"


def _write(
    named: Iterator[tuple[Page, Source]], form: str, out: TextIO, *, alone: bool, explainer: Explainer | None = None
) -> int:
    """Writes the pages as they come; the exit code is 1 if any picture could not be read."""
    from inkdigits.cli import EXIT_FAILED, one_line, show_error

    failed = False
    writer = _Writer(form, out, alone=alone)
    for page, source in named:
        if page.status == "error":
            failed = True
            show_error(f"{page.path}: {page.error}", page.hint)
        elif page.status != "ok" and form == "text" and explainer is None:
            click.echo(one_line(f"{page.path}: {page.status} ({page.reason})"), err=True)
        writer.write(page, None if explainer is None else _explained(explainer, page, source, form))
    writer.close()
    return EXIT_FAILED if failed else 0


def _explained(explainer: Explainer, page: Page, source: Source, form: str) -> dict[str, Any]:
    """The page and its explanation in the words of the JSON contract; of the other formats, the latter on stderr."""
    from dataclasses import replace

    from inkdigits.cli.explain import explained_dict, explanation_text
    from inkdigits.errors import PictureError

    if page.status == "error" or isinstance(source, PictureError):
        return explained_dict(page, None)
    explanation = replace(explainer(source, page.path), page=page)  # as it was judged by this command's options
    if form in ("text", "csv"):
        click.echo(explanation_text(explanation, sys.stderr), err=True, nl=False)
    return explained_dict(page, explanation)


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

    def write(self, page: Page, explained: dict[str, Any] | None = None) -> None:
        import json

        if self._form == "text":
            if page.status != "error":
                self._out.write(f"{page.text}\n" if self._alone else f"{page.path}: {page.text}\n")
        elif self._form == "csv":
            confidence = "" if page.confidence is None else f"{page.confidence:.6g}"
            row = [page.path, page.kind, page.text, page.status, page.reason or "", confidence, page.error or ""]
            self._csv.writerow(row)
        else:
            text = json.dumps(explained or page.to_dict(), ensure_ascii=False)
            if self._form == "json":
                text = ("[" if self._count == 0 else ",\n ") + text
            self._out.write(text if self._form == "json" else text + "\n")
        self._count += 1

    def close(self) -> None:
        if self._form == "json":
            self._out.write("]\n" if self._count else "[]\n")
