"""Damaged files: `load` answers with gray or a PictureError, and with nothing else."""

import io
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.image.load import load


def encode(file_format: str, mode: str = "L", **options: Any) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = 6
    if file_format in ("PNG", "JPEG", "TIFF", "WEBP"):
        options["exif"] = tags
    file = io.BytesIO()
    Image.linear_gradient("L").resize((12, 9)).convert(mode).save(file, file_format, **options)
    return file.getvalue()


FILES = {
    "PNG": encode("PNG"),
    "PNG with a palette": encode("PNG", "P", transparency=3),
    "animated PNG": encode("PNG", save_all=True, append_images=[Image.new("L", (12, 9))]),
    "JPEG": encode("JPEG"),
    "CMYK JPEG": encode("JPEG", "CMYK"),
    "GIF": encode("GIF", transparency=1),
    "TIFF": encode("TIFF"),
    "compressed TIFF": encode("TIFF", compression="tiff_lzw"),
    "BMP": encode("BMP"),
    "WebP": encode("WEBP"),
    "PPM": encode("PPM"),
}


def flip(data: bytes, at: int, value: int, _: int) -> bytes:
    return data[:at] + bytes([data[at] ^ value]) + data[at + 1 :]


def cut(data: bytes, at: int, _: int, length: int) -> bytes:
    return data[:at] + data[at + length :]


def insert(data: bytes, at: int, value: int, length: int) -> bytes:
    return data[:at] + bytes([value]) * length + data[at:]


def duplicate(data: bytes, at: int, _: int, length: int) -> bytes:
    return data[: at + length] + data[at:]


mutation = st.tuples(
    st.sampled_from([flip, flip, flip, cut, insert, duplicate]),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 255),
    st.integers(1, 40),
)


@pytest.mark.parametrize("kind", FILES)
@given(mutations=st.lists(mutation, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_file_gives_gray_or_a_picture_error(kind, mutations):
    data = FILES[kind]
    for mutate, place, value, length in mutations:
        if data:
            data = mutate(data, int(place * len(data)), value, length)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            gray = load(data)
        except PictureError as error:
            assert error.hint  # noqa: PT017 - damage may as well do no harm
        else:
            assert gray.ndim == 2
            assert gray.dtype == np.uint8
    # Pillow may remark on damaged metadata, which load() keeps quiet; nothing else may be heard.
    strange = [item for item in caught if item.category is not UserWarning or "PIL" not in item.filename]
    assert not strange, strange
