"""MNIST, from the four files that ship with the package: arrays or a data set out, checked by SHA-256.

Nothing is downloaded.

Source:
    Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", CC BY-SA 3.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset, Labels, Split, check_split
from inkdigits.data.idx import file_name, find_file, parse_idx, read_file, uncompress
from inkdigits.errors import DataError, MissingDataError
from inkdigits.image.glyph import Glyphs

EMBEDDED = Path(__file__).parent / "embedded"
MISSING = "missing"

Kind: TypeAlias = Literal["images", "labels"]
SHA256: dict[tuple[Split, Kind], str] = {
    ("train", "images"): "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ("train", "labels"): "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ("test", "images"): "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ("test", "labels"): "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of the uncompressed bytes of each file."""


@dataclass(frozen=True)
class FileCheck:
    """What verifying one file gave.

    Attributes:
        file: Its name.
        expected: SHA-256 that its uncompressed bytes should have.
        received: SHA-256 that they have, or `MISSING`; of the bytes as they are, and saying so, if the compression is
            damaged.
    """

    file: str
    expected: str
    received: str

    @property
    def ok(self) -> bool:
        """Whether the file is the very one that is expected."""
        return self.received == self.expected


def load_data() -> tuple[tuple[Glyphs, Labels], tuple[Glyphs, Labels]]:
    """Loads MNIST as `keras.datasets.mnist.load_data()` does, without a download.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8, shapes `(60000, 28, 28)`, `(60000,)`, `(10000, 28, 28)` and
        `(10000,)`; 0 is paper, 255 is full ink, labels are 0 to 9.

    Raises:
        MissingDataError: A file is missing.
        DataError: A file is not MNIST's own.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, y_train[:5].tolist()
        ((60000, 28, 28), [5, 0, 4, 1, 9])
    """
    train, test = load_mnist("train"), load_mnist("test")
    return (train.glyphs, train.labels), (test.glyphs, test.labels)


def load_mnist(split: Split, *, folder: Path | None = None) -> Dataset:
    """Loads one split of MNIST.

    Args:
        split: `"train"`, 60,000 glyphs, or `"test"`, 10,000 of other hands.
        folder: Holds the files, compressed or not; the embedded ones if None.

    Returns:
        The data set, in MNIST's own order.

    Raises:
        MissingDataError: A file is missing.
        DataError: A file is not MNIST's own.
        SettingError: There is no such split.
    """
    check_split(split)
    folder = EMBEDDED if folder is None else folder
    return Dataset(_load(folder, split, "images"), _load(folder, split, "labels"), "mnist")


def verify(folder: Path | None = None) -> list[FileCheck]:
    """Checks the four files.

    Args:
        folder: Holds the files, compressed or not; the embedded ones if None.

    Returns:
        One check per file: train images and labels, test images and labels.

    Raises:
        DataError: A file cannot be read.
    """
    folder = EMBEDDED if folder is None else folder
    return [_check(folder, split, kind) for split, kind in SHA256]


def check_files(checks: Sequence[FileCheck]) -> None:
    """Refuses files that are missing or not MNIST's own.

    Raises:
        MissingDataError: A file is missing.
        DataError: A file is not MNIST's own.
    """
    bad = [check for check in checks if not check.ok]
    if bad:
        worst = next((check for check in bad if check.received == MISSING), bad[0])
        kind = MissingDataError if worst.received == MISSING else DataError
        raise kind(
            f"Expected {worst.file} with SHA-256 {worst.expected}. Received: {worst.received}.",
            hint=f"{len(bad)} of {len(checks)} files are bad: install inkdigits again.",
        )


def _check(folder: Path, split: Split, kind: Kind) -> FileCheck:
    path = find_file(folder, split, kind)
    name, expected = file_name(split, kind), SHA256[split, kind]
    if path is None:
        return FileCheck(name, expected, MISSING)
    return FileCheck(path.name, expected, _read(path)[1])


def _read(path: Path) -> tuple[bytes, str]:
    """A file's uncompressed bytes and their SHA-256; of the bytes as they are if the compression is damaged."""
    content = read_file(path)
    try:
        content = uncompress(content, path)
    except DataError:
        return content, f"{hashlib.sha256(content).hexdigest()} of the compressed bytes, whose gzip is damaged"
    return content, hashlib.sha256(content).hexdigest()


def _load(folder: Path, split: Split, kind: Kind) -> NDArray[np.uint8]:
    path = find_file(folder, split, kind)
    if path is None:
        raise MissingDataError(
            f"Expected MNIST's {file_name(split, kind)} in {folder}. Received: no such file.",
            hint="Install inkdigits again, or check the folder.",
        )
    content, received = _read(path)
    if received != SHA256[split, kind]:
        raise DataError(
            f"Expected {path} with SHA-256 {SHA256[split, kind]} (uncompressed). Received: {received}.",
            hint="The file was changed: install inkdigits again, or copy the file again.",
        )
    return parse_idx(content, path.name)
