"""IDX, the file format of MNIST: a file, or an images file and its labels file, in; an array or a data set out.

Source:
    The format is described at the end of Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits":
    two zero bytes, a byte for the type, a byte for the number of dimensions, each size in 4 bytes, the values.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import MOST_BYTES, Dataset, Split, damage_reported
from inkdigits.errors import DataError
from inkdigits.files import write_atomically

GZIP_MAGIC = b"\x1f\x8b"
UINT8 = 0x08
MAX_DIMENSIONS = 4  # images in color; MNIST has 3 and 1
HEADER_BYTES = 4 + 4 * MAX_DIMENSIONS
PREFIXES: dict[Split, str] = {"train": "train", "test": "t10k"}
_DIMENSIONS = {"images": 3, "labels": 1}
_TYPES = {0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Reads an IDX file of bytes, compressed with gzip or not, whatever its name is.

    Args:
        path: The file.

    Returns:
        Its values, in the shape that the file names, uint8; the array may be written to.

    Raises:
        DataError: The file is missing, damaged, no IDX file, of another type than uint8, too short or too long.
    """
    return parse_idx(uncompress(read_file(path), path), path.name)


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    """Writes an IDX file of bytes; the same array always gives the same file.

    Args:
        path: The file; compressed with gzip if it ends in `.gz`.
        array: Its values, uint8, 1 to 4 dimensions.

    Raises:
        DataError: The array is empty, of another type, or has more dimensions.
    """
    if array.dtype != np.uint8 or not 1 <= array.ndim <= MAX_DIMENSIONS or array.size == 0:
        raise DataError(
            f"Expected uint8 values in 1 to {MAX_DIMENSIONS} dimensions. Received: {array.shape}, {array.dtype}.",
            hint="Convert the array with astype(np.uint8) if its values are 0 to 255.",
        )
    content = struct.pack(f">HBB{array.ndim}I", 0, UINT8, array.ndim, *array.shape) + array.tobytes()
    write_atomically(path, _compress(content) if path.suffix == ".gz" else content)


def _compress(content: bytes) -> bytes:
    """Compresses with neither time nor name in the header, so that the output is reproducible."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def read_file(path: Path) -> bytes:
    """Reads a file's bytes as they are.

    Raises:
        DataError: The file is missing, cannot be read, or is too large.
    """
    with damage_reported("an IDX file", path), path.open("rb") as file:
        content = file.read(MOST_BYTES + HEADER_BYTES + 1)
    _check_size(len(content) - HEADER_BYTES, path.name)
    return content


def uncompress(content: bytes, path: Path) -> bytes:
    """Uncompresses an IDX file's bytes: as many as its header says and one more, however many there are.

    Args:
        content: The bytes, compressed with gzip or not.
        path: The file, for messages.

    Returns:
        The uncompressed bytes: the very same if they are not compressed.

    Raises:
        DataError: The compression is damaged, or the header says that there are too many bytes.
    """
    if not content.startswith(GZIP_MAGIC):
        return content
    with damage_reported("undamaged gzip", path), gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        head = stream.read(HEADER_BYTES)
        shape = _parse_header(head, path.name)
        size = 4 + 4 * len(shape) + math.prod(shape)
        _check_size(size, path.name)
        return head + stream.read(max(size + 1 - len(head), 0))


def _check_size(size: int, name: str) -> None:
    if size > MOST_BYTES:
        raise DataError(
            f"Expected at most {MOST_BYTES >> 30} GiB of values in {name}. Received: {size:,} bytes or more.",
            hint="Split the file.",
        )


def parse_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """Makes an array of an IDX file's bytes.

    Args:
        content: The uncompressed bytes.
        name: The file's name, for messages.

    Returns:
        The values, uint8, in the shape that the bytes name; the array may be written to.

    Raises:
        DataError: It is no IDX file, of another type than uint8, too short or too long.
    """
    shape = _parse_header(content, name)
    start = 4 + 4 * len(shape)
    expected, received = start + math.prod(shape), len(content)
    if received != expected:
        raise DataError(
            f"Expected {expected} bytes in {name} ({' x '.join(map(str, shape))} values). Received: {received} bytes, "
            f"{abs(expected - received)} too {'few' if received < expected else 'many'}.",
            hint="Copy the file again.",
        )
    if received == start:
        raise DataError(f"Expected at least one value in {name}. Received: none.", hint="Check the file.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _parse_header(content: bytes, name: str) -> tuple[int, ...]:
    """The shape that an IDX file names."""
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DataError(
            f"Expected an IDX file, beginning with the bytes 00 00, in {name}. Received: {len(content)} bytes "
            f"beginning with {content[:4].hex(' ') or 'nothing'}.",
            hint="Check that it is the file you meant.",
        )
    kind, dimensions = content[2], content[3]
    if kind != UINT8:
        raise DataError(
            f"Expected values of type uint8 (08) in {name}. "
            f"Received: {_TYPES.get(kind, 'an unknown type')} ({kind:02x}).",
            hint="Convert the file to bytes of 0 to 255.",
        )
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(
            f"Expected 1 to {MAX_DIMENSIONS} dimensions in {name}. Received: {dimensions}.", hint="Check the file."
        )
    if len(content) < 4 + 4 * dimensions:
        raise DataError(
            f"Expected a header of {4 + 4 * dimensions} bytes in {name}. Received: {len(content)} bytes.",
            hint="Copy the file again.",
        )
    return struct.unpack_from(f">{dimensions}I", content, 4)


def file_name(split: Split, kind: Literal["images", "labels"]) -> str:
    """MNIST's own name for a file: `train-images-idx3-ubyte.gz`."""
    return f"{PREFIXES[split]}-{kind}-idx{_DIMENSIONS[kind]}-ubyte.gz"


def find_file(folder: Path, split: Split, kind: Literal["images", "labels"]) -> Path | None:
    """A file of MNIST's name in a folder, compressed or not, with the dot of some copies (`images.idx3`) or without.

    Args:
        folder: Where to look; not in folders inside it.
        split: Which split.
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
