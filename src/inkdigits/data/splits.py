"""Splits of the training digits: labels in, indices out, always the same ones.

training      learns the weights
validation    chooses: epochs, recipes, int8 or float32
calibration   temperature, thresholds and risk bounds, and nothing else
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.errors import DataError, SettingError
from inkdigits.labels import CLASSES

VALIDATION_COUNT = 5000  # of MNIST's 60,000, validation and calibration together
LARGEST_SHARE = 6  # a small set keeps five sixths for training

Indices = NDArray[np.intp]


class TrainingSplits(NamedTuple):
    """Indices of the three splits of training digits, each in rising order; together they are `range(N)`."""

    training: Indices
    validation: Indices
    calibration: Indices


def split_training(dataset: Dataset | NDArray[np.integer[Any]]) -> TrainingSplits:
    """Splits training digits into training, validation and calibration.

    What `validation_split` holds out is halved, class by class. If a single digit is held out, it is in both halves.

    Args:
        dataset: The training digits, or their labels, shape `(N,)`, 0 to 9.

    Returns:
        The indices of each split: 55,000, 2,500 and 2,500 of MNIST.

    Raises:
        DataError: There are fewer than 2 digits, or the labels are not 0 to 9.

    Example:
        >>> [len(part) for part in split_training(np.repeat(np.arange(10), 60))]
        [500, 50, 50]
    """
    labels = dataset.labels if isinstance(dataset, Dataset) else dataset
    training, held_out = validation_split(labels)
    if len(held_out) == 1:
        return TrainingSplits(training, held_out, held_out)
    # Sorted by class and dealt out in turn: both halves get every other digit of a class.
    dealt = held_out[np.argsort(labels[held_out], kind="stable")]
    return TrainingSplits(training, np.sort(dealt[::2]), np.sort(dealt[1::2]))


def validation_split(
    dataset: Dataset | NDArray[np.integer[Any]], *, count: int = VALIDATION_COUNT, seed: int = 0
) -> tuple[Indices, Indices]:
    """Holds out training digits for choices and calibration, which must not be made on the test set.

    `split_training` halves them for the two purposes. Each class keeps its share, to the nearest whole digit. A
    small set gives at most a sixth, but one digit of each class that has two.

    Args:
        dataset: The training set, or its labels, shape `(N,)`, 0 to 9.
        count: Digits to hold out.
        seed: Which ones.

    Returns:
        Indices of training and of held-out digits, both in rising order; together they are `range(N)`.

    Raises:
        DataError: There are fewer than 2 glyphs, or the labels are not 0 to 9.
        SettingError: `count` is below 1, or `seed` below 0.

    Example:
        >>> training, held_out = validation_split(np.repeat(np.arange(10), 60))
        >>> len(training), len(held_out)
        (500, 100)
    """
    labels = dataset.labels if isinstance(dataset, Dataset) else dataset
    _check(labels, count, seed)
    sizes = np.bincount(labels, minlength=CLASSES)
    quotas = _quotas(sizes, min(count, _largest_count(sizes)))
    # The raw stream of PCG64 never changes; NumPy may change how a Generator shuffles.
    keys = np.random.PCG64(seed).random_raw(len(labels))
    chosen = np.zeros(len(labels), np.bool_)
    for label, quota in enumerate(quotas):
        members = np.flatnonzero(labels == label)
        chosen[members[np.argsort(keys[members], kind="stable")[:quota]]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _check(labels: NDArray[np.integer[Any]], count: int, seed: int) -> None:
    if labels.ndim != 1 or labels.dtype.kind not in "ui" or not np.all((labels >= 0) & (labels < CLASSES)):
        raise DataError(
            f"Expected labels of 0 to 9, shape (N,). Received: {labels.shape}, {labels.dtype}.",
            hint="Check the labels.",
        )
    if len(labels) < 2:
        raise DataError(
            f"Expected at least 2 glyphs to split. Received: {len(labels)}.", hint="Give more training data."
        )
    if count < 1 or seed < 0:
        raise SettingError(
            f"Expected a count of 1 or more and a seed of 0 or more. Received: count {count}, seed {seed}.",
            hint="5000 and 0 are usual.",
        )


def _largest_count(sizes: NDArray[np.intp]) -> int:
    return max(int(sizes.sum()) // LARGEST_SHARE, int((sizes > 1).sum()), 1)


def _quotas(sizes: NDArray[np.intp], total: int) -> NDArray[np.intp]:
    """How many of each class make `total`: by largest remainder, and where possible neither none nor all of a class."""
    spare = np.maximum(sizes - 1, 0)
    room = sizes if spare.sum() < total else spare
    count = sizes.sum()
    quotas: Indices = np.minimum(sizes * total // count, room)
    while quotas.sum() < total:
        remainders = np.where(quotas < room, sizes * total - quotas * count, np.iinfo(np.intp).min)
        quotas[remainders.argmax()] += 1
    splittable = sizes > 1
    if total >= splittable.sum():
        for label in np.flatnonzero(splittable & (quotas == 0)):
            quotas[quotas.argmax()] -= 1
            quotas[label] += 1
    return quotas


def sample(dataset: Dataset, count: int, *, seed: int = 0, label: int | None = None) -> Indices:
    """Chooses some glyphs at random.

    Args:
        dataset: Any.
        count: How many at most.
        seed: Which ones: the same seed gives the same glyphs.
        label: Only glyphs of this digit.

    Returns:
        Indices in rising order.

    Raises:
        DataError: There is no glyph of that digit.
    """
    members = np.arange(len(dataset)) if label is None else np.flatnonzero(dataset.labels == label)
    if not len(members):
        raise DataError(
            f"Expected glyphs of the digit {label} in {dataset.name}. Received: none.", hint="Choose another digit."
        )
    keys = np.random.PCG64(seed).random_raw(len(members))
    return np.sort(members[np.argsort(keys, kind="stable")[:count]])


def take_evenly(count: int, most: int) -> Indices:
    """At most `most` indices of `range(count)`, evenly spaced."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(np.intp)
