"""`inkdigits explain`: pictures in, why each was read as it was out: on stdout in words, with -o as sheets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.terminal import show

if TYPE_CHECKING:
    from inkdigits.cli.pictures import Result

FORMATS = ("text", "json", "jsonl")


@click.command(
    "explain",
    short_help="Say why pictures were read as they were.",
    epilog="Exit codes: 0 all explained; 1 some pictures could not be read (the rest were explained); 2 wrong usage; "
    "3 no such model.",
)
@click.argument("pictures", nargs=-1, required=True)
@click.option("--model", default="default", show_default=True,
              help="Name or folder of a packed model, a run, or a Keras file.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
              help="text: for people; jsonl: one object per picture.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.png|DIR",
              help="Draw the explanation of a picture there, or of each picture in a folder.")  # fmt: skip
@click.option("--max-megapixels", type=float, default=100.0, show_default=True, help="Refuse larger pictures.")
def command(pictures: tuple[str, ...], model: str, form: str, output: Path | None, max_megapixels: float) -> int:
    """Explains the reading of the handwritten digit in each of PICTURES.

    Shown are the network's inputs, the probabilities, the place that decided, the nearest of MNIST's training digits,
    and what about the picture may mislead. PICTURES are the same as for read.

    \b
    Examples:
      inkdigits explain photo.jpg
      inkdigits explain photo.jpg -o why.png
      inkdigits explain scans/ --format jsonl -o sheets/
    """
    from inkdigits.cli.pictures import load_recognizer, read_sources
    from inkdigits.cli.reporter import Reporter
    from inkdigits.cli.results import check_not_read, check_views_not_read, write
    from inkdigits.reading.source import expand

    _check_output(pictures, output)
    sources = expand(pictures)
    if output is not None:
        check_not_read(output, sources)
        check_views_not_read(output, sources)
    recognizer = load_recognizer(model=model, max_megapixels=max_megapixels)
    reporter = Reporter(sources)
    results = _saved(reporter.watch(read_sources(recognizer, sources, explain=True)), output)
    if form == "text":
        _write_text(results)
    else:
        write(results, form, sys.stdout, explain=True)
    return reporter.finish()


def _check_output(pictures: tuple[str, ...], output: Path | None) -> None:
    from inkdigits.errors import SettingError
    from inkdigits.image.formats import SUFFIXES
    from inkdigits.reading.source import names_one

    if output is None or not _is_file(output):
        if output is not None and output.suffix.lower() in SUFFIXES and not output.is_dir():
            raise SettingError(
                f"Expected a PNG file or a folder for the sheets. Received: {output}.",
                hint=f"Name {output.with_suffix('.png').name} or a folder with -o.",
            )
        return
    if len(pictures) > 1 or not names_one(pictures[0]):
        raise SettingError(
            f"Expected a folder for the sheets of several pictures. Received: the file {output}.",
            hint="Name a folder with -o, or one picture.",
        )


def _is_file(output: Path) -> bool:
    return output.suffix.lower() == ".png" and not output.is_dir()


def _saved(results: Iterator[Result], output: Path | None) -> Iterator[Result]:
    """Saves the sheet of each explanation on its way."""
    from inkdigits.files import draft_of
    from inkdigits.reading.writers import file_name

    for index, (page, explanation) in enumerate(results):
        if explanation is not None and output is not None:
            path = output if _is_file(output) else output / file_name(page.path, index)
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft_of(path) as draft:
                explanation.draw().save(draft, "PNG", optimize=True)
        yield page, explanation


def _write_text(results: Iterator[Result]) -> None:
    from inkdigits.explaining.text import explanation_text

    texts = (explanation_text(one, encoding=sys.stdout.encoding) for _, one in results if one is not None)
    for index, text in enumerate(texts):
        show(*[""] * (index > 0), *text.splitlines())
