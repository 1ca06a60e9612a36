"""`inkdigits data`: shows, verifies and exports labeled glyphs. Results on stdout, everything else on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.options import source_options
from inkdigits.cli.terminal import say, show

if TYPE_CHECKING:
    from inkdigits.data.dataset import Dataset
    from inkdigits.data.export import Format
    from inkdigits.data.source import Part

SOURCE_HELP = "mnist, a CSV, NPZ or IDX file, or a folder of IDX files or pictures."


@click.group("data", short_help="Show, verify or export labeled glyphs.")
def command() -> None:
    """Shows, verifies or exports labeled glyphs: MNIST's, or your own."""


@command.command("show", short_help="Draw a contact sheet and count by class.")
@click.option("--data", "source", default="mnist", show_default=True, metavar="SOURCE", help=SOURCE_HELP)
@source_options
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True, help="Glyphs on the sheet.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which glyphs.")
@click.option("--label", type=click.IntRange(0, 9), help="Only glyphs of this digit.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default="contact-sheet.png",
              show_default=True, help="The picture to write.")  # fmt: skip
def draw(source: str, split: Part, strict: bool, count: int, seed: int, label: int | None, output: Path) -> None:
    """Draws a contact sheet of some glyphs, and counts them all by class.

    \b
    Examples:
      inkdigits data show
      inkdigits data show --data my-digits/ --label 7 -o sevens.png
    """
    from inkdigits.data.contact_sheet import contact_sheet, save_sheet
    from inkdigits.data.source import load_part
    from inkdigits.data.splits import sample
    from inkdigits.files import check_not_input

    check_not_input(output, source)
    chosen = sample(dataset := load_part(source, split, strict=strict), count, seed=seed, label=label)
    save_sheet(contact_sheet(dataset.glyphs[chosen], [str(label) for label in dataset.labels[chosen]]), output)
    say(f"Wrote {len(chosen)} glyphs to {output}")
    _print_counts(dataset)
    show(f"sha256 {dataset.sha256}")
    _finish(dataset)


@command.command("verify", short_help="Check the files, or every row or picture.")
@click.option("--data", "source", metavar="SOURCE", help=f"Instead of the embedded MNIST: {SOURCE_HELP}")
@source_options
def verify(source: str | None, split: Part, strict: bool) -> None:
    """Checks the embedded MNIST files, or every row or picture of SOURCE.

    \b
    Examples:
      inkdigits data verify
      inkdigits data verify --data my-digits/
    """
    from inkdigits.data import mnist
    from inkdigits.data.source import load_part

    if source is None:
        for check in (checks := mnist.verify()):
            show(f"{'ok ' if check.ok else 'bad'} {check.file} {check.received}")
        mnist.check_files(checks)
        return
    dataset = load_part(source, split, strict=strict)
    _print_counts(dataset)
    _finish(dataset)


@command.command("export", short_help="Write another format.")
@click.option("--data", "source", default="mnist", show_default=True, metavar="SOURCE", help=SOURCE_HELP)
@source_options
@click.option("--format", "form", type=click.Choice(["folder", "csv", "npz", "idx"], case_sensitive=False),
              help="What to write; by default what the ending of TARGET says, .csv or .npz.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@click.argument("target", type=click.Path(path_type=Path))
def export(source: str, split: Part, strict: bool, form: Format | None, overwrite: bool, target: Path) -> None:
    """Writes SOURCE to TARGET, a file (csv, npz) or a folder (folder, idx).

    \b
    Examples:
      inkdigits data export mnist_train.csv
      inkdigits data export --split test --format folder mnist-test/
    """
    from inkdigits.data.export import export_dataset, format_of
    from inkdigits.data.source import load_part
    from inkdigits.files import check_not_input

    form = form or format_of(target)
    check_not_input(target, source)
    dataset = load_part(source, split, strict=strict)
    export_dataset(dataset, target, form, overwrite=overwrite, split="test" if split == "test" else "train")
    say(f"Wrote {len(dataset)} glyphs of {dataset.name}")
    show(target)
    _finish(dataset)


def _print_counts(dataset: Dataset) -> None:
    counts = (f"{digit} {count:6}" for digit, count in enumerate(dataset.counts))
    show(f"{dataset.name}: {len(dataset)} glyphs", *counts)


def _finish(dataset: Dataset) -> None:
    """Names what was left out, and says by the exit code that something was."""
    from inkdigits.cli import EXIT_FAILED
    from inkdigits.data.dataset import left_out_lines

    say(*left_out_lines(dataset.issues, dataset.labels))
    if dataset.issues:
        click.get_current_context().exit(EXIT_FAILED)
