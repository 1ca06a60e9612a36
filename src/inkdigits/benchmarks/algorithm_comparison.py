"""The comparison of algorithms: names and data in; accuracy and cost of each, on the same digits, out."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from inkdigits.benchmarks.algorithm_trial import Outcome, measure
from inkdigits.benchmarks.algorithms import ALGORITHMS, find_algorithm
from inkdigits.data.dataset import Dataset
from inkdigits.data.source import check_leakage, has_test_part, load_dataset
from inkdigits.data.splits import validation_split
from inkdigits.errors import TrainingError
from inkdigits.evaluation.significance import compare_algorithms, holm
from inkdigits.files import draft_of
from inkdigits.system import cpu_name, usable_cores

QUICK = 5000  # training digits
QUICK_ONES = ("logistic regression", "k-NN", "extra trees", "SVM on PCA-50", "sprint", "default")


@dataclass(frozen=True)
class Score:
    """What is known of one algorithm.

    Attributes:
        outcome: What its first trial measured: the costs.
        right: Test digits that it read right, of `count`, with each seed.
        count: All of them.
        p_value: The test against the most accurate, with Holm's correction; None for that one itself.
    """

    outcome: Outcome
    right: Sequence[int]
    count: int
    p_value: float | None

    @property
    def accuracy(self) -> float:
        """The mean over the seeds, 0 to 1."""
        return mean(self.right) / self.count

    @property
    def spread(self) -> float | None:
        """The standard deviation over the seeds; None for a single one."""
        return stdev(self.right) / self.count if len(self.right) > 1 else None


@dataclass(frozen=True)
class Comparison:
    """What was compared.

    Attributes:
        description: The data and the machine, in a sentence.
        scores: The algorithms by accuracy.
        failures: Name and error of each that failed.
    """

    description: str
    scores: Sequence[Score] = ()
    failures: Sequence[tuple[str, TrainingError]] = field(default=())


def compare(
    names: Sequence[str] | None = None,
    *,
    data: str | Path = "mnist",
    quick: bool = False,
    seeds: int = 1,
    folder: Path = Path("comparison"),
    listener: Callable[[str, Comparison | None], None] = lambda _name, _so_far: None,
) -> Comparison:
    """Trains algorithms on the same digits, each in a process of its own, and asks each for the same test digits.

    Args:
        names: Names in `ALGORITHMS`; by default all, or with `quick` the fast ones.
        data: As `load_dataset` takes it. Without a test split, a sixth is held out as one.
        quick: Trains on the first 5,000 digits.
        seeds: How often each is trained. What uses no random numbers is trained once.
        folder: Where the models go.
        listener: Called with the name of each algorithm before it is trained, with None, and after it, with everything
            that is known so far.

    Returns:
        The comparison.

    Raises:
        MissingModelError: There is no such algorithm.
        DataError: The data cannot be read, or test digits were trained on.
        MissingExtraError: scikit-learn or TensorFlow is not installed.
    """
    everyone = QUICK_ONES if quick else [algorithm.name for algorithm in ALGORITHMS if algorithm.installed]
    chosen = list(dict.fromkeys(find_algorithm(name) for name in names or everyone))
    source, training, test = _prepare(data, folder, QUICK if quick else None)
    found = Comparison(_describe(data, training, test))
    outcomes: dict[str, list[Outcome]] = {}
    failures: list[tuple[str, TrainingError]] = []
    for algorithm in chosen:
        listener(algorithm.name, None)
        try:
            place = folder / "models" / algorithm.name.replace(" ", "-")
            count = seeds if algorithm.seeded else 1
            outcomes[algorithm.name] = [measure(algorithm, place, source, seed) for seed in range(count)]
        except TrainingError as error:
            failures.append((algorithm.name, error))
        found = Comparison(found.description, rank(list(outcomes.values()), test), tuple(failures))
        listener(algorithm.name, found)
    return found


def _prepare(data: str | Path, folder: Path, most: int | None) -> tuple[str, Dataset, Dataset]:
    """What `load_dataset` takes for these training and test digits, and both of them."""
    train = load_dataset(data)
    if has_test_part(data):
        test = load_dataset(data, split="test")
    else:
        kept, held_out = validation_split(train)
        train, test = train.subset(kept), train.subset(held_out)
    check_leakage(train, test)
    if most is not None:
        train = train.subset(np.arange(min(most, len(train))))
    if data == "mnist" and most is None:
        return "mnist", train, test
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "data.npz"
    with draft_of(path) as draft:
        np.savez(draft, x_train=train.glyphs, y_train=train.labels, x_test=test.glyphs, y_test=test.labels)
    return str(path.resolve()), train, test


def rank(outcomes: Sequence[Sequence[Outcome]], test: Dataset) -> list[Score]:
    """Algorithms by accuracy, each with its test against the first; the first itself with None.

    Args:
        outcomes: The outcomes of the seeds, for each algorithm.
        test: The digits that were asked for.
    """
    if not outcomes:
        return []
    rights = [np.array([one.answers for one in seeds]) == test.labels for seeds in outcomes]
    best, *others = sorted(range(len(rights)), key=lambda index: -rights[index].mean())
    p_values = holm([compare_algorithms(rights[best], rights[index]) for index in others])
    ranked = zip((best, *others), (None, *p_values), strict=True)
    counts = [right.sum(axis=1).tolist() for right in rights]
    return [Score(outcomes[index][0], counts[index], len(test), p_value) for index, p_value in ranked]


def _describe(data: str | Path, train: Dataset, test: Dataset) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "inkdigits"))
    machine = f"{cpu_name()}, {usable_cores()} cores, Python {platform.python_version()}, {versions}, {date.today()}"
    name = "MNIST" if data == "mnist" else str(data)
    return f"Trained on {len(train):,} digits of {name}, measured on {len(test):,} other digits of it; {machine}."
