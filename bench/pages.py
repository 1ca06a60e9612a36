"""What simulated pictures are made of: strokes, paper, rulings, light and a camera.

Glyphs and numbers go in, coverage and pixels come out. It knows nothing of conditions, labels or readers, and shares no
code with the reader or with what makes training pictures, so that neither can be flattered by it.

Coverage is `(H, W)` float32, 0 = bare, 1 = all ink. Pixels are `(3, H, W)` float32 RGB, 0 to 255: planes, which
NumPy and OpenCV go through twice as fast as interleaved colours.
"""

from __future__ import annotations

import io
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
Random: TypeAlias = np.random.Generator
Color: TypeAlias = tuple[float, float, float]

ORIENTATION = 0x0112  # EXIF's tag
STORED = {  # how to turn an upright picture so that EXIF's turn makes it upright again
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_VISIBLE = 60  # of 255; fainter pixels of a glyph are the fringe of its strokes
_MARGIN = 2  # glyph pixels kept around the strokes
_EDGE = 0.45  # of full ink: where a stroke's edge runs; at 0.5 MNIST's faintest strokes would break
_THINNING_ZOOM = 8  # a stroke of MNIST is then some 20 pixels wide: enough for a smooth middle line
_BLOT = 1.5  # times half the usual stroke: deeper inside than that is no stroke but a loop that its ink has filled


def strokes(glyph: Bytes, size: float, *, pen: float | None = None) -> Floats:
    """Enlarges a glyph so that it looks written.

    Args:
        glyph: Shape `(28, 28)`, white on black.
        size: The longer side of its ink, in pixels of the picture.
        pen: Width of the stroke, in pixels; the glyph's own if None.

    Returns:
        Coverage, cut to the ink and a small margin.
    """
    part = _cut(glyph)
    zoom = size / (max(part.shape) - 2 * _MARGIN)
    if pen is None:
        return _enlarge(part, zoom)
    middle = _core(_enlarge(part, _THINNING_ZOOM) > 0.5)
    away = cv2.distanceTransform(1 - middle, cv2.DIST_L2, 5)
    away = cv2.GaussianBlur(away, (0, 0), 1.5)
    away = np.sqrt(np.maximum(away * away - 1.2 * 1.2, 0))  # 1.2: what blurring makes of 0, on the line itself
    ratio = zoom / _THINNING_ZOOM
    away = cv2.resize(away, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_LINEAR) * ratio
    return np.asarray(np.clip(pen / 2 + 0.5 - away, 0, 1), np.float32)


def _core(body: NDArray[np.bool_]) -> Bytes:
    """The middle line, and the inside of what is thicker than a stroke: a filled loop stays a blot, as with any pen."""
    middle = _middle_line(body)
    inside = cv2.distanceTransform(body.astype(np.uint8), cv2.DIST_L2, 5)
    blots = inside > _BLOT * np.median(inside[middle > 0])
    return np.asarray(middle | blots, np.uint8)


def _cut(glyph: Bytes) -> Bytes:
    rows, columns = np.flatnonzero((glyph > _VISIBLE).any(axis=1)), np.flatnonzero((glyph > _VISIBLE).any(axis=0))
    return np.pad(glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], _MARGIN)


def _enlarge(part: Bytes, zoom: float) -> Floats:
    large = cv2.resize(part.astype(np.float32) / 255, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    if zoom > 1.5:
        large = cv2.GaussianBlur(large, (0, 0), 0.5 * zoom)
    steepness = float(np.clip(3.5 * zoom, 8, 40))  # an edge of about two pixels, at any size
    return np.asarray(1 / (1 + np.exp(-steepness * (large - _EDGE))), np.float32)


def _thinning_tables() -> tuple[Bytes, Bytes]:
    """For both passes of Zhang and Suen: whether a pixel with these eight neighbours (one bit each) goes."""
    tables = np.zeros((2, 256), np.uint8)
    for code in range(256):
        ring = [code >> bit & 1 for bit in range(8)]  # clockwise from the north
        north, east, south, west = ring[0], ring[2], ring[4], ring[6]
        changes = sum(not ring[bit] and ring[(bit + 1) % 8] for bit in range(8))
        if 2 <= sum(ring) <= 6 and changes == 1:
            tables[0, code] = not (north and east and south) and not (east and south and west)
            tables[1, code] = not (north and east and west) and not (north and south and west)
    return tables[0], tables[1]


_THINNING = _thinning_tables()
_RING = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def _middle_line(body: NDArray[np.bool_]) -> Bytes:
    """Thins strokes to a line of one pixel.

    Source:
        T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    line = np.pad(body.astype(np.uint8), 1)
    left = -1
    while (count := int(np.count_nonzero(line))) != left:
        left = count
        for table in _THINNING:
            line[cv2.LUT(cv2.filter2D(line, cv2.CV_8U, _RING), table) > 0] = 0
    return line[1:-1, 1:-1]


def turn(coverage: Floats, angle_deg: float) -> Floats:
    """Rotates coverage about its middle, on a canvas that holds all of it."""
    height, width = coverage.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 1)
    new_width = int(height * abs(matrix[0, 1]) + width * abs(matrix[0, 0])) + 1
    new_height = int(height * abs(matrix[0, 0]) + width * abs(matrix[0, 1])) + 1
    matrix[:, 2] += ((new_width - width) / 2, (new_height - height) / 2)
    return np.asarray(cv2.warpAffine(coverage, matrix, (new_width, new_height), flags=cv2.INTER_LINEAR), np.float32)


def place(coverage: Floats, shape: tuple[int, int], left: int, top: int) -> Floats:
    """Puts coverage on a bare page of shape `(height, width)`; what goes over the edge is lost."""
    page = np.zeros(shape, np.float32)
    height, width = coverage.shape
    rows, columns = slice(max(top, 0), max(top + height, 0)), slice(max(left, 0), max(left + width, 0))
    target = page[rows, columns]
    up, back = max(-top, 0), max(-left, 0)
    target[:] = coverage[up : up + target.shape[0], back : back + target.shape[1]]
    return page


def clouds(shape: tuple[int, int], scale: float, rng: Random) -> Floats:
    """Smooth random levels, mean 0 and deviation about 1, whose spots are about `scale` pixels wide."""
    size = (max(2, round(2 * shape[0] / scale)) + 4, max(2, round(2 * shape[1] / scale)) + 4)
    noise = cv2.GaussianBlur(rng.standard_normal(size, dtype=np.float32), (0, 0), 1) * 3.5
    return np.asarray(cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def paper(shape: tuple[int, int], color: Color, rng: Random) -> Floats:
    """A sheet with the faint mottling of its fibres."""
    mottling = 1 + 0.004 * clouds(shape, 8, rng) + 0.006 * clouds(shape, 60, rng)
    return mottling * _planes(color)


def _planes(color: Color) -> Floats:
    return np.array(color, np.float32)[:, None, None]


def paint(pixels: Floats, coverage: Floats, color: Color) -> Floats:
    """Lays ink of a colour on pixels."""
    painted = _planes(color) - pixels
    painted *= coverage
    painted += pixels
    return painted


def lines(
    shape: tuple[int, int], spacing: float, *, width: float, angle_deg: float, offset: float, closing: float = 0
) -> Floats:
    """Parallel lines as coverage.

    Args:
        shape: `(height, width)` of the page.
        spacing: Pixels between them.
        width: Of a line, in pixels.
        angle_deg: 0 is horizontal, 90 vertical.
        offset: Shifts them; one runs through the origin with 0.
        closing: By what share they come closer from the left edge to the right, as seen at a slant.
    """
    y, x = np.ogrid[: shape[0], : shape[1]]
    angle = np.deg2rad(angle_deg)
    across = (x * np.sin(angle)).astype(np.float32) + (y * np.cos(angle) - offset).astype(np.float32)
    across *= ((1 + closing * x / shape[1]) / spacing).astype(np.float32)
    away = np.abs(across - np.rint(across)) * np.float32(spacing)
    return np.asarray(np.clip(width / 2 + 0.5 - away, 0, 1), np.float32)


def light(pixels: Floats, rng: Random, *, falloff: float = 0.12, shadow: float = 0) -> Floats:
    """Lights a page unevenly.

    Args:
        pixels: The page, evenly lit.
        rng: Draws where the light comes from.
        falloff: By what share the far side is darker.
        shadow: How dark the shadow of a hand or telephone is, 0 to 1; it has a soft, bent edge.
    """
    height, width = pixels.shape[1:]
    y, x = np.mgrid[0:1:48j, 0:1:64j].astype(np.float32) - 0.5
    direction = rng.uniform(0, 2 * np.pi)
    bright = 1 - falloff * (0.5 + x * np.cos(direction) + y * np.sin(direction)) - 0.15 * (x * x + y * y)
    if shadow:
        direction, bend = rng.uniform(0, 2 * np.pi), rng.uniform(-0.6, 0.6)
        along, across = x * np.cos(direction) + y * np.sin(direction), y * np.cos(direction) - x * np.sin(direction)
        edge = along - rng.uniform(-0.2, 0.2) + bend * across * across
        bright *= 1 - shadow / (1 + np.exp(-edge / rng.uniform(0.02, 0.08)))
    bright = np.asarray(bright, np.float32)
    return np.asarray(pixels * cv2.resize(bright, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def camera(pixels: Floats, rng: Random, *, blur: float = 0.8, noise: float = 2.5) -> Floats:
    """Blurs as a lens does and adds a sensor's noise: more in the light, and coloured.

    Args:
        pixels: What stands before the camera.
        rng: Draws the noise.
        blur: Standard deviation, pixels.
        noise: Standard deviation on white, levels.
    """
    seen = np.stack([cv2.GaussianBlur(plane, (0, 0), blur) for plane in pixels])
    height, width = seen.shape[1:]
    strength = np.float32(noise) * np.sqrt(0.1 + np.maximum(seen[1], 0) / 280)
    grain = rng.standard_normal((height, width), dtype=np.float32)
    grain *= 0.9 * strength
    strength *= 0.6
    seen += grain
    for channel in range(3):
        tint = rng.standard_normal((height // 3 + 1, width // 3 + 1), dtype=np.float32)
        seen[channel] += cv2.resize(tint, (width, height), interpolation=cv2.INTER_LINEAR) * strength
    return seen


def png(pixels: Floats | Bytes) -> bytes:
    """The file's bytes; `(H, W)` is gray, `(3, H, W)` RGB."""
    return _file(pixels, "PNG")


def jpeg(pixels: Floats | Bytes, quality: int, *, orientation: int = 1) -> bytes:
    """The file's bytes, with EXIF; the pixels are stored turned so that the orientation, 1 to 8, makes them upright."""
    return _file(pixels, "JPEG", quality, orientation)


def _file(pixels: Floats | Bytes, kind: str, quality: int = 75, orientation: int = 1) -> bytes:
    levels = np.clip(pixels + 0.5, 0, 255).astype(np.uint8)
    image = Image.fromarray(levels if levels.ndim == 2 else cv2.merge(list(levels)))
    file = io.BytesIO()
    if kind == "PNG":
        image.save(file, "PNG", compress_level=1)
    else:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        way = STORED[orientation]
        (image if way is None else image.transpose(way)).save(file, "JPEG", quality=quality, exif=exif)
    return file.getvalue()
