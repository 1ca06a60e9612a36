"""Markup: sections, tables, glyphs and plots in, pieces of the report's page out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkdigits.evaluation.plots import BLUE


def facts(known: Mapping[str, str]) -> str:
    """A table of names and what they stand for; nothing of none."""
    rows = "".join(
        f'<tr><th class="left">{escape(name)}</th><td class="left">{escape(value)}</td></tr>'
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
    """A table that scrolls where it does not fit."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def svg(draw: Callable[..., None], *arguments: object) -> str:
    """A plot as part of the page, in its colors."""
    file = BytesIO()
    draw(*arguments, file)
    text = file.getvalue().decode("utf-8")
    for fixed, named in (("#000000", "currentColor"), (BLUE, "var(--plot)"), ("#e8e8e8", "var(--line)")):
        text = text.replace(fixed, named)
    return text[text.index("<svg") :]
