"""Handwritten digits: a label in, the strokes of one writing of it out.

The skeletons are in `zero_to_four` and `five_to_nine`; this adds what hands do with any of them: they overshoot, stop
short, and come from or leave for a neighbour. It knows nothing of pens or pixels.
"""

from __future__ import annotations

import numpy as np

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Stroke, Strokes
from inkdigits.synthesis.five_to_nine import EIGHT, FIVE, NINE, SEVEN, SIX
from inkdigits.synthesis.variant import Variant
from inkdigits.synthesis.zero_to_four import FOUR, ONE, THREE, TWO, ZERO

VARIANTS: tuple[tuple[Variant, ...], ...] = (ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE)

OVERSHOOT = 0.012  # heights: standard deviation of where a stroke begins and ends along its own direction
HOOKS = 0.04  # share of strokes' ends that have a small hook, from or to a neighbour
HOOK_LENGTH = (0.04, 0.09)  # heights


def write_digit(label: int, rng: np.random.Generator, *, variant: str | None = None) -> Strokes:
    """Writes a digit as one hand or another would.

    Args:
        label: 0 to 9.
        rng: Where chance comes from.
        variant: One of `variant_names(label)`; one by chance, the common ones more often, if None.

    Returns:
        Its strokes, about 1 high, upright; `deform()` gives them a slant, `draw()` gives them ink.

    Raises:
        SettingError: There is no such digit or variant.

    Example:
        >>> len(write_digit(7, np.random.default_rng(0), variant="crossed"))
        2
    """
    choices = _variants(label)
    if variant is None:
        weights = np.cumsum([choice.weight for choice in choices])
        chosen = choices[int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))]
    else:
        chosen = _named(choices, label, variant)
    return tuple(_loosen(stroke, rng, chosen) for stroke in chosen.write(rng))


def variant_names(label: int) -> tuple[str, ...]:
    """The names of the ways in which a digit is written here.

    Args:
        label: 0 to 9.

    Returns:
        The names, in no particular order.

    Raises:
        SettingError: There is no such digit.

    Example:
        >>> "crossed" in variant_names(7)
        True
    """
    return tuple(choice.name for choice in _variants(label))


def _variants(label: int) -> tuple[Variant, ...]:
    if label not in range(10):
        raise SettingError(f"Expected a digit. Received: {label!r}.", hint="Give a whole number from 0 to 9.")
    return VARIANTS[label]


def _named(choices: tuple[Variant, ...], label: int, name: str) -> Variant:
    for choice in choices:
        if choice.name == name:
            return choice
    raise SettingError(
        f"Expected a way of writing a {label}. Received: {name!r}.",
        hint=f"There are: {', '.join(choice.name for choice in choices)}.",
    )


def _loosen(stroke: Stroke, rng: np.random.Generator, variant: Variant) -> Stroke:
    """Moves both ends of a stroke along its direction, and now and then adds a small hook to one."""
    stroke = stroke.copy()
    for end, inner in ((0, 1), (-1, -2)):
        way = stroke[end] - stroke[inner]
        stroke[end] += way / max(float(np.hypot(*way)), 1e-9) * rng.normal(0, min(OVERSHOOT, variant.drift))
    if rng.random() < 2 * HOOKS:
        first = rng.random() < 0.5
        turn, length = rng.choice((-1, 1)) * rng.uniform(0.9, 2.2), rng.uniform(*HOOK_LENGTH)
        end, inner = (0, 1) if first else (-1, -2)
        way = stroke[end] - stroke[inner]
        angle = np.arctan2(way[1], way[0]) + turn
        tip = stroke[end] + length * np.array([[np.cos(angle), np.sin(angle)]])
        stroke = np.concatenate([tip, stroke] if first else [stroke, tip])
    return stroke
