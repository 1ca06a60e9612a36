"""`inkdigits pack`: a run or a Keras file in, a packed model out."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.terminal import say, show

if TYPE_CHECKING:
    from inkdigits.models.card import Weights


@click.command("pack", short_help="Pack a trained network: of a run, or a Keras file.")
@click.argument("source", metavar="RUN|FILE.keras", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="Folder of the packed model. It must not exist yet.")  # fmt: skip
@click.option("--weights", type=click.Choice(["auto", "int8", "float32"]), default="auto", show_default=True,
              help="Number format of the packed weights; auto: int8 if it agrees with float32 on 99.9 % of the "
              "validation digits.")  # fmt: skip
@click.option("--name", default="", help="Name of the packed model; by default the run's or the file's.")
@click.option("--version", default="1", show_default=True, help="Version of the packed model.")
def command(source: Path, output: Path, weights: Weights, name: str, version: str) -> None:
    """Packs the network that a run reached, or any Keras model of 28 × 28 digits, for reading without TensorFlow.

    \b
    Examples:
      inkdigits pack runs/convnet-1 -o packed/mine --name mine --weights float32
      inkdigits pack tutorial.keras -o packed/tutorial
    """
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.cli.training_lines import packing_line
    from inkdigits.errors import TrainingError
    from inkdigits.export.train import reopen
    from inkdigits.training.run.folder import is_run
    from inkdigits.training.run.lock import run_lock

    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise TrainingError(
            f"Expected a new or empty folder. Received: {output}, which is not empty.",
            hint="Choose another folder with -o.",
        )
    if source.suffix == ".keras":
        with quiet_native_stderr():
            from inkdigits.export.from_keras import pack_keras

            card = pack_keras(source, output, weights=weights, name=name, version=version)
        say(f"its inputs were found to go from 0 to {card.training['input_range']}")
    else:
        prepared = reopen(source)
        inside = is_run(output.parent)
        with quiet_native_stderr(), run_lock(output.parent) if inside else nullcontext():
            from inkdigits.export.from_run import pack_run

            card = pack_run(prepared.run, prepared.dataset, output, weights=weights, name=name, version=version)
    say(f"{packing_line(card.weights, card.scores)}; temperature {card.temperature:.3f}")
    show(output)
