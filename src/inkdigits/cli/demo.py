"""`inkdigits demo`: the whole way in a minute: train, evaluate, read. It calls the command line, as a user would."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click

from inkdigits.cli.terminal import say

RECIPE = "convnet"
EPOCHS = 3  # about half a minute on two cores, and already better than 99 %


@click.command("demo", short_help="Train on MNIST, evaluate, and read sample pictures.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"),
              show_default=True, help="Where the run, the report and the answers go.")  # fmt: skip
@click.option("--epochs", type=int, default=EPOCHS, show_default=True, help="Passes over the training glyphs.")
def command(output: Path, epochs: int) -> int:
    """Trains a network on MNIST, evaluates it, reads the sample pictures with it, and says where the report is.

    \b
    Example:
      inkdigits demo
    """
    from inkdigits.cli import run
    from inkdigits.reading.source import sample_names

    number = 1
    while (folder := output / f"run-{number}").exists():
        number += 1
    samples = [f"sample:{name}" for name in sample_names()]
    steps = (
        ("training a network on 55,000 of MNIST's handwritten digits",
         ["train", "--recipe", RECIPE, "--epochs", str(epochs), "-o", str(folder)]),
        ("measuring it on MNIST's 10,000 test digits, by other writers", ["evaluate", str(folder)]),
        ("reading sample pictures with it",
         ["read", *samples, "--model", str(folder), "--min-confidence", "0", "--annotate", str(folder / "pictures")]),
        ("reading them with the default model, which was trained longer, on pictures like these", ["read", *samples]),
    )  # fmt: skip
    for place, (what, arguments) in enumerate(steps, 1):
        say(f"{place}. {what}:", f"$ inkdigits {shlex.join(arguments)}")
        if code := run(arguments):
            return code
        say("")
    say(f"the report: {folder / 'report' / 'report.html'}; the pictures: {folder / 'pictures'}")
    say(f"now your own: {program()} read PICTURE")
    return 0


def program() -> str:
    """How this command can be called from here: its name, or where it is not on the PATH its file."""
    own = Path(sys.executable).parent / "inkdigits"
    found = shutil.which("inkdigits")
    if not own.exists() or (found is not None and Path(found).resolve() == own.resolve()):
        return "inkdigits"
    return str(own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own)
