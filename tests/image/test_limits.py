"""Whatever a file claims, reading it takes bounded memory and time, or it is refused before it is decoded."""

import io
import os
import struct
import subprocess
import sys
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.image.formats import page_names
from inkdigits.image.limits import MAX_CHUNKS, MAX_PAGES
from inkdigits.image.load import load
from inkdigits.recognizer import read_many


def encode(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def tiff_page(tags: dict[int, int], following: int = 0) -> bytes:
    """A directory of a TIFF of one white pixel, with more tags."""
    tags = {256: 1, 257: 1, 258: 8, 262: 1, 273: 8, 278: 1, 279: 1} | tags
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def test_a_tiff_with_a_tile_above_the_limit_is_refused():
    assert load(b"II*\0\x08\0\0\0" + tiff_page({})).shape == (1, 1)
    with pytest.raises(PictureError, match=r"40000 x 40000"):
        load(b"II*\0\x08\0\0\0" + tiff_page({322: 40_000, 323: 40_000}))


def test_a_webp_canvas_above_the_limit_is_refused_by_its_header():
    data = b"RIFF\x52\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (10_001).to_bytes(3, "little") * 2 + bytes(60)
    with pytest.raises(PictureError, match=r"10002 x 10002"):
        load(data)


def test_a_run_length_bmp_above_its_limit_is_refused():
    header = struct.pack("<IiiHHIIiiII", 40, 99_999, 900, 1, 8, 1, 4, 0, 0, 2, 0)
    data = b"BM" + struct.pack("<IHHI", 66, 0, 0, 62) + header + bytes(8) + b"\1\0\0\1"
    with pytest.raises(PictureError, match=r"sides of at most 65535"):
        load(data)
    with pytest.raises(PictureError, match=r"at most 4 megapixels"):
        load(data.replace(struct.pack("<i", 99_999), struct.pack("<i", 9_999)))


def test_a_run_length_bmp_of_nothing_but_jumps_is_refused():
    header = struct.pack("<IiiHHIIiiII", 40, 20, 20, 1, 8, 1, 4, 0, 0, 2, 0)
    data = b"BM" + struct.pack("<IHHI", 66, 0, 0, 62) + header + bytes(8)
    with pytest.raises(PictureError, match=r"at most 3 bytes per pixel"):
        load(data + b"\0\2\0\0" * 100_000)


def test_an_avif_above_its_limit_is_refused():
    data = encode(Image.new("L", (5000, 5000)), "AVIF", speed=10)
    with pytest.raises(PictureError, match=r"AVIF of at most 24 megapixels"):
        load(data)


def test_a_png_of_one_column_is_refused():
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 100_000_000, 8, 0, 0, 0, 0))
    with pytest.raises(PictureError, match=r"sides of at most 65535"):
        load(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def test_a_png_of_very_many_chunks_is_refused():
    data = encode(Image.new("RGB", (28, 28)), "PNG")
    with pytest.raises(PictureError, match=r"at most 100000 chunks"):
        load(data[:33] + chunk(b"teXt", b"") * MAX_CHUNKS + data[33:])


def test_a_jpeg_of_very_many_scans_is_refused():
    data = encode(Image.linear_gradient("L"), "JPEG", progressive=True)
    assert load(data).shape == (256, 256)
    last = data.rindex(b"\xff\xda")
    with pytest.raises(PictureError, match=r"at most 100 scans"):
        load(data[:last] + data[last:-2] * 101 + data[-2:])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"P5 3000 2000 254\n" + bytes(6_000_000), "at most 4 megapixels"),
        (b"P2 2000 2000 255\n" + b"0 " * 4_000_000, "at most 2 megapixels"),
        (b"P5 #" + b"x" * 5_000_000 + b"\n1 1 255\n7", "header of at most 4096 bytes"),
        (b"P2 1 1 255\n" + b"#\n" * 200 + b"7", "at most 100 comments"),
    ],
)
def test_a_pnm_that_takes_long_is_refused(data, message):
    with pytest.raises(PictureError, match=message):
        load(data)


def test_a_transparent_picture_may_have_fewer_pixels():
    data = encode(Image.new("RGBA", (3400, 3000)), "PNG", compress_level=1)
    assert load(data, max_megapixels=50).shape == (3000, 3400)
    with pytest.raises(PictureError, match=r"12 bytes per pixel of the limit"):
        load(encode(Image.new("RGBA", (6000, 4000)), "PNG", compress_level=1), max_megapixels=24)


def test_a_tiff_of_very_many_pages_is_refused():
    size = len(tiff_page({}))
    chain = b"".join(tiff_page({}, 8 + size * (number + 1)) for number in range(MAX_PAGES))
    with pytest.raises(PictureError, match=r"at most 1000 pages"):
        load(b"II*\0\x08\0\0\0" + chain + tiff_page({}))


@pytest.mark.parametrize(
    ("order", "magic"),
    [("<", b"II*\0"), ("<", b"II\0*"), (">", b"MM*\0"), (">", b"MM\0*"), ("<", b"II+\0"), (">", b"MM\0+")],
)
def test_a_tiff_of_very_many_strips_is_refused(order, magic):
    if magic[2:] in (b"+\0", b"\0+"):
        head = struct.pack(order + "HHQ", 8, 0, 16) + struct.pack(order + "QHHQQQ", 1, 273, 4, 600_000, 44, 0)
    else:
        head = struct.pack(order + "I", 8) + struct.pack(order + "HHHIII", 1, 273, 4, 600_000, 26, 0)
    with pytest.raises(PictureError, match=r"at most 500000 values"):
        load(magic + head + bytes(2_400_000))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes among its files")
def test_a_pipe_or_a_device_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(PictureError, match=r"regular file. Received: a pipe or a device"):
        load(tmp_path / "pipe.tif")
    assert page_names(tmp_path / "pipe.tif") == [str(tmp_path / "pipe.tif")]
    with pytest.raises(PictureError, match=r"regular file"):
        load("/dev/zero")


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has these files")
def test_a_file_of_the_system_has_no_size_and_is_empty():
    with pytest.raises(PictureError, match=r"an empty file"):
        load("/proc/self/status")


class Hostile:
    def __fspath__(self) -> str:
        raise RuntimeError("no path")


def test_a_path_that_raises_ends_no_batch():
    with pytest.raises(PictureError, match=r"Hostile, which gives none: no path"):
        load(Hostile())
    pages = list(read_many([Hostile(), "sample:chalk"]))
    assert [page.status for page in pages] == ["error", "ok"]


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_is_an_array():
    levels = np.tile(np.arange(600), (600, 1)).astype(np.uint16) * 100
    np.testing.assert_array_equal(load(np.matrix(levels)), load(levels))


def test_too_little_memory_is_a_picture_error(monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", fail)
    with pytest.raises(PictureError, match=r"fits into memory"):
        load(Image.new("RGB", (9, 9)))


CUT = """
import io, resource, sys
from PIL import Image
from inkdigits.recognizer import Recognizer

file = io.BytesIO()
Image.linear_gradient("L").resize((4000, 3000)).save(file, "JPEG", quality=90)
cut = file.getvalue()[:-2000]
recognizer = Recognizer()
list(recognizer.read_many([cut]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert {page.status for page in recognizer.read_many([cut] * 30)} == {"error"}
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts in kilobytes")
def test_errors_hold_no_pictures():
    done = subprocess.run([sys.executable, "-c", CUT], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 60  # MB: 30 pictures of 12 megapixels would take 360
