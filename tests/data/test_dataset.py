from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset, LoadIssue, add_issue, check_split
from inkdigits.errors import DataError, SettingError


def glyphs(count: int) -> NDArray[np.uint8]:
    return np.zeros((count, 28, 28), np.uint8)


def labels(*values: int) -> NDArray[np.uint8]:
    return np.array(values, np.uint8)


def test_length_and_counts_are_those_of_the_labels() -> None:
    dataset = Dataset(glyphs(4), labels(7, 1, 7, 0), "four")
    assert len(dataset) == 4
    assert dataset.counts.tolist() == [1, 1, 0, 0, 0, 0, 0, 2, 0, 0]


def test_sha256_changes_with_a_glyph_and_with_a_label_and_with_nothing_else() -> None:
    first = Dataset(glyphs(2), labels(1, 2), "a")
    inked = glyphs(2)
    inked[1, 14, 14] = 1
    assert first.sha256 == Dataset(glyphs(2), labels(1, 2), "b").sha256
    assert first.sha256 != Dataset(inked, labels(1, 2), "a").sha256
    assert first.sha256 != Dataset(glyphs(2), labels(1, 3), "a").sha256


def test_sha256_of_a_view_is_that_of_its_copy() -> None:
    wide = np.arange(4 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(4, 28, 28)
    view = Dataset(wide[::2], labels(1, 2), "view")
    assert view.sha256 == Dataset(wide[::2].copy(), labels(1, 2), "copy").sha256


def test_subset_keeps_each_glyph_with_its_label() -> None:
    inked = glyphs(3)
    inked[2] = 9
    part = Dataset(inked, labels(4, 5, 6), "three").subset(np.array([2, 0]))
    assert part.labels.tolist() == [6, 4]
    assert part.glyphs[:, 0, 0].tolist() == [9, 0]


@pytest.mark.parametrize(
    ("images", "numbers", "said"),
    [
        (np.zeros((2, 32, 32), np.uint8), labels(1, 2), r"\(N, 28, 28\), uint8, in it. Received: \(2, 32, 32\), uint8"),
        (np.zeros((2, 28, 28), np.float32), labels(1, 2), "Received: .*float32"),
        (glyphs(2), np.array([1, 2]), "labels of shape .N,., uint8, in it. Received: .*int64"),
        (glyphs(2), np.zeros((2, 10), np.uint8), r"Received: \(2, 10\)"),
        (glyphs(3), labels(1, 2), "Received: 3 glyphs, 2 labels"),
        (glyphs(0), labels(), "at least one glyph in it. Received: none"),
        (glyphs(3), labels(1, 12, 11), "Received: 2 others, the first 12 at index 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_received(images: Any, numbers: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        Dataset(images, numbers, "it")
    assert caught.value.hint


def test_an_empty_data_set_names_its_first_problem() -> None:
    issues = (LoadIssue("a.png", "the picture is blank"), LoadIssue("b.png", "too"))
    with pytest.raises(DataError, match=r"none, and 2 that cannot be used, the first: a.png: the picture is blank"):
        Dataset(glyphs(0), labels(), "it", issues)


def test_a_problem_is_collected_or_raised() -> None:
    issues: list[LoadIssue] = []
    add_issue(issues, LoadIssue("a.png", "damaged."), strict=False)
    assert issues == [LoadIssue("a.png", "damaged.")]
    with pytest.raises(DataError, match=r"Received: a.png: damaged\. .*strict=False"):
        add_issue(issues, LoadIssue("a.png", "damaged."), strict=True)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(SettingError, match=r"'train' or 'test'. Received: 'validation'"):
        check_split("validation")
