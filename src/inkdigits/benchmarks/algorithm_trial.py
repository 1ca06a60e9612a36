"""A trial: one contender trained, then asked, each in a process of its own, so that its memory and caches are its own.

python -m inkdigits.benchmarks.algorithm_trial fit|ask NAME FOLDER COUNT
"""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.benchmarks.algorithms import Contender, estimator, find_contender
from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.errors import TrainingError
from inkdigits.system import peak_memory_mb

ROUNDS = 3  # of answering all digits at once
ENOUGH_SECONDS = 20.0  # after which there is no further round
SINGLES, LEAST_SINGLES = 200, 20  # digits asked one by one; fewer once they took a second
PICKLE, RUN = "model.pickle", "run"

Answerer: TypeAlias = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a contender did.

    Attributes:
        name: Of the contender.
        fit_seconds: From arrays to a model that answers, packing included; None for one that was trained before.
        fit_cpu_seconds: The same, of all cores.
        fit_memory_mb: The largest resident size of the process that trained it.
        batch_seconds: For all test digits at once, median.
        single_seconds: For one digit, median.
        slow_single_seconds: For one digit, 95th percentile.
        memory_mb: The largest resident size of the process that answered, from its start.
        size_mb: Of the model on disk.
        answers: What each test digit was read as.
    """

    name: str
    fit_seconds: float | None
    fit_cpu_seconds: float | None
    fit_memory_mb: float | None
    batch_seconds: float
    single_seconds: float
    slow_single_seconds: float
    memory_mb: float | None
    size_mb: float
    answers: list[int]


def measure(contender: Contender, folder: Path, count: int) -> Outcome:
    """Trains a contender on the first `count` training digits and asks it for all test digits.

    Args:
        contender: Who.
        folder: Its model is kept there; what an earlier comparison left is removed.
        count: At most 60,000.

    Raises:
        TrainingError: A process failed.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    fitted = {"fit_seconds": None, "fit_cpu_seconds": None, "fit_memory_mb": None}
    if contender.family != "shipped":
        fitted = _run("fit", contender, folder, count)
    return Outcome(name=contender.name, **(fitted | _run("ask", contender, folder, count)))


def _run(part: str, contender: Contender, folder: Path, count: int) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "inkdigits.benchmarks.algorithm_trial",
        part,
        contender.name,
        str(folder),
        str(count),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise TrainingError(f"Expected {contender.name} to {part}. Received: {said[-1]}.", hint="Leave it out: --only.")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def fit(contender: Contender, folder: Path, count: int) -> dict[str, float | None]:
    """Trains in this process and writes the model into the folder."""
    train = load_mnist("train").subset(np.arange(count))
    began, began_cpu = time.perf_counter(), time.process_time()
    if contender.estimates:
        content = pickle.dumps(estimator(contender.name).fit(_rows(train), train.labels), protocol=5)
        (folder / PICKLE).write_bytes(content)
    else:
        _train(contender.name, train, folder / RUN)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    return {"fit_seconds": seconds, "fit_cpu_seconds": cpu_seconds, "fit_memory_mb": peak_memory_mb()}


def _train(recipe: str, train: Dataset, folder: Path) -> None:
    """A run, as `inkdigits train` makes it."""
    from inkdigits.export.from_run import train_and_pack
    from inkdigits.training.distributed.cluster import use_single_threaded_ops
    from inkdigits.training.recipes import find_recipe
    from inkdigits.training.run.folder import start_run
    from inkdigits.training.run.state import RunOptions

    use_single_threaded_ops()
    train_and_pack(start_run(folder, find_recipe(recipe), RunOptions(), source="mnist"), train)


def ask(contender: Contender, folder: Path) -> dict[str, Any]:
    """Answers in this process: all test digits at once, then some one by one, by the fastest public way of each."""
    test = load_mnist("test")
    answer, digits, size = _answerer(contender, folder, test)
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < ENOUGH_SECONDS:
        began = time.perf_counter()
        answers = answer(digits)
        times.append(time.perf_counter() - began)
    singles: list[float] = []
    for index in range(SINGLES):
        if sum(singles) > 1 and index >= LEAST_SINGLES:
            break
        began = time.perf_counter()
        answer(digits[index : index + 1])
        singles.append(time.perf_counter() - began)
    return {
        "batch_seconds": median(times),
        "single_seconds": median(singles),
        "slow_single_seconds": float(np.quantile(singles, 0.95)),
        "memory_mb": peak_memory_mb(),
        "size_mb": size / 1e6,
        "answers": answers.tolist(),
    }


def _answerer(contender: Contender, folder: Path, test: Dataset) -> tuple[Answerer, NDArray[Any], int]:
    """What answers, the digits in the form that it takes, and the bytes of its model."""
    if contender.estimates:
        content = (folder / PICKLE).read_bytes()
        return pickle.loads(content).predict, _rows(test), len(content)
    from inkdigits.models.classifier import PackedModel

    packed = PackedModel.load(folder / RUN if contender.family == "recipe" else contender.name)
    return lambda glyphs: packed.probabilities(glyphs)[:, :10].argmax(axis=1), test.glyphs, packed.size


def _rows(dataset: Dataset) -> NDArray[np.float32]:
    return (dataset.glyphs.reshape(len(dataset), -1) / 255).astype(np.float32)


def main() -> None:
    """Does the part that the command line names, and prints what it gave as JSON."""
    part, name, folder, count = sys.argv[1:]
    contender = find_contender(name)
    done = fit(contender, Path(folder), int(count)) if part == "fit" else ask(contender, Path(folder))
    print(json.dumps(done))


if __name__ == "__main__":
    main()
