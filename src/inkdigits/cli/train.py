"""`inkdigits train`: a recipe and data in, a run folder with a packed model out."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.cli.options import GroupedCommand, given_options
from inkdigits.cli.terminal import say
from inkdigits.cli.training_display import TrainingDisplay
from inkdigits.cli.training_lines import say_begin, say_end, say_recipes
from inkdigits.cli.training_options import refuse_changes, training_options

if TYPE_CHECKING:
    from inkdigits.export.train import Prepared
    from inkdigits.training.distributed.cluster import Workers

CHANGES = ("epochs", "max_steps", "batch_size", "hidden", "activation", "dropout", "optimizer", "learning_rate",
           "schedule", "label_smoothing", "precision")  # fmt: skip
OPTIONS = ("seed", "patience", "tensorboard", "weights", "name", "deterministic", "teachers")


@click.command("train", cls=GroupedCommand, short_help="Train a network by a recipe and pack it.")
@training_options
def command(
    recipe: str, list_recipes: bool, tuned: Path | None, output: Path | None, resume: Path | None, or_resume: bool,
    **given: Any,
) -> int:  # fmt: skip
    """Trains a network by a recipe, and packs it for reading.

    Ctrl-C stops after the current step. What was reached is packed, and --resume continues from there, with the run's
    own recipe, seed and data (--data, if the data have moved).

    \b
    Examples:
      inkdigits train --recipe convnet
      inkdigits train --recipe mlp-128 --hidden 256,256 --activation sigmoid --epochs 20
      inkdigits train --data my-digits/ -o runs/mine
      inkdigits train --recipe convnet --workers 2
      inkdigits train --recipe mlp-128 --teacher runs/convnet-1
      inkdigits train --settings tune/sprint/best.json
    """
    if list_recipes:
        say_recipes()
        return 0
    from inkdigits.export.train import changed_recipe, new_run, resumed_run
    from inkdigits.training.run.folder import can_resume
    from inkdigits.training.run.state import RunOptions

    chosen = changed_recipe(recipe, tuned, {name: given[name] for name in CHANGES})
    typed = given_options()
    if or_resume and output is not None and can_resume(output):
        resume = output
    elif resume is not None:
        refuse_changes(typed)
    if given["workers"] > 1 and "TF_CONFIG" not in os.environ:
        from inkdigits.training.distributed.launch import launch

        arguments = click.get_current_context().find_root().obj.arguments
        return launch([sys.executable, "-P", "-m", "inkdigits", *arguments], given["workers"])
    team = _join() if "TF_CONFIG" in os.environ else None  # else the folder is made first: a kill leaves a run
    options = RunOptions(**{name: given[name] for name in OPTIONS})
    who = {"strict": given["strict"], "chief": team is None or team.chief}
    if resume is None:
        opening = new_run(chosen, given["data"], output, options, **who)
    else:
        opening = resumed_run(resume, given["data"] if "data" in typed else None, **who)
    with opening as prepared:
        return _train(prepared, team, given["log_every"])


def _join() -> Workers:
    """Joins the other workers, if any, before TensorFlow computes anything."""
    from inkdigits.cli.terminal import quiet_native_stderr

    with quiet_native_stderr():
        import inkdigits.training.network  # noqa: F401 - first: it says what to install if TensorFlow is absent
        from inkdigits.training.distributed.cluster import cluster_from_environment, use_single_threaded_ops

        use_single_threaded_ops()
        return cluster_from_environment()


def _train(prepared: Prepared, team: Workers | None, log_every: int | None) -> int:
    from inkdigits.cli.terminal import quiet_native_stderr

    run, chief = prepared.run, team is None or team.chief
    if run.is_complete and chief:
        say("already finished")
        say_end(run)
    if run.is_complete:
        return 0
    if chief:
        say_begin(prepared, 1 if team is None else team.count)
    team = team or _join()
    from inkdigits.export.from_run import train_and_pack

    train_on = partial(train_and_pack, run, prepared.dataset, resume=prepared.resumed, workers=team)
    if not chief:
        train_on()
        return 0
    with TrainingDisplay(run.recipe, log_every=log_every) as display:
        train_on(listener=display, report_every=log_every or 100, converting=quiet_native_stderr)
    say_end(run)
    return 0
