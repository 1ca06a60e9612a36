import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageOps

from inkdigits.errors import PictureError
from inkdigits.image.formats import page_names
from inkdigits.image.load import load, load_with_photo

LEVELS = (np.arange(24 * 32).reshape(24, 32) * 37 % 216 + 20).astype(np.uint8)
SMOOTH = np.add.outer(np.arange(24) * 4, np.arange(32) * 4).astype(np.uint8)  # survives JPEG


def encode(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("WEBP", {"lossless": True}),
        ("PPM", {}),
    ],
)
def test_a_lossless_file_gives_back_its_levels(file_format, options, tmp_path):
    data = encode(Image.fromarray(LEVELS), file_format, **options)
    path = tmp_path / "picture"
    path.write_bytes(data)
    np.testing.assert_array_equal(load(data), LEVELS)
    np.testing.assert_array_equal(load(path), LEVELS)
    np.testing.assert_array_equal(load(str(path)), LEVELS)


@pytest.mark.parametrize("file_format", ["JPEG", "MPO", "WEBP", "AVIF"])
def test_a_lossy_file_gives_back_nearly_its_levels(file_format):
    gray = load(encode(Image.fromarray(SMOOTH), file_format, quality=95))
    np.testing.assert_allclose(gray.astype(int), SMOOTH, atol=4)


def test_bytearray_and_memoryview_are_bytes_too():
    data = encode(Image.fromarray(LEVELS), "PNG")
    for picture in (bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(load(picture), LEVELS)  # type: ignore[arg-type]


def test_the_content_decides_not_the_ending_of_the_name(tmp_path):
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(encode(Image.fromarray(LEVELS), "PNG"))
    np.testing.assert_array_equal(load(path), LEVELS)


def test_color_becomes_gray_by_its_luma():
    colors = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    luma = [[76, 150, 29, 255]]  # 0.299, 0.587 and 0.114 of 255
    assert load(colors).tolist() == luma
    assert load(Image.fromarray(colors)).tolist() == luma
    assert load(encode(Image.fromarray(colors), "PNG")).tolist() == luma


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA", "LA", "RGBX", "PA"])
def test_gray_levels_stay_in_every_mode_of_pillow(mode):
    np.testing.assert_array_equal(load(Image.fromarray(LEVELS).convert(mode)), LEVELS)


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "CMYK"])
def test_gray_levels_nearly_stay_in_other_color_spaces(mode):
    image = Image.fromarray(LEVELS).convert("RGB")
    np.testing.assert_allclose(load(image.convert(mode)).astype(int), LEVELS, atol=2)


def test_a_cmyk_jpeg_is_not_inverted():
    image = Image.fromarray(SMOOTH).convert("CMYK")
    np.testing.assert_allclose(load(encode(image, "JPEG", quality=95)).astype(int), SMOOTH, atol=8)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "PPM", "BMP", "GIF"])
def test_one_bit_becomes_black_and_white(file_format):
    bits = LEVELS > 128
    gray = load(encode(Image.fromarray(bits), file_format))
    np.testing.assert_array_equal(gray, np.where(bits, 255, 0))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "PPM"])
def test_16_bits_become_8(file_format):
    deep = LEVELS.astype(np.uint16) * 257
    np.testing.assert_array_equal(load(encode(Image.fromarray(deep), file_format)), LEVELS)


def test_16_bits_in_the_other_byte_order_become_8():
    deep = (LEVELS.astype(np.uint16) * 257).astype(">u2")
    image = Image.frombytes("I;16B", (32, 24), deep.tobytes())
    np.testing.assert_array_equal(load(image), LEVELS)
    np.testing.assert_array_equal(load(encode(image, "TIFF")), LEVELS)


def test_12_bits_kept_in_16_do_not_turn_black():
    twelve = LEVELS.astype(np.uint16) * 16 + 15
    gray = load(encode(Image.fromarray(twelve), "TIFF"))
    np.testing.assert_allclose(gray.astype(int), LEVELS, atol=1)


@pytest.mark.parametrize("white", [1, 255])
def test_a_float_tiff_in_either_range_gives_its_levels(white):
    floats = (LEVELS / 255 * white).astype(np.float32)
    np.testing.assert_array_equal(load(encode(Image.fromarray(floats), "TIFF")), LEVELS)


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (40, 255), (255, 0), (210, 0)])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_strokes_on_nothing_lie_on_paper_they_stand_out_from(mode, ink, paper):
    alpha = np.zeros((20, 20), np.uint8)
    alpha[5:15, 9:11] = 255
    image = Image.merge("LA", (Image.new("L", (20, 20), ink), Image.fromarray(alpha))).convert(mode)
    expected = np.where(alpha, ink, paper)
    np.testing.assert_array_equal(load(image), expected)
    np.testing.assert_array_equal(load(encode(image, "PNG")), expected)
    np.testing.assert_array_equal(load(encode(image, "WEBP", lossless=True)), expected)


def test_the_hidden_colors_of_transparent_pixels_do_not_show():
    rgba = np.random.default_rng(0).integers(0, 256, (20, 20, 4)).astype(np.uint8)
    rgba[..., 3] = 0
    rgba[5:15, 9:11] = (10, 10, 10, 255)
    gray = load(rgba)
    assert set(np.unique(gray)) == {10, 255}
    assert (gray == 10).sum() == 20


def test_the_transparent_corners_of_a_photo_take_the_shade_of_its_paper():
    rgba = np.full((40, 40, 4), 180, np.uint8)
    rgba[..., 3] = 255
    rgba[15:25, 19:21, :3] = 30
    rgba[:8, :8] = rgba[-8:, -8:] = 0
    gray = load(rgba)
    assert set(np.unique(gray)) == {30, 180}


def test_half_transparent_ink_is_half_as_dark():
    rgba = np.zeros((9, 9, 4), np.uint8)
    rgba[4, 4, 3], rgba[4, 5, 3] = 255, 51
    assert load(rgba)[4, 3:6].tolist() == [255, 0, 204]


@pytest.mark.parametrize("file_format", ["GIF", "PNG"])
def test_a_transparent_palette_color_is_paper(file_format):
    image = Image.new("P", (12, 12), 0)
    image.putpalette([255, 0, 0, 20, 20, 20])  # red, and transparent; near black
    image.paste(1, (5, 2, 7, 10))
    gray = load(encode(image, file_format, transparency=0))
    assert set(np.unique(gray)) == {20, 255}


def test_a_palette_of_several_alphas_is_laid_on_paper():
    image = Image.new("P", (12, 12), 0)
    image.putpalette([255, 0, 0, 0, 0, 0, 0, 0, 0])
    image.paste(1, (5, 2, 7, 10))
    image.paste(2, (7, 2, 8, 10))
    gray = load(encode(image, "PNG", transparency=bytes([0, 255, 51])))
    assert gray[5].tolist() == [255] * 5 + [0, 0, 204] + [255] * 4


def test_of_an_animation_the_first_frame_is_taken():
    first, second = Image.fromarray(LEVELS), Image.fromarray(255 - LEVELS)
    for file_format in ("GIF", "PNG"):
        gray = load(encode(first, file_format, save_all=True, append_images=[second]))
        np.testing.assert_array_equal(gray, LEVELS)


# How a picture lies in the file, by EXIF orientation (EXIF 2.3, table 4), so that it is upright when shown.
STORED: dict[int, Any] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.T,
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].T,
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "JPEG", "MPO"])
def test_every_exif_orientation_gives_the_same_upright_gray(file_format, orientation):
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](SMOOTH)))
    options = {"quality": 95} if file_format in ("JPEG", "MPO") else {}
    if file_format == "WEBP":
        options = {"lossless": True}
    data = encode(stored, file_format, exif=exif(orientation), **options)
    np.testing.assert_allclose(load(data).astype(int), SMOOTH, atol=4 if "quality" in options else 0)
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(load(image), load(data))


@pytest.mark.parametrize("orientation", [1, 6, 8])
@pytest.mark.parametrize(
    "options", [{"compression": "tiff_lzw"}, {"save_all": True, "append_images": [Image.new("L", (9, 9))]}]
)
def test_a_tiff_is_turned_once_however_it_is_stored(orientation, options, tmp_path):
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](LEVELS)))
    (tmp_path / "a.tif").write_bytes(encode(stored, "TIFF", exif=exif(orientation), **options))
    np.testing.assert_array_equal(load(tmp_path / "a.tif#1"), LEVELS)


def several_pages(path: Path) -> Path:
    pages = [Image.fromarray(levels) for levels in (LEVELS, 255 - LEVELS, LEVELS.T)]
    path.write_bytes(encode(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    return path


def test_a_page_of_a_tiff_is_named_by_its_number(tmp_path):
    path = several_pages(tmp_path / "scan.TIF")
    for page, levels in enumerate((LEVELS, 255 - LEVELS, LEVELS.T), 1):
        np.testing.assert_array_equal(load(f"{path}#{page}"), levels)
    assert page_names(path) == [f"{path}#1", f"{path}#2", f"{path}#3"]


def test_a_tiff_of_several_pages_is_not_read_as_its_first(tmp_path):
    path = several_pages(tmp_path / "scan.tiff")
    for picture in (path, path.read_bytes()):
        with pytest.raises(PictureError, match=r"one page. Received: a TIFF of 3. Name one: FILE.tiff#2"):
            load(picture)
    with pytest.raises(PictureError, match=r"from 1 to 3. Received: 4"):
        load(f"{path}#4")


def test_a_small_copy_in_a_tiff_is_no_page(tmp_path):
    path = tmp_path / "camera.tif"
    small = Image.fromarray(LEVELS[::4, ::4])
    small.encoderinfo = {"tiffinfo": {254: 1}}  # type: ignore[attr-defined]
    Image.fromarray(LEVELS).save(path, save_all=True, append_images=[small])
    np.testing.assert_array_equal(load(path), LEVELS)
    assert page_names(path) == [str(path)]


def test_a_file_whose_own_name_ends_like_a_page_is_itself(tmp_path):
    path = tmp_path / "odd.tif#2"
    path.write_bytes(encode(Image.fromarray(LEVELS), "PNG"))
    np.testing.assert_array_equal(load(path), LEVELS)


@pytest.mark.parametrize("orientation", [0, 9, 60000])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation):
    data = encode(Image.fromarray(LEVELS), "PNG", exif=exif(orientation))
    np.testing.assert_array_equal(load(data), LEVELS)


# An EXIF directory with one entry, the maker's name, that claims to lie far behind the end of the file.
DAMAGED_EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x64\0\0\0\x0f\x27\0\0\0\0\0\0"


def test_damaged_metadata_does_not_keep_a_picture_from_being_read_nor_make_any_noise(tmp_path):
    path = tmp_path / "damaged_exif.jpg"
    path.write_bytes(encode(Image.fromarray(SMOOTH), "JPEG", exif=DAMAGED_EXIF))
    command = [sys.executable, "-m", "inkdigits", "read", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Tag data" not in done.stderr


def test_loading_leaves_the_filters_of_warnings_to_the_user():
    data = encode(Image.fromarray(SMOOTH), "JPEG", exif=DAMAGED_EXIF)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load(data)
    assert any("Tag data larger than file" in str(item.message) for item in caught)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "BMP", "PPM", "GIF"])
def test_ours_decides_how_large_a_picture_may_be(monkeypatch, file_format):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    data = encode(Image.fromarray(LEVELS), file_format)
    assert load(data).shape == LEVELS.shape
    with pytest.raises(PictureError, match=r"at most 0.0005 megapixels"):
        load(data, max_megapixels=0.0005)


def test_the_limit_of_pillow_stays_while_a_picture_is_loaded(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.init()
    limits = []
    opened = Image.OPEN["BMP"][0]

    def watch(*arguments: Any) -> Image.Image:
        limits.append(Image.MAX_IMAGE_PIXELS)
        return opened(*arguments)

    monkeypatch.setitem(Image.OPEN, "BMP", (watch, Image.OPEN["BMP"][1]))
    load(encode(Image.fromarray(LEVELS), "BMP"))
    assert limits == [100]


@pytest.mark.parametrize(("file_format", "options"), [("WEBP", {}), ("TIFF", {"compression": "tiff_lzw"})])
def test_a_format_that_pillow_limits_says_so(monkeypatch, file_format, options):
    data = encode(Image.fromarray(LEVELS), file_format, **options)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PictureError, match=r"within Pillow's own limit.*MAX_IMAGE_PIXELS"):
        load(data)


SAME_LEVELS: dict[str, Any] = {
    "uint8": LEVELS,
    "int16": LEVELS.astype(np.int16),
    "int32": LEVELS.astype(np.int32),
    "int64": LEVELS.astype(np.int64),
    "uint16, 8 bits": LEVELS.astype(np.uint16),
    "uint16": LEVELS.astype(np.uint16) * 257,
    "uint16, big-endian": (LEVELS.astype(np.uint16) * 257).astype(">u2"),
    "float16": LEVELS.astype(np.float16),
    "float32": LEVELS.astype(np.float32),
    "float32 to 1": (LEVELS / 255).astype(np.float32),
    "float64 to 1": LEVELS / 255,
    "Fortran order": np.asfortranarray(LEVELS),
    "a view": np.repeat(np.repeat(LEVELS, 2, axis=0), 2, axis=1)[::2, ::2],
    "(H, W, 1)": LEVELS[..., None],
    "RGB": np.repeat(LEVELS[..., None], 3, axis=2),
    "RGB to 1": np.repeat(LEVELS[..., None], 3, axis=2) / 255,
    "RGBA": np.dstack([LEVELS, LEVELS, LEVELS, np.full_like(LEVELS, 255)]),
    "RGBA to 1": np.dstack([LEVELS, LEVELS, LEVELS, np.full_like(LEVELS, 255)]) / 255,
    "Pillow": Image.fromarray(LEVELS),
}


@pytest.mark.parametrize("name", SAME_LEVELS)
def test_an_array_of_any_kind_gives_the_same_gray(name):
    gray = load(SAME_LEVELS[name])
    np.testing.assert_array_equal(gray, LEVELS)
    assert gray.dtype == np.uint8


def test_a_bool_array_is_black_and_white():
    assert load(np.array([[True, False]])).tolist() == [[255, 0]]
    assert load(np.ones((2, 2, 3), bool)).tolist() == [[255, 255], [255, 255]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint16])
def test_a_mask_of_integers_is_black_and_white_as_one_of_bools_is(dtype):
    mask = np.array([[1, 0, 1]], dtype)
    assert load(mask).tolist() == [[255, 0, 255]]
    assert load(np.repeat(mask[..., None], 3, axis=2)).tolist() == [[255, 0, 255]]
    assert load(mask * 2).tolist() == [[2, 0, 2]]


@pytest.mark.parametrize("white", [1, 255])
def test_floats_slightly_beyond_white_are_white(white):
    assert load(np.array([[0, 0.5, 1, 1.02]]) * white).tolist() == [[0, 128, 255, 255]]


@pytest.mark.parametrize(
    "levels", [np.array([[-1.0, 0.0, 1.0]]), np.array([[0, 10**6, 2 * 10**6]]), np.array([[-300, -200, -100]])]
)
def test_levels_of_no_known_depth_are_scaled_from_lowest_to_highest(levels):
    np.testing.assert_allclose(load(levels).astype(int), [[0, 128, 255]], atol=1)


@pytest.mark.parametrize("shape", [(600, 700), (2, 210_000), (300, 350, 4)])  # more levels than are scaled at a time
def test_every_level_of_16_bits_is_rounded_to_the_nearest_of_8(shape):
    deep = (np.arange(np.prod(shape)) % 65536).astype(np.uint16).reshape(shape)
    expected = np.rint(deep / 257).astype(np.uint8)
    np.testing.assert_array_equal(load(deep), load(expected))


MEMORY = """
import io, resource, sys
import numpy as np
from PIL import Image, ImageOps
from inkdigits.image.load import load, load_with_photo

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

levels = np.tile(np.arange(3000), (3000, 1)).astype(np.uint8)
picture = {"RGBA": lambda: np.dstack([levels] * 4), "16 bits": lambda: levels.astype(np.uint16) * 257}[sys.argv[1]]()
file = io.BytesIO()
Image.fromarray(picture).save(file, "PNG", compress_level=1)
load(picture[:9, :9])
del picture
before = peak()
load(file.getvalue())
print((peak() - before) * (1 if sys.platform == "darwin" else 1024) / levels.size)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module")
@pytest.mark.parametrize("kind", ["RGBA", "16 bits"])
def test_a_large_picture_takes_few_bytes_a_pixel(kind):
    done = subprocess.run([sys.executable, "-c", MEMORY, kind], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 14


@pytest.mark.parametrize("array", [LEVELS, LEVELS[..., None], np.ones((3, 3), bool)])
def test_the_gray_is_a_copy(array):
    before = array.copy()
    load(array)[:] = 7
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3), (1, 50, 3), (50, 1, 4)])
@pytest.mark.parametrize("level", [0, 255])
def test_the_narrowest_and_plainest_pictures_load(shape, level):
    picture = np.full(shape, level, np.uint8)
    if shape[2:] == (4,):
        picture[..., 3] = 255
    expected = np.full(shape[:2], level)
    np.testing.assert_array_equal(load(picture), expected)
    for file_format in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"):
        image = Image.fromarray(picture).convert("RGB")
        np.testing.assert_allclose(load(encode(image, file_format)).astype(int), expected, atol=2)


shapes = st.one_of(
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 4])),
)
dtypes = st.one_of(arrays.integer_dtypes(), arrays.unsigned_integer_dtypes(), arrays.floating_dtypes())


@given(picture=arrays.arrays(st.one_of(st.just(np.dtype(bool)), dtypes), shapes))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_array_of_numbers_loads_or_is_refused_for_not_being_finite(picture):
    if picture.dtype.kind == "f" and not np.isfinite(float(picture.max()) - float(picture.min())):
        with pytest.raises(PictureError, match="finite"):
            load(picture)
        return
    gray = load(picture)
    assert gray.shape == picture.shape[:2]
    assert gray.dtype == np.uint8


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "tif"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_gray_and_photo_come_from_one_decoding(ending, orientation, tmp_path):
    rng = np.random.default_rng(0)
    colored = Image.fromarray(rng.integers(0, 256, (60, 90, 3)).astype(np.uint8)).resize((300, 200))
    tags = Image.Exif()
    tags[0x0112] = orientation
    path = tmp_path / f"page.{ending}"
    colored.save(path, **({} if ending == "gif" else {"exif": tags}))
    gray, photo = load_with_photo(path, side=100)
    np.testing.assert_array_equal(gray, load(path))
    turned = ending != "gif" and orientation == 6
    assert (photo.mode, photo.size) == ("RGB", (67, 100) if turned else (100, 67))
    with Image.open(path) as image:
        expected = ImageOps.exif_transpose(image).convert("RGB").resize(photo.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(photo).astype(int) - np.asarray(expected)).mean() < 3


@pytest.mark.parametrize("mode", ["L", "RGBA", "1", "I;16", "LA"])
def test_a_picture_without_plain_colors_has_a_gray_photo(mode):
    image = Image.new(mode, (40, 30))
    gray, photo = load_with_photo(image, side=100)
    np.testing.assert_array_equal(gray, load(image))
    np.testing.assert_array_equal(np.asarray(photo), np.repeat(gray[..., None], 3, axis=2))


def test_an_array_of_colors_keeps_them():
    colored = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    gray, photo = load_with_photo(colored, side=100)
    np.testing.assert_array_equal(gray, load(colored))
    np.testing.assert_array_equal(np.asarray(photo), colored)
    np.testing.assert_array_equal(load_with_photo(colored / 255, side=100)[0], gray)


def test_a_file_object_is_read(tmp_path):
    Image.new("L", (40, 30), 77).save(tmp_path / "page.png")
    expected = load(tmp_path / "page.png")
    with (tmp_path / "page.png").open("rb") as file:
        np.testing.assert_array_equal(load(file), expected)
    np.testing.assert_array_equal(load(io.BytesIO((tmp_path / "page.png").read_bytes())), expected)
    with pytest.raises(PictureError, match="mode 'rb'"):
        load(io.StringIO("no bytes"))  # type: ignore[arg-type]


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        load(tmp_path / "none.png")
