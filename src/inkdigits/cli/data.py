"""`inkdigits data`: shows, verifies and exports labelled glyphs. Results on stdout, everything else on stderr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from inkdigits.data.dataset import Dataset, Split
    from inkdigits.data.export import Format

_Function = TypeVar("_Function", bound=Callable[..., Any])

SOURCE_HELP = "mnist, a CSV, NPZ or IDX file, or a folder of IDX files or pictures."
SOME_FAILED = 1  # exit code: some inputs failed, the rest were read


@click.group("data", short_help="Show, verify or export labelled glyphs.")
def command() -> None:
    """Shows, verifies or exports labelled glyphs: MNIST's, or your own."""


def _source_options(function: _Function) -> _Function:
    """Adds `--split` and `--strict`, which every command that loads has."""
    strict_help = "Stop at the first row or picture that cannot be used."
    function = click.option("--strict", is_flag=True, help=strict_help)(function)
    split = click.Choice(["train", "test"])
    return click.option("--split", type=split, default="train", show_default=True, help="Which half.")(function)


@command.command("show", short_help="Draw a contact sheet and count by class.")
@click.option("--data", "source", default="mnist", show_default=True, metavar="SOURCE", help=SOURCE_HELP)
@_source_options
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True, help="Glyphs on the sheet.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which glyphs.")
@click.option("--label", type=click.IntRange(0, 9), help="Only glyphs of this digit.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="contact-sheet.png",
    show_default=True,
    help="The picture to write.",
)
def show(source: str, split: Split, strict: bool, count: int, seed: int, label: int | None, output: Path) -> None:
    """Draws a contact sheet of some glyphs, and counts them all by class.

    \b
    Examples:
      inkdigits data show
      inkdigits data show --data my-digits/ --label 7 -o sevens.png
    """
    from inkdigits.data.contact_sheet import contact_sheet

    dataset = _load(source, split, strict)
    chosen = _choose(dataset, count, seed, label)
    sheet = contact_sheet(dataset.glyphs[chosen], [str(label) for label in dataset.labels[chosen]])
    _save(sheet, output)
    click.echo(f"Wrote {len(chosen)} glyphs to {output}", err=True)
    _print_counts(dataset)
    click.echo(f"sha256 {dataset.sha256}")
    _finish(dataset)


@command.command("verify", short_help="Check the files, or every row or picture.")
@click.option("--data", "source", metavar="SOURCE", help=f"Instead of the embedded MNIST: {SOURCE_HELP}")
@_source_options
def verify(source: str | None, split: Split, strict: bool) -> None:
    """Checks the embedded MNIST files, or every row or picture of SOURCE.

    \b
    Examples:
      inkdigits data verify
      inkdigits data verify --data my-digits/
    """
    if source is None:
        _verify_embedded()
        return
    dataset = _load(source, split, strict)
    _print_counts(dataset)
    _finish(dataset)


@command.command("export", short_help="Write another format.")
@click.option("--data", "source", default="mnist", show_default=True, metavar="SOURCE", help=SOURCE_HELP)
@_source_options
@click.option(
    "--format", "file_format", type=click.Choice(["folder", "csv", "npz", "idx"]), required=True, help="What to write."
)
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@click.argument("target", type=click.Path(path_type=Path))
def export(source: str, split: Split, strict: bool, file_format: Format, overwrite: bool, target: Path) -> None:
    """Writes SOURCE to TARGET, a file (csv, npz) or a folder (folder, idx).

    \b
    Examples:
      inkdigits data export --format csv mnist_train.csv
      inkdigits data export --split test --format folder mnist-test/
    """
    from inkdigits.data.export import export_dataset

    dataset = _load(source, split, strict)
    export_dataset(dataset, target, file_format, overwrite=overwrite, split=split)
    click.echo(f"Wrote {len(dataset)} glyphs of {dataset.name}", err=True)
    click.echo(str(target))
    _finish(dataset)


def _load(source: str, split: Split, strict: bool) -> Dataset:
    from inkdigits.data.source import load_dataset

    return load_dataset(source, split=split, strict=strict)


def _choose(dataset: Dataset, count: int, seed: int, label: int | None) -> NDArray[np.intp]:
    """Indices of some glyphs, in rising order; the same seed gives the same ones."""
    import numpy as np

    from inkdigits.errors import DataError

    members = np.arange(len(dataset)) if label is None else np.flatnonzero(dataset.labels == label)
    if not len(members):
        raise DataError(
            f"Expected glyphs of the digit {label} in {dataset.name}. Received: none.", hint="Choose another --label."
        )
    keys = np.random.PCG64(seed).random_raw(len(members))
    return np.sort(members[np.argsort(keys, kind="stable")[:count]])


def _save(sheet: Image, output: Path) -> None:
    from inkdigits.errors import DataError

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(output)
    except (OSError, ValueError) as error:
        raise DataError(
            f"Expected to write a picture to {output}. Received: {error}.", hint="Name a file that ends in .png."
        ) from error


def _print_counts(dataset: Dataset) -> None:
    click.echo(f"{dataset.name}: {len(dataset)} glyphs")
    for label, count in enumerate(dataset.counts):
        click.echo(f"{label} {count:6}")


def _finish(dataset: Dataset) -> None:
    """Names each problem, and says by the exit code that there were some."""
    for problem in dataset.problems:
        click.echo(f"left out {problem}", err=True)
    if dataset.problems:
        click.get_current_context().exit(SOME_FAILED)


def _verify_embedded() -> None:
    from inkdigits.data.mnist import MISSING
    from inkdigits.data.mnist import verify as verify_mnist
    from inkdigits.errors import DataError, MissingDataError

    checks = verify_mnist()
    for check in checks:
        click.echo(f"{'ok ' if check.ok else 'bad'} {check.file} {check.received}")
    bad = [check for check in checks if not check.ok]
    if bad:
        worst = next((check for check in bad if check.received == MISSING), bad[0])
        kind = MissingDataError if worst.received == MISSING else DataError
        raise kind(
            f"Expected {worst.file} with SHA-256 {worst.expected}. Received: {worst.received}.",
            hint=f"{len(bad)} of {len(checks)} files are bad: install inkdigits again.",
        )
