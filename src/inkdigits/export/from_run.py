"""Training a run to its packed model, and packing the network of a run again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from inkdigits.data.dataset import Dataset
from inkdigits.data.splits import split_training
from inkdigits.errors import TrainingError
from inkdigits.export.calibration import CalibrationData, CalibrationPictures
from inkdigits.export.keras_file import save_keras
from inkdigits.export.litert import CALIBRATION_COUNT
from inkdigits.export.package import CardMetadata, pack
from inkdigits.files import draft_of
from inkdigits.models.card import Card, Weights
from inkdigits.synthesis.synthesize import render_pictures, synthesize
from inkdigits.training.distributed.cluster import Workers
from inkdigits.training.recipe import Recipe
from inkdigits.training.run.folder import MODEL_NAME, Run
from inkdigits.training.run.lock import run_lock
from inkdigits.training.run.session import Listener, recorded_failure, train
from inkdigits.training.run.trained import trained_model

PICTURES_SHARE = 0.06  # of the recipe's synthesis, made anew from held-out digits for calibration
PICTURES_SEED = 1  # another than the training's
WHOLE_SEED = 2  # of whole pictures: others than those that the threshold is fitted on
MNIST_LICENSE = "Apache-2.0; trained on MNIST (CC BY-SA 3.0; Y. LeCun, C. Cortes, C. Burges)"


def train_and_pack(
    run: Run,
    dataset: Dataset,
    *,
    listener: Listener = lambda _: None,
    report_every: int = 100,
    resume: bool = False,
    converting: Callable[[], AbstractContextManager[None]] = nullcontext,
    workers: Workers | None = None,
) -> Card | None:
    """Trains a run to its last checkpoint, packs it, and only then calls it finished.

    A run that is killed at any moment can be resumed, and then ends with the same packed model.

    Args:
        run: As `start_run` or `open_run` gives it.
        dataset: All training glyphs; fixed parts of them are kept for validation and calibration.
        listener: Called about twice a second, and whenever the steps done are a multiple of `report_every`.
        report_every: Steps.
        resume: Continues from the run's last checkpoint, or its start if it has none.
        converting: Context in which the model is packed, such as one that silences TensorFlow's converter.
        workers: Who trains together; by default this process alone.

    Returns:
        The packed model's card; None of workers other than the chief.

    Raises:
        TrainingError: As `session.train`; or the network did not learn, or another process trains or packs this run.
        OutputError: The folder cannot be written.
    """
    work = partial(train, run, dataset, listener=listener, report_every=report_every, resume=resume, workers=workers)
    if workers is not None and not workers.chief:
        work()
        return None
    with run_lock(run.folder):
        run.check_current()
        ending = work()
        run.save(status="packing")
        with recorded_failure(run), converting():
            with draft_of(run.folder / MODEL_NAME) as draft:
                save_keras(trained_model(run), draft)
            card = pack_run(run, dataset, run.packed, weights=run.options.weights)
            run.save(status=ending, scores=card.scores)
    return card


def pack_run(
    run: Run,
    dataset: Dataset,
    folder: Path,
    *,
    weights: Weights = "auto",
    name: str = "",
    version: str = "1",
) -> Card:
    """Packs the network of a run.

    Args:
        run: A run that was trained to some point.
        dataset: All training glyphs, as the run was started with.
        folder: Folder of the packed model.
        weights: `"int8"`, `"float32"` or `"auto"`.
        name: Name of the packed model; by default the run's.
        version: Version of the packed model.

    Returns:
        The card.

    Raises:
        TrainingError: The run has no checkpoint yet, or its network did not learn.
        OutputError: The folder cannot be written.
    """
    if not run.final_checkpoint.is_file():
        raise TrainingError(
            f"Expected a run with a checkpoint. Received: {run.folder}, whose training has just begun.",
            hint="Resume it first.",
        )
    data = calibration_data(run.recipe, dataset)
    metadata = card_metadata(run, name=name, version=version)
    learned = run.state.progress.epochs >= 1
    return pack(trained_model(run), folder, data, metadata=metadata, weights=weights, learned=learned)


def calibration_data(recipe: Recipe, dataset: Dataset) -> CalibrationData:
    """The glyphs to pack with. With a synthesis, int8's ranges come half from the data, half from synthesized glyphs.

    Args:
        recipe: The recipe of the training.
        dataset: All training glyphs.
    """
    training, validation, calibration = (dataset.subset(part) for part in split_training(dataset))
    ranges, pictures, whole, non_digits = training.glyphs, None, None, 0.0
    if recipe.synthesis is not None:
        mixture = recipe.synthesis.scaled(PICTURES_SHARE)
        glyphs, labels, _ = synthesize(mixture, seed=PICTURES_SEED, split="calibration")
        pictures = glyphs, labels
        if mixture.digits is not None:
            rendered, labels, kinds = render_pictures(mixture.digits, seed=WHOLE_SEED, split="calibration")
            whole = CalibrationPictures(rendered, labels, kinds.tolist())
        non_digits = recipe.synthesis.non_digits / (len(training) + sum(recipe.synthesis.counts.values()))
        count = max(len(glyphs), CALIBRATION_COUNT // 2)  # a small synthesis would leave too few
        ranges = np.concatenate([ranges[:: max(1, len(ranges) // count)], glyphs])
    return CalibrationData(
        validation=validation,
        calibration=calibration,
        ranges=ranges,
        pictures=pictures,
        whole=whole,
        non_digits=non_digits,
    )


def card_metadata(run: Run, *, name: str = "", version: str = "1") -> CardMetadata:
    """What the card of a run's packed model says of its training."""
    state = run.state
    data, progress = state.data, state.progress
    training = {
        "data": None if data is None else asdict(data),
        "teachers": [asdict(teacher) for teacher in state.teachers],
        "precision": state.network.precision,
        "precision_seconds": state.network.precision_seconds,
        **asdict(progress),
        "versions": state.versions,
        "seed": run.options.seed,
    }
    of_mnist = state.source == "mnist" or run.recipe.synthesis is not None  # it puts MNIST's digits into pictures
    return CardMetadata(
        name=name or run.options.name or run.recipe.name,
        version=version,
        tta=run.recipe.tta,
        recipe=asdict(run.recipe),
        training={name: value for name, value in training.items() if value not in (None, [], {}, "")},
        license=MNIST_LICENSE if of_mnist else "",
    )
