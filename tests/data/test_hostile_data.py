"""Damaged and hostile files: each gives an error of inkdigits, or the rest of the data, and takes little memory."""

import gzip
import io
import os
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.data import tabular
from inkdigits.data.dataset import Dataset
from inkdigits.data.export import export_dataset
from inkdigits.data.folder import load_folder
from inkdigits.data.idx import read_idx
from inkdigits.data.source import has_test_part, load_dataset
from inkdigits.errors import DataError, InkdigitsError, SettingError
from inkdigits.files import check_not_input

PEAK = """
import resource, sys
from inkdigits.data.source import load_dataset
from inkdigits.errors import DataError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_dataset(sys.argv[1])
except DataError as error:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, error.message)
"""
NAMES = {"idx": "idx/t10k-images-idx3-ubyte.gz", "csv": "digits.csv", "npz": "digits.npz", "folder": "pictures"}
MUTANTS = 150  # of each kind


def header(*sizes: int) -> bytes:
    return struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes)


def peak_and_message(path: Path) -> tuple[int, str]:
    """How many MB loading takes in a process of its own, and the error that it ends with."""
    done = subprocess.run([sys.executable, "-P", "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    peak, message = done.stdout.split(" ", 1)
    return int(peak), message.strip()


def test_gzip_expands_to_what_the_header_says_and_no_further(tmp_path: Path) -> None:
    bomb = tmp_path / "a-images-idx3-ubyte.gz"
    (tmp_path / "a-labels-idx1-ubyte.gz").write_bytes(gzip.compress(header(1) + b"\7"))
    bomb.write_bytes(gzip.compress(header(1, 28, 28) + bytes(300_000_000)))
    peak, message = peak_and_message(bomb)
    assert message.startswith("Expected 800 bytes in a-images-idx3-ubyte.gz")
    assert peak < 60


def test_an_array_of_npz_expands_to_what_its_header_says_and_no_further(tmp_path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array(head, np.zeros((1, 28, 28), np.uint8))
    labels = io.BytesIO()
    np.lib.format.write_array(labels, np.zeros(1, np.uint8))
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("images.npy", head.getvalue() + bytes(300_000_000))
        file.writestr("labels.npy", labels.getvalue())
    peak, message = peak_and_message(tmp_path / "bomb.npz")
    assert message == f"Expected 784 bytes in images of {tmp_path / 'bomb.npz'}. Received: more."
    assert peak < 60


@pytest.mark.parametrize("kind", ["gz", "npz"])
def test_a_header_that_says_too_much_is_refused_before_anything_is_expanded(tmp_path: Path, kind: str) -> None:
    if kind == "gz":
        path = tmp_path / "a-images-idx3-ubyte.gz"
        path.write_bytes(gzip.compress(header(1 << 31, 28, 28) + bytes(1000)))
        with pytest.raises(DataError, match="Expected at most 2 GiB"):
            read_idx(path)
        return
    path = tmp_path / "a.npz"
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 28, 28)})
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("images.npy", head.getvalue())
        file.writestr("labels.npy", head.getvalue())
    with pytest.raises(DataError, match="Expected at most 2 GiB in images"):
        load_dataset(path)


def test_a_line_without_end_is_refused(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a.csv", "csv")
    with (tmp_path / "a.csv").open("ab") as file:
        file.write(b"1," * tabular.MOST_LINE)
    with pytest.raises(DataError, match=rf"Expected lines of at most 1,048,576 bytes in .*, line {len(digits) + 2}\."):
        load_dataset(tmp_path / "a.csv")
    (tmp_path / "labels.csv").write_bytes(b"file,label\n" + b"a" * (tabular.MOST_LINE + 1))
    with pytest.raises(DataError, match="a longer one, line 2"):
        load_folder(tmp_path)


def test_a_field_of_a_million_digits_takes_no_time(tmp_path: Path) -> None:
    row = b"7," + b",".join([b"0.5"] * 783) + b"," + b"1" * 1_000_000 + b"x"
    (tmp_path / "a.csv").write_bytes(row + b"\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with pytest.raises(DataError, match="Expected at least one glyph"):
        load_dataset(tmp_path / "a.csv")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 2


@pytest.mark.parametrize("source", [None, b"mnist", 7], ids=["None", "bytes", "number"])
def test_what_is_no_name_is_a_wrong_setting(source: object) -> None:
    for load in (load_dataset, has_test_part):
        with pytest.raises(SettingError, match="Expected the name or the path of a source"):
            load(source)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "x/" * 3000])
def test_a_name_that_no_file_can_have_is_said_to_be_one(name: str) -> None:
    with pytest.raises(DataError, match=r"Received: .*(File name too long|no such file)"):
        load_dataset(name)


def test_a_damaged_gzip_named_as_a_file_and_a_damaged_zip_are_errors_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "a-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(1000))[:10] + b"\xff" * 40)
    with pytest.raises(DataError, match="Received: error: Error -3"):
        load_dataset(tmp_path / "a-images-idx3-ubyte.gz")
    (tmp_path / "a.npz").write_bytes(b"PK\3\4" + bytes(40) + b"PK\5\6" + b"\xff" * 18)
    with pytest.raises(DataError, match="BadZipFile"):
        has_test_part(tmp_path / "a.npz")


@pytest.fixture
def outside(tmp_path: Path, digits: Dataset) -> Path:
    """A picture beside the folder of the data."""
    Image.fromarray(digits.glyphs[0]).save(tmp_path / "private.png")
    (tmp_path / "data" / "7").mkdir(parents=True)
    Image.fromarray(digits.glyphs[1]).save(tmp_path / "data" / "7" / "own.png")
    return tmp_path / "private.png"


@pytest.mark.parametrize("way", ["up", "absolute", "link", "device", "fifo", "zero byte"])
def test_a_list_reads_nothing_outside_its_folder(outside: Path, way: str) -> None:
    folder = outside.parent / "data"
    (folder / "link.png").symlink_to(outside)
    os.mkfifo(folder / "fifo.png")
    names = {"up": "../private.png", "absolute": str(outside), "link": "link.png", "device": "/dev/zero",
             "fifo": "fifo.png", "zero byte": "a\0b.png"}  # fmt: skip
    (folder / "labels.csv").write_text(f"file,label\n{names[way]},5\n7/own.png,7\n")
    dataset = load_folder(folder)
    assert dataset.sources == ("7/own.png",)
    reason = {"fifo": "it is no regular file", "zero byte": "it is no path: embedded null byte"}
    assert str(dataset.issues[0]).startswith("labels.csv, line 2: ")
    assert str(dataset.issues[0]).endswith(reason.get(way, "it leads out of the folder"))


def test_class_folders_read_nothing_outside_and_say_so(outside: Path, digits: Dataset) -> None:
    folder = outside.parent / "data"
    (folder / "7" / "link.png").symlink_to(outside)
    (folder / "7" / "again.png").symlink_to("own.png")  # leads nowhere else
    os.mkfifo(folder / "7" / "fifo.png")
    (folder / "7" / "loop").symlink_to(".")
    (outside.parent / "more").mkdir()
    Image.fromarray(digits.glyphs[2]).save(outside.parent / "more" / "2.png")
    (folder / "2").symlink_to(outside.parent / "more")
    dataset = load_folder(folder)
    assert dataset.sources == ("7/again.png", "7/own.png")
    assert [str(issue) for issue in dataset.issues] == [
        "2/2.png: it leads out of the folder",
        "7/fifo.png: it is no regular file",
        "7/link.png: it leads out of the folder",
    ]


def test_a_closed_folder_is_an_issue(outside: Path, as_nobody: Callable[[Path], AbstractContextManager[None]]) -> None:
    folder = outside.parent / "data"
    load_folder(folder)  # what is imported late is imported now
    (folder / "7" / "closed").mkdir(mode=0o000)
    with as_nobody(folder):
        dataset = load_folder(folder)
    assert [str(issue) for issue in dataset.issues] == ["7/closed: the folder cannot be searched: Permission denied"]
    assert dataset.sources == ("7/own.png",)


def test_an_export_leaves_no_half_file_and_takes_no_input_s_place(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "a.csv", "csv")
    (tmp_path / "link.csv").symlink_to("a.csv")
    for name in ("a.csv", "link.csv", "sub/../a.csv"):
        (tmp_path / "sub").mkdir(exist_ok=True)
        with pytest.raises(SettingError, match="Expected an output that is no input"):
            check_not_input(tmp_path / name, tmp_path / "a.csv")
    check_not_input(tmp_path / "new.csv", tmp_path / "a.csv", "mnist", "x" * 5000)
    before = (tmp_path / "a.csv").read_bytes()
    cut = Dataset(digits.glyphs, digits.labels, "cut")
    object.__setattr__(cut, "labels", np.array([300] * len(digits)))  # fails at the first row, after the header
    for form, name in (("csv", "a.csv"), ("folder", "folder")):
        with pytest.raises((IndexError, FileNotFoundError, DataError)):
            export_dataset(cut, tmp_path / name, form, overwrite=True)  # type: ignore[arg-type]
    assert (tmp_path / "a.csv").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "link.csv", "sub"]


@pytest.mark.parametrize("kind", list(NAMES))
def test_mutants_give_data_or_an_error_of_inkdigits(tmp_path: Path, digits: Dataset, kind: str) -> None:
    path = tmp_path / NAMES[kind]
    path.parent.mkdir(exist_ok=True)
    few = digits.subset(np.arange(3))
    export_dataset(few, path.parent if kind == "idx" else path, kind, split="test")  # type: ignore[arg-type]
    victim = path
    if kind == "folder":
        victim = path / "labels.csv"
        rows = "".join(f"{file.relative_to(path)},{file.parent.name}\n" for file in sorted(path.rglob("*.png")))
        victim.write_text(f"file,label\n{rows}")
    content = victim.read_bytes()
    rng = np.random.default_rng(list(NAMES).index(kind))
    messages: list[str] = []
    for _ in range(MUTANTS):
        victim.write_bytes(_mutant(content, rng))
        for load in (load_dataset, has_test_part):
            try:
                load(path)
            except InkdigitsError as error:
                messages.append(error.message)
    victim.write_bytes(content)
    assert len(load_dataset(path, split="test")) == 3
    assert len(messages) > MUTANTS / 10
    assert max(map(len, messages)) < 2000


def _mutant(content: bytes, rng: np.random.Generator) -> bytes:
    """One to eight bytes are changed; now and then a part is cut out or doubled, or the end is missing."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        data[rng.integers(len(data))] = rng.integers(256)
    first, last = sorted(rng.integers(0, len(data), 2))
    way = rng.integers(6)
    if way == 0:
        del data[last:]
    elif way == 1:
        del data[first:last]
    elif way == 2:
        data[first:first] = data[first:last]
    return bytes(data)
