import io
import struct
import sys
import time
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.image.load import load


def encode(file_format: str, size: tuple[int, int] = (30, 20), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(file, file_format, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be of any size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


def test_a_huge_picture_is_refused_before_it_is_decoded():
    start = time.process_time()
    with pytest.raises(
        PictureError, match=r"at most 100 megapixels. Received: 40000 x 30000 \(1,200.00 megapixels\)"
    ) as info:
        load(png_of_size(40000, 30000))
    assert time.process_time() - start < 0.5
    assert info.value.hint == "Scale it down, or raise the limit: max_megapixels."


def test_a_huge_webp_or_gif_canvas_is_refused_before_it_is_decoded():
    frames: dict[str, Any] = {"save_all": True, "append_images": [Image.new("L", (30, 20))]}
    webp, gif = bytearray(encode("WEBP", **frames)), bytearray(encode("GIF"))
    canvas = webp.index(b"VP8X") + 12
    webp[canvas : canvas + 6] = (16382).to_bytes(3, "little") * 2
    gif[6:10] = struct.pack("<HH", 60000, 60000)
    with pytest.raises(PictureError, match=r"16383 x 16383"):
        load(bytes(webp))
    with pytest.raises(PictureError, match=r"60000 x 60000"):
        load(bytes(gif))


def test_the_limit_can_be_moved_and_is_itself_allowed():
    data = encode("PNG", (40, 25))
    assert load(data, max_megapixels=0.001).shape == (25, 40)
    with pytest.raises(PictureError, match=r"at most 0.000999 megapixels"):
        load(data, max_megapixels=0.000999)


@pytest.mark.parametrize("picture", [np.zeros((40, 25), np.uint8), Image.new("L", (25, 40))])
def test_the_limit_holds_for_arrays_and_pillow_images_too(picture):
    with pytest.raises(PictureError, match=r"megapixels"):
        load(picture, max_megapixels=0.0005)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_a_photo_in_heic_without_the_extra_says_how_to_read_it(brand, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureError, match=r"Received: HEIC") as info:
        load(b"\0\0\0\x18ftyp" + brand + bytes(200))
    assert "pip install 'inkdigits[heif]'" in info.value.hint
    assert "Most Compatible" in info.value.hint


def test_a_photo_in_heic_is_read_with_the_extra():
    pytest.importorskip("pillow_heif").register_heif_opener()
    smooth = np.add.outer(np.arange(64) * 2, np.arange(64) * 2).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(smooth).convert("RGB").save(file, "HEIF", quality=90)
    np.testing.assert_allclose(load(file.getvalue()).astype(int), smooth, atol=6)
    with pytest.raises(PictureError, match=r"undamaged picture"):
        load(file.getvalue()[:200])


@pytest.mark.parametrize("content", [b"seven\n" * 50, b"%PDF-1.7 ...", bytes(100), b"\x89"])
def test_a_file_that_is_no_picture_is_named_so(content, tmp_path):
    path = tmp_path / "text.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=rf"{len(content)} bytes of something else. Check that the"):
        load(path)


def test_an_empty_file_is_named_so(tmp_path):
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(PictureError, match=r"an empty file. Copy or export the picture again"):
        load(path)
    with pytest.raises(PictureError, match=r"an empty file"):
        load(b"")


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_a_truncated_file_is_refused_not_half_read(file_format):
    data = encode(file_format, (200, 200))
    with pytest.raises(PictureError, match=r"Copy or export the picture again"):
        load(data[: len(data) * 3 // 4])


def test_a_pillow_image_of_a_truncated_file_is_refused_as_the_file_is():
    data = encode("PNG", (200, 200))
    with (
        Image.open(io.BytesIO(data[: len(data) // 2])) as image,
        pytest.raises(PictureError, match=r"Expected an undamaged picture"),
    ):
        load(image)


def test_a_pillow_image_of_a_mode_without_a_way_to_gray_is_refused():
    with pytest.raises(PictureError, match=r"LAB"):
        load(Image.new("LAB", (5, 5)))


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(PictureError) as info:
        load(tmp_path)
    assert info.value.message == "Expected a picture file. Received: a folder."
    assert info.value.hint == "Name the files in it."


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PictureError, match=r"seven\.png, no such file"):
        load(tmp_path / "seven.png")


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(PictureError, match=r"readable picture file. Received: .*[Nn]ot a directory"):
        load(file / "seven.png")
    with pytest.raises(PictureError, match=r"readable picture file. Received: .*null"):
        load("seven\0.png")


def test_a_file_beyond_a_gigabyte_is_not_read(tmp_path):
    path = tmp_path / "video.png"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(PictureError) as info:
        load(path)
    assert info.value.message == "Expected a file of at most 1 GiB. Received: a larger one."
    assert info.value.hint == "Scale it down."


@pytest.mark.parametrize("picture", [["a.png", "b.png"], None, 7])
def test_what_is_no_picture_at_all_is_named_by_its_type(picture):
    with pytest.raises(PictureError, match=rf"Received: {type(picture).__name__}. Give one picture, not a list"):
        load(picture)


@pytest.mark.parametrize("shape", [(), (7,), (5, 5, 2), (5, 5, 5), (1, 5, 5, 3), (5, 5, 0)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(PictureError, match=r"shape \(H, W\).*Give one picture an array"):
        load(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 5, 3)])
def test_an_array_without_pixels_is_refused(shape):
    with pytest.raises(PictureError, match=r"at least one pixel"):
        load(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("level", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_levels_that_are_not_finite_are_refused(level, dtype):
    array = np.zeros((4, 4), dtype)
    array[1, 2] = level
    with pytest.raises(PictureError, match=r"finite levels.* Replace NaN and infinity first"):
        load(array)


def test_a_float_tiff_with_a_hole_in_it_is_refused():
    file = io.BytesIO()
    Image.fromarray(np.array([[0.5, np.nan]], np.float32)).save(file, "TIFF")
    with pytest.raises(PictureError, match=r"finite"):
        load(file.getvalue())


@pytest.mark.parametrize("array", [np.array([["7"]]), np.array([[7j]]), np.array([[None]])])
def test_an_array_of_no_numbers_is_refused(array):
    with pytest.raises(PictureError, match=r"array of numbers.*Convert it to uint8"):
        load(array)
