"""Symbols that are not digits, as pen strokes: a name in, the strokes of one handwritten symbol out.

A reader of digits learns from them what to reject. Some could be read as a digit, whole or by their largest
part: o, l, z, s, b, g, q, an exclamation mark. The files in `skeletons/` mark them with `like`, and they are left out
unless asked for. Others come near a digit and are drawn so that they cannot be one. A beta has a long descender and is
open at the bottom left. The bar of a theta comes out on both sides. A circle with a dot is wider than a zero, a spiral
turns more than twice, and a c is wide open.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from numpy.random import Generator

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import Strokes
from inkdigits.synthesis.notation import Character, load_skeletons
from inkdigits.synthesis.writer import Variation, write

FILES = ("greek", "latin", "cyrillic", "chinese", "mathematics", "punctuation", "arrows", "sketches")
VARIATION = Variation(jitter=0.022, blend=0.6, density=32, least=8)


@cache
def symbols() -> Mapping[str, Character]:
    """Every symbol by its name, look-alikes of digits too."""
    return MappingProxyType({name: symbol for file in FILES for name, symbol in load_skeletons(file).items()})


def symbol_names(*, look_alikes: bool = False) -> tuple[str, ...]:
    """Lists the symbols.

    Args:
        look_alikes: With those that a person could take for a digit.

    Returns:
        The names, sorted.

    Example:
        >>> "latin-o" in symbol_names(), "latin-o" in symbol_names(look_alikes=True)
        (False, True)
    """
    return tuple(sorted(name for name, symbol in symbols().items() if look_alikes or not symbol.look_alike))


def write_symbol(name: str, rng: Generator) -> Strokes:
    """Writes a symbol once, in one of its variants or between two.

    Args:
        name: One of `symbol_names(look_alikes=True)`.
        rng: Decides everything else.

    Returns:
        The strokes, not yet slanted or bent: `deform` does that.

    Raises:
        SettingError: There is no such symbol.

    Example:
        >>> len(write_symbol("plus", np.random.default_rng(0)))
        2
    """
    symbol = symbols().get(name)
    if symbol is None:
        raise SettingError(f"Expected the name of a symbol. Received: {name!r}.", hint="symbol_names() lists them.")
    return write(symbol, rng, VARIATION)
