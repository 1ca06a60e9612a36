import shutil
from pathlib import Path
from typing import Any

import pytest

from inkdigits.data.idx import file_name, find_file, find_labels, load_pair
from inkdigits.data.mnist import EMBEDDED
from inkdigits.errors import DataError


def test_names_are_those_of_the_embedded_files() -> None:
    names = {file_name("train", "images"), file_name("train", "labels"), file_name("test", "images")}
    assert names <= {path.name for path in EMBEDDED.iterdir()}


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images.idx3-ubyte.gz", "train-images.idx3-ubyte"])
def test_a_file_is_found_under_the_names_of_its_copies(tmp_path: Path, name: str) -> None:
    assert find_file(tmp_path, "train", "images") is None
    (tmp_path / name).touch()
    assert find_file(tmp_path, "train", "images") == tmp_path / name
    assert find_file(tmp_path, "test", "images") is None


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("mine-train-images-idx3-ubyte", "mine-train-labels-idx1-ubyte"),
    ],
)
def test_labels_are_found_beside_their_images(tmp_path: Path, images: Any, labels: Any) -> None:
    (tmp_path / labels).touch()
    assert find_labels(tmp_path / images) == tmp_path / labels


def test_missing_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"labels file t10k-labels-idx1-ubyte beside .*Received: no such file"):
        find_labels(tmp_path / "t10k-images-idx3-ubyte")


def test_an_images_file_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"named like train-images-idx3-ubyte.gz. Received: digits.idx"):
        find_labels(tmp_path / "digits.idx")


def test_images_and_labels_of_different_splits_do_not_fit(tmp_path: Path) -> None:
    shutil.copy(EMBEDDED / "t10k-images-idx3-ubyte.gz", tmp_path)
    with pytest.raises(DataError, match="Received: 10000 glyphs, 60000 labels"):
        load_pair(tmp_path / "t10k-images-idx3-ubyte.gz", EMBEDDED / "train-labels-idx1-ubyte.gz")
