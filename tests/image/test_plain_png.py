import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from inkdigits.errors import PictureError
from inkdigits.image.load import load
from inkdigits.image.plain_png import decode_plain_png


def as_png(levels: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "PNG", **options)
    return file.getvalue()


@pytest.fixture
def glyph(mnist_test) -> np.ndarray:
    return mnist_test.glyphs[0]


def test_plain_pngs_decode_as_by_pillow(mnist_test):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, shape, np.uint8) for shape in ((1, 1), (3, 7), (200, 100), (256, 256))]
    slopes = [np.add.outer(np.arange(90), np.arange(60)).astype(np.uint8) * step for step in (1, 3, 7)]
    for levels in (*noise, *slopes, *mnist_test.glyphs[:100]):
        for level in (0, 1, 9):
            decoded = decode_plain_png(as_png(levels, compress_level=level))
            assert decoded is not None
            np.testing.assert_array_equal(decoded, levels)


def test_all_other_files_are_left_to_pillow(glyph):
    image = Image.fromarray(glyph)
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "a digit")
    others = [
        as_png(np.stack([glyph] * 3, axis=2)),
        as_png(glyph.astype(np.uint16) * 257),
        as_png(glyph > 127),
        as_png(glyph, pnginfo=text),
        as_png(glyph, transparency=0),
        as_png(np.zeros((257, 256), np.uint8)),
        as_png(glyph) + b"\0",
        as_png(glyph) + as_png(glyph),
        b"",
    ]
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind, options in (("PNG", {"exif": exif}), ("JPEG", {}), ("BMP", {})):
        file = io.BytesIO()
        image.save(file, kind, **options)
        others.append(file.getvalue())
    assert [decode_plain_png(data) for data in others] == [None] * len(others)
    np.testing.assert_array_equal(load(others[-3]), np.rot90(glyph, -1))


def test_no_damaged_file_is_decoded(glyph):
    data = as_png(glyph)
    assert all(decode_plain_png(data[:length]) is None for length in range(len(data)))
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x41
        assert decode_plain_png(bytes(damaged)) is None


def test_the_limit_of_pixels_counts_for_plain_pngs_too(glyph):
    with pytest.raises(PictureError, match="at most 0.0005 megapixels"):
        load(as_png(glyph), max_megapixels=0.0005)
    np.testing.assert_array_equal(load(as_png(glyph), max_megapixels=0.001), glyph)


def test_no_more_is_unpacked_than_the_pixels_take(glyph):
    rows = zlib.compress(bytes(50_000_000), 9)
    whole = as_png(glyph)
    start = whole.index(b"IDAT")
    head, tail = whole[: start - 4], whole[whole.index(b"IEND") - 4 :]
    bomb = head + struct.pack(">I", len(rows)) + b"IDAT" + rows + struct.pack(">I", zlib.crc32(b"IDAT" + rows)) + tail
    tracemalloc.start()
    try:
        assert decode_plain_png(bomb) is None
        assert load(bomb).shape == glyph.shape
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
