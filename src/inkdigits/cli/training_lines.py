"""What `train` and `pack` say: how a training begins, and what came out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from inkdigits.cli.terminal import say, show
from inkdigits.system import usable_cores

if TYPE_CHECKING:
    from inkdigits.export.train import Prepared
    from inkdigits.training.run.folder import Run

LOW_ACCURACY = 0.5  # of validation digits, after an epoch or more: something is wrong with the settings


def say_recipes() -> None:
    """Lists the recipes on stdout."""
    from inkdigits.training.recipes import RECIPES

    width = max(len(recipe.name) for recipe in RECIPES)
    for recipe in RECIPES:
        show(f"{recipe.name:{width}}  {recipe.summary}")


def say_begin(prepared: Prepared, workers: int) -> None:
    """Says what is trained, on what and where, before TensorFlow is imported."""
    from inkdigits.data.dataset import left_out_lines
    from inkdigits.data.splits import split_training
    from inkdigits.training.description import describe

    run, dataset = prepared.run, prepared.dataset
    say(*left_out_lines(dataset.issues, dataset.labels))
    training, validation, calibration = split_training(dataset)
    who = f" with {workers} workers" if workers > 1 else ""
    say(
        f"training {run.recipe.name} on {len(training):,} digits of {dataset.name} ({len(validation):,} more for "
        f"validation, {len(calibration):,} for calibration) into {run.folder}{who}"
    )
    say(f"network: {describe(run.recipe)}")
    if len(training) < run.recipe.batch_size and run.recipe.synthesis is None:
        say(f"{len(training)} digits per step: fewer than a batch of {run.recipe.batch_size}")
    cores = run.state.network.cores
    if prepared.resumed and cores not in (0, usable_cores()) and not run.options.deterministic:
        say(f"note: begun on {cores} cores, now {usable_cores()}: the weights will differ in their last places.")
    if run.options.tensorboard:
        say(f"see it: tensorboard --logdir {run.folder / 'tensorboard'}")
    say("starting TensorFlow …")


def say_end(run: Run) -> None:
    """Says what was reached, why int8 or float32, and what to do next. The run's folder goes to a piped stdout."""
    from inkdigits.models.card import load_card

    progress, card = run.state.progress, load_card(run.packed)
    scores = card.scores["validation"]
    say(
        f"{progress.epochs:.2f} epochs in {progress.seconds:.1f} s; validation accuracy {scores['accuracy']:.2%}, "
        f"loss {scores['loss']:.4f} (n = {scores['count']:,})"
    )
    if progress.epochs >= 1 and scores["accuracy"] < LOW_ACCURACY:
        say(f"it learned little: try a smaller --learning-rate (now {run.recipe.learning_rate:g})")
    say(packing_line(card.weights, card.scores))
    if run.state.status == "interrupted":
        say(f"stopped by you; to continue: inkdigits train --resume {run.folder}")
    say(f"next: inkdigits evaluate {run.folder}")
    if not sys.stdout.isatty():
        show(run.folder)


def packing_line(weights: str, scores: dict[str, Any]) -> str:
    """Says how a model was packed, and why not as int8."""
    agreement = f"agrees with Keras on {scores['keras']['labels_agree']:.2%} of {scores['keras']['count']:,} digits"
    if "int8" not in scores:
        return f"packed as {weights}: {agreement}"
    if "error" in scores["int8"]:
        return f"packed as {weights}: int8 cannot be computed, as of networks that did not learn"
    less = scores["int8"]["labels_agree"]
    return f"packed as {weights}: int8 would agree on {less:.2%}, below 99.9 %; --weights int8 packs it all the same"
