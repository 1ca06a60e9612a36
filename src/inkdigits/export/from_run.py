"""Packing the network of a run: its data, its calibration pictures and its card."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np

from inkdigits.data.dataset import Dataset
from inkdigits.data.splits import validation_split
from inkdigits.export.calibration import Material
from inkdigits.export.litert import CALIBRATION_COUNT
from inkdigits.export.package import Facts, pack
from inkdigits.models.card import Card, Weights
from inkdigits.synthesis.synthesize import synthesize
from inkdigits.training.distributed.cluster import Workers
from inkdigits.training.recipe import Recipe
from inkdigits.training.run.folder import Run, trained_model
from inkdigits.training.run.session import Listener, train

PICTURES_SHARE = 0.06  # of the recipe's synthesis, made anew of MNIST's validation part for calibration
PICTURES_SEED = 1  # another than the training's
MNIST_LICENSE = "Apache-2.0; trained on MNIST (CC BY-SA 3.0; Y. LeCun, C. Cortes, C. Burges)"


def train_and_pack(
    run: Run,
    dataset: Dataset,
    *,
    check: Dataset | None = None,
    listener: Listener = lambda _: None,
    report_every: int = 100,
    resume: bool = False,
    converting: Callable[[], AbstractContextManager[None]] = nullcontext,
    workers: Workers | None = None,
) -> Card | None:
    """Trains a run as `session.train` does, and packs what was reached into its folder `packed`.

    Args:
        run: As `start_run` or `open_run` gives it.
        dataset: All training glyphs; a fixed part of them is kept for validation.
        check: Glyphs on which the packed model is compared with Keras; by default the validation part.
        listener: Called about twice a second, and whenever the steps done are a multiple of `report_every`.
        report_every: Steps.
        resume: Goes on from the run's last checkpoint, or its start if it has none.
        converting: Context in which the model is packed, such as one that silences TensorFlow's converter.
        workers: Who trains together; by default this process alone.

    Returns:
        The packed model's card; None of workers other than the chief.

    Raises:
        TrainingError: As `session.train`, or the folder cannot be written.
    """
    train(run, dataset, listener=listener, report_every=report_every, resume=resume, workers=workers)
    if workers is not None and not workers.chief:
        return None
    with converting():
        card = pack_run(run, dataset, run.folder / "packed", check=check, weights=run.options.weights)
    run.save(scores=card.scores)
    return card


def pack_run(
    run: Run,
    dataset: Dataset,
    folder: Path,
    *,
    check: Dataset | None = None,
    weights: Weights = "auto",
    name: str = "",
    version: str = "1",
) -> Card:
    """Packs the network of a run again.

    Args:
        run: A run that was trained to some point.
        dataset: All training glyphs, as the run was started with.
        folder: Of the packed model.
        check: Glyphs on which the packed model is compared with Keras; by default the validation part.
        weights: `"int8"`, `"float32"` or `"auto"`.
        name: Of the packed model; by default the run's.
        version: Of the packed model.

    Returns:
        The card.

    Raises:
        TrainingError: The run has no checkpoint yet, or the folder cannot be written.
    """
    material = _material(run.recipe, dataset, check)
    facts = _card_facts(run, name=name, version=version)
    return pack(trained_model(run), folder, material, facts=facts, weights=weights)


def _material(recipe: Recipe, dataset: Dataset, check: Dataset | None) -> Material:
    """The glyphs to pack with; of a recipe with a synthesis, int8's ranges come half from the data, half from it."""
    chosen, held_out = validation_split(dataset.labels)
    validation, ranges, pictures, no_digits = dataset.subset(held_out), dataset.subset(chosen).glyphs, None, 0.0
    if recipe.synthesis is not None:
        mixture = recipe.synthesis.scaled(PICTURES_SHARE)
        glyphs, labels, _ = synthesize(mixture, seed=PICTURES_SEED, split="validation")
        pictures = glyphs, labels
        no_digits = recipe.synthesis.no_digits / (len(chosen) + sum(recipe.synthesis.counts.values()))
        count = max(len(glyphs), CALIBRATION_COUNT // 2)  # a small synthesis would leave too few
        ranges = np.concatenate([ranges[:: max(1, len(ranges) // count)], glyphs])
    glyphs_to_check = (check or validation).glyphs
    return Material(validation=validation, ranges=ranges, check=glyphs_to_check, pictures=pictures, no_digits=no_digits)


def _card_facts(run: Run, *, name: str = "", version: str = "1") -> Facts:
    keep = ("data", "teachers", "precision", "step", "epochs", "seconds", "cpu_seconds", "versions")
    training = {key: run.facts[key] for key in keep if key in run.facts} | {"seed": run.options.seed}
    of_mnist = run.facts["source"] == "mnist" or run.recipe.synthesis is not None  # it puts MNIST's digits into scenes
    return Facts(
        name=name or run.options.name or run.recipe.name,
        version=version,
        views=run.recipe.views,
        recipe=run.facts["recipe"],
        training=training,
        license=MNIST_LICENSE if of_mnist else "",
    )
