"""Draws the pictures of docs/how-it-works.md: one per stage of a reading, from the record that the reader keeps.

    python bench/how_it_works.py

The picture is number 88 of the condition "ruled" of the picture bench, a validation digit. Its primary candidate is
uncertain, so every stage has something to show.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdigits.image.glyph import Glyph, ink_box
from inkdigits.reading.decision import MIN_CONFIDENCE, OK_CONFIDENCE, Row
from inkdigits.reading.record import Pixels, Record, Tried
from inkdigits.reading.result import Page
from inkdigits.recognizer import Recognizer
from pictures import make_pictures

FOLDER = Path(__file__).parent.parent / "docs" / "how-it-works"
NUMBER = 88
ZOOM = 8  # of a glyph's pixels
MARGIN = 16
TEXT, QUIET, BAR, MARK = "#1d2429", "#66717a", "#2166ac", "#d95f02"
COLORS = 32  # of a saved picture, so that it is small
WIDEST = 400  # pixels of a photograph on the page


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of all captions."""
    return ImageFont.load_default(size)


def enlarged(glyph: Glyph, zoom: int = ZOOM) -> Image.Image:
    """A glyph with visible pixels, RGB."""
    side = glyph.shape[0] * zoom
    return Image.fromarray(glyph).resize((side, side), Image.Resampling.NEAREST).convert("RGB")


def draw_rulings(pixels: Pixels) -> Image.Image:
    """The ink that stays, in white, and the rulings that were removed, in orange."""
    work = pixels.work
    removed = np.where(work.bare < work.ink // 2, work.ink, 0)
    planes = [np.maximum(work.bare, removed), np.maximum(work.bare, removed // 2), work.bare]
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


def beside(panels: list[tuple[Image.Image, str]], caption_height: int = 48) -> Image.Image:
    """Panels in a row, each with a caption of one or two lines below."""
    width = sum(panel.width for panel, _ in panels) + MARGIN * (len(panels) + 1)
    height = max(panel.height for panel, _ in panels) + caption_height + 2 * MARGIN
    sheet = Image.new("RGB", (width, height), "white")
    draw, left = ImageDraw.Draw(sheet), MARGIN
    for panel, caption in panels:
        sheet.paste(panel, (left, MARGIN))
        draw.multiline_text((left, MARGIN + panel.height + 6), caption, fill=TEXT, font=font(15))
        left += panel.width + MARGIN
    return sheet


def draw_candidates(record: Record, pixels: Pixels) -> Image.Image:
    """The ink of each candidate that was tried, in its place."""
    panels = []
    for index, tried in enumerate(record.tried):
        component = tried.candidate.component
        left, top, width, height = component.box
        canvas = np.zeros_like(pixels.work.gray)
        canvas[top : top + height, left : left + width] = component.ink
        side = max(width, height) + 60
        x, y = left + width // 2 - side // 2, top + height // 2 - side // 2
        panel = Image.fromarray(canvas).crop((x, y, x + side, y + side)).resize((230, 230)).convert("RGB")
        if index in record.decision.counted:
            ImageDraw.Draw(panel).rectangle((0, 0, 229, 229), outline=MARK, width=4)
        panels.append((panel, f"{tried.candidate.origin}\n{best(tried.prediction.probabilities)}"))
    return beside(panels)


def best(probabilities: Row) -> str:
    """The most probable digit and its probability."""
    label = int(probabilities[:10].argmax())
    return f"{label}: {probabilities[label]:.1%}"


def draw_glyph(tried: Tried) -> Image.Image:
    """The glyph with the box of its ink and its center of mass."""
    glyph = tried.candidate.glyph
    image = enlarged(glyph, 10)
    draw = ImageDraw.Draw(image)
    left, top, width, height = (10 * value for value in ink_box(glyph))
    draw.rectangle((left, top, left + width, top + height), outline=MARK, width=2)
    draw.line((145, 131, 145, 159), fill=MARK, width=3)
    draw.line((131, 145, 159, 145), fill=MARK, width=3)
    return image


def draw_network(tried: Tried) -> Image.Image:
    """The glyph, its TTA copies, what the network predicts for each, and the mean."""
    prediction = tried.prediction
    panels = [(enlarged(prediction.glyph, 5), f"glyph\n{best(prediction.own_probabilities)}")]
    for glyph, probabilities in zip(prediction.copies, prediction.copy_probabilities, strict=True):
        panels.append((enlarged(glyph, 5), f"copy\n{best(probabilities)}"))
    row = beside(panels)
    sheet = Image.new("RGB", (row.width, row.height + 11 * 20 + 40), "white")
    sheet.paste(row, (0, 0))
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, row.height), "mean of the probabilities", fill=TEXT, font=font(15))
    for index, probability in enumerate(prediction.probabilities):
        y = row.height + 28 + 20 * index
        draw.text((MARGIN, y), str(index) if index < 10 else "not a digit", fill=TEXT, font=font(14))
        draw.rectangle((120, y + 2, 122 + round(480 * probability), y + 15), fill=BAR)
        draw.text((640, y), f"{probability:.1%}", fill=QUIET, font=font(14))
    return sheet


def draw_decision(page: Page) -> Image.Image:
    """The picture with its answer, above the scale of confidence with both thresholds."""
    picture = page.draw()
    sheet = Image.new("RGB", (picture.width, picture.height + 90), "white")
    sheet.paste(picture, (0, 0))
    draw, top, width = ImageDraw.Draw(sheet), picture.height + 30, picture.width - 2 * MARGIN
    parts = (
        (0.0, MIN_CONFIDENCE, "#f4cccc", "rejected"),
        (MIN_CONFIDENCE, OK_CONFIDENCE, "#fce5c0", "uncertain"),
        (OK_CONFIDENCE, 1.0, "#cfe8d5", "ok"),
    )
    for low, high, color, name in parts:
        draw.rectangle((MARGIN + width * low, top, MARGIN + width * high, top + 24), fill=color)
        draw.text((MARGIN + width * low + 4, top + 3), name, fill=TEXT, font=font(14))
        draw.text((MARGIN + width * low, top + 28), f"{low:g}", fill=QUIET, font=font(14))
    place = MARGIN + width * (page.confidence or 0.0)
    draw.polygon([(place, top), (place - 7, top - 12), (place + 7, top - 12)], fill=MARK)
    return sheet


def main() -> None:
    file = make_pictures("ruled", NUMBER + 1, 1, split="validation")[0][NUMBER]
    page = Recognizer.load("default").read(file)
    record = page.record
    if record is None or record.pixels is None or record.chosen is None:
        raise SystemExit("Expected a digit and its record. Received: a blank picture.")
    pixels, chosen = record.pixels, record.chosen
    stages = {
        "1-picture": Image.open(io.BytesIO(file)).convert("RGB"),
        "2-gray": Image.fromarray(pixels.gray),
        "3-ink": Image.fromarray(pixels.work.ink),
        "4-rulings": draw_rulings(pixels),
        "5-candidates": draw_candidates(record, pixels),
        "6-glyph": draw_glyph(chosen),
        "7-network": draw_network(chosen),
        "8-decision": draw_decision(page),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, image in stages.items():
        target = FOLDER / f"{name}.png"
        if image.width == pixels.gray.shape[1]:
            image.thumbnail((WIDEST, WIDEST))
        image.convert("RGB").quantize(COLORS).save(target, optimize=True)
        print(target.name, image.size, f"{target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
