"""The contact sheet: glyphs and captions in, one picture of them all out."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdigits.errors import DataError, OutputError, SettingError
from inkdigits.files import draft_of
from inkdigits.image.glyph import GLYPH_SIDE, Glyphs

DESK = (228, 226, 220)
CAPTION = (92, 90, 86)
CAPTION_HEIGHT = 16  # pixels under each glyph
FONT_SIZE = 12


def contact_sheet(
    glyphs: Glyphs, captions: Sequence[str] = (), *, columns: int | None = None, zoom: int = 2
) -> Image.Image:
    """Draws glyphs side by side, white ink on black as the network gets them, row by row.

    Args:
        glyphs: Shape `(N, 28, 28)`, uint8.
        captions: One per glyph, put under it and cut to its width; none if empty.
        columns: Glyphs per row; about as many as rows if None.
        zoom: Pixels of the sheet per pixel of a glyph.

    Returns:
        The sheet, RGB.

    Raises:
        DataError: There are no glyphs, or they have another shape or type.
        SettingError: `columns` or `zoom` is below 1, or the captions are not as many as the glyphs.

    Example:
        >>> contact_sheet(np.zeros((6, 28, 28), np.uint8), columns=3).size
        (192, 130)
    """
    _check(glyphs, captions, columns, zoom)
    columns = min(columns or ceil(sqrt(len(glyphs))), len(glyphs))
    rows = ceil(len(glyphs) / columns)
    side, margin = GLYPH_SIDE * zoom, 3 * zoom
    step = (side + margin, side + margin + (CAPTION_HEIGHT if captions else 0))
    sheet = Image.new("RGB", (columns * step[0] + margin, rows * step[1] + margin), DESK)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    for index, glyph in enumerate(glyphs):
        left, top = margin + index % columns * step[0], margin + index // columns * step[1]
        # Enlarged without smoothing, so that each pixel can be seen.
        sheet.paste(Image.fromarray(glyph).resize((side, side), Image.Resampling.NEAREST), (left, top))
        if captions:
            text = _cut(captions[index], font, side + margin)
            middle = (left + side / 2, top + side + CAPTION_HEIGHT / 2 + 1)
            draw.text(middle, text, fill=CAPTION, font=font, anchor="mm")
    return sheet


def save_sheet(sheet: Image.Image, path: Path) -> None:
    """Writes a sheet; folders on the way to it are made.

    Raises:
        DataError: It cannot be written, or the name has no ending of a picture.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft_of(path) as draft:
            sheet.save(draft)
    except (OSError, OutputError, ValueError) as error:
        raise DataError(
            f"Expected to write a picture to {path}. Received: {error}.", hint="Name a file that ends in .png."
        ) from error


def _check(glyphs: Glyphs, captions: Sequence[str], columns: int | None, zoom: int) -> None:
    if glyphs.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE) or glyphs.dtype != np.uint8 or not len(glyphs):
        raise DataError(
            f"Expected glyphs of shape (N, 28, 28), uint8, at least one. Received: {glyphs.shape}, {glyphs.dtype}.",
            hint="Make them with to_glyph().",
        )
    if captions and len(captions) != len(glyphs):
        raise SettingError(
            f"Expected one caption per glyph, or none. Received: {len(captions)} captions, {len(glyphs)} glyphs.",
            hint="Give an empty caption where there is nothing to say.",
        )
    if zoom < 1 or (columns is not None and columns < 1):
        raise SettingError(
            f"Expected columns and zoom of 1 or more. Received: columns {columns}, zoom {zoom}.",
            hint="10 and 2 are usual.",
        )


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    """The caption, or as much of it as fits, with an ellipsis."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
