"""`inkdigits read`: pictures in, readings on stdout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from inkdigits.cli.pictures import Result

FORMATS = ("text", "json", "jsonl", "csv")


@click.command(
    "read",
    short_help="Read the digits in pictures.",
    epilog="Exit codes: 0 all read; 1 some pictures could not be read (the rest were); 2 wrong usage; 3 no such model.",
)
@click.argument("pictures", nargs=-1, required=True)
@click.option("--expect", type=click.Choice(["auto", "digit"]), default="auto", show_default=True,
              help="What each picture holds: one digit. Lines and pages come in a later version.")  # fmt: skip
@click.option("--model", default="default", show_default=True,
              help="Name or folder of a packed model, a run, or a Keras file.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(FORMATS),
              help="text: answers alone; jsonl: one object per picture. Default: by -o's ending.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to stdout.")
@click.option("--min-confidence", type=float, metavar="P",
              help="Give no answer below this confidence (default 0.5). 0: answer all but blanks.")  # fmt: skip
@click.option("--max-error", type=float, metavar="P",
              help="Largest acceptable error rate among accepted readings, such as 0.01.")  # fmt: skip
@click.option("--annotate", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write each picture there with its answer drawn on it.")  # fmt: skip
@click.option("--save-glyphs", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write there the 28 x 28 inputs of the network.")  # fmt: skip
@click.option("--explain", is_flag=True,
              help="Say why, on stderr; with json and jsonl in the key explanation.")  # fmt: skip
@click.option("--raw", is_flag=True, help="In CSV, leave names as they are that a spreadsheet would execute.")
@click.option("--max-megapixels", type=float, default=100.0, show_default=True, help="Refuse larger pictures.")
def command(
    pictures: tuple[str, ...],
    form: str | None,
    output: Path | None,
    annotate: Path | None,
    save_glyphs: Path | None,
    explain: bool,
    raw: bool,
    **options: Any,
) -> int:
    """Reads the handwritten digit in each of PICTURES.

    PICTURES are files, folders (searched recursively), globs, - for standard input, or sample:NAME.

    \b
    Examples:
      inkdigits read photo.jpg
      inkdigits read scans/ -o answers.csv
      inkdigits read sample:photo --explain
    """
    from inkdigits.cli.pictures import load_recognizer, read_sources
    from inkdigits.cli.reporter import Reporter
    from inkdigits.cli.results import check_views_not_read, opened, write
    from inkdigits.reading.source import expand, names_one

    form = form or format_by_ending(output)
    recognizer = load_recognizer(**options)
    sources = expand(pictures)
    keep = annotate is not None or save_glyphs is not None
    reporter = Reporter(
        sources, show_statuses=form == "text" and not explain, show_explanations=form in ("text", "csv")
    )
    results = reporter.watch(read_sources(recognizer, sources, explain=explain, keep_records=keep))
    for folder in filter(None, (annotate, save_glyphs)):
        check_views_not_read(folder, sources)
    with opened(output, sources) as out:
        alone = len(pictures) == 1 and names_one(pictures[0])
        write(save_views(results, annotate, save_glyphs), form, out, explain=explain, alone=alone, raw=raw)
    return reporter.finish()


def format_by_ending(output: Path | None) -> str:
    """`csv` for `answers.csv`, and so on; else `text`."""
    ending = "" if output is None else output.suffix.lower().removeprefix(".")
    return ending if ending in FORMATS else "text"


def save_views(results: Iterator[Result], annotate: Path | None, save_glyphs: Path | None) -> Iterator[Result]:
    """Saves drawing and glyphs of each page on its way."""
    from inkdigits.files import draft_of
    from inkdigits.reading import writers

    for folder in filter(None, (annotate, save_glyphs)):
        folder.mkdir(parents=True, exist_ok=True)
    for index, (page, explanation) in enumerate(results):
        if save_glyphs is not None:
            writers.save_glyphs(page, save_glyphs, index)
        if annotate is not None and page.record is not None:
            with draft_of(annotate / writers.file_name(page.path, index)) as draft:
                page.draw().save(draft)
        yield page, explanation
