"""Annotation: a picture and its reading in, the picture with the answers drawn on it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from inkdigits.image.load import MAX_MEGAPIXELS, Picture, load

if TYPE_CHECKING:
    from inkdigits.reading.result import Page

COLORS = {"ok": "#0a7d38", "uncertain": "#b35c00", "rejected": "#b00020", "error": "#b00020"}
LONGEST_SIDE = 1600  # of the annotated picture: a larger photograph is scaled down
LEAST_SIDE = 160  # a smaller picture is enlarged, so that the words fit


def annotate_picture(picture: Picture, page: Page, *, max_megapixels: float = MAX_MEGAPIXELS) -> Image.Image:
    """Draws a reading on its picture: a box around each digit, and a caption with answer and confidence below.

    Args:
        picture: As for reading.
        page: What was read in it.
        max_megapixels: Refuses larger pictures.

    Returns:
        An RGB picture, gray but for the annotation; at most 1600 pixels on its longer side, and the caption.

    Raises:
        PictureError: The picture cannot be read.
    """
    gray = Image.fromarray(load(picture, max_megapixels=max_megapixels))
    longer = max(gray.size)
    zoom = min(LONGEST_SIDE / longer, max(1.0, LEAST_SIDE / longer))
    resampling = Image.Resampling.NEAREST if zoom > 1 else Image.Resampling.BOX
    size = (max(1, round(gray.width * zoom)), max(1, round(gray.height * zoom)))
    picture_height = size[1]
    text_size = max(14, round(max(size) / 18))
    sheet = Image.new("RGB", (max(size[0], 11 * text_size), picture_height + 2 * text_size), "white")
    sheet.paste(gray.resize(size, resampling), (0, 0))
    draw = ImageDraw.Draw(sheet)
    color = COLORS[page.status]
    for line in page.lines:
        for digit in line.digits:
            left, top, width, height = (round(value * zoom) for value in digit.box)
            draw.rectangle((left - 2, top - 2, left + width + 1, top + height + 1), outline=color, width=2)
    caption = _caption(page)
    draw.text((text_size / 2, picture_height + text_size / 3), caption, fill=color, font=_font(text_size))
    return sheet


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _caption(page: Page) -> str:
    if page.status == "rejected":
        return f"rejected: {(page.reason or '').replace('_', ' ')}"
    confidence = page.confidence or 0.0
    share = "over 99.9%" if confidence > 0.999 else f"{confidence:.1%}"
    return f"{page.text}   {share}" + ("" if page.status == "ok" else f"  {page.status}")
