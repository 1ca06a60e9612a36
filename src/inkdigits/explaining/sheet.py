"""The sheet of an explanation: an explanation in, one picture that shows it out. It measures and judges nothing.

On top the way from photo to glyph and what decided; below the probabilities, the nearest training digits, the warnings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.explaining.warnings import percent
from inkdigits.image.glyph import ink_box
from inkdigits.reading.drawing import COLORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inkdigits.explaining.explanation import Explanation

Region: TypeAlias = tuple[float, float, float]
"""A square of the picture: left, top and side, in its pixels; it may reach beyond the picture."""

WIDTH = 1280
MARGIN = 40
GAP = 25
PANEL = (WIDTH - 2 * MARGIN - 4 * GAP) // 5
RIGHT = MARGIN + 2 * (PANEL + GAP)  # where the right column begins
RIGHT_WIDTH = WIDTH - MARGIN - RIGHT
PANELS_TOP = 152
ROW = 26  # of the bar chart
THUMB = 100
LINE = 24  # of running text
ROOM = 1.4  # the region shown around a digit, of its longer side
LEAST_SCALE = 2.0  # log-odds: a map weaker than this stays pale, for then no single place decides

TEXT, QUIET, RULE, EMPTY = "#1d2429", "#66717a", "#c9d0d5", "#eef1f3"
FOR, AGAINST = (33, 102, 172), (217, 95, 2)  # blue and orange: told apart with any kind of color vision
BAR, BAR_OTHER = "#2166ac", "#b7c9da"


def draw_sheet(explanation: Explanation) -> Image.Image:
    """Draws an explanation.

    Args:
        explanation: Of any picture; of a blank one there is less to show.

    Returns:
        RGB, 1280 pixels wide, as high as it needs to be.
    """
    sheet = Image.new("RGB", (WIDTH, 2400), "white")
    draw = ImageDraw.Draw(sheet)
    _draw_header(draw, explanation)
    top = _draw_panels(sheet, draw, explanation) + 32
    bottom = max(_draw_bars(draw, explanation, top), _draw_reasons(sheet, draw, explanation, top))
    return sheet.crop((0, 0, WIDTH, bottom + MARGIN))


def describe_decisive(explanation: Explanation) -> str:
    """What decided, in a sentence; empty if there is nothing to explain."""
    spot = explanation.decisive
    if spot is None:
        return ""
    fall = explanation.confidence - spot.confidence
    if spot.answer != explanation.answer:
        then = f"covered, it would be read as {spot.answer} ({percent(spot.answer_confidence)})."
        return f"Most depends on the {spot.where}: {then}"
    if fall < 0.1:
        return f"No single place decides: with any one covered the answer is still {explanation.answer}."
    return f"Most depends on the {spot.where}: covered, the answer falls to {percent(spot.confidence)}."


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _draw_header(draw: ImageDraw.ImageDraw, explanation: Explanation) -> None:
    page = explanation.page
    color = COLORS[page.status]
    reason = (page.reason or "").replace("_", " ")
    title = explanation.answer + ("?" if page.status == "rejected" else "")
    status = f"{page.status}: {reason}" if reason else page.status
    words = [percent(explanation.confidence), status] if explanation.answer else [status]
    x = MARGIN
    if title:
        draw.text((x, 92), title, fill=color, font=_font(84), anchor="ls")
        x += round(draw.textlength(title, font=_font(84))) + 24
    draw.text((x, 60), "   ".join(words), fill=color, font=_font(28), anchor="ls")
    height, width = explanation.gray.shape
    about = f"{width} x {height} pixels"
    name = _shortened(draw, page.path, WIDTH - MARGIN - x - round(draw.textlength(about, font=_font(18))) - 40)
    draw.text((x, 90), f"{name}   {about}" if name else about, fill=QUIET, font=_font(18), anchor="ls")


def _shortened(draw: ImageDraw.ImageDraw, path: str, width: int) -> str:
    """The end of a path that has room, without signs that are no text."""
    name = "".join(sign if sign.isprintable() else "?" for sign in path)
    if draw.textlength(name, font=_font(18)) <= width:
        return name
    while name and draw.textlength(f"...{name}", font=_font(18)) > width:
        name = name[1:]
    return f"...{name}"


def _draw_panels(sheet: Image.Image, draw: ImageDraw.ImageDraw, explanation: Explanation) -> int:
    """The way of the picture, in five squares; returns where they end."""
    region = _region(explanation)
    gray = Image.fromarray(explanation.gray)
    ink = Image.fromarray(explanation.ink)
    panels = (
        ("photo", _photo_panel(explanation)),
        ("gray", _view(gray, gray.size, region, EMPTY)),
        ("ink", _view(ink, gray.size, region, "black")),
        ("glyph: what the network saw", _glyph_panel(explanation)),
        ("what decided", _map_panel(explanation, region)),
    )
    for index, (caption, panel) in enumerate(panels):
        left = MARGIN + index * (PANEL + GAP)
        draw.text((left, PANELS_TOP - 10), caption, fill=TEXT, font=_font(17), anchor="ls")
        sheet.paste(panel, (left, PANELS_TOP))
        draw.rectangle((left - 1, PANELS_TOP - 1, left + PANEL, PANELS_TOP + PANEL), outline=RULE)
        if index:
            _draw_arrow(draw, left - GAP // 2, PANELS_TOP + PANEL // 2)
    if explanation.glyph is not None:
        _draw_legend(sheet, draw, MARGIN + 4 * (PANEL + GAP), PANELS_TOP + PANEL + 12)
    return PANELS_TOP + PANEL + 30


def _region(explanation: Explanation) -> Region:
    """The square around the digit, or around the whole picture if there is none."""
    height, width = explanation.gray.shape
    left, top, across, down = explanation.box or (0, 0, width, height)
    side = max(across, down) * (ROOM if explanation.box else 1)
    return left + across / 2 - side / 2, top + down / 2 - side / 2, side


def _view(image: Image.Image, size: tuple[int, int], region: Region, beyond: str) -> Image.Image:
    """A region as a panel; what lies beyond the picture gets a shade of its own.

    Args:
        image: The picture at any scale.
        size: Width and height of the picture in whose pixels the region is given.
        region: What to show.
        beyond: Color of what lies beyond.
    """
    zoom = image.width / size[0], image.height / size[1]
    scale = PANEL / region[2]
    edges = []  # of the part to show in the image, and where it goes on the panel
    for axis in (0, 1):
        start = max(0, math.floor(region[axis] * zoom[axis]))
        end = min(image.size[axis], math.ceil((region[axis] + region[2]) * zoom[axis]))
        places = [round((edge / zoom[axis] - region[axis]) * scale) for edge in (start, end)]
        edges.append((start, end, places[0], max(places[1], places[0] + 1)))
    (left, right, x, x_end), (top, bottom, y, y_end) = edges
    enlarging = Image.Resampling.NEAREST if scale > 3 else Image.Resampling.BILINEAR
    part = image.crop((left, top, right, bottom)).resize(
        (x_end - x, y_end - y), Image.Resampling.BOX if scale < min(zoom) else enlarging
    )
    panel = Image.new("RGB", (PANEL, PANEL), beyond)
    panel.paste(part.convert("RGB"), (x, y))
    return panel


def _photo_panel(explanation: Explanation) -> Image.Image:
    height, width = explanation.gray.shape
    side = max(width, height)
    left, top, scale = (width - side) / 2, (height - side) / 2, PANEL / side
    panel = _view(explanation.photo, (width, height), (left, top, side), EMPTY)
    if explanation.box is not None:
        x, y, across, down = explanation.box
        x_start, y_start = (x - left) * scale - 3, (y - top) * scale - 3
        x_end, y_end = x_start + max(across * scale, 3) + 5, y_start + max(down * scale, 3) + 5
        draw = ImageDraw.Draw(panel)
        draw.rectangle((x_start - 1, y_start - 1, x_end + 1, y_end + 1), outline="white", width=4)
        draw.rectangle((x_start, y_start, x_end, y_end), outline=COLORS[explanation.page.status], width=2)
    return panel


def _glyph_panel(explanation: Explanation) -> Image.Image:
    if explanation.glyph is None:
        return _empty_panel("no ink found")
    return Image.fromarray(explanation.glyph).resize((PANEL, PANEL), Image.Resampling.NEAREST).convert("RGB")


def _empty_panel(words: str) -> Image.Image:
    panel = Image.new("RGB", (PANEL, PANEL), EMPTY)
    ImageDraw.Draw(panel).text((PANEL / 2, PANEL / 2), words, fill=QUIET, font=_font(17), anchor="mm")
    return panel


def _map_panel(explanation: Explanation, region: Region) -> Image.Image:
    """The gray picture, paled, with the map laid over it and the decisive spot framed."""
    if explanation.glyph is None or explanation.box is None:
        return _empty_panel("nothing to explain")
    left, top, side = region
    x, y, across, down = ink_box(explanation.glyph)
    zoom_x, zoom_y = across / explanation.box[2], down / explanation.box[3]
    step = side / PANEL
    strength = explanation.glyph_saliency / max(float(np.abs(explanation.glyph_saliency).max()), LEAST_SCALE)
    across_panel = (step * zoom_x, 0, x + (left - explanation.box[0]) * zoom_x)  # panel to glyph, by row and column
    down_panel = (0, step * zoom_y, y + (top - explanation.box[1]) * zoom_y)
    laid = Image.fromarray(strength).transform(
        (PANEL, PANEL), Image.Transform.AFFINE, (*across_panel, *down_panel), Image.Resampling.BICUBIC
    )
    panel = Image.fromarray(_tinted(_pale(explanation, region), np.asarray(laid, np.float32)))
    if explanation.decisive is not None:
        spot = [value / step for value in explanation.decisive.box]
        spot_left, spot_top = spot[0] - left / step, spot[1] - top / step
        edges = (spot_left, spot_top, spot_left + spot[2], spot_top + spot[3])
        ImageDraw.Draw(panel).rectangle(edges, outline=TEXT, width=2)
    return panel


def _pale(explanation: Explanation, region: Region) -> NDArray[np.float32]:
    """The digit in pale gray on white, whatever its colors are in the picture."""
    height, width = explanation.gray.shape
    ink = _view(Image.fromarray(explanation.ink), (width, height), region, "black")
    return 255 - np.asarray(ink, np.float32) * 0.3


def _tinted(pale: NDArray[np.float32], strength: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lays colors over a picture, shape `(H, W, 3)`, by strengths of -1 to 1, shape `(H, W)`."""
    share = np.abs(np.clip(strength, -1, 1))[..., None] * 0.9
    color = np.where(strength[..., None] >= 0, np.array(FOR), np.array(AGAINST))
    return np.asarray(np.rint(pale * (1 - share) + color * share).clip(0, 255), np.uint8)


def _draw_arrow(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.line((x - 6, y, x + 4, y), fill=QUIET, width=2)
    draw.polygon(((x + 2, y - 5), (x + 8, y), (x + 2, y + 5)), fill=QUIET)


def _draw_legend(sheet: Image.Image, draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    ramp = np.tile(np.linspace(-1, 1, 84, dtype=np.float32), (12, 1))
    sheet.paste(Image.fromarray(_tinted(np.full((12, 84, 3), 255, np.float32), ramp)), (left + PANEL // 2 - 42, top))
    draw.text((left + PANEL // 2 - 52, top + 6), "against", fill=QUIET, font=_font(15), anchor="rm")
    draw.text((left + PANEL // 2 + 52, top + 6), "for", fill=QUIET, font=_font(15), anchor="lm")


def _draw_bars(draw: ImageDraw.ImageDraw, explanation: Explanation, top: int) -> int:
    """The probabilities of the ten digits and of none, a row each; returns where they end."""
    _draw_heading(draw, "Probabilities", MARGIN, top)
    rows = sorted(explanation.alternatives)
    if rows:
        rows.append(("no digit", explanation.no_digit))
    else:
        draw.text((MARGIN, top + 34), "No digit was found.", fill=QUIET, font=_font(17))
        return top + 34 + LINE
    start, longest = MARGIN + 84, RIGHT - GAP - 84 - MARGIN - 84
    for index, (label, share) in enumerate(rows):
        middle = top + 48 + index * ROW
        best = label == explanation.answer
        color = TEXT if best else QUIET
        draw.text((start - 12, middle), label, fill=color, font=_font(17), anchor="rm")
        draw.rectangle((start, middle - 8, start + longest, middle + 8), fill=EMPTY)
        if share >= 0.0005:
            end = start + max(2, round(longest * share))
            draw.rectangle((start, middle - 8, end, middle + 8), fill=BAR if best else BAR_OTHER)
        words = percent(share).replace("over", ">").replace("below", "<")
        draw.text((start + longest + 12, middle), words, fill=color, font=_font(15), anchor="lm")
    return top + 48 + len(rows) * ROW


def _draw_reasons(sheet: Image.Image, draw: ImageDraw.ImageDraw, explanation: Explanation, top: int) -> int:
    """The nearest training digits, what decided, and the warnings; returns where they end."""
    if explanation.neighbours:
        _draw_heading(draw, "Nearest training digits", RIGHT, top)
        top += 36
        for index, near in enumerate(explanation.neighbours[:5]):
            left = RIGHT + index * (THUMB + GAP)
            glyph = Image.fromarray(near.glyph).resize((THUMB, THUMB), Image.Resampling.BICUBIC)
            sheet.paste(glyph, (left, top))
            color = TEXT if near.label == explanation.answer else "#b35c00"
            draw.text((left, top + THUMB + 20), near.label, fill=color, font=_font(18), anchor="ls")
            words = f"distance {near.distance:.2f}"
            draw.text((left + THUMB, top + THUMB + 20), words, fill=QUIET, font=_font(13), anchor="rs")
        top += THUMB + 48
    decisive = describe_decisive(explanation)
    if decisive:
        _draw_heading(draw, "What decided", RIGHT, top)
        top = _draw_text(draw, decisive, RIGHT, top + 34) + 16
    _draw_heading(draw, "Warnings", RIGHT, top)
    top += 34
    if not explanation.warnings:
        return _draw_text(draw, "None.", RIGHT, top)
    for code, text in explanation.warnings:
        draw.rectangle((RIGHT, top + 3, RIGHT + 4, top + LINE - 5), fill="#b35c00")
        draw.text((RIGHT + 16, top), code.replace("_", " "), fill="#b35c00", font=_font(17))
        top = _draw_text(draw, text, RIGHT + 16, top + LINE) + 8
    return top


def _draw_heading(draw: ImageDraw.ImageDraw, words: str, left: int, top: int) -> None:
    draw.text((left, top), words, fill=TEXT, font=_font(20))


def _draw_text(draw: ImageDraw.ImageDraw, words: str, left: int, top: int) -> int:
    """Running text; returns where it ends."""
    for line in _lines(draw, words.split(), WIDTH - MARGIN - left):
        draw.text((left, top), line, fill=TEXT, font=_font(17))
        top += LINE
    return top


def _lines(draw: ImageDraw.ImageDraw, words: Sequence[str], width: int) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line} {word}".strip()
        if line and draw.textlength(longer, font=_font(17)) > width:
            yield line
            longer = word
        line = longer
    yield line
