"""Pictures for the page: glyphs and plots in; base64 and SVG out."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.reporting.plots import BLUE

COLORS = (("#000000", "currentColor"), (BLUE, "var(--plot)"), ("#e8e8e8", "var(--line)"))  # those of the page


def png(glyph: NDArray[np.uint8]) -> str:
    """A glyph as a PNG file, white ink on black as the network gets it, base64."""
    file = BytesIO()
    Image.fromarray(glyph).save(file, "PNG", optimize=True)
    return b64encode(file.getvalue()).decode("ascii")


def svg(name: str, draw: Callable[..., None], *arguments: object) -> str:
    """A plot as part of the page, in its colors.

    Args:
        name: Read aloud for the plot; no other plot of the page has it.
        draw: Takes the arguments and an open file.
        *arguments: As `draw` takes them.
    """
    file = BytesIO()
    draw(*arguments, file)
    text = file.getvalue().decode("utf-8")
    for fixed, named in COLORS:
        text = text.replace(fixed, named)
    own = re.sub(r"\W+", "-", name.lower())  # matplotlib gives every plot the same ids
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{own}-", text[text.index("<svg") :])
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(name)}"', 1)
