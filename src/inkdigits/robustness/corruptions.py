"""Corruptions in the style of MNIST-C: clean glyphs in, corrupted glyphs out. For measuring, never for training.

The same seed gives the same glyphs.

Source:
    N. Mu, J. Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019: which 15, and how severe. The code is
    this project's; motion blur, fog and Canny's edges follow what is published, not its libraries to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.image.glyph import GLYPH_SIDE, Glyphs

Image = NDArray[np.float32]
"""One glyph, shape `(28, 28)`, 0 to 1."""
Rng = np.random.Generator

MIDDLE = (GLYPH_SIDE - 1) / 2
PLASMA_SIDE = 256  # of the heightmap whose corner is the fog


def corrupt(glyphs: Glyphs, name: str, *, seed: int = 0) -> Glyphs:
    """Corrupts glyphs.

    Args:
        glyphs: Shape `(N, 28, 28)`, uint8.
        name: One of `CORRUPTIONS`.
        seed: Seed of the random part.

    Returns:
        The same shape and type.

    Raises:
        SettingError: There is no such corruption.
    """
    if name not in _CORRUPTIONS:
        raise SettingError(f"Expected a corruption among {', '.join(CORRUPTIONS)}. Received: {name!r}.")
    change, rng = _CORRUPTIONS[name], np.random.default_rng(seed)
    corrupted = [change((glyph / 255).astype(np.float32), rng) for glyph in glyphs]
    # Cut down, not rounded, as the published files were.
    return (np.clip(np.stack(corrupted), 0, 1) * 255).astype(np.uint8)


def _shot_noise(x: Image, rng: Rng) -> Image:
    return (rng.poisson(x * 3) / 3).astype(np.float32)


def _impulse_noise(x: Image, rng: Rng) -> Image:
    struck, salt = rng.random(x.shape) < 0.17, rng.random(x.shape) < 0.5
    return np.where(struck, salt.astype(np.float32), x)


def _glass_blur(x: Image, rng: Rng) -> Image:
    sigma, reach, rounds = 0.7, 1, 2
    x = _blur(x, sigma)
    side = GLYPH_SIDE
    for _ in range(rounds):
        for row in range(side - reach, reach, -1):
            for column in range(side - reach, reach, -1):
                if rng.random() < 0.5:
                    down, right = rng.integers(-reach, reach, size=2)
                    here, there = (row, column), (row + down, column + right)
                    x[here], x[there] = x[there], x[here]
    return _blur(x, sigma)


def _motion_blur(x: Image, rng: Rng) -> Image:
    """The mean of the glyph moved ever farther to one side, with weights that fall like half a Gaussian."""
    radius, sigma = 10, 3.0
    angle = np.deg2rad(rng.uniform(-45, 45))
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    weights /= weights.sum()
    moved = np.zeros_like(x)
    for step, weight in zip(steps, weights, strict=True):
        across, down = round(float(step * np.cos(angle))), round(float(step * np.sin(angle)))
        padded = np.pad(x, 2 * radius + 1, mode="edge")
        start = 2 * radius + 1
        moved += weight * padded[start + down :, start + across :][:GLYPH_SIDE, :GLYPH_SIDE]
    return moved


def _shear(x: Image, rng: Rng) -> Image:
    amount = 0.4 * rng.choice([-1, 1])
    return _warp(x, [[1, -np.sin(amount)], [0, np.cos(amount)]])


def _scale(x: Image, _rng: Rng) -> Image:
    return _warp(x, [[1 / 0.7, 0], [0, 1 / 0.7]])


def _rotate(x: Image, rng: Rng) -> Image:
    angle = 0.4 * rng.choice([-1, 1])
    return _warp(x, [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _brightness(x: Image, _rng: Rng) -> Image:
    return np.asarray(np.clip(x + 0.5, 0, 1), np.float32)


def _translate(x: Image, rng: Rng) -> Image:
    across, down = 3 * rng.choice([-1, 1], 2)
    return _warp(x, [[1, 0], [0, 1]], shift=(across, down))


def _stripe(x: Image, _rng: Rng) -> Image:
    x[:, :7] = 1 - x[:, :7]
    x[:, 21:] = 1 - x[:, 21:]
    return x


def _fog(x: Image, rng: Rng) -> Image:
    amount, decay = 3.0, 1.4
    most = x.max()
    hazy = x + amount * _plasma(decay, rng)[:GLYPH_SIDE, :GLYPH_SIDE]
    return np.asarray(hazy * most / (most + amount), np.float32)


def _spatter(x: Image, rng: Rng) -> Image:
    mean, deviation, sigma, least, edge = 0.65, 0.3, 1.0, 0.65, 1.5
    liquid = _blur(rng.normal(mean, deviation, x.shape).astype(np.float32), sigma)
    mud = _blur((liquid > least).astype(np.float32), edge)
    mud[mud < 0.8] = 0
    return np.asarray(x * (1 - mud) + 63 / 255 * mud, np.float32)


def _dotted_line(x: Image, rng: Rng) -> Image:
    start, end = rng.integers(0, 27, 2)
    line = _line(0, start, 27, end)
    columns = np.arange(GLYPH_SIDE) // 2 % 2 == 0
    line[:, columns] = 0
    return np.asarray(x + line, np.float32)


def _zigzag(x: Image, rng: Rng) -> Image:
    half, first, last = 2.0, 2, 25
    top = int(rng.integers(0, 27))
    angle = np.arctan(rng.integers(-5, 5) / (last - first))
    length = (last - first) / np.cos(angle)
    peaks = range(int((length - half) // (2 * half)) + 1)
    corners = [(0.0, 0.0), *(((2 * peak + 1) * half, (-1) ** peak * half) for peak in peaks)]
    whole = 2 * half * (length // (2 * half))
    if length != whole:
        corners.append((length, corners[-1][1] / (2 * (length - whole))))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.array(corners) @ turn.T + (first, top)
    for (left, upper), (right, lower) in pairwise(points):
        x = np.asarray(np.clip(x + _line(left, upper, right, lower), 0, 1), np.float32)
    return x


def _canny_edges(x: Image, _rng: Rng) -> Image:
    smooth = np.round(_blur(x, 1.0) * 255).astype(np.uint8)
    edges = cv2.Canny(smooth, 0.1 * 255, 0.2 * 255, L2gradient=True)
    return np.asarray(edges / 255, np.float32)


def _blur(x: Image, sigma: float) -> Image:
    side = 2 * int(4 * sigma + 0.5) + 1
    return np.asarray(cv2.GaussianBlur(x, (side, side), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def _warp(x: Image, matrix: list[list[float]], *, shift: tuple[float, float] = (0, 0)) -> Image:
    """Samples the glyph at `matrix` times each place's distance, across and down, from the middle, and `shift`."""
    turn = np.array(matrix, np.float64)
    offset = np.array([MIDDLE, MIDDLE]) - turn @ [MIDDLE, MIDDLE] + shift
    inverse = np.column_stack([turn, offset])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(x, inverse, (GLYPH_SIDE, GLYPH_SIDE), flags=flags), np.float32)


def _line(left: float, top: float, right: float, bottom: float) -> Image:
    """A stroke between two points that fades with the logarithm of the vertical distance from it."""
    if left == right:
        return np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.float32)
    columns, rows = np.meshgrid(np.arange(float(GLYPH_SIDE)), np.arange(float(GLYPH_SIDE)), sparse=True)
    middle = (bottom - top) / (right - left) * (columns - left) + top
    distance = np.clip(np.abs(rows - middle), 0, 2.3 - 1e-10)
    ink = np.clip(np.log(1 - distance / 2.3) + 1, 0, 1)
    ink[:, : int(np.floor(left))] = 0
    ink[:, int(np.ceil(right)) :] = 0
    return np.asarray(ink, np.float32)


def _plasma(decay: float, rng: Rng) -> NDArray[np.float64]:
    """A random heightmap, 0 to 1, by midpoints of squares and diamonds whose noise falls by `decay` a halving."""
    heights = np.zeros((PLASMA_SIDE, PLASMA_SIDE))
    step, wobble = PLASMA_SIDE, 100.0

    def midpoints(total: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(total / 4 + wobble * rng.uniform(-wobble, wobble, total.shape))

    while step >= 2:
        half = step // 2
        corners = heights[::step, ::step]
        pairs = corners + np.roll(corners, -1, axis=0)
        heights[half::step, half::step] = midpoints(pairs + np.roll(pairs, -1, axis=1))
        centers, corners = heights[half::step, half::step], heights[::step, ::step]
        rows, columns = corners + np.roll(corners, -1, axis=1), corners + np.roll(corners, -1, axis=0)
        heights[::step, half::step] = midpoints(centers + np.roll(centers, 1, axis=0) + rows)
        heights[half::step, ::step] = midpoints(centers + np.roll(centers, 1, axis=1) + columns)
        step, wobble = half, wobble / decay
    heights -= heights.min()
    return np.asarray(heights / heights.max())


_CORRUPTIONS: dict[str, Callable[[Image, Rng], Image]] = {
    "shot noise": _shot_noise,
    "impulse noise": _impulse_noise,
    "glass blur": _glass_blur,
    "motion blur": _motion_blur,
    "shear": _shear,
    "scale": _scale,
    "rotate": _rotate,
    "brightness": _brightness,
    "translate": _translate,
    "stripe": _stripe,
    "fog": _fog,
    "spatter": _spatter,
    "dotted line": _dotted_line,
    "zigzag": _zigzag,
    "canny edges": _canny_edges,
}
CORRUPTIONS = tuple(_CORRUPTIONS)
"""Their names, in the order of the publication."""
