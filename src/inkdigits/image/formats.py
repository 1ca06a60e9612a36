"""Picture files: bytes in, an opened Pillow image out, whose size was checked before anything is decoded."""

from __future__ import annotations

import io
import os
import re
import stat
import struct
from pathlib import Path
from typing import IO

from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.image.limits import MAX_PAGES, check_file, check_opened

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF")
SUFFIXES = frozenset(
    ".png .jpg .jpeg .jpe .jfif .bmp .gif .tif .tiff .webp .ppm .pgm .pbm .pnm .avif .heic .heif".split()  # noqa: SIM905
)
TIFF_SUFFIXES = frozenset({".tif", ".tiff"})
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_REDUCED = 254  # TIFF's tag NewSubfileType: bit 0 marks a small copy of another page
_PAGE = re.compile(r"(.+)#([1-9]\d*)")


def open_image(data: bytes, *, page: int | None, max_megapixels: float) -> Image.Image:
    """Opens a picture file.

    Pillow's own limit of pixels is not touched: other code of the process may rely on it. It holds for WebP, TIFF and
    some GIFs.

    Args:
        data: The file's bytes.
        page: Number of a page of a TIFF, 1 for the first.
        max_megapixels: Refuses larger pictures.

    Raises:
        PictureError: It is of an unknown format or too large, has no such page, or has several and none is named.
    """
    check_file(data, max_megapixels)
    image = _identify(data)
    check_opened(image, data, max_megapixels)
    pages = _pages(image)
    if page is None and len(pages) > 1:
        raise PictureError(
            f"Expected one page. Received: a TIFF of {len(pages)}.", hint="Name one: FILE.tiff#2 is the second."
        )
    if page is not None and page > len(pages):
        raise PictureError(f"Expected a page from 1 to {len(pages)}. Received: {page}.", hint="Name one of these.")
    if page is not None:
        image.seek(pages[page - 1])
        check_opened(image, data, max_megapixels)
    return image


def open_regular(path: Path) -> IO[bytes]:
    """Opens a regular file for bytes; a pipe or a device is refused without waiting for it.

    Raises:
        PictureError: It is a folder, or no regular file.
        OSError: It cannot be opened.
    """
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(number).st_mode
    if stat.S_ISREG(mode):
        return open(number, "rb", buffering=0)  # noqa: PTH123  of a file that is open
    os.close(number)
    if stat.S_ISDIR(mode):
        raise PictureError("Expected a picture file. Received: a folder.", hint="Name the files in it.")
    raise PictureError("Expected a regular file. Received: a pipe or a device.", hint="Save the picture as a file.")


def page_names(path: Path) -> list[str]:
    """The names of a file's pages, `"scan.tiff#1"` and so on; its own name alone if it has one page, or is damaged."""
    try:
        with open_regular(path) as file, Image.open(file, formats=["TIFF"]) as image:
            count = len(_pages(image))
    except Exception:  # loading says what is wrong
        count = 1
    return [f"{path}#{page}" for page in range(1, count + 1)] if count > 1 else [str(path)]


def split_page(path: Path) -> tuple[Path, int | None]:
    """A file and the page that its name ends in, as in `"scan.tiff#2"`; None if it names none."""
    named = _PAGE.fullmatch(os.fspath(path))
    if named is None or Path(named[1]).suffix.lower() not in TIFF_SUFFIXES or path.exists():
        return path, None
    return Path(named[1]), int(named[2])


def _identify(data: bytes) -> Image.Image:
    """Opens by the format's own reader, as `Image.open` does, but for the check against Pillow's limit."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return _open_heif(data)
    for load_readers in (Image.preinit, Image.init):  # the common ones first: all take a tenth of a second
        load_readers()
        image = _open_by_reader(data)
        if image is not None:
            return image
    raise PictureError(
        f"Expected PNG, JPEG, BMP, GIF, TIFF, WebP, AVIF or HEIC. Received: {len(data)} bytes of something else.",
        hint="Check that the file is a picture.",
    )


def _open_by_reader(data: bytes) -> Image.Image | None:
    for name in FORMATS:
        factory, accepts = Image.OPEN.get(name, (None, None))
        if factory is None or (accepts is not None and accepts(data[:16]) is not True):
            continue
        try:
            return factory(io.BytesIO(data), "")
        except (SyntaxError, IndexError, TypeError, struct.error):  # as in Image.open: another format may fit
            continue
    return None


def _open_heif(data: bytes) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(
            "Expected PNG, JPEG, BMP, GIF, TIFF, WebP or AVIF. Received: HEIC.",
            hint="Run: pip install 'inkdigits[heif]'. Or export the photo as JPEG "
            "(iPhone: Settings > Camera > Formats > Most Compatible).",
        ) from error
    image: Image.Image = HeifImageFile(io.BytesIO(data))
    return image


def _pages(image: Image.Image) -> list[int]:
    """The frames that are pages: all of a TIFF but small copies; the first of an animation."""
    if image.format != "TIFF":
        return [0]
    pages = []
    for frame in range(MAX_PAGES + 1):
        try:
            image.seek(frame)
        except EOFError:
            break
        if frame == MAX_PAGES:
            raise PictureError(f"Expected a TIFF of at most {MAX_PAGES} pages. Received: more.", hint="Split it.")
        if not int(image.tag_v2.get(_REDUCED, 0)) & 1:  # type: ignore[attr-defined]
            pages.append(frame)
    image.seek(0)
    return pages or [0]
