"""Parts of the page: glyphs, plots and its own style and script in; base64, SVG and the page's policy out."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html import escape
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.reporting.plots import BLUE

COLORS = (("#000000", "currentColor"), (BLUE, "var(--plot)"), ("#e8e8e8", "var(--line)"))  # those of the page

LINES = 'stroke-linejoin="round" stroke-linecap="butt"'  # what matplotlib's own style sheet says


def content_policy(*, style: str, script: str) -> str:
    """A Content-Security-Policy that lets a page use these two texts, pictures in itself, and nothing else.

    Source:
        W3C, "Content Security Policy Level 3".
    """
    own = {
        f"{kind}-src": f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for kind, text in (("style", style), ("script", script))
    }
    rules = {"default-src": "'none'", "img-src": "data:", **own, "base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


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
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'style="([^"]*)"', lambda style: _attributes(style[1]), text)  # the page's policy allows no style=
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(name)}" {LINES}', 1)


def _attributes(style: str) -> str:
    """CSS as attributes of an SVG element: matplotlib uses only properties that may be either."""
    pairs = (declaration.split(": ", 1) for declaration in style.split("; "))
    return " ".join(f'{name}="{value}"' for name, value in pairs)
