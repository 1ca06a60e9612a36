import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.data.dataset import Dataset
from inkdigits.data.idx import read_idx
from inkdigits.data.mnist import EMBEDDED
from inkdigits.data.splits import split_training, validation_split
from inkdigits.errors import DataError, SettingError

GOLDEN = "a107832f29321a21570c9a86abf0445aeb125255dedb9555115af1980d082927"


@pytest.fixture(scope="module")
def mnist_labels() -> Any:
    return read_idx(EMBEDDED / "train-labels-idx1-ubyte.gz")


def test_the_split_of_mnist_never_changes(mnist_labels: Any) -> None:
    labels = mnist_labels
    train, validation = validation_split(labels)
    assert (len(train), len(validation)) == (55000, 5000)
    # 5923 / 60000 * 5000 = 493.6, and so on
    assert np.bincount(labels[validation]).tolist() == [494, 562, 496, 511, 487, 452, 493, 522, 487, 496]
    assert hashlib.sha256(validation.astype("<i8").tobytes()).hexdigest() == GOLDEN


def test_a_data_set_is_split_as_its_labels_are(digits: Dataset) -> None:
    for ours, theirs in zip(validation_split(digits), validation_split(digits.labels), strict=True):
        assert np.array_equal(ours, theirs)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=400), st.integers(1, 100), st.integers(0, 5))
def test_both_parts_make_the_whole_and_no_class_is_lost(values: list[int], count: int, seed: int) -> None:
    labels = np.array(values, np.uint8)
    train, validation = validation_split(labels, count=count, seed=seed)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(len(labels)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()
    sizes = np.bincount(labels, minlength=10)
    splittable = sizes > 1
    assert len(validation) == min(count, max(len(labels) // 6, splittable.sum(), 1))
    parts = np.bincount(labels[validation], minlength=10)
    if len(validation) >= splittable.sum():
        assert (parts[splittable] > 0).all()
    if splittable.any():
        assert (np.bincount(labels[train], minlength=10)[sizes > 0] > 0).all()


def test_each_class_keeps_its_share_to_a_glyph() -> None:
    labels = np.repeat(np.arange(10), np.arange(100, 1100, 100))
    _, validation = validation_split(labels, count=500)
    shares = np.bincount(labels) * 500 / len(labels)
    assert (abs(np.bincount(labels[validation]) - shares) < 1).all()


def test_another_seed_takes_other_glyphs_and_the_same_one_the_same() -> None:
    labels = np.repeat(np.arange(10), 60)
    first, again, other = (validation_split(labels, seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_small_set_gives_a_sixth() -> None:
    assert len(validation_split(np.repeat(np.arange(10), 60))[1]) == 100


def test_a_rare_class_is_in_both_parts() -> None:
    labels = np.array([0] * 300 + [1] * 2)
    train, validation = validation_split(labels)
    assert (labels[train] == 1).sum() == 1
    assert (labels[validation] == 1).sum() == 1


def test_the_only_glyph_of_a_class_is_trained_on() -> None:
    labels = np.array([0] * 15 + list(range(1, 10)))  # by remainders alone, one of the nine would be taken
    _, validation = validation_split(labels)
    assert labels[validation].tolist() == [0, 0, 0, 0]


def test_two_glyphs_of_two_classes_give_one_each() -> None:
    assert [len(part) for part in validation_split(np.array([3, 8]))] == [1, 1]


def test_one_glyph_cannot_be_split() -> None:
    with pytest.raises(DataError, match=r"at least 2 glyphs to split. Received: 1"):
        validation_split(np.array([7]))


@pytest.mark.parametrize("labels", [np.array([1, 10]), np.array([-1, 2]), np.eye(10), np.array([1.0, 2.0])])
def test_what_is_no_label_is_refused(labels: Any) -> None:
    with pytest.raises(DataError, match="labels of 0 to 9"):
        validation_split(labels)


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (5, -1)])
def test_a_count_or_seed_out_of_range_is_refused(count: int, seed: int) -> None:
    with pytest.raises(SettingError, match=rf"Received: count {count}, seed {seed}"):
        validation_split(np.array([1, 2, 3]), count=count, seed=seed)


def test_validation_and_calibration_are_the_halves_of_what_is_held_out(mnist_labels: Any) -> None:
    splits = split_training(mnist_labels)
    training, held_out = validation_split(mnist_labels)
    assert [len(part) for part in splits] == [55_000, 2_500, 2_500]
    np.testing.assert_array_equal(splits.training, training)  # as before there was a calibration split
    np.testing.assert_array_equal(np.union1d(splits.validation, splits.calibration), held_out)
    counts = [np.bincount(mnist_labels[part]) for part in (splits.validation, splits.calibration)]
    assert np.abs(counts[0] - counts[1]).max() <= 1
    assert abs(splits.validation.mean() - splits.calibration.mean()) < 1500  # MNIST's two halves are by other hands


def test_a_data_set_is_split_in_three_as_its_labels_are(digits: Dataset) -> None:
    for ours, theirs in zip(split_training(digits), split_training(digits.labels), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_single_held_out_digit_serves_both() -> None:
    splits = split_training(np.array([3, 8]))
    assert [len(part) for part in splits] == [1, 1, 1]
    assert splits.validation.tolist() == splits.calibration.tolist()
