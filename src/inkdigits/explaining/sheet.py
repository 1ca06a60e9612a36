"""The sheet of an explanation: an explanation in, one picture that shows it out. It measures and judges nothing.

On top the way from photo to glyph and what decided; below the inputs that were averaged, the probabilities, the nearest
training examples and the warnings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.explaining.nearest import NearestExample
from inkdigits.explaining.occlusion import Spot
from inkdigits.explaining.warnings import ReadingWarning, percent
from inkdigits.geometry import Frame
from inkdigits.image.glyph import Glyph
from inkdigits.labels import CLASSES
from inkdigits.reading.drawing import COLORS
from inkdigits.reading.record import Pixels, Record
from inkdigits.reading.result import Alternative, Page

Square: TypeAlias = tuple[float, float, float]
"""A square of the picture: left, top and side, in its pixels; it may reach beyond the picture."""

WIDTH = 1280
MARGIN = 40
GAP = 25
PANEL = (WIDTH - 2 * MARGIN - 4 * GAP) // 5
RIGHT = MARGIN + 2 * (PANEL + GAP)  # where the right column begins
PANELS_TOP = 152
ROW, LABELS = 26, 104  # of the bar chart: height of a row, width of the labels
THUMB = 100
INPUT, INPUT_GAP = 84, 24  # of the row of the network's inputs
LINE = 24  # of running text
ROOM = 1.4  # the region shown around a digit, of its longer side
LEAST_SCALE = 2.0  # log-odds: a map weaker than this stays pale, for then no single place decides

TEXT, QUIET, RULE, EMPTY = "#1d2429", "#66717a", "#c9d0d5", "#eef1f3"
FOR, AGAINST = (33, 102, 172), (217, 95, 2)  # blue and orange: told apart with any kind of color vision
BAR, BAR_OTHER = "#2166ac", "#b7c9da"


@dataclass(frozen=True, eq=False, kw_only=True)
class SheetContent:
    """What a sheet shows.

    Attributes:
        page: The reading.
        record: How it was read.
        pixels: The picture that was read.
        photo: The picture as a person sees it, RGB.
        saliency: How much each pixel of the first glyph that counted supports the answer, shape `(28, 28)`.
        decisive: The spot whose covering hurts the answer most; None if the picture is blank.
        decisive_sentence: The same in words.
        nearest: The nearest training examples.
        warnings: What may mislead the reading.
    """

    page: Page
    record: Record
    pixels: Pixels
    photo: Image.Image
    saliency: NDArray[np.float32]
    decisive: Spot | None
    decisive_sentence: str
    nearest: tuple[NearestExample, ...]
    warnings: tuple[ReadingWarning, ...]


def draw_sheet(content: SheetContent) -> Image.Image:
    """Draws an content.

    Args:
        content: What to show; a blank picture has less of it.

    Returns:
        RGB, 1280 pixels wide, as high as it needs to be.
    """
    sheet = Image.new("RGB", (WIDTH, 2400), "white")
    draw = ImageDraw.Draw(sheet)
    _draw_header(draw, content)
    top = _draw_panels(sheet, draw, content) + 32
    top = _draw_inputs(sheet, draw, content.record, top)
    bottom = max(_draw_bars(draw, content, top), _draw_reasons(sheet, draw, content, top))
    return sheet.crop((0, 0, WIDTH, bottom + MARGIN))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _draw_header(draw: ImageDraw.ImageDraw, content: SheetContent) -> None:
    page = content.page
    color = COLORS[page.status]
    reason = (page.reason or "").replace("_", " ")
    title = content.record.decision.answer + ("?" if page.status == "rejected" else "")
    status = f"{page.status}: {reason}" if reason else page.status
    words = [percent(content.page.alternatives[0].probability), status] if content.record.decision.answer else [status]
    x = MARGIN
    if title:
        draw.text((x, 92), title, fill=color, font=_font(84), anchor="ls")
        x += round(draw.textlength(title, font=_font(84))) + 24
    draw.text((x, 60), "   ".join(words), fill=color, font=_font(28), anchor="ls")
    height, width = content.pixels.gray.shape
    about = f"{width} x {height} pixels"
    name = _shortened(draw, page.path or "", WIDTH - MARGIN - x - round(draw.textlength(about, font=_font(18))) - 40)
    draw.text((x, 90), f"{name}   {about}" if name else about, fill=QUIET, font=_font(18), anchor="ls")


def _shortened(draw: ImageDraw.ImageDraw, path: str, width: int) -> str:
    """The end of a path that has room, without signs that are no text."""
    name = "".join(sign if sign.isprintable() else "?" for sign in path)
    if draw.textlength(name, font=_font(18)) <= width:
        return name
    while name and draw.textlength(f"...{name}", font=_font(18)) > width:
        name = name[1:]
    return f"...{name}"


def _draw_panels(sheet: Image.Image, draw: ImageDraw.ImageDraw, content: SheetContent) -> int:
    """The way of the picture, in five squares; returns where they end."""
    region = _region(content)
    gray = Image.fromarray(content.pixels.gray)
    ink = Image.fromarray(content.record.ink)
    panels = (
        ("photo", _photo_panel(content)),
        ("gray", _view(gray, gray.size, region, EMPTY)),
        ("ink", _view(ink, gray.size, region, "black")),
        (_glyph_caption(content.record), _glyph_panel(content)),
        ("what decided", _map_panel(content, region)),
    )
    for index, (caption, panel) in enumerate(panels):
        left = MARGIN + index * (PANEL + GAP)
        draw.text((left, PANELS_TOP - 10), caption, fill=TEXT, font=_font(17), anchor="ls")
        sheet.paste(panel, (left, PANELS_TOP))
        draw.rectangle((left - 1, PANELS_TOP - 1, left + PANEL, PANELS_TOP + PANEL), outline=RULE)
        if index:
            _draw_arrow(draw, left - GAP // 2, PANELS_TOP + PANEL // 2)
    if content.record.chosen is not None:
        _draw_legend(sheet, draw, MARGIN + 4 * (PANEL + GAP), PANELS_TOP + PANEL + 12)
    return PANELS_TOP + PANEL + 30


def _region(content: SheetContent) -> Square:
    """The square around the digit, or around the whole picture if there is none."""
    height, width = content.pixels.gray.shape
    left, top, across, down = content.page.box or (0, 0, width, height)
    side = max(across, down) * (ROOM if content.page.box else 1)
    return left + across / 2 - side / 2, top + down / 2 - side / 2, side


def _view(image: Image.Image, size: tuple[int, int], region: Square, beyond: str) -> Image.Image:
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


def _photo_panel(content: SheetContent) -> Image.Image:
    height, width = content.pixels.gray.shape
    side = max(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    panel = _view(content.photo, (width, height), (left, top, side), EMPTY)
    if content.page.box is not None:
        x, y, across, down = _panel_frame((left, top, side)).inverse().region(content.page.box)
        x_start, y_start = x - 3, y - 3
        x_end, y_end = x_start + max(across, 3) + 5, y_start + max(down, 3) + 5
        draw = ImageDraw.Draw(panel)
        draw.rectangle((x_start - 1, y_start - 1, x_end + 1, y_end + 1), outline="white", width=4)
        draw.rectangle((x_start, y_start, x_end, y_end), outline=COLORS[content.page.status], width=2)
    return panel


def _glyph_panel(content: SheetContent) -> Image.Image:
    chosen = content.record.chosen
    if chosen is None:
        return _empty_panel("no ink found")
    return Image.fromarray(chosen.candidate.glyph).resize((PANEL, PANEL), Image.Resampling.NEAREST).convert("RGB")


def _glyph_caption(record: Record) -> str:
    count = len(list(_inputs(record)))
    return "glyph: the network's input" if count < 2 else f"glyph: one of {count} inputs"


def _empty_panel(words: str) -> Image.Image:
    panel = Image.new("RGB", (PANEL, PANEL), EMPTY)
    ImageDraw.Draw(panel).text((PANEL / 2, PANEL / 2), words, fill=QUIET, font=_font(17), anchor="mm")
    return panel


def _map_panel(content: SheetContent, region: Square) -> Image.Image:
    """The gray picture, paled, with the map laid over it and the decisive spot framed."""
    chosen = content.record.chosen
    if chosen is None:
        return _empty_panel("nothing to explain")
    panel_in_picture = _panel_frame(region)
    strength = content.saliency / max(float(np.abs(content.saliency).max()), LEAST_SCALE)
    laid = Image.fromarray(strength).transform(
        (PANEL, PANEL),
        Image.Transform.AFFINE,
        panel_in_picture.then(chosen.candidate.glyph_frame.inverse()).coefficients,
        Image.Resampling.BICUBIC,
    )
    panel = Image.fromarray(_tinted(_pale(content, region), np.asarray(laid, np.float32)))
    if content.decisive is not None:
        left, top, width, height = panel_in_picture.inverse().region(content.decisive.box)
        ImageDraw.Draw(panel).rectangle((left, top, left + width, top + height), outline=TEXT, width=2)
    return panel


def _panel_frame(region: Square) -> Frame:
    """Places a panel's pixels in the picture."""
    left, top, side = region
    return Frame.fitting((0, 0, PANEL, PANEL), (left, top, side, side))


def _pale(content: SheetContent, region: Square) -> NDArray[np.float32]:
    """The digit in pale gray on white, whatever its colors are in the picture."""
    height, width = content.pixels.gray.shape
    ink = _view(Image.fromarray(content.record.ink), (width, height), region, "black")
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


def _draw_bars(draw: ImageDraw.ImageDraw, content: SheetContent, top: int) -> int:
    """The probabilities of the ten digits and of none, a row each; returns where they end."""
    _draw_heading(draw, "Probabilities", MARGIN, top)
    rows = sorted(content.page.alternatives)
    if rows:
        rows.append(Alternative("not a digit", content.page.lines[0].digits[0].not_a_digit))
    else:
        draw.text((MARGIN, top + 34), "No digit was found.", fill=QUIET, font=_font(17))
        return top + 34 + LINE
    start, longest = MARGIN + LABELS, RIGHT - GAP - 84 - MARGIN - LABELS
    for index, (label, share) in enumerate(rows):
        middle = top + 48 + index * ROW
        best = label == content.record.decision.answer
        color = TEXT if best else QUIET
        draw.text((start - 12, middle), label, fill=color, font=_font(17), anchor="rm")
        draw.rectangle((start, middle - 8, start + longest, middle + 8), fill=EMPTY)
        if share >= 0.0005:
            end = start + max(2, round(longest * share))
            draw.rectangle((start, middle - 8, end, middle + 8), fill=BAR if best else BAR_OTHER)
        words = percent(share).replace("over", ">").replace("below", "<")
        draw.text((start + longest + 12, middle), words, fill=color, font=_font(15), anchor="lm")
    return top + 48 + len(rows) * ROW


def _draw_reasons(sheet: Image.Image, draw: ImageDraw.ImageDraw, content: SheetContent, top: int) -> int:
    """The nearest training digits, what decided, and the warnings; returns where they end."""
    if content.nearest:
        _draw_heading(draw, "Nearest training digits", RIGHT, top)
        top += 36
        for index, near in enumerate(content.nearest[:5]):
            left = RIGHT + index * (THUMB + GAP)
            glyph = Image.fromarray(near.glyph).resize((THUMB, THUMB), Image.Resampling.BICUBIC)
            sheet.paste(glyph, (left, top))
            color = TEXT if near.label == content.record.decision.answer else "#b35c00"
            draw.text((left, top + THUMB + 20), near.label, fill=color, font=_font(18), anchor="ls")
            words = f"distance {near.distance:.2f}"
            draw.text((left + THUMB, top + THUMB + 20), words, fill=QUIET, font=_font(13), anchor="rs")
        top += THUMB + 48
    if content.decisive_sentence:
        _draw_heading(draw, "What decided", RIGHT, top)
        top = _draw_text(draw, content.decisive_sentence, RIGHT, top + 34) + 16
    _draw_heading(draw, "Warnings", RIGHT, top)
    top += 34
    if not content.warnings:
        return _draw_text(draw, "None.", RIGHT, top)
    for code, text in content.warnings:
        draw.rectangle((RIGHT, top + 3, RIGHT + 4, top + LINE - 5), fill="#b35c00")
        draw.text((RIGHT + 16, top), code.replace("_", " "), fill="#b35c00", font=_font(17))
        top = _draw_text(draw, text, RIGHT + 16, top + LINE) + 8
    return top


def _draw_inputs(sheet: Image.Image, draw: ImageDraw.ImageDraw, record: Record, top: int) -> int:
    """Every glyph that was classified, if there is more than one; returns where the next part begins."""
    inputs = list(_inputs(record))
    if len(inputs) < 2:
        return top
    _draw_heading(draw, _combined(record), MARGIN, top)
    top += 36
    per_row = (WIDTH - 2 * MARGIN + INPUT_GAP) // (INPUT + INPUT_GAP)
    for index, (glyph, row, words, counted) in enumerate(inputs):
        left = MARGIN + index % per_row * (INPUT + INPUT_GAP)
        y = top + index // per_row * (INPUT + 56)
        sheet.paste(Image.fromarray(glyph).resize((INPUT, INPUT), Image.Resampling.NEAREST), (left, y))
        if counted:
            draw.rectangle((left - 2, y - 2, left + INPUT + 1, y + INPUT + 1), outline=BAR, width=2)
        label = int(row[:CLASSES].argmax())
        draw.text((left, y + INPUT + 20), words, fill=TEXT if counted else QUIET, font=_font(13), anchor="ls")
        draw.text(
            (left, y + INPUT + 38), f"{label}, {percent(row[label])}", fill=TEXT if counted else QUIET,
            font=_font(15), anchor="ls",
        )  # fmt: skip
    return top + (1 + (len(inputs) - 1) // per_row) * (INPUT + 56) + 16


def _inputs(record: Record) -> Iterator[tuple[Glyph, NDArray[np.float64], str, bool]]:
    """Each glyph that was classified, its own probabilities, where it comes from, and whether it counted."""
    for index, tried in enumerate(record.tried):
        counted = index in record.decision.counted
        prediction = tried.prediction
        yield prediction.glyph, prediction.own_probabilities, tried.candidate.origin, counted
        for copy, row in zip(prediction.copies, prediction.copy_probabilities, strict=True):
            yield copy, row, "TTA copy", counted


def _combined(record: Record) -> str:
    """How the inputs were combined, as a heading."""
    averaged = len(record.counted[0].prediction.copies) > 0 or record.decision.combination == "mean"
    if record.decision.combination == "best":
        return "All inputs of the network: the framed candidate is the answer"
    return f"All inputs of the network: {'their mean is the answer' if averaged else 'the framed one counted'}"


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
