"""Ink: gray in, ink out. Paper, shadows and noise are removed; it knows nothing of digits or models.

Ink is `(H, W)` uint8, 0 = paper, 255 = full ink, whatever the colours of the picture were.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import PictureError
from inkdigits.image.load import Gray

Ink: TypeAlias = NDArray[np.uint8]

PAPER_SIDE = 128  # the paper's shade is smooth: it is found on a picture of this side
PAPER_WINDOW = 0.4  # of the longer side: wider than any stroke, narrower than the page
LEAST_CONTRAST = 16  # of 255 levels between paper and ink; less is noise of a camera or of JPEG
LEAST_DISTINCTION = 4.5  # standard deviations of the paper between it and ink; splitting mere grain in two gives 2.7
FLAT_PAPER = 2  # levels: a drawing's paper; a photograph's varies more
ENOUGH_PIXELS = 1 << 17  # to measure levels, half of them to measure grain: of a larger picture rows are left out
FEW_LEVELS = 1024  # fewer are sorted and counted faster by NumPy than by OpenCV
LEAST_FRAMED_SIDE = 32  # pixels of the shorter side: in less, a dark border is what is around a light digit
THICKEST_BORDER = 0.2  # of the picture's shorter side
LIGHT_RING = 0.9  # of the pixels all round: so many are paper just inside a border
LEAST_PAPER = 0.6  # of what is inside a border
FULL_INK = 200  # of 255: from here on a pixel is a stroke's body
SPECK = 0.03  # of the largest component's ink: less is dust, or the noise of JPEG
FULL_CONTRAST = 230  # from here on ink is as dark as it gets, and its levels stay untouched, as MNIST's do


def to_ink(gray: Gray, *, light: bool | None = None) -> Ink:
    """Separates ink from paper.

    Args:
        gray: Shape `(H, W)`, uint8, dark ink on light paper or light ink on dark paper.
        light: Whether the paper is lighter than the ink, if that is known.

    Returns:
        Ink, same shape, uint8; all 0 if there is none that stands out from the paper.

    Raises:
        PictureError: `gray` is not 2-D uint8, or empty.

    Example:
        >>> page = np.full((40, 40), 200, np.uint8)
        >>> page[10:30, 18:22] = 40
        >>> int(to_ink(page).max()), int(to_ink(page)[0, 0])
        (255, 0)
    """
    contrast, flat = _contrast_to_paper(gray, light)
    counts = _histogram(_some_rows(contrast, ENOUGH_PIXELS))
    full = full_contrast(counts)
    if full < LEAST_CONTRAST:
        return np.zeros_like(gray)
    clean = flat and _is_clean(counts, full)
    return contrast if clean and full >= FULL_CONTRAST else _stretch(contrast, full, clean=clean)


def to_darker_ink(gray: Gray) -> Ink:
    """Separates the darker part of what stands out from the paper: a pen's strokes from fainter rulings.

    Where there is only one kind of marks, no more than their soft edges go.

    Args:
        gray: As for `to_ink`.

    Returns:
        Ink, same shape, uint8; all 0 if there is none that stands out from the paper.

    Raises:
        PictureError: `gray` is not 2-D uint8, or empty.

    Source:
        Otsu, "A threshold selection method from gray-level histograms", 1979, applied to its own upper class.

    Example:
        >>> page = np.full((40, 40), 200, np.uint8)
        >>> page[30] = 150
        >>> page[10:25, 18:22] = 40
        >>> int(to_darker_ink(page)[20, 20]), int(to_darker_ink(page)[30].max())
        (255, 0)
    """
    contrast, _ = _contrast_to_paper(gray)
    counts = _histogram(_some_rows(contrast, ENOUGH_PIXELS))
    if full_contrast(counts) < LEAST_CONTRAST:
        return np.zeros_like(gray)
    threshold = otsu(counts)
    counts[: threshold + 1] = 0
    split = max(threshold, otsu(counts))
    strokes = np.cumsum(counts[split + 1 :])
    return _levels(contrast, split, split + 1 + float(np.searchsorted(strokes, strokes[-1] / 2)))


def _contrast_to_paper(gray: Gray, is_light: bool | None = None) -> tuple[NDArray[np.uint8], bool]:
    """How much darker than its paper each pixel is, 0 to 255, and whether the paper is as flat as a drawing's.

    Raises:
        PictureError: `gray` is not 2-D uint8, or empty.
    """
    if gray.ndim != 2 or gray.dtype != np.uint8 or gray.size == 0:
        raise PictureError(
            f"Expected gray of shape (H, W), uint8. Received: {gray.shape}, {gray.dtype}.", hint="Call load() first."
        )
    light = gray if (paper_is_light(gray) if is_light is None else is_light) else 255 - gray
    paper = _paper(light)
    darkest, lightest = cv2.minMaxLoc(paper)[:2]
    return to_contrast(light, paper), lightest - darkest <= FLAT_PAPER


def paper_is_light(gray: Gray) -> bool:
    """Whether the paper is lighter than the ink, judged by what the border of the picture is made of."""
    small = _inside(shrink(gray, 64))
    border = np.concatenate([small[0], small[-1], small[1:-1, 0], small[1:-1, -1]])
    lowest, low, high, highest = find_quantiles(small, (0, 0.01, 0.99, 1))
    lower, middle, upper = find_quantiles(border, (0.25, 0.5, 0.75))
    if high - low < 1 or upper - lower < 0.3 * (high - low):
        return middle - lowest >= highest - middle
    # An uneven border, as under a shadow: ink is what departs most from its own surroundings.
    window = max(3, round(0.3 * max(small.shape))) | 1
    departure = small.astype(np.float32) - cv2.medianBlur(small, window)
    darkest, lightest = find_quantiles(departure, (0.01, 0.99))
    return -darkest >= lightest


def _inside(small: Gray) -> Gray:
    """A picture without a dark border along its edges: its paper is what the light rows and columns inside are of."""
    if min(small.shape) < LEAST_FRAMED_SIDE:
        return small
    lowest, highest = find_quantiles(small, (0.02, 0.98))
    light = small > (lowest + highest) / 2
    depths = round(THICKEST_BORDER * min(small.shape)) + 2
    inner = [_from_edges(light, depth) for depth in range(depths + 1)]
    counts = [int(np.count_nonzero(part)) for part in inner]
    rings = [(counts[d] - counts[d + 1]) / (inner[d].size - inner[d + 1].size) for d in range(depths - 1)]
    if rings[0] >= 0.5:  # all round, the picture is light
        return small
    for depth, share in enumerate(rings[1:], 1):
        if share >= LIGHT_RING:
            return _from_edges(small, depth) if counts[depth] > LEAST_PAPER * inner[depth].size else small
    return small


def _from_edges(levels: NDArray[Any], depth: int) -> NDArray[Any]:
    """What is so far from the edges or further."""
    return levels[depth : levels.shape[0] - depth, depth : levels.shape[1] - depth]


def find_quantiles(values: NDArray[Any], shares: tuple[float, ...]) -> list[float]:
    """The values below which these shares of all lie: what `np.quantile` gives to a rank, in a tenth of its time."""
    ranks = [round(share * (values.size - 1)) for share in shares]
    if values.dtype == np.uint8 and values.size > FEW_LEVELS:
        below = np.cumsum(_histogram(values))
        return [float(level) for level in np.searchsorted(below, ranks, side="right")]
    ranked = np.sort(values, axis=None)
    return [float(ranked[rank]) for rank in ranks]


def find_median(levels: NDArray[np.uint8]) -> float:
    """The median of gray levels, in a tenth of the time that `np.median` takes."""
    below = np.cumsum(_histogram(levels))
    middle = below[-1] / 2
    return (int(np.searchsorted(below, middle)) + int(np.searchsorted(below, middle, side="right"))) / 2


def full_contrast(counts: NDArray[np.int64]) -> float:
    """The contrast of well-inked strokes: where the upper quarter of the darker part of the picture begins.

    Args:
        counts: How many pixels have each of the 256 levels of contrast to their paper, shape `(256,)`.

    Returns:
        0 to 255; 0 if the darker part is not set apart from the rest, as where there is only paper and its grain.
    """
    below, moments = _running_sums(counts)
    threshold = _otsu(below, moments)
    split, weak, moment = threshold + 1, float(below[threshold]), float(moments[threshold])
    strong = float(below[-1]) - weak
    if strong == 0:
        return 0.0
    mean = moment / max(weak, 1)
    levels = np.arange(split)
    variance = float(counts[:split] @ (levels * levels)) / max(weak, 1) - mean * mean
    strong_mean = split + (float(moments[-1]) - moment - split * strong) / strong
    if strong_mean - mean < LEAST_DISTINCTION * max(variance, 0.0) ** 0.5:
        return 0.0
    return float(np.searchsorted(below, weak + 0.75 * strong))


def otsu(counts: NDArray[np.int64]) -> int:
    """The level that parts a histogram in two so that the variance between the parts is largest.

    Args:
        counts: How many pixels have each level, shape `(levels,)`.

    Returns:
        The last level of the lower part; 0 if there is only one level.

    Source:
        Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    return _otsu(*_running_sums(counts))


def _otsu(below: NDArray[np.float64], moments: NDArray[np.float64]) -> int:
    first, last = (int(index) for index in np.searchsorted(below, (0.5, below[-1])))  # both parts have pixels there
    if first >= last:
        return 0
    pixels, moment = below[first:last], moments[first:last]
    between = np.square(moment * below[-1] - moments[-1] * pixels) / (pixels * (below[-1] - pixels))
    return first + int(between.argmax())


def _running_sums(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of pixels and of their levels, up to each level."""
    return np.cumsum(counts, dtype=np.float64), np.cumsum(counts * np.arange(len(counts)), dtype=np.float64)


def _some_rows(levels: NDArray[np.uint8], enough: int) -> NDArray[np.uint8]:
    """Evenly spaced rows with about that many pixels, all rows of a smaller picture."""
    return levels[:: max(1, levels.size // enough)]


def _histogram(levels: NDArray[Any]) -> NDArray[np.int64]:
    """How many pixels have each of the 256 levels."""
    if levels.size <= FEW_LEVELS:
        return np.bincount(levels.ravel(), minlength=256)
    return cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel().astype(np.int64)


def shrink(gray: Gray, side: int) -> Gray:
    """Scales a picture down so that its longer side is at most `side` pixels; a smaller one is given back as it is."""
    gray = halve(gray, side)
    longer = max(gray.shape)
    if longer <= side:
        return gray
    size = (max(1, round(gray.shape[1] * side / longer)), max(1, round(gray.shape[0] * side / longer)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def halve(gray: Gray, side: int) -> Gray:
    """Halves a picture while its longer side stays at least `side` pixels, which OpenCV does faster than any scaling.

    An odd last row or column is cut off.
    """
    while max(gray.shape) >= 2 * side and min(gray.shape) >= 2:
        half = (gray.shape[1] // 2, gray.shape[0] // 2)
        even = gray[: 2 * half[1], : 2 * half[0]]
        gray = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return gray


def _paper(light: Gray) -> Gray:
    """The paper's shade at every pixel: a closing with a window wider than strokes keeps only the paper."""
    small = shrink(light, PAPER_SIDE)
    if small is not light:
        small = np.asarray(cv2.medianBlur(small, 3), np.uint8)
    window = max(3, round(PAPER_WINDOW * max(small.shape))) | 1
    room = window // 2  # the paper goes on beyond the picture, so that a shadow's edge is followed up to the border
    padded = cv2.copyMakeBorder(small, room, room, room, room, cv2.BORDER_REPLICATE)
    shade = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))[room:-room, room:-room]
    if small is not light:
        shade = cv2.blur(shade, (5, 5))
        shade = cv2.resize(shade, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(shade, np.uint8)


def to_contrast(light: Gray, paper: Gray) -> NDArray[np.uint8]:
    """How much darker than its paper each pixel is, as if the paper were evenly lit: 0 to 255, and 0 on black."""
    return np.asarray(cv2.divide(cv2.subtract(paper, light), paper, scale=255), np.uint8)


def stroke_contrast(gray: Gray, ink: Ink) -> float:
    """Gray levels between the strokes and the paper between them; 255 if there is only one of them."""
    strokes, paper = gray[ink > FULL_INK], gray[ink == 0]
    if not len(strokes) or not len(paper):
        return 255.0
    return abs(int(strokes.sum()) / len(strokes) - int(paper.sum()) / len(paper))


def measure_grain(levels: NDArray[np.uint8]) -> float:
    """Standard deviation of the grain, from the median difference of neighbors: strokes are too few to move it."""
    if levels.shape[1] < 2:
        return 0.0
    some = _some_rows(levels, ENOUGH_PIXELS // 2)
    return find_median(np.asarray(cv2.absdiff(some[:, 1:], some[:, :-1]), np.uint8)) * 1.4826 / 2**0.5


def _is_clean(counts: NDArray[np.int64], full: float) -> bool:
    """Whether there is little faint grain: it covers less than half of what well-inked strokes cover."""
    return bool(counts[1 : int(0.1 * full) + 1].sum() < 0.5 * counts[int(0.5 * full) + 1 :].sum())


def _stretch(contrast: NDArray[np.uint8], full: float, *, clean: bool) -> Ink:
    """Cuts what is faint enough to be noise, unless the paper is clean, and brings strokes to 255."""
    low = 0.0 if clean else max(4 * measure_grain(contrast), 0.25 * full)
    return _levels(contrast, low, full)


def _levels(contrast: NDArray[np.uint8], low: float, full: float) -> Ink:
    """Ink that is 0 up to a contrast of `low`, 255 from `full` on, and in proportion between."""
    levels = np.clip((np.arange(256) - low) * 255 / (max(full, low + 1) - low), 0, 255)
    return np.asarray(cv2.LUT(contrast, np.rint(levels).astype(np.uint8)), np.uint8)
