"""Pairs of IDX files named as MNIST's are: an images file and its labels file. Knows nothing of MNIST's content."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from inkdigits.data.dataset import Dataset, Split
from inkdigits.data.idx import read_idx
from inkdigits.errors import DataError

PREFIXES: dict[Split, str] = {"train": "train", "test": "t10k"}
_DIMENSIONS = {"images": 3, "labels": 1}


def file_name(split: Split, kind: Literal["images", "labels"]) -> str:
    """MNIST's own name for a file: `train-images-idx3-ubyte.gz`."""
    return f"{PREFIXES[split]}-{kind}-idx{_DIMENSIONS[kind]}-ubyte.gz"


def find_file(folder: Path, split: Split, kind: Literal["images", "labels"]) -> Path | None:
    """A file of MNIST's name in a folder, compressed or not, with the dot of some copies (`images.idx3`) or without.

    Args:
        folder: Where to look; not in folders inside it.
        split: Which half.
        kind: Which file of the pair.

    Returns:
        The file, or None if there is none.
    """
    name = file_name(split, kind)
    dotted = name.replace(f"{kind}-idx", f"{kind}.idx")
    names = (name, name.removesuffix(".gz"), dotted, dotted.removesuffix(".gz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def find_labels(images: Path) -> Path:
    """The labels file beside an images file.

    Args:
        images: Named as MNIST's: `train-images-idx3-ubyte`, with anything before and after `images-idx3`.

    Raises:
        DataError: The images file has another name, or there is no labels file beside it.
    """
    wanted = images.name.replace("images-idx3", "labels-idx1").replace("images.idx3", "labels.idx1")
    if wanted == images.name:
        raise DataError(
            f"Expected an images file named like train-images-idx3-ubyte.gz. Received: {images.name}.",
            hint="Its labels file is found by that name: rename both, or name their folder.",
        )
    bare = wanted.removesuffix(".gz")
    for name in (wanted, bare, f"{bare}.gz"):
        if (images.parent / name).is_file():
            return images.parent / name
    raise DataError(
        f"Expected the labels file {wanted} beside {images}. Received: no such file.", hint="Copy it there."
    )


def load_pair(images: Path, labels: Path) -> Dataset:
    """Loads an images file and its labels file.

    Raises:
        DataError: A file is damaged, or they do not fit together.
    """
    return Dataset(read_idx(images), read_idx(labels), images.name)
