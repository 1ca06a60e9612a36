"""Export: a data set in; files that other programs read, and `load_dataset` too, out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
from PIL import Image

from inkdigits.data.dataset import Dataset, Split, check_split
from inkdigits.data.folder import CLASS_NAMES
from inkdigits.data.idx import file_name, write_idx
from inkdigits.data.tabular import PIXELS
from inkdigits.errors import DataError, SettingError
from inkdigits.files import draft_of, folder_draft_of

Format: TypeAlias = Literal["folder", "csv", "npz", "idx"]

_LEVELS = [str(level).encode() for level in range(256)]
_OWN_PICTURE = re.compile(r"\d{5,}\.png")


def export_dataset(
    dataset: Dataset,
    target: Path,
    format: Format,  # noqa: A002
    *,
    overwrite: bool = False,
    split: Split = "train",
) -> None:
    """Writes a data set.

    Args:
        dataset: What to write.
        target: The file (`csv`, `npz`) or folder (`folder`, `idx`); folders on the way to it are made.
        format: `"folder"`: a PNG per glyph, white ink on black as in the glyph, named `7/00012.png` by class and index.
            `"csv"`: `label,pixel0,...,pixel783`. `"npz"`: arrays `images` and `labels`. `"idx"`: two files with
            MNIST's names.
        overwrite: Whether what is there may be replaced. In a folder, only what is named as an export
            names it is; the rest stays.
        split: Which of MNIST's names the two files of `"idx"` get.

    Raises:
        DataError: Something is there and `overwrite` is not set, or it cannot be written.
        SettingError: There is no such format or split, or a file's name does not end as its format does.
    """
    check_split(split)
    _check_target(target, format)
    files = [target / file_name(split, "images"), target / file_name(split, "labels")] if format == "idx" else [target]
    if not overwrite:
        _check_free(files)
    writers: dict[Format, Callable[[], None]] = {
        "folder": lambda: _write_folder(dataset, target),
        "csv": lambda: _write_csv(dataset, target),
        "npz": lambda: _write_npz(dataset, target),
        "idx": lambda: _write_idx(dataset, *files),
    }
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        writers[format]()
    except OSError as error:
        raise DataError(f"Expected to write to {target}. Received: {error}.", hint="Check the path.") from error


def format_of(target: Path) -> Format:
    """The format that a target's ending names: `.csv` or `.npz`.

    Raises:
        SettingError: It has another ending, or none.
    """
    for name in ("csv", "npz"):
        if target.suffix.lower() == f".{name}":
            return name
    raise SettingError(
        f"Expected a target that ends in .csv or .npz, or a format. Received: {target.name!r}.",
        hint="Formats: folder, csv, npz, idx.",
    )


def _check_target(target: Path, format: str) -> None:  # noqa: A002
    if format not in get_args(Format):
        raise SettingError(f"Expected a format of folder, csv, npz or idx. Received: {format!r}.", hint="Choose one.")
    if format in ("csv", "npz") and target.suffix.lower() != f".{format}":
        raise SettingError(
            f"Expected a file name that ends in .{format}. Received: {target.name!r}.", hint=f"Write: {target}.{format}"
        )


def _check_free(paths: list[Path]) -> None:
    for path in paths:
        if any(path.iterdir()) if path.is_dir() else path.exists():
            raise DataError(
                f"Expected nothing at {path} yet. Received: {'a folder with files' if path.is_dir() else 'a file'}.",
                hint="Name another target, or allow it with overwrite=True.",
            )


def _write_folder(dataset: Dataset, target: Path) -> None:
    """A new folder takes its place when it is whole; in one that has files, pictures are replaced one by one."""
    if target.is_dir() and any(target.iterdir()):
        _write_pictures(dataset, target)
        return
    with folder_draft_of(target) as draft:
        _write_pictures(dataset, draft)


def _write_pictures(dataset: Dataset, target: Path) -> None:
    for name in CLASS_NAMES:
        (target / name).mkdir(parents=True, exist_ok=True)
        for path in list((target / name).iterdir()):  # what an earlier export wrote would be read with this one
            if _OWN_PICTURE.fullmatch(path.name):
                path.unlink()
    for index, (glyph, label) in enumerate(zip(dataset.glyphs, dataset.labels, strict=True)):
        Image.fromarray(glyph).save(target / str(label) / f"{index:05}.png")


def _write_csv(dataset: Dataset, target: Path) -> None:
    with draft_of(target) as draft, draft.open("wb") as file:
        file.write(",".join(["label", *(f"pixel{index}" for index in range(PIXELS))]).encode() + b"\n")
        for glyph, label in zip(dataset.glyphs, dataset.labels, strict=True):
            file.write(_LEVELS[label] + b"," + b",".join(map(_LEVELS.__getitem__, glyph.tobytes())) + b"\n")


def _write_npz(dataset: Dataset, target: Path) -> None:
    with draft_of(target) as draft, draft.open("wb") as file:
        np.savez_compressed(file, images=dataset.glyphs, labels=dataset.labels)


def _write_idx(dataset: Dataset, images: Path, labels: Path) -> None:
    images.parent.mkdir(exist_ok=True)
    write_idx(images, dataset.glyphs)
    write_idx(labels, dataset.labels)
