"""Ways of writing a character: skeletons in, strokes out, each time a little different.

A skeleton is written as one line: points `x,y` in hundredths of the height, `!` after a point at which the pen turns
sharply, `|` between strokes. It knows nothing of which characters there are, nor of pens.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Strokes, smooth

JITTER = 0.017  # heights: more makes a hand look shaken, less makes all writings alike
DRIFT = 0.012  # heights
ANGULAR = 0.07  # of all writings turn sharply where others bend


@dataclass(frozen=True)
class Variant:
    """One way of writing a character.

    Attributes:
        name: What is special about it.
        weight: How common it is, beside the other variants of the character.
        skeleton: How it usually looks.
        extremes: How it looks at the far end of one habit each (a longer flag, a larger loop). A writing goes a part of
            the way towards every one of them, so each should differ from the skeleton in a few points only.
        jitter: Standard deviation of each control point, in heights.
        drift: Standard deviation of each stroke after the first, in heights: a hand does not meet its own joints.
    """

    name: str
    weight: float
    skeleton: str
    extremes: tuple[str, ...] = ()
    jitter: float = JITTER
    drift: float = DRIFT

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """Control points of the skeleton and of each extreme, shape `(1 + extremes, points, 2)`."""
        return np.stack([_points(line) for line in (self.skeleton, *self.extremes)])

    @cached_property
    def repeats(self) -> NDArray[np.int64]:
        """How often each point is given to the curve: 2 where the pen turns sharply."""
        return np.array([1 + point.endswith("!") for point in self.skeleton.replace("|", " ").split()])

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """How many points there are before each stroke, and in all."""
        return (0, *np.cumsum([stroke.count(",") for stroke in self.skeleton.split("|")]).tolist())

    def write(self, rng: np.random.Generator) -> Strokes:
        """Writes the character once.

        Args:
            rng: Where chance comes from.

        Returns:
            Its strokes, about 1 high.
        """
        way = rng.beta(0.8, 0.8, len(self.extremes)) * 1.15 - 0.05  # both ends of a habit are as common as its middle
        points = self.points[0] + np.tensordot(way, self.points[1:] - self.points[0], axes=1)
        care = np.exp(np.clip(rng.normal(0, 0.4), -0.7, 0.8))
        points = points + rng.normal(0, self.jitter * care, points.shape)
        points = _proportion(points, rng)
        repeats = self.repeats
        if rng.random() < ANGULAR:
            repeats = np.maximum(repeats, 1 + (rng.random(len(repeats)) < 0.6))
        strokes = [points[start:stop].repeat(repeats[start:stop], axis=0) for start, stop in pairwise(self.ends)]
        moved = [stroke + rng.normal(0, self.drift, 2) * (index > 0) for index, stroke in enumerate(strokes)]
        return tuple(smooth(stroke, count=_count(stroke)) for stroke in moved)


def parse(text: str) -> tuple[Variant, ...]:
    r"""Reads variants from a table.

    Args:
        text: For each variant a line `name: weight`, with `, jitter 0.01` or `, drift 0.01` after it where
            they differ from the usual; then, each on an indented line, its skeleton and its extremes.

    Returns:
        The variants, in the order of the table.

    Raises:
        SettingError: An extreme has other points than its skeleton.

    Example:
        >>> parse("leaning: 5, jitter 0.01\n  36,0 26,50 14,100\n  46,0 28,50 8,100")[0].extremes
        ('46,0 28,50 8,100',)
    """
    blocks: list[tuple[str, list[str]]] = []
    for line in text.strip().splitlines():
        if line.startswith(" "):
            blocks[-1][1].append(line.strip())
        else:
            blocks.append((line, []))
    return tuple(_variant(head, lines) for head, lines in blocks)


def _variant(head: str, lines: list[str]) -> Variant:
    name, _, values = head.partition(":")
    weight, *others = values.split(",")
    settings = {key: float(value) for key, value in (other.split() for other in others)}
    variant = Variant(
        name=name,
        weight=float(weight),
        skeleton=lines[0],
        extremes=tuple(lines[1:]),
        jitter=settings.get("jitter", JITTER),
        drift=settings.get("drift", DRIFT),
    )
    _check(variant)
    return variant


def _check(variant: Variant) -> None:
    lines = (variant.skeleton, *variant.extremes)
    counts = [[stroke.count(",") for stroke in line.split("|")] for line in lines]
    if any(count != counts[0] for count in counts):
        raise SettingError(
            f"Expected as many points in each stroke of every extreme. Received: {counts} in {variant.name!r}.",
            hint="Write out the whole skeleton in each extreme.",
        )


def _points(line: str) -> NDArray[np.float64]:
    words = line.replace("|", " ").replace("!", "").split()
    return np.array([[float(part) for part in word.split(",")] for word in words]) / 100


def _proportion(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Gives the upper or the lower half more of the height."""
    top, bottom = points[:, 1].min(), points[:, 1].max()
    height = max(bottom - top, 1e-9)
    power = np.exp(np.clip(rng.normal(0, 0.1), -0.22, 0.22))
    part = (points[:, 1] - top) / height
    return np.stack([points[:, 0], top + height * part**power], axis=1)


def _count(stroke: NDArray[np.float64]) -> int:
    """Points of a curve: a step of about 5 % of the height."""
    steps = np.diff(stroke, axis=0)
    return int(np.clip(18 * np.hypot(steps[:, 0], steps[:, 1]).sum(), 6, 70))
