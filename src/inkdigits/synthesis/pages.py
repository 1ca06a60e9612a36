"""Pages: the ink of one character in, a gray picture of it on paper out, as cameras, scanners and paint programs give.

`clutter` draws what may lie beside the character, `camera` simulates a photograph. It knows nothing of labels, glyphs
or networks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from inkdigits.geometry import Box
from inkdigits.image.ink import Ink
from inkdigits.image.load import Gray
from inkdigits.synthesis.camera import Layer, simulate_camera
from inkdigits.synthesis.clutter import add_clutter
from inkdigits.synthesis.deform import scale_ink

LEAST_SIDE = 18  # pixels of the character's longer side: a glyph's ink has 20
MOST_SIDE = 96  # a larger one only shows the same shape again
CLUTTERED = 0.55  # share of pages that may hold something besides the character; one in five of these does not
DRAWN = 0.25  # share of pages that come from a paint program: flat, clean, and half of them light on dark


def render_page(
    ink: Ink,
    rng: Generator,
    *,
    adjacent: Callable[[], Ink] | None = None,
    clutter: float = CLUTTERED,
    drawn: float = DRAWN,
) -> tuple[Gray, Box]:
    """Renders a character on paper.

    Args:
        ink: The character, shape `(h, w)`, uint8, cut to its box.
        rng: Decides everything else.
        adjacent: Returns the ink of a character that may stand beside this one; None for no such ink.
        clutter: Share of pages, 0 to 1, that may hold anything besides the character.
        drawn: Share of pages, 0 to 1, that come from a paint program instead of a camera.

    Returns:
        The picture, shape `(H, W)`, uint8, and the character's box in it.

    Example:
        >>> gray, box = render_page(np.full((20, 12), 255, np.uint8), np.random.default_rng(0))
        >>> gray.dtype.name, len(box)
        ('uint8', 4)
    """
    longer = LEAST_SIDE * (MOST_SIDE / LEAST_SIDE) ** rng.random()
    layer, box = _place(scale_ink(ink, longer), rng, longer)
    layer *= np.float32(rng.uniform(0.45, 1.0) if rng.random() < 0.7 else 1.0)
    if rng.random() < clutter:
        add_clutter(layer, box, rng, adjacent)
    if rng.random() < drawn:
        gray = 255 - np.rint(255 * np.minimum(layer, 1)).astype(np.uint8)
        return (255 - gray if rng.random() < 0.5 else gray), box
    return simulate_camera(layer, max(box[2:]), rng), box


def _place(ink: Ink, rng: Generator, longer: float) -> tuple[Layer, Box]:
    """An empty sheet around the character: cut tight, a loose crop, or a page."""
    style = rng.random()
    least, most = (0.0, 0.12) if style < 0.2 else (0.08, 0.5) if style < 0.75 else (0.5, 1.6)
    left, top, right, bottom = np.rint(rng.uniform(least, most, 4) * longer).astype(int)
    height, width = ink.shape
    layer = np.zeros((top + height + bottom, left + width + right), np.float32)
    layer[top : top + height, left : left + width] = ink / np.float32(255)
    return layer, (int(left), int(top), width, height)
