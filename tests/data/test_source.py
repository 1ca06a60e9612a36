import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits.data.dataset import Dataset
from inkdigits.data.export import export_dataset
from inkdigits.data.mnist import EMBEDDED, load_mnist
from inkdigits.data.source import check_leakage, has_test_part, load_dataset, load_part
from inkdigits.data.splits import split_training
from inkdigits.errors import DataError, SettingError


def test_mnist_is_known_by_name(mnist_test: Dataset) -> None:
    assert load_dataset("mnist", split="test").sha256 == mnist_test.sha256


def test_an_images_file_brings_the_labels_beside_it(mnist_test: Dataset) -> None:
    path = EMBEDDED / "t10k-images-idx3-ubyte.gz"
    assert load_dataset(path, split="test").sha256 == mnist_test.sha256
    assert load_dataset(str(path), split="train").sha256 == mnist_test.sha256  # one part: it serves both


def test_a_folder_of_mnists_names_is_read_by_split(tmp_path: Path, digits: Dataset, mnist_test: Dataset) -> None:
    export_dataset(digits, tmp_path, "idx", split="train")
    export_dataset(mnist_test, tmp_path, "idx", split="test")
    assert load_dataset(tmp_path).sha256 == digits.sha256
    assert load_dataset(tmp_path, split="test").sha256 == mnist_test.sha256


def test_a_half_that_a_folder_of_idx_files_lacks_is_named(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path, "idx")
    with pytest.raises(DataError, match=r"Expected a test part in .*Received: only a train part"):
        load_dataset(tmp_path, split="test")


@pytest.mark.parametrize(("name", "file_format"), [("a.csv", "csv"), ("a.npz", "npz"), ("a", "folder")])
def test_a_source_of_one_part_serves_both_splits(tmp_path: Path, digits: Dataset, name: str, file_format: Any) -> None:
    export_dataset(digits, tmp_path / name, file_format)
    assert load_dataset(tmp_path / name).sha256 == load_dataset(tmp_path / name, split="test").sha256


def test_an_npz_without_its_suffix_is_known_by_its_content(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a.npz", "npz")
    (tmp_path / "a.npz").rename(tmp_path / "a.data")
    assert load_dataset(tmp_path / "a.data").sha256 == digits.sha256


@pytest.mark.parametrize("names", [("train", "test"), ("training", "testing")])
def test_train_and_test_folders_are_read_by_split(tmp_path: Path, digits: Dataset, names: tuple[str, str]) -> None:
    splits = digits.subset(np.arange(40)), digits.subset(np.arange(40, 60))
    for split, name in zip(splits, names, strict=True):
        export_dataset(split, tmp_path / name, "folder")
    assert len(load_dataset(tmp_path)) == 40
    assert len(load_dataset(tmp_path, split="test")) == 20


def test_a_missing_test_folder_is_named(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "train", "folder")
    with pytest.raises(DataError, match=r"Expected a test part in .*Received: only a train part"):
        load_dataset(tmp_path, split="test")


def test_a_list_may_be_named_itself_or_by_its_folder(tmp_path: Path, digits: Dataset) -> None:
    Image.fromarray(digits.glyphs[0]).save(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("file,label\na.png,7\n")
    assert load_dataset(tmp_path).labels.tolist() == [7]
    assert load_dataset(tmp_path / "labels.csv", split="test").labels.tolist() == [7]


def test_strict_reaches_every_format_with_problems(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a.csv", "csv")
    with (tmp_path / "a.csv").open("a") as file:
        file.write("7\n")
    export_dataset(digits, tmp_path / "a", "folder")
    (tmp_path / "a" / "7" / "b.png").touch()
    for source in (tmp_path / "a.csv", tmp_path / "a"):
        assert len(load_dataset(source).issues) == 1
        with pytest.raises(DataError, match="Expected data without unusable rows"):
            load_dataset(source, strict=True)


def make_picture(folder: Path) -> Path:
    Image.new("L", (28, 28)).save(folder / "seven.png")
    return folder / "seven.png"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (lambda folder: folder / "nowhere", "nowhere', no such file or folder"),
        (lambda folder: folder, "a folder with none of these"),
        (make_picture, "seven.png, a file of another kind"),
    ],
)
def test_an_unknown_source_lists_what_is_accepted(tmp_path: Path, source: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        load_dataset(source(tmp_path))
    for word in ("'mnist'", "CSV", "NPZ", "IDX", "class folders", "labels.csv", "train and test folders"):
        assert word in caught.value.message


def test_a_labels_file_is_no_source() -> None:
    with pytest.raises(DataError, match=r"Expected an images file. Received: the labels file"):
        load_dataset(EMBEDDED / "t10k-labels-idx1-ubyte.gz")


def test_an_images_file_without_labels_says_which_it_needs(tmp_path: Path) -> None:
    shutil.copy(EMBEDDED / "t10k-images-idx3-ubyte.gz", tmp_path)
    with pytest.raises(DataError, match=r"labels file t10k-labels-idx1-ubyte.gz beside"):
        load_dataset(tmp_path, split="test")


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(DataError, match=r"readable file at .*a.gz"):
        load_dataset(tmp_path / "a.gz")


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(SettingError, match="Received: 'all'"):
        load_dataset("mnist", split="all")  # type: ignore[arg-type]


def test_shared_glyphs_are_counted_and_named(digits: Dataset) -> None:
    train = digits.subset(np.arange(40))
    with pytest.raises(
        DataError, match=r"Received: 4 of 24 that stand in both, the first at test indices 0, 1, 2, 3\."
    ):
        check_leakage(train, digits.subset(np.arange(36, 60)))
    with pytest.raises(DataError, match=r"Received: 1 of 21 that stand in both, the first at test index 0\."):
        check_leakage(train, digits.subset(np.arange(39, 60)))


def test_a_glyph_that_differs_in_one_level_is_not_shared(digits: Dataset) -> None:
    changed = digits.glyphs.copy()
    changed[:, 0, 0] += 1
    check_leakage(digits, Dataset(changed, digits.labels, "changed"))


def test_mnist_shares_no_glyph_between_its_halves(mnist_test: Dataset) -> None:
    check_leakage(load_mnist("train"), mnist_test)


def test_a_source_tells_whether_it_brings_a_test_part(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "one.npz", "npz")
    np.savez(
        tmp_path / "both.npz", x_train=digits.glyphs, y_train=digits.labels, x_test=digits.glyphs, y_test=digits.labels
    )
    export_dataset(digits, tmp_path / "splits" / "train", "folder")
    assert not has_test_part(tmp_path / "splits")
    export_dataset(digits, tmp_path / "splits" / "test", "folder")
    assert has_test_part(tmp_path / "splits")
    assert [has_test_part(tmp_path / name) for name in ("one.npz", "both.npz", "none")] == [False, True, False]
    assert has_test_part("mnist")


def test_the_validation_part_is_what_training_leaves_out(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a.csv", "csv")
    with (tmp_path / "a.csv").open("a") as file:
        file.write("7\n")
    part = load_part(tmp_path / "a.csv", "validation")
    assert part.sha256 == digits.subset(split_training(digits).validation).sha256
    assert len(part.issues) == 1
