"""Limits of picture files: the bytes of a file, or an opened picture, in; a refusal out, before anything is decoded."""

from __future__ import annotations

import re
import struct
from typing import Any

from PIL import Image

from inkdigits.errors import PictureError

MAX_FILE_BYTES = 1 << 30
MAX_SIDE = 65_535  # pixels: Pillow takes 8 bytes per row, and a PNG of one column took 20 bytes per pixel
MAX_SCANS = 100  # of a JPEG; each passes over all its pixels; cameras and encoders write about 10
MAX_SCAN_MEGAPIXELS = 1000.0  # scans times megapixels: 10 scans of 100 megapixels
MAX_CHUNKS = 100_000  # of a PNG: Pillow takes about 10 microseconds per chunk
MAX_PAGES = 1000  # of a TIFF: Pillow takes about a millisecond per page
MAX_TAG_VALUES = 500_000  # of a TIFF's directories together: a number takes about 40 bytes in Python
MAX_COMMENTS = 100  # of a PNM as text: Pillow copies a block per comment
HEADER_BYTES = 4096  # of a PNM, with its comments: Pillow reads them byte by byte
DECODER_MEGAPIXELS = {"bmp_rle": 4.0, "ppm": 4.0, "ppm_plain": 2.0}  # written in Python: up to 2 seconds per megapixel
AVIF_MEGAPIXELS = 24.0  # noise of the best quality with alpha takes 0.2 seconds per megapixel
RUN_BYTES = 3  # of a BMP with run lengths, per pixel: jumps that move nowhere could fill any file
BYTES_PER_PIXEL, SPARE_BYTES = 12, 100_000_000  # a picture may take so many bytes per pixel of the limit, and these
TRANSPARENT_BYTES, DEEP_BYTES, FRAME_BYTES = (
    18,
    16,
    8,
)  # per pixel, measured: RGBA and LA; I, F and CMYK; WebP and AVIF more
_TIFF = {  # by the first bytes: directory's offset, number of tags, tag (number, type, count, value)
    b"II*\0": ("<I", "<H", "<HHI4x"),
    b"MM\0*": (">I", ">H", ">HHI4x"),
    b"II\0*": ("<I", "<H", "<HHI4x"),  # Pillow takes these two as well
    b"MM*\0": (">I", ">H", ">HHI4x"),
    b"II+\0": ("<Q", "<Q", "<HHQ8x"),
    b"MM\0+": (">Q", ">Q", ">HHQ8x"),
}
_BYTES = {1, 2, 7}  # types of tags that Pillow keeps as bytes
_SPACE = rb"(?:[\s]|#[^\r\n]*+[\r\n])++"
_PNM_HEADER = re.compile(rb"P(?:[14]" + _SPACE + rb"\d++|[^14]\w*+" + _SPACE + rb"\d++" + _SPACE + rb"\d++)" + _SPACE)


def check_size(width: int, height: int, max_megapixels: float) -> None:
    """Refuses a picture without pixels or with too many.

    Raises:
        PictureError: It is such a picture.
    """
    if width < 1 or height < 1:
        raise PictureError(f"Expected at least one pixel. Received: {width} x {height}.", hint="Check the picture.")
    megapixels = width * height / 1e6
    if megapixels > max_megapixels:
        raise PictureError(
            f"Expected a picture of at most {max_megapixels:g} megapixels. Received: {width} x {height} "
            f"({megapixels:,.2f} megapixels).",
            hint="Scale it down, or raise the limit: max_megapixels.",
        )


def check_file(data: bytes, max_megapixels: float) -> None:
    """Refuses a file by its header, before Pillow opens it.

    Raises:
        PictureError: A WebP's canvas, or the number of a PNG's chunks or of a PNM's comments is above its limit.
    """
    if len(data) > MAX_FILE_BYTES:
        raise PictureError("Expected a file of at most 1 GiB. Received: a larger one.", hint="Scale it down.")
    if data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X" and len(data) >= 30:
        width, height = (int.from_bytes(data[start : start + 3], "little") + 1 for start in (24, 27))
        check_size(width, height, max_megapixels)
    if data[:4] == b"\x89PNG" and _has_many_chunks(data):
        raise _refusal(f"a PNG of at most {MAX_CHUNKS} chunks", "more")
    if data[:4] in _TIFF:
        _check_tags(data)
    if data[:1] == b"P" and data[1:2] in (b"1", b"2", b"3", b"4", b"5", b"6"):
        if len(data) > HEADER_BYTES and not _PNM_HEADER.match(data[:HEADER_BYTES]):
            raise _refusal(f"a PNM with a header of at most {HEADER_BYTES} bytes", "a longer one")
        if data[1:2] in b"123" and data.count(b"#") > MAX_COMMENTS:
            raise _refusal(f"a PNM of at most {MAX_COMMENTS} comments", "more")


def check_opened(image: Image.Image, data: bytes, max_megapixels: float) -> None:
    """Refuses an opened picture whose decoding would take too much memory or time.

    Raises:
        PictureError: It is such a picture.
    """
    check_size(*image.size, max_megapixels)
    if max(image.size) > MAX_SIDE:
        raise _refusal(f"sides of at most {MAX_SIDE} pixels", f"{image.width} x {image.height}")
    megapixels = image.width * image.height / 1e6
    for tile in getattr(image, "tile", ()):
        limit = DECODER_MEGAPIXELS.get(tile[0], megapixels)
        if megapixels > limit:
            raise _refusal(f"at most {limit:g} megapixels of this rare encoding", f"{megapixels:,.2f}")
        if tile[0] == "bmp_rle" and len(data) > RUN_BYTES * image.width * image.height + 100_000:
            raise _refusal(f"at most {RUN_BYTES} bytes per pixel", f"{len(data)} bytes")
    if image.format == "AVIF" and megapixels > AVIF_MEGAPIXELS:
        raise _refusal(f"an AVIF of at most {AVIF_MEGAPIXELS:g} megapixels", f"{megapixels:,.2f}")
    if image.format in ("JPEG", "MPO"):
        scans = data.count(b"\xff\xda")
        if scans > MAX_SCANS or (scans > 1 and scans * megapixels > MAX_SCAN_MEGAPIXELS):
            raise _refusal(f"a JPEG of at most {MAX_SCANS} scans, fewer if it is large", f"{scans} scans")
    tags: Any = getattr(image, "tag_v2", {})
    if 322 in tags or 323 in tags:  # the sides of a TIFF's tiles
        check_size(int(tags.get(322, 1)), int(tags.get(323, 1)), max_megapixels)
    _check_memory(image, len(data), max_megapixels)


def _check_memory(image: Image.Image, size: int, max_megapixels: float) -> None:
    cost = DEEP_BYTES if image.mode in ("I", "F", "CMYK") else BYTES_PER_PIXEL
    cost = TRANSPARENT_BYTES if image.has_transparency_data else cost
    if image.format in ("WEBP", "AVIF"):
        cost, size = cost + FRAME_BYTES, 3 * size
    if cost * image.width * image.height + size > BYTES_PER_PIXEL * max_megapixels * 1e6 + SPARE_BYTES:
        raise PictureError(
            f"Expected a picture that takes at most {BYTES_PER_PIXEL} bytes per pixel of the limit. "
            f"Received: {image.width} x {image.height} pixels, {image.mode}, in a file of {size / 1e6:,.0f} MB.",
            hint="Scale it down, or raise the limit: max_megapixels.",
        )


def _check_tags(data: bytes) -> None:
    """Refuses a TIFF whose directories hold very many values, such as places of strips and tiles."""
    link, number, tag = map(struct.Struct, _TIFF[data[:4]])
    place, values = link.size if link.size == 4 else 8, 0
    for _ in range(MAX_PAGES + 1):
        start = _unpack(link, data, place)
        count = _unpack(number, data, start) if start else 0
        place = start + number.size + count * tag.size
        values += count
        if values <= MAX_TAG_VALUES and start and place <= len(data):
            entries = tag.iter_unpack(data[start + number.size : place])
            values += sum(much for _, kind, much in entries if kind not in _BYTES)
        if values > MAX_TAG_VALUES:
            raise _refusal(f"a TIFF of at most {MAX_TAG_VALUES} values in its tags", "more")
        if not start or place > len(data):
            return


def _unpack(number: struct.Struct, data: bytes, start: int) -> int:
    """A number of a file; 0 behind its end."""
    return int(number.unpack_from(data, start)[0]) if start + number.size <= len(data) else 0


def _has_many_chunks(data: bytes) -> bool:
    start = 8
    for _ in range(MAX_CHUNKS):
        if start >= len(data):
            return False
        start += 12 + int.from_bytes(data[start : start + 4], "big")
    return True


def _refusal(expected: str, received: str) -> PictureError:
    return PictureError(f"Expected {expected}. Received: {received}.", hint="Save it as a plain PNG or JPEG.")
