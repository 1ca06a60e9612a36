"""Checkpoints: all that a training needs to go on, in one NPZ file that is written atomically.

Arrays are named by the path of their variable, such as `weights/dense_1/kernel`. Files of earlier versions number them:
`variable_0`, …, `slot_0`, …; they still load.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import TrainingError
from inkdigits.files import write_atomically
from inkdigits.training.loop import Trainer

STEP = "step"
DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Writes the state of a training: weights, optimizer slots and the step.

    Raises:
        TrainingError: A weight is no longer finite, which a loss may hide: the rectifier makes 0 of NaN.
        OutputError: The disk is full or the folder cannot be written. What was there before is still there.
    """
    arrays = {name: np.asarray(variable) for name, variable in trainer.variables.items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise TrainingError(
            f"Expected finite weights. Received: NaN or infinity by step {trainer.step}.",
            hint=f"Lower learning_rate (now {trainer.recipe.learning_rate}); the last good weights are kept.",
        )
    buffer = io.BytesIO()
    np.savez(buffer, **{STEP: np.int64(trainer.step)}, **arrays)  # type: ignore[arg-type]
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: Path, trainer: Trainer) -> None:
    """Puts a trainer back to where it was.

    Raises:
        TrainingError: The file is missing, damaged, or of another network or optimizer.
    """
    variables = trainer.variables
    try:
        arrays = _read(path, variables)
        step = int(arrays.pop(STEP))
    except DAMAGED as error:
        raise TrainingError(
            f"Expected a checkpoint of this training at {path}. Received: {error}.",
            hint="Resume the run with the recipe it was started with, or train anew.",
        ) from error
    expected = {name: tuple(variable.shape) for name, variable in variables.items()}
    received = {name: array.shape for name, array in arrays.items()}
    if received != expected:
        raise TrainingError(
            f"Expected weights of shapes {expected}. Received: {received}.",
            hint="The checkpoint belongs to another network: resume it with its own recipe.",
        )
    for name, variable in variables.items():
        variable.assign(arrays[name])
    trainer.step = step


def load_weights(path: Path, model: keras.Model) -> None:
    """Takes only the network's variables from a checkpoint of the same network.

    Raises:
        TrainingError: The file is missing or damaged.
    """
    variables = {f"weights/{variable.path}": variable for variable in model.weights}
    try:
        arrays = _read(path, variables)
        for name, variable in variables.items():
            variable.assign(arrays[name])
    except DAMAGED as error:
        raise TrainingError(
            f"Expected a checkpoint of this network at {path}. Received: {error}.", hint="Train it anew."
        ) from error


def _read(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The arrays of a checkpoint by name; in a file that numbers them they stand in the order of `names`."""
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
        arrays: dict[str, NDArray[Any]] = dict(data)
    if "variable_0" not in arrays:
        return arrays
    numbered = [f"{kind}_{number}" for kind in ("variable", "slot") for number in range(len(arrays))]
    old = [name for name in numbered if name in arrays]
    renamed = dict(zip(names, (arrays.pop(name) for name in old), strict=False))
    return renamed | arrays
