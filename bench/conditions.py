"""The conditions of the picture bench: one MNIST digit and a random generator in, the bytes of a picture file out.

Each condition is one thing that users' pictures have and MNIST has not. It knows nothing of readers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from pages import (
    Bytes,
    Color,
    Floats,
    Random,
    camera,
    clouds,
    jpeg,
    light,
    lines,
    paint,
    paper,
    place,
    png,
    strokes,
    turn,
)

PAGE = (480, 640)
PHOTO = (360, 480)
WHITE, OFF_WHITE = (222, 221, 217), (214, 209, 196)
TURNS = 8


@dataclass(frozen=True)
class Subject:
    """What a picture is made of.

    Attributes:
        glyph: The digit, shape `(28, 28)`, white on black.
        index: Which picture of its condition this is.
        others: Glyphs of the same split, shape `(N, 28, 28)`, to stand beside it.
        rng: Everything random in the picture is drawn from it.
    """

    glyph: Bytes
    index: int
    others: Bytes
    rng: Random


@dataclass(frozen=True)
class Condition:
    """A kind of picture.

    Attributes:
        title: Its name in tables.
        about: What is done to the digit, one sentence.
        draw: Makes the bytes of a picture file.
    """

    title: str
    about: str
    draw: Callable[[Subject], bytes]


def mnist(subject: Subject) -> bytes:
    return png(subject.glyph)


def inverted(subject: Subject) -> bytes:
    return png(255 - subject.glyph)


def large(subject: Subject) -> bytes:
    rng = subject.rng
    ink = strokes(subject.glyph, rng.uniform(350, 385))
    return png(255 * (1 - _centered(ink, (400, 400))))


def small(subject: Subject) -> bytes:
    rng = subject.rng
    ink = _somewhere(strokes(subject.glyph, rng.uniform(40, 90)), PAGE, rng, edge=10)
    white, black = rng.uniform(236, 255), rng.uniform(0, 70)
    return png(white + (black - white) * ink)


def shadow(subject: Subject) -> bytes:
    rng = subject.rng
    ink = _somewhere(strokes(subject.glyph, rng.uniform(130, 300)), PAGE, rng)
    page = _write(paper(PAGE, WHITE, rng), ink, _blue(rng), rng)
    lit = light(page, rng, falloff=rng.uniform(0.05, 0.25), shadow=rng.uniform(0.25, 0.6))
    return _photograph(lit, rng, noise=rng.uniform(4, 8), quality=(50, 71))


def exif(subject: Subject) -> bytes:
    rng = subject.rng
    shape = PHOTO if rng.random() < 0.5 else PHOTO[::-1]
    ink = _somewhere(strokes(subject.glyph, rng.uniform(130, 240)), shape, rng)
    page = light(_write(paper(shape, WHITE, rng), ink, _pen(rng), rng), rng)
    return _photograph(page, rng, orientation=subject.index % TURNS + 1)


def ruled(subject: Subject) -> bytes:
    rng = subject.rng
    spacing, angle = rng.uniform(75, 125), rng.uniform(-3, 3)
    height = spacing * rng.uniform(0.75, 1.6)
    ink = turn(_felt_or_ball(subject.glyph, height, rng), angle)
    left = _random_left(ink, PHOTO, rng)
    foot = rng.normal(0, 0.06 * spacing) if rng.random() < 0.6 else rng.uniform(-0.5, 0.5) * spacing
    top = round(rng.uniform(190, 290) - ink.shape[0] + 2)
    slope = np.tan(np.deg2rad(angle)) * (left + ink.shape[1] / 2)
    offset = (top + ink.shape[0] + slope - foot) * np.cos(np.deg2rad(angle))
    width = spacing * rng.uniform(0.015, 0.04)
    rules = lines(PHOTO, spacing, width=width, angle_deg=angle, offset=offset, closing=rng.uniform(-0.04, 0.04))
    page = paint(paper(PHOTO, WHITE, rng), rules * rng.uniform(0.65, 1), _rule_color(rng))
    if rng.random() < 0.25:  # the margin
        margin = lines(PHOTO, 5000, width=width, angle_deg=90 + angle, offset=rng.uniform(15, 70))
        page = paint(page, margin * 0.7, (205, 105, 110))
    page = _write(page, place(ink, PHOTO, left, top), _pen(rng), rng)
    return _photograph(light(page, rng), rng)


def squared(subject: Subject) -> bytes:
    rng = subject.rng
    spacing, angle = rng.uniform(48, 80), rng.uniform(-3, 3)
    width, color = spacing * rng.uniform(0.02, 0.05), _rule_color(rng)
    page = paper(PHOTO, WHITE, rng)
    for direction in (angle, 90 + angle):
        offset = rng.uniform(0, spacing)
        page = paint(
            page,
            lines(PHOTO, spacing, width=width, angle_deg=direction, offset=offset) * rng.uniform(0.65, 1),
            color,
        )
    ink = turn(_felt_or_ball(subject.glyph, spacing * rng.uniform(1.5, 3), rng), angle)
    page = _write(page, _somewhere(ink, PHOTO, rng), _pen(rng), rng)
    return _photograph(light(page, rng), rng)


def pencil(subject: Subject) -> bytes:
    rng = subject.rng
    size = rng.uniform(110, 220)
    ink = _somewhere(_felt_or_ball(subject.glyph, size, rng, pen=(0.04, 0.07)), PHOTO, rng)
    tooth = cv2.GaussianBlur(rng.standard_normal(PHOTO, dtype=np.float32), (0, 0), 0.9) * 3
    graphite = np.clip(rng.uniform(0.45, 0.75) + 0.22 * tooth + 0.08 * clouds(PHOTO, 30, rng), 0, 0.95)
    gray = rng.uniform(70, 105)
    page = paint(paper(PHOTO, OFF_WHITE, rng), cv2.GaussianBlur(ink, (0, 0), 0.8) * graphite, (gray, gray, gray + 4))
    return _photograph(light(page, rng), rng)


def rotated(subject: Subject) -> bytes:
    rng = subject.rng
    ink = turn(strokes(subject.glyph, rng.uniform(110, 220)), rng.uniform(-20, 20))
    page = _write(paper(PHOTO, WHITE, rng), _somewhere(ink, PHOTO, rng), _pen(rng), rng)
    return _photograph(light(page, rng), rng)


def corners(subject: Subject) -> bytes:
    rng = subject.rng
    ink = _centered(strokes(subject.glyph, rng.uniform(130, 210)), (300, 300))
    white, black = rng.uniform(225, 255), rng.uniform(0, 60)
    canvas = np.asarray(white + (black - white) * ink, np.float32)
    angle = rng.uniform(6, 20) * rng.choice([-1, 1])
    matrix = cv2.getRotationMatrix2D((150, 150), angle, 1)
    fill = 0 if rng.random() < 0.5 else rng.uniform(90, 160)
    return png(np.asarray(cv2.warpAffine(canvas, matrix, (300, 300), borderValue=fill), np.float32))


def faint(subject: Subject) -> bytes:
    rng = subject.rng
    ink = _somewhere(strokes(subject.glyph, rng.uniform(110, 220)), PHOTO, rng)
    level, depth = rng.uniform(165, 235), rng.uniform(25, 40)
    color = np.array([1, rng.uniform(0.97, 1), rng.uniform(0.92, 1)], np.float32) * level
    page = np.asarray(paper(PHOTO, tuple(color), rng) - depth * ink, np.float32)
    return _photograph(light(page, rng, falloff=0.04), rng, noise=rng.uniform(1, 2.5), quality=(80, 93))


def thin(subject: Subject) -> bytes:
    rng = subject.rng
    size = rng.uniform(130, 260)
    ink = strokes(subject.glyph, size, pen=max(2.0, size * rng.uniform(0.012, 0.025)))
    page = _write(paper(PHOTO, WHITE, rng), _somewhere(ink, PHOTO, rng), _pen(rng), rng)
    return _photograph(light(page, rng), rng)


def underlined(subject: Subject) -> bytes:
    rng = subject.rng
    size = rng.uniform(110, 190)
    ink = strokes(subject.glyph, size)
    left, top = _random_left(ink, PHOTO, rng, edge=50), round(rng.uniform(25, 310 - ink.shape[0]))
    page = place(ink, PHOTO, left, top)
    middle, half = left + ink.shape[1] / 2, max(ink.shape[1], 0.6 * size) * rng.uniform(0.5, 0.85)
    x = np.linspace(middle - half, middle + half, 24) + rng.uniform(-0.1, 0.1) * half
    bow = rng.normal(0, 0.02) * size * np.linspace(-1, 1, 24) ** 2
    y = top + ink.shape[0] + size * rng.uniform(0.06, 0.18) + (x - middle) * rng.normal(0, 0.05) + bow
    points = np.rint(np.stack([x, y], axis=1) * 16).astype(np.int32)
    under = np.zeros(PHOTO, np.uint8)
    cv2.polylines(under, [points], False, 255, max(3, round(size * rng.uniform(0.04, 0.1))), cv2.LINE_AA, shift=4)
    page = np.maximum(page, under.astype(np.float32) / 255)
    return _photograph(light(_write(paper(PHOTO, WHITE, rng), page, _pen(rng), rng), rng), rng)


def neighbors(subject: Subject) -> bytes:
    """The digit in the middle, and at both sides, or at one, what a crop has left of the next."""
    rng = subject.rng
    size = rng.uniform(120, 170)
    ink = strokes(subject.glyph, size)
    gap = rng.uniform(0.06, 0.35) * size
    shape = (round(size * rng.uniform(1.25, 1.6)), round(ink.shape[1] + 2 * gap + size * rng.uniform(0.2, 0.9)))
    page = _centered(ink, shape)
    first, after = (shape[1] - ink.shape[1]) // 2, (shape[1] + ink.shape[1]) // 2
    for side in (("left",), ("right",), ("left", "right"))[int(rng.integers(3))]:
        other = strokes(subject.others[int(rng.integers(len(subject.others)))], size * rng.uniform(0.85, 1.1))
        top = (shape[0] - other.shape[0]) // 2 + round(rng.normal(0, 0.06) * size)
        start = first - round(gap) - other.shape[1] if side == "left" else after + round(gap)
        page = np.maximum(page, place(other, shape, start, top))
    return _photograph(light(_write(paper(shape, WHITE, rng), page, _pen(rng), rng), rng), rng)


def chalk(subject: Subject) -> bytes:
    rng = subject.rng
    size = rng.uniform(120, 220)
    ink = _somewhere(_felt_or_ball(subject.glyph, size, rng, pen=(0.05, 0.09)), PHOTO, rng)
    level = rng.uniform(45, 75)
    board = (level, level + rng.uniform(0, 22), level + rng.uniform(0, 10))
    dust = 5 * clouds(PHOTO, 140, rng) + 3 * clouds(PHOTO, 50, rng) + 2 * clouds(PHOTO, 8, rng)
    page = np.asarray(paper(PHOTO, board, rng) + dust, np.float32)
    grain = cv2.GaussianBlur(rng.standard_normal(PHOTO, dtype=np.float32), (0, 0), 1.1) * 3.5
    page = paint(page, ink * np.clip(0.75 + 0.2 * grain, 0.1, 1), (218, 217, 208))
    return _photograph(light(page, rng), rng)


CONDITIONS = {
    "mnist": Condition("MNIST itself", "the 28 × 28 glyph, white on black, as PNG", mnist),
    "inverted": Condition("black on white", "the same, inverted", inverted),
    "large": Condition("fills a 400 px canvas", "drawn 350 to 385 pixels long on a white canvas of 400 × 400", large),
    "small": Condition("small on a 640 × 480 page", "40 to 90 pixels long, anywhere on a clean page", small),
    "shadow": Condition(
        "shadow, blue ink, noise, JPEG",
        "640 × 480 photograph; a hand's shadow takes a quarter to 60 % of the light; JPEG of quality 50 to 70",
        shadow,
    ),
    "exif": Condition(
        "EXIF turns 1 to 8",
        "a photograph stored turned or mirrored in each of the eight ways that EXIF's orientation tag can undo",
        exif,
    ),
    "ruled": Condition(
        "ruled paper",
        "a notebook's lines, blue or gray; most digits stand on one; half felt pen, half ballpoint",
        ruled,
    ),
    "squared": Condition(
        "squared paper", "a 5 mm grid, the digit 1½ to 3 squares long; half felt pen, half ballpoint", squared
    ),
    "pencil": Condition("pencil", "gray, grainy strokes on off-white paper", pencil),
    "rotated": Condition("turned by up to 20°", "written aslant, either way; paper everywhere", rotated),
    "corners": Condition(
        "turned canvas, filled corners", "a drawing turned by 6 to 20° whose corners are black or gray", corners
    ),
    "faint": Condition("low contrast", "ink 25 to 40 of 255 levels darker than its paper", faint),
    "thin": Condition("thin pen", "redrawn with a pen as wide as 1.2 to 2.5 % of the digit's length", thin),
    "underlined": Condition("underlined", "a stroke of the same pen under the digit, not touching it", underlined),
    "neighbors": Condition("neighbours at the edge", "a crop that holds pieces of the digits beside it", neighbors),
    "chalk": Condition("chalk on a board", "light, grainy strokes on a dusty green or gray board", chalk),
}


def _centered(ink: Floats, shape: tuple[int, int]) -> Floats:
    return place(ink, shape, (shape[1] - ink.shape[1]) // 2, (shape[0] - ink.shape[0]) // 2)


def _random_left(ink: Floats, shape: tuple[int, int], rng: Random, *, edge: int = 25) -> int:
    room = shape[1] - ink.shape[1]
    return int(rng.integers(edge, room - edge + 1)) if room > 2 * edge else room // 2


def _somewhere(ink: Floats, shape: tuple[int, int], rng: Random, *, edge: int = 25) -> Floats:
    """Anywhere on the page, wholly inside, with some paper up to the edge."""
    left, top = _random_left(ink, shape, rng, edge=edge), _random_left(ink.T, shape[::-1], rng, edge=edge)
    return place(ink, shape, left, top)


def _felt_or_ball(glyph: Bytes, size: float, rng: Random, *, pen: tuple[float, float] = (0.035, 0.07)) -> Floats:
    """Half of the digits with MNIST's own broad stroke, half redrawn with a pen of a share of the size."""
    if rng.random() < 0.5:
        return strokes(glyph, size)
    return strokes(glyph, size, pen=size * rng.uniform(*pen))


def _write(page: Floats, ink: Floats, color: Color, rng: Random) -> Floats:
    """Ink that flows a little unevenly."""
    shape = (page.shape[1], page.shape[2])
    return paint(page, ink * np.clip(0.93 + 0.05 * clouds(shape, 14, rng), 0, 1), color)


def _blue(rng: Random) -> Color:
    return float(rng.uniform(25, 65)), float(rng.uniform(40, 85)), float(rng.uniform(115, 170))


def _pen(rng: Random) -> Color:
    """Blue or black, either as often."""
    if rng.random() < 0.5:
        return _blue(rng)
    level = float(rng.uniform(25, 60))
    return level, level, level + 6


def _rule_color(rng: Random) -> Color:
    if rng.random() < 0.6:
        return float(rng.uniform(95, 155)), float(rng.uniform(135, 180)), float(rng.uniform(185, 218))
    level = float(rng.uniform(105, 170))
    return level, level, level


def _photograph(
    page: Floats,
    rng: Random,
    *,
    noise: float | None = None,
    quality: tuple[int, int] = (75, 93),
    orientation: int = 1,
) -> bytes:
    """A telephone's picture: white balance and exposure, blur, noise, JPEG."""
    warmth, tint = rng.uniform(-0.03, 0.045), rng.normal(0, 0.006)
    balance = np.array([1 + warmth, 1 + tint, 1 - warmth], np.float32) * rng.uniform(0.85, 1.06)
    level = noise if noise is not None else rng.uniform(1.5, 4)
    exposed = page * balance.astype(np.float32)[:, None, None]
    seen = camera(exposed, rng, blur=rng.uniform(0.6, 1.1), noise=level)
    return jpeg(seen, int(rng.integers(*quality)), orientation=orientation)
