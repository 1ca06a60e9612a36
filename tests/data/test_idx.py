import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.idx import read_idx, write_idx
from inkdigits.errors import DataError


def header(*sizes: int, kind: int = 0x08) -> bytes:
    return struct.pack(f">HBB{len(sizes)}I", 0, kind, len(sizes), *sizes)


@pytest.fixture
def array() -> NDArray[np.uint8]:
    return np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("name", ["a-idx3-ubyte", "a-idx3-ubyte.gz"])
def test_what_is_written_reads_back(tmp_path: Path, array: NDArray[Any], name: str) -> None:
    write_idx(tmp_path / name, array)
    received = read_idx(tmp_path / name)
    assert received.dtype == np.uint8
    assert np.array_equal(received, array)
    received[0] = 0  # may be written to


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    write_idx(tmp_path / "a", np.array([[1, 2, 3]], np.uint8))
    assert (tmp_path / "a").read_bytes() == bytes.fromhex("00000802 00000001 00000003 010203")


def test_compression_is_told_by_the_content_not_the_name(tmp_path: Path, array: NDArray[Any]) -> None:
    (tmp_path / "plain.gz").write_bytes(header(2, 3, 4) + array.tobytes())
    (tmp_path / "compressed").write_bytes(gzip.compress(header(2, 3, 4) + array.tobytes()))
    assert np.array_equal(read_idx(tmp_path / "plain.gz"), array)
    assert np.array_equal(read_idx(tmp_path / "compressed"), array)


def test_the_same_array_gives_the_same_file_without_name_or_time(tmp_path: Path, array: NDArray[Any]) -> None:
    write_idx(tmp_path / "a.gz", array)
    write_idx(tmp_path / "b.gz", array)
    content = (tmp_path / "a.gz").read_bytes()
    assert content == (tmp_path / "b.gz").read_bytes()
    assert content[3:8] == bytes(5)  # no flags, so no name; time 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (header(2, 2) + b"abc", r"Expected 16 bytes in f \(2 x 2 values\). Received: 15 bytes, 1 too few"),
        (header(2, 2) + b"abcdef", "Expected 16 bytes in f .* Received: 18 bytes, 2 too many"),
        (header(60000, 28, 28), "Received: 16 bytes, 47040000 too few"),
        (b"", "Received: 0 bytes beginning with nothing"),
        (b"\x89PNG....", "Received: 8 bytes beginning with 89 50 4e 47"),
        (header(2, kind=0x0D) + bytes(8), r"uint8 \(08\) in f. Received: float32 \(0d\)"),
        (header(2, kind=0x42) + bytes(8), r"Received: an unknown type \(42\)"),
        (header(2, 2, 2)[:9], "Expected a header of 16 bytes in f. Received: 9 bytes"),
        (b"\0\0\x08\0", "Expected 1 to 4 dimensions in f. Received: 0"),
        (b"\0\0\x08\xff" + bytes(2000), "dimensions in f. Received: 255"),
        (header(0, 28, 28), "at least one value in f. Received: none"),
        (gzip.compress(header(9) + bytes(9))[:-6], "undamaged gzip at .*f. Received: .*ended"),
        (b"\x1f\x8b" + bytes(20), "undamaged gzip"),
    ],
)
def test_a_damaged_file_is_refused_with_what_was_expected_and_received(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_idx(tmp_path / "f")
    assert caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"IDX file at .*nowhere. Received: No such file"):
        read_idx(tmp_path / "nowhere")


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((0, 28), np.uint8), np.zeros((1, 1, 1, 1, 1), np.uint8)])
def test_what_the_format_does_not_hold_is_not_written(tmp_path: Path, array: NDArray[Any]) -> None:
    with pytest.raises(DataError, match="uint8 values in 1 to 4 dimensions"):
        write_idx(tmp_path / "a", array)
    assert not (tmp_path / "a").exists()
