"""The trial of one algorithm: trained, then asked, in processes of their own with their own memory and caches.

python -m inkdigits.benchmarks.algorithm_trial fit|ask|both NAME FOLDER DATA SEED

An estimator of scikit-learn is asked in the process that trained it: no file of one can be loaded without running what
is in it.
"""

from __future__ import annotations

import json
import pickle
import shutil
import sys
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.benchmarks.algorithms import Algorithm, estimator, find_algorithm
from inkdigits.data.dataset import Dataset
from inkdigits.data.source import load_dataset
from inkdigits.errors import TrainingError
from inkdigits.labels import CLASSES
from inkdigits.system import ChildError, peak_memory_mb, run_module

ROUNDS = 3  # of answering all digits at once
ENOUGH_SECONDS = 20.0  # after which there is no further round
SINGLES, LEAST_SINGLES = 200, 20  # digits asked one by one; fewer once they took a second
RUN = "run"

Answerer: TypeAlias = Callable[[NDArray[Any], bool], NDArray[Any]]
"""Digits, and whether it is a single one, in; predictions out."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the trial of an algorithm measured.

    Attributes:
        name: The algorithm's name.
        fit_seconds: From arrays to a model that answers, packing included; None for one that was trained before.
        fit_cpu_seconds: The same, of all cores.
        fit_memory_mb: The largest resident size of the process that trained it.
        batch_seconds: For all test digits at once, median; None, as all times and sizes, if it was not measured.
        single_seconds: For one digit, median.
        slow_single_seconds: For one digit, 95th percentile.
        memory_mb: The largest resident size of the process that answered, from its start; None if it trained, too.
        size_mb: Size of the model on disk; of an estimator pickled.
        answers: The prediction for each test digit.
    """

    name: str
    fit_seconds: float | None
    fit_cpu_seconds: float | None
    fit_memory_mb: float | None
    batch_seconds: float | None
    single_seconds: float | None
    slow_single_seconds: float | None
    memory_mb: float | None
    size_mb: float | None
    answers: list[int]


def measure(algorithm: Algorithm, folder: Path, data: str, seed: int = 0) -> Outcome:
    """Trains an algorithm on the training digits of a data set and asks it for all test digits.

    Args:
        algorithm: Which.
        folder: Its model is kept there; what an earlier comparison left is removed.
        data: As `load_dataset` takes it, with a training and a test split.
        seed: The start of its random numbers, if it takes any.

    Raises:
        TrainingError: A process failed.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    if algorithm.estimates:
        return Outcome(name=algorithm.name, **_run("both", algorithm, folder, data, seed))
    fitted = {"fit_seconds": None, "fit_cpu_seconds": None, "fit_memory_mb": None}
    if algorithm.family != "shipped":
        fitted = _run("fit", algorithm, folder, data, seed)
    return Outcome(name=algorithm.name, **(fitted | _run("ask", algorithm, folder, data, seed)))


def _run(part: str, algorithm: Algorithm, folder: Path, data: str, seed: int) -> dict[str, Any]:
    arguments = (part, algorithm.name, str(folder), data, str(seed))
    try:
        printed = run_module("inkdigits.benchmarks.algorithm_trial", *arguments)
    except ChildError as error:
        raise TrainingError(
            f"Expected {algorithm.name} to be measured. Received: {error}.", hint="Leave it out."
        ) from error
    return dict(json.loads(printed.splitlines()[-1]))


def fit(algorithm: Algorithm, folder: Path, data: str, seed: int) -> dict[str, Any]:
    """Trains a recipe in this process and writes the packed model into the folder."""
    train = load_dataset(data)
    return _timed(lambda: _train(algorithm.name, train, folder / RUN, data, seed))


def fit_and_ask(algorithm: Algorithm, _folder: Path, data: str, seed: int) -> dict[str, Any]:
    """Trains an estimator in this process, and asks it."""
    train, test = load_dataset(data), load_dataset(data, split="test")
    model = estimator(algorithm.name, seed)
    fitted = _timed(lambda: model.fit(_rows(train), train.labels))
    size = len(pickle.dumps(model, protocol=5))
    return fitted | _asked(_estimator_answerer(model), _rows(test), size) | {"memory_mb": None}


def _timed(train: Callable[[], object]) -> dict[str, Any]:
    began, began_cpu = time.perf_counter(), time.process_time()
    train()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    return {"fit_seconds": seconds, "fit_cpu_seconds": cpu_seconds, "fit_memory_mb": peak_memory_mb()}


def _train(recipe: str, train: Dataset, folder: Path, data: str, seed: int) -> None:
    """A run, as `inkdigits train` makes it."""
    from inkdigits.export.from_run import train_and_pack
    from inkdigits.training.distributed.cluster import use_single_threaded_ops
    from inkdigits.training.recipes import find_recipe
    from inkdigits.training.run.folder import start_run
    from inkdigits.training.run.state import RunOptions

    use_single_threaded_ops()
    train_and_pack(start_run(folder, find_recipe(recipe), RunOptions(seed=seed), source=data), train)


def ask(algorithm: Algorithm, folder: Path, data: str, _seed: int) -> dict[str, Any]:
    """Answers in this process with a packed model."""
    from inkdigits.models.classifier import PackedModel

    test = load_dataset(data, split="test")
    packed = PackedModel.load(folder / RUN if algorithm.family == "recipe" else algorithm.name)
    return _asked(lambda glyphs, _: packed.probabilities(glyphs)[:, :CLASSES].argmax(axis=1), test.glyphs, packed.size)


def _asked(answer: Answerer, digits: NDArray[Any], size: int) -> dict[str, Any]:
    """All test digits are answered at once, then some one by one."""
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < ENOUGH_SECONDS:
        began = time.perf_counter()
        answers = answer(digits, False)
        times.append(time.perf_counter() - began)
    singles: list[float] = []
    for index in range(min(SINGLES, len(digits))):
        if sum(singles) > 1 and index >= LEAST_SINGLES:
            break
        began = time.perf_counter()
        answer(digits[index : index + 1], True)
        singles.append(time.perf_counter() - began)
    return {
        "batch_seconds": median(times),
        "single_seconds": median(singles),
        "slow_single_seconds": float(np.quantile(singles, 0.95)),
        "memory_mb": peak_memory_mb(),
        "size_mb": size / 1e6,
        "answers": answers.tolist(),
    }


def _estimator_answerer(several: Any) -> Answerer:
    """The estimator's `predict`; for a single digit without threads, whose start takes longer than its answer."""
    single = copy(several)
    if single.get_params().get("n_jobs") is not None:
        single.set_params(n_jobs=1)
    return lambda rows, alone: (single if alone else several).predict(rows)


def _rows(dataset: Dataset) -> NDArray[np.float32]:
    return (dataset.glyphs.reshape(len(dataset), -1) / 255).astype(np.float32)


def main() -> None:
    """Does the part that the command line names, and prints what it gave as JSON."""
    part, name, folder, data, seed = sys.argv[1:]
    do = {"fit": fit, "ask": ask, "both": fit_and_ask}[part]
    print(json.dumps(do(find_algorithm(name), Path(folder), data, int(seed))))


if __name__ == "__main__":
    main()
