"""`inkdigits pack`: a run in, a packed model out."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("pack", short_help="Pack a run's network again, under another name or with other weights.")
@click.argument("run", type=click.Path(file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="The packed model's folder.")  # fmt: skip
@click.option("--weights", type=click.Choice(["auto", "int8", "float32"]), default="auto", show_default=True,
              help="auto: int8 if it agrees with Keras on 99.9 % of labels.")  # fmt: skip
@click.option("--name", default="", help="Of the packed model; by default the run's.")
@click.option("--version", default="1", show_default=True, help="Of the packed model.")
def command(run: Path, output: Path, weights: str, name: str, version: str) -> None:
    """Packs the network that RUN reached: Keras → LiteRT, calibrated and checked against Keras.

    \b
    Example:
      inkdigits pack runs/convnet-1 -o packed/mine --name mine --weights float32
    """
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.cli.train import load_training_data

    with quiet_native_stderr():
        import inkdigits.training.network  # noqa: F401 - first: it says what to install if TensorFlow is absent
        from inkdigits.export.from_run import pack_run
        from inkdigits.training.run.folder import open_run

    opened = open_run(run)
    dataset, check = load_training_data(opened.facts["source"], strict=False)
    with quiet_native_stderr():
        card = pack_run(
            opened, dataset, output, check=check, weights=weights, name=name, version=version  # type: ignore[arg-type]
        )  # fmt: skip
    agreement = card.scores["keras"]
    click.echo(
        f"packed as {card.weights}; labels agree with Keras on {agreement['labels_agree']:.2%} of "
        f"{agreement['count']} glyphs; temperature {card.temperature:.3f}",
        err=True,
    )
    click.echo(output)
