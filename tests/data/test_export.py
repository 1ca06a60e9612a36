from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits.data.dataset import Dataset
from inkdigits.data.export import export_dataset
from inkdigits.data.source import load_dataset
from inkdigits.errors import DataError, SettingError

TARGETS = [("csv", "a.csv"), ("npz", "a.npz"), ("idx", "a"), ("folder", "a")]
EXACT = TARGETS[:3]


@pytest.mark.parametrize(("file_format", "name"), EXACT)
@pytest.mark.parametrize("split", ["train", "test"])
def test_what_is_exported_loads_to_the_same_bytes(
    tmp_path: Path, digits: Dataset, file_format: Any, name: str, split: Any
) -> None:
    export_dataset(digits, tmp_path / "new" / name, file_format, split=split)
    dataset = load_dataset(tmp_path / "new" / name, split=split)
    assert dataset.sha256 == digits.sha256
    assert dataset.issues == ()


def test_a_folder_loads_to_the_same_labels_and_clean_glyphs_to_the_same_bytes(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a", "folder")
    dataset = load_dataset(tmp_path / "a")
    order = np.argsort(digits.labels, kind="stable")
    assert dataset.labels.tolist() == digits.labels[order].tolist()
    same = (dataset.glyphs == digits.glyphs[order]).all((1, 2))
    assert same.mean() > 0.9  # the glyph door drops the dust of a few


def test_a_folders_pictures_are_the_glyphs_named_by_class_and_index(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a", "folder")
    for index in (0, 12, 59):
        with Image.open(tmp_path / "a" / str(digits.labels[index]) / f"{index:05}.png") as picture:
            assert np.array_equal(np.asarray(picture), digits.glyphs[index])


def test_the_csv_is_kaggles(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a.csv", "csv")
    header, first, *_ = (tmp_path / "a.csv").read_text().splitlines()
    assert header.startswith("label,pixel0,pixel1,")
    assert header.endswith(",pixel783")
    assert [int(value) for value in first.split(",")] == [digits.labels[0], *digits.glyphs[0].ravel()]


def test_the_idx_files_have_mnists_names(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path, "idx", split="train")
    export_dataset(digits, tmp_path, "idx", split="test")  # beside the other split: nothing is overwritten
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
        "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
    ]  # fmt: skip


@pytest.mark.parametrize(("file_format", "name"), TARGETS)
def test_nothing_is_overwritten_unless_told(tmp_path: Path, digits: Dataset, file_format: Any, name: str) -> None:
    target = tmp_path / name
    export_dataset(digits, target, file_format)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    split = digits.subset(np.arange(30))
    with pytest.raises(DataError, match=rf"Expected nothing at .*{name}.* yet. .*overwrite=True"):
        export_dataset(split, target, file_format)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    export_dataset(split, target, file_format, overwrite=True)
    assert len(load_dataset(target)) == 30


def test_overwriting_a_folder_leaves_what_is_not_an_exports(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path, "folder")
    (tmp_path / "7" / "notes.png").write_bytes(b"mine")
    (tmp_path / "README").write_text("mine")
    export_dataset(digits.subset(np.arange(2)), tmp_path, "folder", overwrite=True)
    assert (tmp_path / "7" / "notes.png").exists()
    assert (tmp_path / "README").exists()
    assert sum(1 for _ in tmp_path.rglob("0*.png")) == 2


def test_an_empty_folder_is_free(tmp_path: Path, digits: Dataset) -> None:
    (tmp_path / "a").mkdir()
    export_dataset(digits, tmp_path / "a", "folder")
    assert (tmp_path / "a" / "0").is_dir()


@pytest.mark.parametrize("file_format", ["csv", "npz"])
def test_a_file_of_another_suffix_is_refused(tmp_path: Path, digits: Dataset, file_format: Any) -> None:
    with pytest.raises(SettingError, match=rf"ends in .{file_format}. Received: 'a.txt'"):
        export_dataset(digits, tmp_path / "a.txt", file_format)


def test_an_unknown_format_is_refused(tmp_path: Path, digits: Dataset) -> None:
    with pytest.raises(SettingError, match=r"folder, csv, npz or idx. Received: 'parquet'"):
        export_dataset(digits, tmp_path / "a", "parquet")  # type: ignore[arg-type]


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path, digits: Dataset) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"Expected to write to .*file"):
        export_dataset(digits, tmp_path / "file" / "a.csv", "csv")


def test_glyphs_that_are_a_view_are_exported_in_order(tmp_path: Path, digits: Dataset) -> None:
    view = Dataset(digits.glyphs[::-1], digits.labels[::-1], "backwards")
    export_dataset(view, tmp_path / "a.csv", "csv")
    assert load_dataset(tmp_path / "a.csv").sha256 == view.sha256
