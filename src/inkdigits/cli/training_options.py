"""The options of `inkdigits train`, in groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from inkdigits.cli.options import GroupedOption

DATA, NETWORK, STEPS, OUTPUT, AGAIN = "Data and recipe", "Network", "Training", "Output", "Continuing"
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
ACTIVATIONS, OPTIMIZERS = ["relu", "sigmoid", "tanh", "linear"], ["adam", "sgd"]
SCHEDULES, PRECISIONS = ["constant", "triangular"], ["auto", "float32", "bfloat16"]
WEIGHTS = ["auto", "int8", "float32"]


def _sizes(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    try:
        return None if value is None else tuple(int(part) for part in value.split(",") if part.strip())
    except ValueError:
        raise click.BadParameter(f"expected sizes such as 512,256,128, received {value!r}") from None


def _resolved(_context: click.Context, _parameter: click.Parameter, folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(Path(folder).resolve()) for folder in folders)


option = partial(click.option, cls=GroupedOption)

# fmt: off
_OPTIONS = (
    option("--recipe", group=DATA, default="mlp-128", show_default=True, help="Recipe to train; --list shows all."),
    option("--list", "list_recipes", group=DATA, is_flag=True, help="List the recipes and stop."),
    option("--settings", "tuned", group=DATA, type=FILE, metavar="FILE",
           help="Train the best recipe that `inkdigits tune` found: its best.json."),
    option("--data", group=DATA, default="mnist", show_default=True,
           help="Training data: mnist, a folder, or an IDX, CSV or NPZ file."),
    option("--strict", group=DATA, is_flag=True, help="Stop at the first row or picture that cannot be used."),
    option("--hidden", group=NETWORK, callback=_sizes, metavar="N,N",
           help="Neurons of each hidden layer, such as 512,256,128."),
    option("--activation", group=NETWORK, type=click.Choice(ACTIVATIONS, case_sensitive=False),
           help="Activation function of the hidden layers."),
    option("--dropout", group=NETWORK, type=float,
           help="Share of the last hidden layer's outputs set to 0 in each step, 0 to below 1."),
    option("--epochs", group=STEPS, type=int, help="Passes over the training digits."),
    option("--max-steps", group=STEPS, type=int, help="Stop after this many steps (batches)."),
    option("--batch-size", group=STEPS, type=int, help="Digits per step."),
    option("--optimizer", group=STEPS, type=click.Choice(OPTIMIZERS), help="How the weights are updated."),
    option("--learning-rate", group=STEPS, type=float,
           help="Size of the updates; with a triangular schedule, its peak."),
    option("--schedule", group=STEPS, type=click.Choice(SCHEDULES),
           help="How the learning rate changes: constant, or triangular (rises to --learning-rate, then falls "
                "towards 0)."),
    option("--label-smoothing", group=STEPS, type=float,
           help="Share of each label's probability that is spread over all classes."),
    option("--precision", group=STEPS, type=click.Choice(PRECISIONS),
           help="Number format of matrix multiplications; auto takes the faster one. Weights stay float32."),
    option("--seed", group=STEPS, type=int, default=0, show_default=True,
           help="Seed of all random numbers: the same seed gives the same weights."),
    option("--patience", group=STEPS, type=int, metavar="N",
           help="Stop after N epochs without a better validation accuracy, and keep the best weights."),
    option("--deterministic", group=STEPS, is_flag=True, help="Give the same weights on any number of cores; slower."),
    option("--teacher", "teachers", group=STEPS, multiple=True, metavar="RUN", callback=_resolved,
           help="Learn the probabilities of a trained run instead of the labels; repeat it to average several."),
    option("--workers", group=STEPS, type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
           help="Train in N processes on this machine. A TF_CONFIG variable takes precedence."),
    option("-o", "--output", group=OUTPUT, type=FOLDER, metavar="RUN",
           help="Folder of the run; by default runs/RECIPE-N."),
    option("--name", group=OUTPUT, default="", help="Name of the packed model; by default the recipe's."),
    option("--weights", group=OUTPUT, type=click.Choice(WEIGHTS), default="auto", show_default=True,
           help="Number format of the packed weights; auto: int8 if it agrees with float32 on 99.9 % of the "
                "validation digits."),
    option("--log-every", group=OUTPUT, type=click.IntRange(min=1), metavar="N",
           help="Print a line every N steps; by default every epoch."),
    option("--tensorboard", group=OUTPUT, is_flag=True, help="Also write RUN/tensorboard for TensorBoard."),
    option("--resume", group=AGAIN, type=FOLDER, metavar="RUN",
           help="Continue a run that was stopped or killed, as it was started."),
    option("--or-resume", group=AGAIN, is_flag=True,
           help="If the folder of -o already holds an unfinished run, continue it; otherwise start one. Lets a job "
                "scheduler repeat the same command."),
)
# fmt: on


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of `inkdigits train`."""
    for add in reversed(_OPTIONS):
        command = add(command)
    return command


def refuse_changes(typed: set[str]) -> None:
    """Refuses options that a resumed run would not heed."""
    from inkdigits.errors import SettingError

    if extra := sorted(typed - {"resume", "data", "strict", "log_every", "workers"}):
        names = ", ".join("--" + name.replace("_", "-") for name in extra)
        raise SettingError(
            f"Expected --resume to go on as the run was started. Received: also {names}.",
            hint="Leave them out, or start a new run.",
        )
