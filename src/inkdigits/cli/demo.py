"""`inkdigits demo`: the whole way in a minute: train, evaluate, read."""

from __future__ import annotations

from pathlib import Path

import click

RECIPE = "convnet"
EPOCHS = 3  # about half a minute on two cores, and already better than 99 %


@click.command("demo", short_help="Train on MNIST, evaluate, and read sample pictures.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"),
              show_default=True, help="Where the run, the report and the answers go.")  # fmt: skip
@click.option("--epochs", type=int, default=EPOCHS, show_default=True, help="Passes over the training glyphs.")
@click.pass_context
def command(context: click.Context, output: Path, epochs: int) -> None:
    """Trains a network on MNIST, evaluates it, reads the sample pictures with it, and says where the report is.

    \b
    Example:
      inkdigits demo
    """
    from inkdigits.cli import evaluate, read, train
    from inkdigits.reading.source import sample_names

    number = 1
    while (run := output / f"run-{number}").exists():
        number += 1
    click.echo("1. training a network on 55,000 of MNIST's handwritten digits", err=True)
    context.invoke(train.command, recipe=RECIPE, epochs=epochs, output=run)
    click.echo("\n2. measuring it on MNIST's 10,000 test digits, by other hands", err=True)
    context.invoke(evaluate.command, model=str(run))
    names = tuple(f"sample:{name}" for name in sample_names())
    click.echo("\n3. reading sample pictures with it", err=True)
    context.invoke(read.command, pictures=names, model=str(run), min_confidence=0.0, annotate=run / "pictures")
    click.echo("\n4. reading them with the default model, which was trained longer, for pictures like these", err=True)
    context.invoke(read.command, pictures=names)
    click.echo(f"\nthe report: {run / 'report' / 'report.html'}; the pictures: {run / 'pictures'}", err=True)
    click.echo("now your own: inkdigits read PICTURE", err=True)
