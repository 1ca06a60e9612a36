"""A writer: a character in, the strokes of one writing of it out, each time a little different.

It knows nothing of which characters there are, nor of pens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Stroke, Strokes, resample, trace
from inkdigits.synthesis.notation import Character, Dot, Ellipse, Line, Part, Variant
from inkdigits.synthesis.pen import WIDTHS

BLEND = (-0.2, 0.7)  # from one variant toward another: writers differ by more than the few that are written down
PITCH = WIDTHS[0] / 2  # from line to line of a filled dot: the finest pen leaves no paper between them
HOOK_LENGTH = (0.04, 0.09)  # heights


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How much writings of one character differ. Lengths are in heights; what is 0 does not happen.

    Attributes:
        jitter: Standard deviation of each control point. More looks shaken, less makes all writings alike.
        care: Standard deviation of the logarithm by which one writing's jitter differs from another's.
        proportion: Standard deviation of the logarithm by which the upper half gains or loses height.
        angular: Share of writings that turn sharply where others bend.
        drift: Standard deviation of each stroke after the first: a writer does not meet the joints exactly.
        blend: Share of writings that stand between two variants with as many strokes.
        overshoot: Standard deviation of where a stroke begins and ends along its own direction.
        hooks: Share of strokes' ends that have a small hook, from or to an adjacent character.
        density: Points of a stroke per height of its path.
        least: Points of a stroke, at least.
        most: Points of a stroke, at most.
        extra: What is added before the number of points is rounded down.
    """

    jitter: float
    care: float = 0.0
    proportion: float = 0.0
    angular: float = 0.0
    drift: float = 0.0
    blend: float = 0.0
    overshoot: float = 0.0
    hooks: float = 0.0
    density: float
    least: int
    most: float = np.inf
    extra: float = 0.5


def write(character: Character, rng: Generator, variation: Variation, *, variant: str | None = None) -> Strokes:
    """Writes a character once.

    Args:
        character: What to write.
        rng: Decides everything else.
        variation: How much writings differ.
        variant: The name of one of its variants; one at random, by weight, if None.

    Returns:
        Its strokes, about 1 high and upright; `deform()` slants them, `draw()` gives them ink.

    Raises:
        SettingError: The character has no such variant.
    """
    chosen = _choose(character, rng) if variant is None else _named(character, variant)
    strokes = _write(chosen, rng, variation)
    if variation.blend:
        strokes = _blend(strokes, chosen, character, rng, variation)
    if variation.overshoot:
        drift = variation.drift if chosen.drift is None else chosen.drift
        strokes = tuple(_loosen(stroke, rng, min(variation.overshoot, drift), variation.hooks) for stroke in strokes)
    return strokes


def _choose(character: Character, rng: Generator) -> Variant:
    weights = np.array([variant.weight for variant in character.variants])
    shares = weights / weights.sum() if np.ptp(weights) else None
    return character.variants[int(rng.choice(len(weights), p=shares))]


def _named(character: Character, name: str) -> Variant:
    for variant in character.variants:
        if variant.name == name:
            return variant
    raise SettingError(
        f"Expected a way of writing {character.name}. Received: {name!r}.",
        hint=f"There are: {', '.join(variant.name for variant in character.variants)}.",
    )


def _write(variant: Variant, rng: Generator, variation: Variation) -> Strokes:
    parts = _toward_modes(variant, rng)
    jitter = variation.jitter if variant.jitter is None else variant.jitter
    if variation.care:
        jitter *= float(np.exp(np.clip(rng.normal(0, variation.care), -0.7, 0.8)))
    strokes = [_stray(part, rng, jitter) for part in parts]
    corners = [_corners(part, len(stroke)) for part, stroke in zip(parts, strokes, strict=True)]
    if variation.proportion:
        strokes = _proportion(strokes, rng, variation.proportion)
    if variation.angular and rng.random() < variation.angular:
        corners = [corner | (rng.random(len(corner)) < 0.6) for corner in corners]
    if variation.drift:
        drift = variation.drift if variant.drift is None else variant.drift
        strokes = [stroke + rng.normal(0, drift, 2) * (index > 0) for index, stroke in enumerate(strokes)]
    return tuple(
        stroke if isinstance(part, Dot) else _trace(stroke.repeat(1 + corner, axis=0), variation)
        for part, stroke, corner in zip(parts, strokes, corners, strict=True)
    )


def _corners(part: Part, count: int) -> NDArray[np.bool_]:
    return part.corners if isinstance(part, Line) else np.zeros(count, bool)


def _toward_modes(variant: Variant, rng: Generator) -> tuple[Part, ...]:
    """The skeleton, a part of the way to each mode; both ends of a habit are as common as its middle."""
    if not len(variant.modes):
        return variant.parts
    shares = rng.beta(0.8, 0.8, len(variant.modes)) * 1.15 - 0.05
    points = variant.points + np.tensordot(shares, variant.modes - variant.points, axes=1)
    lines = [part for part in variant.parts if isinstance(part, Line)]  # a skeleton with modes has nothing else
    ends = np.cumsum([len(line.points) for line in lines])[:-1]
    return tuple(Line(part, line.corners) for part, line in zip(np.split(points, ends), lines, strict=True))


def _stray(part: Part, rng: Generator, jitter: float) -> Stroke:
    """The control points of one stroke, each moved at random."""
    if isinstance(part, Line):
        return np.asarray(part.points + rng.normal(0, jitter, part.points.shape), np.float64)
    if isinstance(part, Ellipse):
        return _ring(part, rng, jitter)
    return _hatched(part, rng, jitter)


def _ring(ellipse: Ellipse, rng: Generator, jitter: float) -> Stroke:
    """An ellipse as people draw it: begun near the top, closed with a small overlap, in either direction."""
    start = -np.pi / 2 + rng.normal(0, 0.35)
    angles = start + np.linspace(0, 2 * np.pi + rng.uniform(0, 0.3), 11) * rng.choice((-1, 1))
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * ellipse.axes
    stray = jitter * min(1.0, 1.5 * max(ellipse.axes))  # small rings stay round
    return np.asarray(
        ring + ellipse.center + rng.normal(0, jitter / 2, 2) + rng.normal(0, stray, ring.shape), np.float64
    )


def _hatched(dot: Dot, rng: Generator, jitter: float) -> Stroke:
    """A filled dot: hatched so tightly that the finest pen leaves no paper, then outlined."""
    rows = np.linspace(-0.9, 0.9, max(3, round(2 * dot.radius / PITCH)))
    sides = np.sqrt(1 - rows**2) * np.where(np.arange(len(rows)) % 2, 1, -1)
    hatching = np.stack([np.stack([sides, -sides], axis=1), np.stack([rows, rows], axis=1)], axis=2).reshape(-1, 2)
    angles = np.pi / 2 + np.linspace(0, 2 * np.pi, 17)
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    filled = np.concatenate([hatching, outline]) * dot.radius
    return np.asarray(filled + dot.center + rng.normal(0, jitter / 2, 2), np.float64)


def _proportion(strokes: list[Stroke], rng: Generator, spread: float) -> list[Stroke]:
    """Gives the upper or the lower half more of the height."""
    heights = np.concatenate(strokes)[:, 1]
    top = heights.min()
    height = max(heights.max() - top, 1e-9)
    power = np.exp(np.clip(rng.normal(0, spread), -0.22, 0.22))
    return [
        np.stack([stroke[:, 0], top + height * ((stroke[:, 1] - top) / height) ** power], axis=1) for stroke in strokes
    ]


def _trace(points: Stroke, variation: Variation) -> Stroke:
    return trace(points, density=variation.density, least=variation.least, most=variation.most, extra=variation.extra)


def _blend(strokes: Strokes, chosen: Variant, character: Character, rng: Generator, variation: Variation) -> Strokes:
    """Leads a writing a part of the way to another variant with as many strokes, or a little away from it."""
    others = [variant for variant in character.variants if variant is not chosen and _can_blend(variant, chosen)]
    if not others or rng.random() >= variation.blend:
        return strokes
    other = _write(others[int(rng.integers(len(others)))], rng, variation)
    share = rng.uniform(*BLEND)
    return tuple(a + share * (resample(b, len(a)) - a) for a, b in zip(strokes, other, strict=True))


def _can_blend(one: Variant, other: Variant) -> bool:
    """Whether both have as many strokes, and none is a ring, which may be drawn in either direction."""
    return len(one.parts) == len(other.parts) and not (one.has_ellipse or other.has_ellipse)


def _loosen(stroke: Stroke, rng: Generator, overshoot: float, hooks: float) -> Stroke:
    """Moves both ends of a stroke along its direction, and sometimes adds a small hook to one."""
    stroke = stroke.copy()
    for end, inner in ((0, 1), (-1, -2)):
        direction = stroke[end] - stroke[inner]
        stroke[end] += direction / max(float(np.hypot(*direction)), 1e-9) * rng.normal(0, overshoot)
    if rng.random() < 2 * hooks:
        first = rng.random() < 0.5
        turn, length = rng.choice((-1, 1)) * rng.uniform(0.9, 2.2), rng.uniform(*HOOK_LENGTH)
        end, inner = (0, 1) if first else (-1, -2)
        direction = stroke[end] - stroke[inner]
        angle = np.arctan2(direction[1], direction[0]) + turn
        tip = stroke[end] + length * np.array([[np.cos(angle), np.sin(angle)]])
        stroke = np.concatenate([tip, stroke] if first else [stroke, tip])
    return stroke
