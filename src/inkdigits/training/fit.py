"""The one way to train: a recipe and labeled glyphs in, a trained network out.

Runs, tuning, the scikit-learn estimator and the benchmarks all train with it, so that a recipe means the same for each
of them: its network, number format, stem, synthesized glyphs and threads. It reads and writes no files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import keras
import numpy as np

from inkdigits.data.dataset import Dataset, Labels
from inkdigits.image.glyph import Glyphs
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.synthesize import synthesize
from inkdigits.training.distributed.cluster import use_single_threaded_ops
from inkdigits.training.execution import Execution
from inkdigits.training.loop import Trainer
from inkdigits.training.network import build
from inkdigits.training.pca_stem import fit_stem
from inkdigits.training.precision import choose_precision
from inkdigits.training.predict import Score, compile_predict, evaluate
from inkdigits.training.recipe import Recipe

SYNTHESIS_SEED = 0  # of every training: seeds differ in weights and order, not in data

Teachers = Callable[[str], Sequence[keras.Model]]  # from the precision of the student to its teachers


@dataclass(frozen=True)
class Epoch:
    """What an epoch gave.

    Attributes:
        number: Epochs done; not whole if the recipe's steps end within one.
        last: Whether the training ends with it.
        training: Mean over its steps, augmentation and dropout included.
        validation: Score of the network after it; None without validation data.
    """

    number: float
    last: bool
    training: Score
    validation: Score | None


@dataclass(frozen=True)
class Fitted:
    """A training that has ended.

    Attributes:
        model: The trained network, in the precision of the training.
        last: The last epoch.
        seconds: For the stem's filters and all steps; building the graph and validation are not included.
        cpu_seconds: CPU time of this process for the same.
    """

    model: keras.Model
    last: Epoch
    seconds: float
    cpu_seconds: float


def fit(
    recipe: Recipe,
    dataset: Dataset,
    *,
    seed: int = 0,
    validation: Dataset | None = None,
    teachers: Teachers = lambda _: (),
    execution: Execution | None = None,
    listener: Callable[[Epoch], None] = lambda _: None,
) -> Fitted:
    """Trains a network from its first step to its last.

    Args:
        recipe: What to train and how. Its synthesized glyphs are made first, in other processes: a script that trains
            with them needs `if __name__ == "__main__":`.
        dataset: All of it is trained on. If it has fewer glyphs than a batch, all of them make a batch.
        seed: Seed of weights, order, augmentation and dropout.
        validation: Data that the network is measured on after each epoch.
        teachers: Gives the models whose mean answer is learned in place of the labels; they must have as many logits.
        execution: How the steps are taken.
        listener: Called after each epoch. It ends the training by raising an exception.

    Raises:
        TrainingError: The loss or a validation logit is no longer finite.
    """
    trainer = _build_trainer(recipe, dataset, seed, teachers, execution or Execution())
    predict = compile_predict(trainer.model)
    trainer.compile()
    clock = _Clock()
    with clock:
        fit_stem(trainer.model, dataset.glyphs)
    while True:
        with clock:
            score = trainer.run(trainer.steps)
        measured = None if validation is None else evaluate(predict, validation).score
        epoch = Epoch(trainer.epoch, trainer.step == trainer.steps, score, measured)
        listener(epoch)
        if epoch.last:
            return Fitted(trainer.model, epoch, clock.seconds, clock.cpu_seconds)


class _Clock:
    """Adds up the wall and CPU time of the blocks that it is entered for."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu_seconds += time.process_time() - self._began[1]


def make_trainer(
    recipe: Recipe,
    dataset: Dataset,
    *,
    seed: int = 0,
    teachers: Teachers = lambda _: (),
    execution: Execution | None = None,
) -> Trainer:
    """Gives a trainer before its first step, for a caller that takes the steps itself; arguments as of `fit`."""
    trainer = _build_trainer(recipe, dataset, seed, teachers, execution or Execution())
    fit_stem(trainer.model, dataset.glyphs)
    return trainer


def _build_trainer(recipe: Recipe, dataset: Dataset, seed: int, teachers: Teachers, execution: Execution) -> Trainer:
    """A trainer whose stem, if any, has no filters yet."""
    if execution.single_threaded_ops:
        use_single_threaded_ops()
    glyphs, labels = with_synthesis(recipe, dataset)
    recipe = recipe.with_batch_of_at_most(len(glyphs))
    precision = choose_precision(recipe, len(glyphs), execution)
    with execution.workers.strategy.scope():
        model = build(recipe.network, seed=seed, precision=precision.name, rejects=recipe.rejects)
    teaching = teachers(precision.name)
    trainer = Trainer(model, recipe, glyphs, labels, seed=seed, teachers=teaching, execution=execution)
    trainer.precision = precision
    return trainer


def with_synthesis(recipe: Recipe, dataset: Dataset) -> tuple[Glyphs, Labels]:
    """The data and, after them, the recipe's synthesized glyphs; non-digits have the label 10."""
    if recipe.synthesis is None:
        return dataset.glyphs, dataset.labels
    glyphs, labels = _synthesized(recipe.synthesis)
    return np.concatenate([dataset.glyphs, glyphs]), np.concatenate([dataset.labels, labels])


@lru_cache(maxsize=1)
def _synthesized(mixture: Mixture) -> tuple[Glyphs, Labels]:
    """Made once in a process: the seeds of a measurement share it."""
    glyphs, labels, _ = synthesize(mixture, seed=SYNTHESIS_SEED)
    return glyphs, labels
