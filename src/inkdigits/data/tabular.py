"""Tables: CSV with a row of 784 levels per glyph, and NPZ with arrays. A file in, a data set out; no pictures.

CSV is the form of Kaggle's digit recognizer (`label,pixel0,...,pixel783`), with or without a header. NPZ is Keras'
`mnist.npz` (`x_train`, `y_train`, `x_test`, `y_test`), or `images` and `labels`, or `x` and `y`.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any, AnyStr, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import (
    MOST_BYTES,
    Dataset,
    Labels,
    LoadIssue,
    Split,
    add_issue,
    check_split,
    damage_reported,
)
from inkdigits.errors import DataError
from inkdigits.image.glyph import GLYPH_SIDE, Glyphs
from inkdigits.labels import CLASSES

PIXELS = GLYPH_SIDE * GLYPH_SIDE
FIELDS = 1 + PIXELS
SHOWN_NAMES, SHOWN_LENGTH = 5, 20  # of a header without a label: enough to know the file by
NPZ_PAIRS = (("images", "labels"), ("x", "y"), ("X", "y"))
LABEL_NAMES = ("label", "class", "target", "digit", "y")  # of a column, in any case
NPZ_SPLITS: dict[Split, tuple[str, str]] = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}

MOST_LINE = 1 << 20  # bytes: a row of levels with many decimal places takes 20,000

BOM = b"\xef\xbb\xbf"  # what Excel puts before UTF-8
Rows: TypeAlias = Iterator[tuple[int, bytes]]

_LEVELS = {str(level).encode(): level for level in range(256)}
_WHOLE_NUMBER = re.compile(rb"\d++(\.0*+)?+")
_NUMBER = re.compile(rb"(\d++\.?+\d*+|\.\d++)(e-\d++)?+")


def load_csv(path: Path, *, strict: bool = False) -> Dataset:
    """Loads a CSV file.

    Args:
        path: Each row a label, 0 to 9, and 784 levels, row by row of the glyph: whole numbers of 0 to 255, or fractions
            of 0 to 1 if the first row has one. A header may name the label's column (`label`, `class`, `target`,
            `digit` or `y`, anywhere); without a header it is the first.
        strict: Whether the first bad row ends the loading.

    Returns:
        The data set of the good rows, in the file's order, with an issue for each bad one.

    Raises:
        DataError: The file is missing, has no label column or no good row, or has a bad row and `strict` is set.
    """
    with damage_reported("a CSV file", path), path.open("rb") as file:
        return _load_rows(file, path, strict)


def _load_rows(file: BinaryIO, path: Path, strict: bool) -> Dataset:
    values, issues = bytearray(), list[LoadIssue]()
    rows: Rows = ((number, line.strip()) for number, line in bounded_lines(file, path) if not line.isspace())
    start, first = next(rows, (0, b""))
    if not first:
        raise DataError(
            f"Expected rows of a label and {PIXELS} levels in {path}. Received: none.", hint="Check the file."
        )
    fields = first.removeprefix(BOM).split(b",")
    column = _label_column(fields, path)
    body: Rows = rows if _is_header(fields) else chain([(start, b",".join(fields))], rows)
    parse, body = _row_parser(column, body)
    for number, row in body:
        try:
            values += parse(row)
        except ValueError as error:
            add_issue(issues, LoadIssue(f"{path.name}, line {number}", str(error)), strict=strict)
    table = np.frombuffer(values, np.uint8).reshape(-1, FIELDS)
    glyphs = table[:, 1:].reshape(-1, GLYPH_SIDE, GLYPH_SIDE)
    return Dataset(glyphs, table[:, 0].copy(), path.name, tuple(issues))


def bounded_lines(file: IO[AnyStr], path: Path) -> Iterator[tuple[int, AnyStr]]:
    """The lines of a file with their numbers, from 1 on.

    Raises:
        DataError: A line is longer than 1 MiB, so that this is no table.
    """
    number = 0
    while line := file.readline(MOST_LINE + 1):
        number += 1
        if len(line) > MOST_LINE:
            raise DataError(
                f"Expected lines of at most {MOST_LINE:,} bytes in {path}. Received: a longer one, line {number}.",
                hint="Check that it is a CSV file.",
            )
        yield number, line


def _names(fields: Sequence[bytes]) -> list[str]:
    return [field.decode("utf-8", "replace").strip(" \"'").lower() for field in fields]


def _is_header(fields: Sequence[bytes]) -> bool:
    """Whether the first row names columns: one is the label's, or most are not numbers."""
    names = _names(fields)
    numbers = sum(name.replace(".", "").isdigit() for name in names)
    return bool(set(LABEL_NAMES) & set(names)) or numbers < len(names) / 2


def _label_column(fields: Sequence[bytes], path: Path) -> int:
    """The place of the label in each row, by the first row."""
    names = _names(fields)
    if not _is_header(fields):
        if len(names) == PIXELS:
            raise DataError(
                f"Expected rows of a label and {PIXELS} levels in {path}. Received: {PIXELS} columns, so no label.",
                hint="Put the label first in each row.",
            )
        return 0
    named = [name for name in LABEL_NAMES if name in names]
    if not named:
        shown = ", ".join(name[:SHOWN_LENGTH] for name in names[:SHOWN_NAMES])
        raise DataError(
            f"Expected a column named label in {path}. Received: {len(names)} columns, {shown} ...",
            hint=_header_hint(fields),
        )
    if len(names) != FIELDS:
        raise DataError(
            f"Expected a header of label and {PIXELS} pixels in {path}. Received: {len(names)} columns.",
            hint="For a list of picture files name their folder, with the list in it as labels.csv.",
        )
    return names.index(named[0])


def _row_parser(column: int, body: Rows) -> tuple[Callable[[bytes], bytes], Rows]:
    """What makes 785 bytes, the label first, of a row, or raises ValueError with the reason; and all rows again.

    Whether levels are fractions is decided by the first row.
    """
    first = next(body, None)
    if first is None:
        return lambda row: _parse_row(row, _parse_level), body
    label_first = _move_first(first[1], column)
    levels = [field.strip(b" \t\"'") for field in label_first.split(b",")[1:]]
    fractions = any(_NUMBER.fullmatch(field) and not _WHOLE_NUMBER.fullmatch(field) for field in levels)
    parse_level = _parse_fraction if fractions and all(map(_is_fraction, levels)) else _parse_level
    return lambda row: _parse_row(_move_first(row, column), parse_level), chain([first], body)


def _header_hint(fields: Sequence[bytes]) -> str:
    text = b"".join(fields)
    if max(text.count(b";"), text.count(b"\t")) > len(fields) - 1:  # more than commas
        return "Separate the columns with commas."
    return "Test files of competitions have no labels: use a file that has them."


def _move_first(row: bytes, column: int) -> bytes:
    if column == 0:
        return row
    fields = row.split(b",")
    if column < len(fields):
        fields.insert(0, fields.pop(column))
    return b",".join(fields)


def _parse_row(row: bytes, parse_level: Callable[[bytes], int]) -> bytes:
    fields = row.split(b",")
    if len(fields) != FIELDS:
        raise ValueError(f"{len(fields)} values instead of {FIELDS}")
    known = _LEVELS if parse_level is _parse_level else {}
    try:  # one look-up per value: five times as fast as int(), and tells a bad one
        values = bytes(map(known.__getitem__, fields))
    except KeyError:
        values = bytes([_parse_level(fields[0]), *map(parse_level, fields[1:])])
    if values[0] >= CLASSES:
        raise ValueError(f"label {values[0]} instead of 0 to 9")
    return values


def _parse_level(field: bytes) -> int:
    text = field.strip(b" \t\"'")
    if not _WHOLE_NUMBER.fullmatch(text) or (level := int(text.split(b".")[0])) > 255:
        raise ValueError(f"{field[:20].decode('utf-8', 'replace')!r} instead of a whole number of 0 to 255")
    return level


def _is_fraction(field: bytes) -> bool:
    return _NUMBER.fullmatch(field) is not None and float(field) <= 1


def _parse_fraction(field: bytes) -> int:
    text = field.strip(b" \t\"'")
    if not _is_fraction(text):
        raise ValueError(
            f"{field[:20].decode('utf-8', 'replace')!r} instead of a number of 0 to 1, as in the first row"
        )
    return round(float(text) * 255)


def load_npz(path: Path, *, split: Split = "train") -> Dataset:
    """Loads an NPZ file.

    Args:
        path: Holds `x_train` and `y_train`, `x_test` and `y_test`, or `images` and `labels`, or `x` and `y`. Images are
            `(N, 28, 28)`, `(N, 28, 28, 1)` or `(N, 784)`, whole numbers of 0 to 255 or fractions of 0 to 1.
        split: Which split; a file of one pair serves both.

    Returns:
        The data set, in the file's order.

    Raises:
        DataError: The file is missing or damaged, holds other arrays, or has no such split.
        SettingError: There is no such split.
    """
    check_split(split)
    with damage_reported("an undamaged NPZ file", path):
        with zipfile.ZipFile(path) as file:
            names = [name.removesuffix(".npy") for name in file.namelist()]
            images, labels = _npz_names(names, path, split)
            arrays = _read_array(file, images, path), _read_array(file, labels, path)
        return Dataset(_to_glyphs(arrays[0], images, path), _to_labels(arrays[1], labels, path), path.name)


def _read_array(file: zipfile.ZipFile, name: str, path: Path) -> NDArray[Any]:
    """An array of an NPZ file: as many values as its header says, and no more than fit into `MOST_BYTES`."""
    with file.open(f"{name}.npy") as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    size = math.prod(shape) * dtype.itemsize
    if size > MOST_BYTES:
        raise DataError(
            f"Expected at most {MOST_BYTES >> 30} GiB in {name} of {path}. Received: {size:,} bytes.",
            hint="Split the file, or convert the array to uint8.",
        )
    with file.open(f"{name}.npy") as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):
            raise DataError(f"Expected {size:,} bytes in {name} of {path}. Received: more.", hint="Save it again.")
    return array


def _npz_names(names: list[str], path: Path, split: Split) -> tuple[str, str]:
    splits = [part for part, pair in NPZ_SPLITS.items() if set(pair) <= set(names)]
    if split in splits:
        return NPZ_SPLITS[split]
    if splits:
        raise DataError(
            f"Expected a {split} part in {path}. Received: only {' and '.join(NPZ_SPLITS[splits[0]])}.",
            hint=f"Add {' and '.join(NPZ_SPLITS[split])}, or ask for split={splits[0]!r}.",
        )
    for pair in NPZ_PAIRS:
        if set(pair) <= set(names):
            return pair
    raise DataError(
        f"Expected x_train and y_train, images and labels, or x and y in {path}. "
        f"Received: {', '.join(names) or 'none'}.",
        hint="Save the arrays under these names.",
    )


def _to_glyphs(array: NDArray[Any], name: str, path: Path) -> Glyphs:
    if array.shape[1:] not in ((GLYPH_SIDE, GLYPH_SIDE), (GLYPH_SIDE, GLYPH_SIDE, 1), (PIXELS,)):
        raise DataError(
            f"Expected {name} of shape (N, 28, 28) in {path}. Received: {array.shape}.",
            hint="Save pictures of another size in a folder: they become glyphs there.",
        )
    array = array.reshape(-1, GLYPH_SIDE, GLYPH_SIDE)
    if array.dtype == np.bool_:
        array = array * np.uint8(255)
    if array.dtype.kind == "f" and array.size and array.min() >= 0 and array.max() <= 1:
        array = np.rint(array * array.dtype.type(255))
    return _to_bytes(array, name, path, 255)


def _to_labels(array: NDArray[Any], name: str, path: Path) -> Labels:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            f"Expected {name} of shape (N,) in {path}. Received: {array.shape}.",
            hint="Give one number per glyph; of a row of 10 probabilities take argmax(axis=1).",
        )
    return _to_bytes(array, name, path, CLASSES - 1)


def _to_bytes(array: NDArray[Any], name: str, path: Path, highest: int) -> NDArray[np.uint8]:
    if array.dtype.kind not in "buif":
        raise DataError(
            f"Expected numbers in {name} of {path}. Received: {array.dtype}.", hint="Convert them to uint8."
        )
    if array.size and not (array.min() >= 0 and array.max() <= highest and np.array_equal(array, np.rint(array))):
        raise DataError(
            f"Expected whole numbers of 0 to {highest} in {name} of {path}. Received: {array.dtype} from {array.min()} "
            f"to {array.max()}.",
            hint="Convert them to uint8.",
        )
    return array.astype(np.uint8)
