"""Lines: a seed and an index in; a gray picture of a handwritten number, its label and its boxes out.

The same seed, index and settings give the same line, whatever was made before and in whichever process.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator

from inkdigits.errors import SettingError
from inkdigits.geometry import Box
from inkdigits.image.load import Gray
from inkdigits.synthesis.camera import Layer, simulate_camera
from inkdigits.synthesis.clutter import add_rulings
from inkdigits.synthesis.kinds import Part
from inkdigits.synthesis.line_clutter import Place, Row, add_line_clutter
from inkdigits.synthesis.line_hands import Hand, choose_hand
from inkdigits.synthesis.line_ink import draw_layout
from inkdigits.synthesis.line_layout import Layout, lay_out
from inkdigits.synthesis.line_paper import add_bleed_through, add_dark_margin, add_pattern, add_stamp
from inkdigits.synthesis.line_settings import OTHER, SPACE, LineSettings
from inkdigits.synthesis.line_texts import choose_text
from inkdigits.synthesis.line_words import draw_scribbles, draw_words
from inkdigits.synthesis.texture import paint_texture

HEIGHTS = (11, 64)  # pixels of a digit: a cell of a small scan, and more than a reader's 32 rows
WIDEST = 1100  # pixels of a picture: a line that would be wider is drawn smaller
FAINT = 0.65  # share of the lines whose ink is fainter than the darkest
DRAWN = 0.12  # share of the pictures from a paint program: no camera, no paper
BLANK = 0.25  # share of the lines without a number that are blank
LEAST_BITS = 0.02  # of a scan's pixels: if fewer are black or white, the threshold lost the writing
SMALLEST = 8  # pixels of a digit in the longest lines


@dataclass(frozen=True, eq=False)
class Line:
    """A synthesized line.

    Attributes:
        gray: The picture, shape `(H, W)`, uint8.
        label: Characters of `LABEL_CHARACTERS` from left to right; empty for a blank line.
        boxes: The box of each character in pixels, as many as `label` has; that of a space is the gap. Empty if the
            places are not known, as in words.
        box: The box of all writing that the label names; None if it is blank.
    """

    gray: Gray = field(repr=False)
    label: str
    boxes: tuple[Box, ...] = field(default=(), repr=False)
    box: Box | None = None


def make_line(index: int, *, seed: int, settings: LineSettings | None = None, split: Part = "training") -> Line:
    """Makes one line.

    Args:
        index: Which line of the seed, 0 or more.
        seed: 0 or more.
        settings: How common each ingredient is; the usual ones if None.
        split: Which part of MNIST's training digits is used.

    Returns:
        The line.

    Raises:
        SettingError: `seed` or `index` is below 0.

    Example:
        >>> line = make_line(0, seed=1)
        >>> line.gray.ndim, bool((line.gray == make_line(0, seed=1).gray).all())
        (2, True)
    """
    if seed < 0 or index < 0:
        raise SettingError(
            f"Expected a seed and an index of 0 or more. Received: {seed}, {index}.", hint="0 is usual for both."
        )
    settings = settings or LineSettings()
    rng = np.random.default_rng((seed, index))
    if rng.random() < settings.non_numbers:
        return _make_non_number(rng, settings)
    hand = choose_hand(rng, settings, split)
    layout = lay_out(choose_text(rng, settings), hand, rng, settings)
    return _make_number(layout, hand, rng, settings, split)


def _make_number(layout: Layout, hand: Hand, rng: Generator, settings: LineSettings, split: Part) -> Line:
    margins = _margins(rng, settings)
    left, top, right, bottom = layout.box
    width, rows = margins[0] + right - left + margins[2], margins[1] + bottom - top + margins[3]
    height = _digit_height(width, rng)
    size = max(8, round(rows * height)), max(8, round(width * height))
    origin = margins[0] - left, margins[1] - top
    layer, boxes = draw_layout(layout, rng, pen=hand.pen, height=height, origin=origin, size=size)
    box = _union(boxes)
    place = Place(box, height, layout.cell * height, origin[0] * height, (origin[1] + 1) * height)

    def row(shape: tuple[int, int], height: int) -> Layer:
        """Other writing: words, a scribble, or another number."""
        if rng.random() < 0.5:
            return (draw_words if rng.random() < 0.7 else draw_scribbles)(shape, height, rng)
        other = choose_hand(rng, settings, split)
        number = lay_out(choose_text(rng, settings), other, rng, settings)
        start = -number.box[0], 0.1 - number.box[1]
        return draw_layout(number, rng, pen=other.pen, height=height, origin=start, size=shape)[0]

    _add_paper(layer, place, rng, settings, row)
    label, boxes = _with_spaces(layout, boxes)
    return Line(_photograph(layer, height, rng, settings), label, tuple(boxes), box)


def _margins(rng: Generator, settings: LineSettings) -> list[float]:
    """Paper at the left, top, right and bottom, in heights: a tight crop, a field, or a page."""
    if rng.random() < settings.pages:
        return [float(side) for side in rng.uniform(0.3, 3.0, 4)]
    kind = rng.random()
    low, high = (-0.06, 0.12) if kind < 0.12 else (0.02, 0.35) if kind < 0.55 else (0.1, 1.1)
    sides = rng.uniform(low, high, 4) * (1.0, 0.7, 1.0, 0.7)
    return [float(side) for side in np.maximum(sides, (-0.02, -0.06, -0.02, -0.06))]


def _digit_height(width: float, rng: Generator) -> int:
    """Pixels of a digit's height, small ones as common as large ones."""
    height = HEIGHTS[0] * (HEIGHTS[1] / HEIGHTS[0]) ** rng.random()
    return max(SMALLEST, round(min(float(height), WIDEST / width)))


def _union(boxes: list[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def _add_paper(layer: Layer, place: Place, rng: Generator, settings: LineSettings, row: Row) -> None:
    """Makes the ink fainter, and adds clutter and paper, in place."""
    if rng.random() < FAINT:
        layer *= np.float32(rng.uniform(0.3, 1.0))
    if rng.random() < settings.clutter:
        add_line_clutter(layer, place, rng, row)
    chances = rng.random(3)
    if chances[0] < 0.08 * settings.clutter:
        add_stamp(layer, place.height, rng)
    if chances[1] < 0.12 * settings.clutter:
        add_bleed_through(layer, row((layer.shape[0], layer.shape[1]), place.height), rng)
    if rng.random() < settings.patterns:
        add_pattern(layer, place.height, rng)
    if chances[2] < 0.12 * settings.clutter:
        left, top, width, height = place.box
        add_dark_margin(layer, (left, top, layer.shape[1] - left - width, layer.shape[0] - top - height), rng)


def _with_spaces(layout: Layout, boxes: list[Box]) -> tuple[str, list[Box]]:
    """The label, and a box for each of its characters."""
    characters = [placed.piece.character for placed in layout.placed]
    boxes = list(boxes)
    for place in sorted(layout.spaces, reverse=True):
        if 0 < place < len(characters):
            before, after = boxes[place - 1], boxes[place]
            left = before[0] + before[2]
            top = min(before[1], after[1])
            bottom = max(before[1] + before[3], after[1] + after[3])
            characters.insert(place, SPACE)
            boxes.insert(place, (left, top, max(0, after[0] - left), bottom - top))
    return "".join(characters), boxes


def _make_non_number(rng: Generator, settings: LineSettings) -> Line:
    """A blank line, words, scribbles or a texture."""
    height = _digit_height(8.0, rng)
    size = round(height * rng.uniform(1.1, 2.0)), round(height * rng.uniform(2, 10))
    if rng.random() < BLANK:
        return _make_blank(size, height, rng, settings)
    if rng.random() < 0.06:
        return Line(paint_texture(rng), OTHER)
    margin = round(0.15 * height)
    draw = draw_words if rng.random() < 0.6 else draw_scribbles
    ink = draw((size[0] - margin, size[1] - margin), height, rng)
    layer = np.zeros(size, np.float32)
    layer[margin:, margin:] = ink
    box = _ink_box(layer)
    _add_paper(layer, Place(box, height, 0.0, 0.0, margin + height), rng, settings, _no_row)
    return Line(_photograph(layer, height, rng, settings), OTHER, (), box)


def _make_blank(size: tuple[int, int], height: int, rng: Generator, settings: LineSettings) -> Line:
    """Paper with nothing on it but its print."""
    layer = np.zeros(size, np.float32)
    if rng.random() < settings.patterns:
        layer[:] = 0.02
        add_pattern(layer, height, rng)
    if rng.random() < settings.clutter:
        add_rulings(layer, height, rng, squared=bool(rng.random() < 0.4))
    return Line(_photograph(layer, height, rng, settings), "")


def _no_row(shape: tuple[int, int], _height: int) -> Layer:
    """No other writing."""
    return np.zeros(shape, np.float32)


def _ink_box(layer: Layer) -> Box:
    rows, columns = np.flatnonzero(layer.any(axis=1)), np.flatnonzero(layer.any(axis=0))
    if not len(rows):
        return 0, 0, layer.shape[1], layer.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def _photograph(layer: Layer, height: int, rng: Generator, settings: LineSettings) -> Gray:
    """A picture of the sheet: by a camera, a scanner of one bit, or a paint program."""
    if rng.random() < DRAWN:
        gray = 255 - np.rint(255 * np.minimum(layer, 1)).astype(np.uint8)
        return np.asarray(255 - gray if rng.random() < 0.3 else gray, np.uint8)
    gray = simulate_camera(layer, 2 * height, rng)
    return _to_one_bit(gray, rng) if rng.random() < settings.scans else gray


def _to_one_bit(gray: Gray, rng: Generator) -> Gray:
    """A scan with one bit per pixel, or a fax of it with half the rows; some are smoothed again on the way."""
    height, width = gray.shape
    fax = rng.random() < 0.4
    if fax:
        gray = np.asarray(cv2.resize(gray, (width, max(8, height // 2)), interpolation=cv2.INTER_AREA), np.uint8)
    window = max(7, 2 * (min(gray.shape) // 2) - 1)
    if rng.random() < 0.5:
        threshold, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_OTSU)
        bits = np.where(gray > threshold * rng.uniform(0.85, 1.1), 255, 0).astype(np.uint8)
    else:
        mean = cv2.boxFilter(gray, -1, (window, window))
        bits = np.where(gray > mean.astype(np.float32) * rng.uniform(0.75, 0.95), 255, 0).astype(np.uint8)
    if fax:
        bits = np.asarray(cv2.resize(bits, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    if not LEAST_BITS < np.count_nonzero(bits == 0) / bits.size < 1 - LEAST_BITS:
        return gray if gray.shape == (height, width) else np.asarray(cv2.resize(gray, (width, height)), np.uint8)
    return np.asarray(cv2.GaussianBlur(bits, (3, 3), 0) if rng.random() < 0.4 else bits, np.uint8)
