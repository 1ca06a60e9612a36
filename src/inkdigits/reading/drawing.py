"""Drawing: gray, boxes and a caption in, the picture with them drawn on it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from inkdigits.geometry import Box, Frame
from inkdigits.image.load import Gray

if TYPE_CHECKING:
    from inkdigits.reading.decision import Status

COLORS: dict[Status, str] = {"ok": "#0a7d38", "uncertain": "#b35c00", "rejected": "#b00020", "error": "#b00020"}
LONGEST_SIDE = 1600  # of the drawn picture: a larger photograph is scaled down
LEAST_SIDE = 160  # a smaller picture is enlarged, so that the words fit


def draw_boxes(gray: Gray, boxes: Sequence[tuple[Box, Status]], caption: str, status: Status) -> Image.Image:
    """Draws boxes on a picture and a caption below it.

    Args:
        gray: The picture, shape `(H, W)`, uint8.
        boxes: In pixels of the picture, each with the status that gives its color.
        caption: One line.
        status: Gives the color of the caption.

    Returns:
        RGB, gray but for boxes and caption; at most 1600 pixels on the picture's longer side.
    """
    image = Image.fromarray(gray)
    longer = max(image.size)
    zoom = min(LONGEST_SIDE / longer, max(1.0, LEAST_SIDE / longer))
    resampling = Image.Resampling.NEAREST if zoom > 1 else Image.Resampling.BOX
    size = (max(1, round(image.width * zoom)), max(1, round(image.height * zoom)))
    text_size = max(14, round(max(size) / 18))
    sheet = Image.new("RGB", (max(size[0], 11 * text_size), size[1] + 2 * text_size), "white")
    sheet.paste(image.resize(size, resampling), (0, 0))
    draw = ImageDraw.Draw(sheet)
    frame = Frame((zoom, zoom))
    for box, color in boxes:
        left, top, width, height = (round(value) for value in frame.region(box))
        draw.rectangle((left - 2, top - 2, left + width + 1, top + height + 1), outline=COLORS[color], width=2)
    font = ImageFont.load_default(text_size)
    draw.text((text_size / 2, size[1] + text_size / 3), caption, fill=COLORS[status], font=font)
    return sheet
