"""Labeled data from any source: a name, file or folder in, a data set out."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from inkdigits.data.dataset import Dataset, Split, check_split, damage_reported
from inkdigits.data.folder import LABELS_NAME, has_classes, has_labels, load_folder
from inkdigits.data.idx import GZIP_MAGIC, PREFIXES, find_file, find_labels, load_pair
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.data.tabular import load_csv, load_npz
from inkdigits.errors import DataError, MissingDataError, SettingError

SPLIT_FOLDERS: dict[Split, tuple[str, ...]] = {"train": ("train", "training"), "test": ("test", "testing")}
ACCEPTED = (
    "'mnist'; a CSV file with a label and 784 pixels per row; an NPZ file; an IDX images file with its labels file "
    f"beside it; a folder of IDX files with MNIST's names, of class folders 0 to 9, with a {LABELS_NAME} "
    "(file,label), or with train and test folders of these"
)
Part: TypeAlias = Literal["train", "test", "validation"]

_ZIP_MAGIC = b"PK\x03\x04"
_IDX_MAGIC = b"\0\0\x08"


def load_dataset(source: str | Path, *, split: Split = "train", strict: bool = False) -> Dataset:
    """Loads labeled glyphs from any source.

    Args:
        source: `"mnist"`, or the path of a CSV, NPZ or IDX file, or of a folder of IDX files or pictures. A folder of
            the name mnist is `"./mnist"`.
        split: Which split. A source of one part (a CSV file, an IDX images file, `images` and `labels` in NPZ, class
            folders, `labels.csv`) serves both, because its user named it.
        strict: Whether the first row or picture that cannot be used ends the loading.

    Returns:
        The data set; what could not be used is in its `issues`.

    Raises:
        MissingDataError: There is no such file or folder.
        DataError: The source is unknown or damaged, has no such split, or has an issue and `strict` is set.
        SettingError: There is no such split, or the source is neither a name nor a path.

    Example:
        >>> len(load_dataset("mnist", split="test"))
        10000
    """
    check_split(split)
    if source == "mnist":
        return load_mnist(split)
    path = _path_of(source)
    with damage_reported("a readable source", path):
        if path.is_dir():
            return _load_folder(path, split, strict)
        if path.is_file():
            return _load_file(path, split, strict)
    raise MissingDataError(
        f"Expected {ACCEPTED}. Received: {str(source)!r}, no such file or folder.", hint="Check the path."
    )


def load_part(source: str | Path, part: Part, *, strict: bool = False) -> Dataset:
    """Loads a split, or the validation part of the training split: neither trained nor calibrated on.

    Args:
        source: As for `load_dataset`.
        part: `"train"`, `"test"` or `"validation"`.
        strict: Whether the first row or picture that cannot be used ends the loading.

    Raises:
        MissingDataError: There is no such file or folder.
        DataError: As for `load_dataset`.
    """
    if part != "validation":
        return load_dataset(source, split=part, strict=strict)
    dataset = load_dataset(source, strict=strict)
    return replace(dataset.subset(split_training(dataset).validation), issues=dataset.issues)


def has_test_part(source: str | Path) -> bool:
    """Whether a source has a test split of its own."""
    if source == "mnist":
        return True
    path = _path_of(source)
    with damage_reported("a readable source", path):
        if path.is_dir():
            return len(_idx_images(path) or _split_folders(path)) == len(SPLIT_FOLDERS)
        if not path.is_file() or not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as arrays:
            return "x_test.npy" in arrays.namelist()


def _path_of(source: str | Path) -> Path:
    if isinstance(source, str | Path):
        return Path(source)
    raise SettingError(
        f"Expected the name or the path of a source. Received: {type(source).__name__}.", hint="Give a str or a Path."
    )


def _load_file(path: Path, split: Split, strict: bool) -> Dataset:
    magic = _magic(path)
    if magic.startswith(_IDX_MAGIC):
        return _load_idx(path)
    if magic == _ZIP_MAGIC:
        return load_npz(path, split=split)
    if path.name == LABELS_NAME:
        return load_folder(path.parent, strict=strict)
    if path.suffix.lower() in (".csv", ".txt"):
        return load_csv(path, strict=strict)
    raise DataError(
        f"Expected {ACCEPTED}. Received: {path}, a file of another kind.", hint="Convert it to one of these."
    )


def _magic(path: Path) -> bytes:
    """The first four bytes of a file, after gzip if it is compressed."""
    with damage_reported("a readable file", path):
        with path.open("rb") as file:
            head = file.read(4)
        if not head.startswith(GZIP_MAGIC):
            return head
        with gzip.open(path) as compressed:
            return compressed.read(4)


def _load_idx(path: Path) -> Dataset:
    if "labels" in path.name and "images" not in path.name:
        raise DataError(
            f"Expected an images file. Received: the labels file {path}.", hint="Name the images file beside it."
        )
    return load_pair(path, find_labels(path))


def _load_folder(folder: Path, split: Split, strict: bool) -> Dataset:
    images = _idx_images(folder)
    if images:
        _check_split_there(folder, split, list(images))
        return load_pair(images[split], find_labels(images[split]))
    if has_labels(folder) or has_classes(folder):
        return load_folder(folder, strict=strict)
    folders = _split_folders(folder)
    if folders:
        _check_split_there(folder, split, list(folders))
        return _load_folder(folders[split], split, strict)
    raise DataError(f"Expected {ACCEPTED}. Received: {folder}, a folder with none of these.", hint="Check the path.")


def _idx_images(folder: Path) -> dict[Split, Path]:
    """The images files of MNIST's names in a folder, by split."""
    found = {split: find_file(folder, split, "images") for split in PREFIXES}
    return {split: path for split, path in found.items() if path is not None}


def _split_folders(folder: Path) -> dict[Split, Path]:
    named = ((split, folder / name) for split, names in SPLIT_FOLDERS.items() for name in names)
    return {split: path for split, path in named if path.is_dir()}


def _check_split_there(folder: Path, split: Split, splits: list[Split]) -> None:
    if split not in splits:
        raise DataError(
            f"Expected a {split} part in {folder}. Received: only a {splits[0]} part.",
            hint=f"Add one, name the {splits[0]} part itself, or ask for split={splits[0]!r}.",
        )


def check_leakage(train: Dataset, test: Dataset) -> None:
    """Refuses a test set that shares glyphs with the training set: its accuracy would be too high.

    Args:
        train: What was or will be trained on.
        test: What will be measured on.

    Raises:
        DataError: A glyph of `test` stands in `train`, byte for byte.
    """
    known = {glyph.tobytes() for glyph in train.glyphs}
    shared = [index for index, glyph in enumerate(test.glyphs) if glyph.tobytes() in known]
    if shared:
        first = ", ".join(map(str, shared[:5]))
        raise DataError(
            f"Expected no test glyph ({test.name}) in the training set ({train.name}). Received: {len(shared)} of "
            f"{len(test)} that stand in both, the first at test {'index' if len(shared) == 1 else 'indices'} {first}.",
            hint="Take them out of one of the two, or name another test set.",
        )
