"""Handwritten digits: a label in, the strokes of one writing of it out.

`skeletons/digits.txt` holds how people write them. This module knows nothing of pens or pixels.
"""

from __future__ import annotations

from numpy.random import Generator

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Strokes
from inkdigits.synthesis.notation import Character, load_skeletons
from inkdigits.synthesis.writer import Variation, write

VARIATION = Variation(
    jitter=0.017,
    care=0.4,
    proportion=0.1,
    angular=0.07,
    drift=0.012,
    overshoot=0.012,
    hooks=0.04,
    density=18,
    least=6,
    most=70,
    extra=0,
)


def write_digit(label: int, rng: Generator, *, variant: str | None = None) -> Strokes:
    """Writes a digit as one writer or another would.

    Args:
        label: 0 to 9.
        rng: Decides everything else.
        variant: One of `variant_names(label)`; one at random, common ones more often, if None.

    Returns:
        Its strokes, about 1 high, upright; `deform()` slants them, `draw()` gives them ink.

    Raises:
        SettingError: There is no such digit or variant.

    Example:
        >>> len(write_digit(7, np.random.default_rng(0), variant="crossed"))
        2
    """
    return write(_character(label), rng, VARIATION, variant=variant)


def variant_names(label: int) -> tuple[str, ...]:
    """Lists the ways to write a digit.

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
    return tuple(variant.name for variant in _character(label).variants)


def _character(label: int) -> Character:
    if label not in range(10):
        raise SettingError(f"Expected a digit. Received: {label!r}.", hint="Give a whole number from 0 to 9.")
    return load_skeletons("digits")[str(label)]
