"""Plain PNG: the bytes of a small gray PNG in, its levels out, in less than half of Pillow's time.

Whatever is not quite plain, or damaged, is left to Pillow, which knows all kinds and says what is wrong.
"""

from __future__ import annotations

import struct
import zlib
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Gray: TypeAlias = NDArray[np.uint8]

START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
HEAD = struct.Struct(">II5B")
GRAY_8_BITS = (8, 0, 0, 0, 0)  # depth, color type, compression, filter, interlacing
LAST_FILTER = 4
MOST_PIXELS = 1 << 16  # of a larger picture decoding alone takes the time
MOST_BYTES = 4 * MOST_PIXELS  # of a file: so many pixels fit into a third of it


def decode_plain_png(data: bytes) -> Gray | None:
    """Decodes a small PNG of 8-bit gray that holds nothing but its pixels.

    Args:
        data: Content of a file.

    Returns:
        Gray levels, shape `(H, W)`, uint8; None if it is another file, or damaged.

    Source:
        W3C, "Portable Network Graphics (PNG) Specification", third edition, sections 5 and 9.
    """
    if not data.startswith(START) or not len(START) + HEAD.size <= len(data) <= MOST_BYTES:
        return None
    width, height, *kind = HEAD.unpack_from(data, len(START))
    if tuple(kind) != GRAY_8_BITS or not 0 < width * height <= MOST_PIXELS:
        return None
    rows = _unpack(_image_data(data) or b"", height * (width + 1))
    if rows is None or max(rows[:: width + 1]) > LAST_FILTER:
        return None
    levels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(levels, np.uint8) if levels is not None and levels.shape == (height, width) else None


def _unpack(packed: bytes, size: int) -> bytes | None:
    """Exactly so many bytes; None if there are fewer or more, of which one at most is unpacked."""
    stream = zlib.decompressobj()
    try:
        rows = stream.decompress(packed, size + 1)
    except zlib.error:
        return None
    return rows if len(rows) == size and stream.eof else None


def _image_data(data: bytes) -> bytes | None:
    """What the chunks IDAT hold; None if there are others, or one is damaged."""
    parts: list[bytes] = []
    start = 8
    while start < len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        name = data[start + 4 : start + 8]
        if zlib.crc32(data[start + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return None
        if name == b"IEND":
            return b"".join(parts) if end == len(data) else None
        if name == b"IDAT":
            parts.append(data[start + 8 : end - 4])
        elif name != b"IHDR":
            return None
        start = end
    return None
