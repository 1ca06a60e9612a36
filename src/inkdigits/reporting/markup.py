"""Markup: sections, tables, glyphs and plots in, pieces of the report's page out."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.reporting.plots import BLUE


def facts(known: Mapping[str, str]) -> str:
    """A table of names and what they stand for; nothing of none."""
    rows = "".join(
        f'<tr><th scope="row" class="left">{escape(name)}</th><td class="left">{escape(value)}</td></tr>'
        for name, value in known.items()
    )
    return f'<div class="wide"><table>{rows}</table></div>' if rows else ""


def section(title: str, *parts: str) -> str:
    """A part of the page with a headline."""
    return "\n".join([f"<section>\n<h2>{escape(title)}</h2>", *parts, "</section>"])


def png(glyph: NDArray[np.uint8]) -> str:
    """Dark on light, as people write, base64."""
    file = BytesIO()
    Image.fromarray(255 - glyph).save(file, "PNG", optimize=True)
    return b64encode(file.getvalue()).decode("ascii")


def image(glyph: NDArray[np.uint8], alt: str) -> str:
    """A glyph four times as large."""
    return f'<img src="data:image/png;base64,{png(glyph)}" alt="{escape(alt)}" width="112" height="112">'


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table that scrolls where it does not fit; the first cell of each row names it."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(_row(*map(str, row)) for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(name: str, *cells: str) -> str:
    rest = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th>{rest}</tr>'


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
    for fixed, named in (("#000000", "currentColor"), (BLUE, "var(--plot)"), ("#e8e8e8", "var(--line)")):
        text = text.replace(fixed, named)
    own = re.sub(r"\W+", "-", name.lower())  # matplotlib gives every plot the same ids
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{own}-", text[text.index("<svg") :])
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(name)}"', 1)
