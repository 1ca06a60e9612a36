"""Layout of a line: characters in, pieces at their places out, in heights of a digit. Knows nothing of pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from inkdigits.synthesis.curve import Strokes, smooth
from inkdigits.synthesis.line_hands import Hand, PenHand
from inkdigits.synthesis.line_pieces import Piece, distance
from inkdigits.synthesis.line_settings import DIGITS, SPACE, LineSettings

CELLS = 0.12  # share of the lines that are written into cells of one width, as in boxes and combs
LINKED = 0.1  # share of the pen's lines in which the pen stays on the paper between some digits
LONGEST_LINK = 0.5  # heights
SMALL_ENDS = 0.08  # share of the numbers whose last digits are smaller, as cents are
LEAST_SPACE = 0.65  # heights: a narrower gap is no space
TOUCHING = (-0.15, 0.03)  # heights between characters that may touch
GAPS = ((0.04, 0.14), (0.12, 0.32), (0.3, 1.0))  # heights between characters that do not: tight, usual, wide
GAP_SHARES = (0.35, 0.45, 0.2)
LEAST_GAP = 0.03  # heights between the ink of characters that do not touch
LEAST_STEP = 0.12  # heights from one character's left edge to the next one's


@dataclass(frozen=True, eq=False)
class Placed:
    """A piece at its place.

    Attributes:
        piece: The piece.
        x: Its left edge, in heights.
        y: What is added to its rows, in heights.
        size: Factor of its size, around the baseline.
    """

    piece: Piece
    x: float
    y: float
    size: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """`(left, top, right, bottom)` in heights."""
        _, top, right, bottom = self.piece.box
        return self.x, self._row(top), self.x + self.size * right, self._row(bottom)

    @property
    def strokes(self) -> Strokes:
        """The strokes at their place."""
        return tuple(self.size * stroke + (self.x, 1 - self.size + self.y) for stroke in self.piece.strokes)

    def _row(self, y: float) -> float:
        return 1 + self.size * (y - 1) + self.y


@dataclass(frozen=True, eq=False)
class Layout:
    """The pieces of a line.

    Attributes:
        placed: From left to right.
        spaces: How many characters stand before each space of the text.
        links: Strokes between digits, where the pen stayed on the paper.
        cell: Width of the cells that the characters stand in; 0 if there are none.
    """

    placed: tuple[Placed, ...]
    spaces: tuple[int, ...] = ()
    links: Strokes = field(default=(), repr=False)
    cell: float = 0.0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """`(left, top, right, bottom)` of all pieces, in heights."""
        boxes = np.array([placed.box for placed in self.placed])
        low, high = boxes.min(axis=0), boxes.max(axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def lay_out(text: str, hand: Hand, rng: Generator, settings: LineSettings) -> Layout:
    """Writes a text on a line.

    Args:
        text: Characters of `LABEL_CHARACTERS`.
        hand: Who writes.
        rng: Decides everything else.
        settings: How common touching characters are.
    """
    letters = [character for character in text if character != SPACE]
    spaces = tuple(len(text[:index].replace(SPACE, "")) for index, c in enumerate(text) if c == SPACE)
    pieces = [hand.piece(character, rng) for character in letters]
    sizes = _sizes(letters, rng)
    cell = rng.uniform(0.85, 1.6) if rng.random() < CELLS else 0.0
    lefts = _in_cells(pieces, sizes, cell, rng) if cell else _in_a_row(pieces, sizes, set(spaces), rng, settings)
    rises = _rises(len(pieces), lefts, rng)
    placed = tuple(Placed(*each) for each in zip(pieces, lefts, rises, sizes, strict=True))
    linked = isinstance(hand, PenHand) and rng.random() < LINKED
    return Layout(placed, () if cell else spaces, _links(placed, rng) if linked else (), cell)


def _sizes(letters: list[str], rng: Generator) -> list[float]:
    """Factors of the sizes: a drift along the line, differences, and small last digits in some lines."""
    count = len(letters)
    drift = rng.normal(0, 0.1) * np.linspace(-0.5, 0.5, count)
    sizes = np.exp(drift + rng.normal(0, rng.uniform(0.01, 0.1), count))
    if count > 3 and rng.random() < SMALL_ENDS:
        sizes[count - int(rng.integers(1, 4)) :] *= rng.uniform(0.5, 0.85)
    if rng.random() < 0.12:  # zeros smaller than the other digits
        sizes[np.array(letters) == "0"] *= rng.uniform(0.5, 0.85)
    return [float(size) for size in np.clip(sizes, 0.4, 1.4)]


def _rises(count: int, lefts: list[float], rng: Generator) -> list[float]:
    """What each piece stands below the baseline: a slope, a wave and differences."""
    slope = np.clip(rng.normal(0, 0.03), -0.09, 0.09)
    wave = rng.normal(0, 0.03) * np.sin(np.array(lefts) * rng.uniform(0.3, 1.0) + rng.uniform(0, 6.3))
    return [float(y) for y in slope * np.array(lefts) + wave + rng.normal(0, rng.uniform(0.005, 0.06), count)]


def _in_cells(pieces: list[Piece], sizes: list[float], cell: float, rng: Generator) -> list[float]:
    """Left edges of pieces in the middle of cells, more or less; a wide run of signs takes several cells."""
    lefts, number = [], 0
    for piece, size in zip(pieces, sizes, strict=True):
        width = size * piece.width
        taken = max(1, int(np.ceil(width / cell - 0.25)))
        lefts.append((number + taken / 2) * cell - width / 2 + float(np.clip(rng.normal(0, 0.08), -0.25, 0.25)))
        number += taken
    return lefts


def _in_a_row(
    pieces: list[Piece], sizes: list[float], spaces: set[int], rng: Generator, settings: LineSettings
) -> list[float]:
    """Left edges of pieces whose ink is a line's usual gap apart."""
    touching = rng.random() < settings.touching
    usual = rng.uniform(*(TOUCHING if touching else GAPS[int(rng.choice(len(GAPS), p=GAP_SHARES))]))
    spread, by_profile = rng.uniform(0.01, 0.08), rng.uniform(0.3, 1.0)
    wide = max(LEAST_SPACE, usual + 0.5) * rng.uniform(1.0, 1.8)
    lefts = [0.0]
    for index, (before, after) in enumerate(pairwise(pieces), 1):
        gap = wide if index in spaces else usual + rng.normal(0, spread)
        room = sizes[index - 1] * before.width
        apart = distance(sizes[index - 1] * before.profile, sizes[index] * after.profile)
        near = -apart if np.isfinite(apart) else 0.55 * room  # where their ink meets: a point may be below a 7's bar
        step = gap + by_profile * near + (1 - by_profile) * room
        if not touching and np.isfinite(apart):
            step = max(step, near + LEAST_GAP)
        lefts.append(lefts[-1] + max(step, LEAST_STEP))
    return lefts


def _links(placed: tuple[Placed, ...], rng: Generator) -> Strokes:
    """Thin strokes from the end of a digit to the start of the next, where both are near."""
    links = []
    for before, after in pairwise(placed):
        if {before.piece.character, after.piece.character} <= set(DIGITS) and rng.random() < 0.6:
            start, end = before.strokes[-1][-1], after.strokes[0][0]
            gap = end - start
            if 0 < gap[0] < LONGEST_LINK and abs(gap[1]) < LONGEST_LINK:
                sag = (start + end) / 2 + (0.0, rng.uniform(-0.05, 0.12))
                links.append(smooth(np.array([start, sag, end]), count=8))
    return tuple(links)
