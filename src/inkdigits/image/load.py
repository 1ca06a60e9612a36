"""Loading: any picture in, gray out. Knows nothing of ink, glyphs or models.

A picture is a path, the bytes of a file, a Pillow image or an array. Gray is `(H, W)` uint8, upright, as photographed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from inkdigits.errors import MissingPictureError, PictureError
from inkdigits.image.formats import open_image, open_regular, split_page
from inkdigits.image.limits import MAX_FILE_BYTES, check_size
from inkdigits.image.plain_png import decode_plain_png

Gray: TypeAlias = NDArray[np.uint8]
Loaded = TypeVar("Loaded")
Picture: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes] | Image.Image | NDArray[Any]

# Measured on PNGs of 49 megapixels, bytes a pixel at the peak: gray 4, 16-bit gray 6, RGB 7, RGBA 12; so 1.2 GB.
MAX_MEGAPIXELS = 100.0
COLOR_MODES = frozenset({"RGB", "P", "CMYK", "YCbCr"})
MOST_COLOR_PIXELS = 50_000_000  # a larger photograph is shown in gray: its colors would take as much memory again
WHITE_LEVELS = (255, 1023, 4095, 16383, 65535)  # of 8, 10, 12, 14 and 16 bits: cameras keep 12 in 16
OVERSHOOT = 1.05  # of white: scaling and graying in floats go a little beyond it
CHUNK = 1 << 18  # levels scaled at a time: 2 MB of floats, where all of a large picture's would be its 16-fold


def load(picture: Picture, *, max_megapixels: float = MAX_MEGAPIXELS) -> Gray:
    """Loads a picture as upright gray levels.

    Orientation (EXIF) is applied, transparency is laid on the paper's own shade, deep gray and floating point levels
    are brought to 8 bits, and of an animation the first frame is taken. A TIFF of several pages is refused unless one
    is named. The highest level of an array decides its depth. Scale small ranges, such as 0 to 16, to 0 to 255
    before: they would be nearly black.

    Args:
        picture: A path (`"scan.tiff#2"` is the second page), the bytes of a file, a file opened for bytes, a Pillow
            image, or an array of shape `(H, W)`, `(H, W, 1)`, `(H, W, 3)` RGB or `(H, W, 4)` RGBA: bool, integers of
            8 to 16 bits (of no more than 0 and 1: as bool), or floats in 0 to 1 or 0 to 255. Levels beyond are scaled
            from their lowest to their highest.
        max_megapixels: Refuses larger pictures before they are decoded.

    Returns:
        Gray levels, shape `(H, W)`, uint8.

    Raises:
        PictureError: It is no picture, damaged, of an unknown format, or too large.

    Example:
        >>> load(np.zeros((40, 30, 3))).shape
        (40, 30)
    """
    if isinstance(picture, np.ndarray):
        return _from_array(np.asarray(picture), max_megapixels)
    return _decode(picture, max_megapixels, _upright_gray)


def load_with_photo(picture: Picture, *, side: int, max_megapixels: float = MAX_MEGAPIXELS) -> tuple[Gray, Image.Image]:
    """Loads a picture as gray levels and as a person sees it, by decoding it once.

    Args:
        picture: As for `load`.
        side: Longest side of the photo, in pixels.
        max_megapixels: Refuses larger pictures before they are decoded.

    Returns:
        Gray levels as `load` gives them; and the upright picture, RGB, at most `side` pixels on its longer side: gray
        if its colors are not those of a plain photograph, or if it is very large.

    Raises:
        PictureError: It is no picture, damaged, of an unknown format, or too large.
    """
    if isinstance(picture, np.ndarray):
        picture = np.asarray(picture)  # of a matrix, its array
        gray = _from_array(picture, max_megapixels)
        colored = picture.shape == (*gray.shape, 3) and picture.dtype == np.uint8 and picture.max() > 1
        return gray, _shrink_photo(Image.fromarray(picture if colored else gray), side)
    return _decode(picture, max_megapixels, partial(_upright_gray_and_photo, side=side))


def _decode(picture: Any, max_megapixels: float, convert: Callable[[Image.Image], Loaded]) -> Loaded:
    """Opens any picture but an array, checks its size, and converts it."""
    if isinstance(picture, Image.Image):
        with _damage_explained():
            check_size(*picture.size, max_megapixels)
            return convert(picture)
    if isinstance(picture, bytes | bytearray | memoryview):
        return _from_bytes(bytes(picture), max_megapixels, convert)
    if isinstance(picture, str | os.PathLike):
        path, page = split_page(_path_of(picture))
        return _from_bytes(_read_file(path), max_megapixels, convert, page=page)
    if hasattr(picture, "read"):
        return _from_bytes(_read_stream(picture), max_megapixels, convert)
    raise PictureError(
        f"Expected a path, bytes, a Pillow image or an array. Received: {type(picture).__name__}.",
        hint="Give one picture, not a list of them.",
    )


def _path_of(picture: str | os.PathLike[str]) -> Path:
    try:
        return Path(picture)
    except Exception as error:  # whatever a foreign object raises
        raise PictureError(
            f"Expected a path. Received: {type(picture).__name__}, which gives none: {error}.", hint="Give a str."
        ) from error


def _read_stream(stream: IO[bytes]) -> bytes:
    data = stream.read(MAX_FILE_BYTES + 1)
    if not isinstance(data, bytes):
        raise PictureError("Expected a file opened for bytes. Received: text.", hint="Open it with mode 'rb'.")
    if len(data) > MAX_FILE_BYTES:
        raise PictureError("Expected a file of at most 1 GiB. Received: a larger one.", hint="Scale it down.")
    return data


def _read_file(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size  # of a file that grows, what was there
            if size > MAX_FILE_BYTES:
                raise PictureError("Expected a file of at most 1 GiB. Received: a larger one.", hint="Scale it down.")
            return file.read(size) or b""
    except PictureError:  # is a ValueError as well
        raise
    except FileNotFoundError as error:
        raise MissingPictureError(
            f"Expected a picture file. Received: {path}, no such file.",
            hint="Check the name, or try the sample that ships: sample:photo.",
        ) from error
    except (OSError, ValueError) as error:
        raise PictureError(f"Expected a readable picture file. Received: {error}.", hint="Check its rights.") from error


def _from_bytes(
    data: bytes, max_megapixels: float, convert: Callable[[Image.Image], Loaded], *, page: int | None = None
) -> Loaded:
    if not data:
        raise PictureError("Expected a picture. Received: an empty file.", hint="Copy or export the picture again.")
    if convert is _upright_gray and (levels := decode_plain_png(data)) is not None:
        check_size(levels.shape[1], levels.shape[0], max_megapixels)
        return cast("Loaded", levels)
    with _damage_explained(), open_image(data, page=page, max_megapixels=max_megapixels) as image:
        return convert(image)


@contextmanager
def _damage_explained() -> Iterator[None]:
    """Turns what decoders raise on damaged files, which is almost anything, into a `PictureError`."""
    try:
        yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"Expected a picture within Pillow's own limit. Received: {error}",
            hint="Scale it down. PIL.Image.MAX_IMAGE_PIXELS is the limit of WebP, TIFF and some GIFs.",
        ) from error
    except MemoryError as error:
        raise PictureError(
            "Expected a picture that fits into memory. Received: a larger one.", hint="Scale it down."
        ) from error
    except Exception as error:
        raise PictureError(
            f"Expected an undamaged picture. Received: {type(error).__name__}: {error}.",
            hint="Copy or export the picture again.",
        ) from error


def _upright_gray(image: Image.Image) -> Gray:
    gray, orientation = _gray_levels(image), _orientation(image)
    return gray if orientation == 1 else np.array(_turn(Image.fromarray(gray), orientation))


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    image.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(image)


def _upright_gray_and_photo(image: Image.Image, *, side: int) -> tuple[Gray, Image.Image]:
    plain = image.width * image.height <= MOST_COLOR_PIXELS and image.mode in COLOR_MODES
    if not plain or image.has_transparency_data:
        gray = _upright_gray(image)
        return gray, _shrink_photo(Image.fromarray(gray), side)
    if image.format == "JPEG":
        image.draft("YCbCr", image.size)  # its first channel is the very luma that decoding it as gray gives
    image.load()
    levels = np.array(image.getchannel(0)) if image.mode == "YCbCr" else np.array(image.convert("L"))
    orientation = _orientation(image)
    photo = _shrink_photo(image, side)
    if orientation == 1:
        return levels, photo
    return np.array(_turn(Image.fromarray(levels), orientation)), _turn(photo, orientation)


def _shrink_photo(image: Image.Image, side: int) -> Image.Image:
    zoom = side / max(image.size)
    if zoom < 1:
        size = (max(1, round(image.width * zoom)), max(1, round(image.height * zoom)))
        image = (image if image.mode != "P" else image.convert("RGB")).resize(size, Image.Resampling.BOX)
    return image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and not image.info:  # nothing but pixels
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged EXIF of an otherwise good picture
        return 1


def _gray_levels(image: Image.Image) -> Gray:
    if image.mode.startswith(("I", "F")):
        return _to_8_bits(np.asarray(image))
    if image.format == "JPEG":
        image.draft("L", image.size)  # the luma alone: half the time of decoding colours and graying them
    if image.has_transparency_data:
        return _flatten(image if image.mode == "RGBA" else image.convert("RGBA"))
    return np.array(image if image.mode == "L" else image.convert("L"))


def _flatten(rgba: Image.Image) -> Gray:
    """Lays a transparent picture on paper: of its own paper's shade if it has any, else on what sets off its ink."""
    image, mask = rgba.convert("L"), rgba.getchannel("A")
    gray, alpha = np.array(image), np.asarray(mask)
    visible = alpha > 127
    if visible.all():
        return gray
    if visible.mean() > 0.5:  # more than strokes: the paper is in the picture
        paper = round(float(np.median(gray[visible])))
    else:
        ink = float(np.einsum("ij,ij->", gray, alpha, dtype=np.int64)) / max(int(alpha.sum()), 1)
        paper = 255 if ink < 128 else 0
    mixed = Image.new("L", rgba.size, paper)
    mixed.paste(image, mask=mask)
    return np.array(mixed)


def _from_array(array: NDArray[Any], max_megapixels: float) -> Gray:
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise PictureError(
            f"Expected an array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4). Received: {array.shape}.",
            hint="Give one picture an array.",
        )
    check_size(array.shape[1], array.shape[0], max_megapixels)
    if array.dtype == np.bool_ or (array.dtype.kind in "ui" and array.min() >= 0 and array.max() <= 1):
        array = array.astype(np.uint8) * np.uint8(255)
    levels = np.ascontiguousarray(_to_8_bits(array))
    if levels.ndim == 2:
        return levels.copy() if levels is array else levels
    if levels.shape[2] == 1:
        return levels[..., 0].copy()
    if levels.shape[2] == 4:
        return _flatten(Image.fromarray(levels))
    return np.array(Image.fromarray(levels).convert("L"))


def _to_8_bits(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Brings levels of any depth to 0 to 255, keeping black black and white white where the depth tells them."""
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "uif":
        raise PictureError(f"Expected an array of numbers. Received: {array.dtype}.", hint="Convert it to uint8.")
    low, high = float(array.min()), float(array.max())
    if not math.isfinite(high - low):
        raise PictureError(
            f"Expected finite levels. Received: {low:g} to {high:g}.", hint="Replace NaN and infinity first."
        )
    black, white = _black_and_white(low, high, array.dtype.kind == "f")
    scale = 255 / max(white - black, 1e-30)
    flat, levels = array.reshape(-1), np.empty(array.size, np.uint8)
    for start in range(0, array.size, CHUNK):
        chunk = flat[start : start + CHUNK].astype(np.float64)
        levels[start : start + CHUNK] = np.rint(((chunk - black) * scale).clip(0, 255))
    return levels.reshape(array.shape)


def _black_and_white(low: float, high: float, is_float: bool) -> tuple[float, float]:
    """The levels that stand for black and white in a picture whose levels go from `low` to `high`."""
    if low < 0 or high > WHITE_LEVELS[-1]:
        return low, high
    if is_float and high <= OVERSHOOT:
        return 0.0, 1.0
    if is_float and high <= 255 * OVERSHOOT:
        return 0.0, 255.0
    return 0.0, float(next(white for white in WHITE_LEVELS if high <= white))
