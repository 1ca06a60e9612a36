"""What `inkdigits train` shows on stderr: how it begins, how far it is, and what came out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from inkdigits.cli.terminal import say, show
from inkdigits.system import usable_cores

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

    from inkdigits.export.train import Prepared
    from inkdigits.training.recipe import Recipe
    from inkdigits.training.run.folder import Run
    from inkdigits.training.run.session import Progress

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


class TrainingDisplay:
    """Shows how far a training is: a live bar on a terminal, plain lines elsewhere.

    Args:
        recipe: What is trained.
        log_every: Plain lines every so many steps; None for every epoch, or 100 steps of a recipe counted in steps.
    """

    def __init__(self, recipe: Recipe, *, log_every: int | None = None) -> None:
        from rich.console import Console

        self._recipe = recipe
        self._console = Console(stderr=True)
        self._every = log_every or (100 if recipe.max_steps is not None else None)
        self._plain = not self._console.is_terminal or log_every is not None
        self._bar = None if self._plain else _training_bar(self._console)
        self._task: Any = None

    def __enter__(self) -> TrainingDisplay:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("compiling", total=None, detail="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Takes a report of the training."""
        if self._bar is not None:
            self._bar.update(
                self._task,
                description=f"epoch {progress.epoch:.1f}/{self._recipe.epochs}",
                completed=progress.step,
                total=progress.steps,
                detail=f"{_measures(progress)}  {_time(progress.seconds_left)} left",
            )
        if progress.validation is not None or (self._plain and self._every and progress.step % self._every == 0):
            self._say(progress)

    def _say(self, progress: Progress) -> None:
        line = f"step {progress.step:>6}/{progress.steps}  epoch {progress.epoch:6.2f}  {_measures(progress)}"
        if progress.validation is not None:
            line += f"  validation loss {progress.validation.loss:.4f} accuracy {progress.validation.accuracy:.2%}"
        self._console.print(line, highlight=False, soft_wrap=True)


def _measures(progress: Progress) -> str:
    return (
        f"loss {progress.loss:.4f}  accuracy {progress.accuracy:6.2%}  {progress.glyphs_per_second:,.0f} images/s"
    )  # fmt: skip


def _time(seconds: float) -> str:
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"


def _training_bar(console: Console) -> RichProgress:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[detail]}"))
    return RichProgress(*columns, console=console, transient=True)
