"""Checkpoints: everything a training needs to go on, in one file written atomically. Knows nothing of run folders."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import TrainingError
from inkdigits.files import write_atomically
from inkdigits.training.loop import Trainer


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Writes the state of a training: weights, generators of dropout, optimizer slots and the step.

    Raises:
        TrainingError: The disk is full or the folder cannot be written, or a weight is no longer finite, which a loss
            may hide: the rectifier makes 0 of NaN. What was there before is still there.
    """
    arrays = {f"variable_{i}": np.asarray(v) for i, v in enumerate(trainer.model.variables)}
    arrays |= {f"slot_{i}": slot.numpy() for i, slot in enumerate(trainer.slots)}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise TrainingError(
            f"Expected finite weights. Received: NaN or infinity by step {trainer.step}.",
            hint=f"Lower --learning-rate (now {trainer.recipe.learning_rate}); the last good weights are kept.",
        )
    buffer = io.BytesIO()
    np.savez(buffer, step=np.int64(trainer.step), **arrays)  # type: ignore[arg-type]
    write_atomically(path, buffer.getvalue())


def _read(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
        return dict(data)


def load_checkpoint(path: Path, trainer: Trainer) -> None:
    """Puts a trainer back to where it was.

    Raises:
        TrainingError: The file is missing, damaged, or of another network or optimizer.
    """
    try:
        arrays = _read(path)
        step = int(arrays.pop("step"))
        variables = [arrays.pop(f"variable_{i}") for i in range(len(trainer.model.variables))]
        slots = [arrays.pop(f"slot_{i}") for i in range(len(trainer.slots))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"Expected a checkpoint of this training at {path}. Received: {error}.",
            hint="Resume the run with the recipe it was started with, or train anew.",
        ) from error
    received = [array.shape for array in variables + slots]
    expected = [tuple(item.shape) for item in [*trainer.model.variables, *trainer.slots]]
    if received != expected or arrays:
        raise TrainingError(
            f"Expected weights of shapes {expected}. Received: {received}.",
            hint="The checkpoint belongs to another network: resume it with its own recipe.",
        )
    keras_variables = trainer.model.variables
    for variable, array in zip(keras_variables, variables, strict=True):
        variable.assign(array)
    for slot, array in zip(trainer.slots, slots, strict=True):
        slot.assign(array)
    trainer.step = step


def load_weights(path: Path, model: keras.Model) -> None:
    """Takes only the network's variables from a checkpoint of the same network.

    Raises:
        TrainingError: The file is missing or damaged.
    """
    try:
        arrays = _read(path)
        for index, variable in enumerate(model.variables):
            variable.assign(arrays[f"variable_{index}"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"Expected a checkpoint of this network at {path}. Received: {error}.", hint="Train it anew."
        ) from error
