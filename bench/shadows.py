"""Phone photos under a soft shadow: a small MNIST digit on plain, ruled or squared paper. Knows nothing of readers."""

from __future__ import annotations

import cv2
import numpy as np

from conditions import Condition, Subject
from pages import Color, Floats, Random, camera, clouds, jpeg, lines, paint, paper, place, strokes, turn

PAPERS: dict[str, Color] = {"plain": (226, 224, 219), "cream": (214, 207, 190), "gray": (190, 190, 188)}
DARK: Color = (92, 84, 76)


def photo(subject: Subject, size: tuple[float, float], *, ruling: str = "", dark: bool = False) -> bytes:
    """A page of 480 to 1200 pixels' height with a digit of a share of it, under a hand's or a phone's shadow."""
    rng = subject.rng
    height = round(float(rng.uniform(480, 1200)))
    shape = (height, round(height * float(rng.choice([0.75, 1.33]))))
    color = DARK if dark else PAPERS[str(rng.choice(list(PAPERS)))]
    page = _ruled(paper(shape, color, rng), shape, rng, ruling) if ruling else paper(shape, color, rng)
    long = height * float(rng.uniform(*size))
    ink = strokes(subject.glyph, long, pen=max(1.5, long * rng.uniform(0.035, 0.1)))
    ink = turn(ink, float(rng.uniform(-5, 5)))
    top, left = (round(float(rng.uniform(0.08, 0.92)) * (shape[axis] - ink.shape[axis])) for axis in (0, 1))
    ink = place(ink, shape, left, top)
    pen = (215.0, 214.0, 208.0) if dark else _pen(rng)
    page = paint(page, ink * float(rng.uniform(0.85, 1)), pen)
    lit = page * shadow(shape, rng)
    seen = camera(lit, rng, blur=rng.uniform(0.6, 1.2), noise=rng.uniform(1.5, 4))
    return jpeg(seen, int(rng.integers(70, 92)))


def shadow(shape: tuple[int, int], rng: Random) -> Floats:
    """Light left on a page: a gradient, and and a shadow whose edge is 5 to 60 pixels soft."""
    height, width = shape
    scale = max(shape)
    mask = np.zeros(shape, np.uint8)
    kind = int(rng.integers(4))
    start = (float(rng.choice([0, 1])) * width, float(rng.uniform(0.2, 0.8)) * height)
    end = (float(rng.uniform(0.3, 0.7)) * width, float(rng.uniform(0.3, 0.7)) * height)
    if kind == 0:  # an arm
        cv2.line(mask, _point(start), _point(end), 255, round(scale * float(rng.uniform(0.15, 0.35))))
    elif kind == 1:  # a hand: palm and fingers
        cv2.circle(mask, _point(end), round(scale * float(rng.uniform(0.12, 0.2))), 255, -1)
        cv2.line(mask, _point(start), _point(end), 255, round(scale * float(rng.uniform(0.12, 0.2))))
        for angle in np.linspace(0, 2, 4) + rng.uniform(0, 6):
            reach = scale * rng.uniform(0.2, 0.32)
            tip = (end[0] + reach * np.cos(angle), end[1] + reach * np.sin(angle))
            cv2.line(mask, _point(end), _point(tip), 255, round(scale * float(rng.uniform(0.03, 0.06))))
    elif kind == 2:  # a phone
        box = (end, (scale * float(rng.uniform(0.25, 0.5)), scale * float(rng.uniform(0.4, 0.8))), rng.uniform(0, 180))
        cv2.fillPoly(mask, [np.rint(cv2.boxPoints(box)).astype(np.int32)], 255)
    else:  # half of the page
        y, x = np.mgrid[:height, :width].astype(np.float32)
        angle = rng.uniform(0, 2 * np.pi)
        mask[(x - end[0]) * np.cos(angle) + (y - end[1]) * np.sin(angle) > 0] = 255
    softness = float(np.exp(rng.uniform(np.log(5), np.log(60))))
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), softness / 2)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32) - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    bright = 1 - rng.uniform(0.02, 0.2) * (x * np.cos(angle) + y * np.sin(angle))
    bright = bright * (1 + 0.01 * clouds(shape, 0.3 * scale, rng))
    return np.asarray(bright * (1 - rng.uniform(0.25, 0.6) * soft), np.float32)


def _ruled(page: Floats, shape: tuple[int, int], rng: Random, ruling: str) -> Floats:
    spacing, angle = shape[0] * rng.uniform(0.035, 0.07), rng.uniform(-3, 3)
    color = (float(rng.uniform(110, 160)), float(rng.uniform(135, 175)), float(rng.uniform(180, 210)))
    for direction in (angle, 90 + angle)[: 2 if ruling == "squared" else 1]:
        rule = lines(
            shape, spacing, width=spacing * rng.uniform(0.025, 0.05), angle_deg=direction, offset=rng.uniform(0, 50)
        )
        page = paint(page, rule * rng.uniform(0.5, 0.9), color)
    return page


def _point(at: tuple[float, float]) -> tuple[int, int]:
    return round(at[0]), round(at[1])


def _pen(rng: Random) -> Color:
    level = float(rng.uniform(20, 60))
    return (level, level + 15, level + 90) if rng.random() < 0.5 else (level, level, level + 6)


SMALL, MIDDLE, LARGE = (0.08, 0.12), (0.22, 0.28), (0.45, 0.55)

SHADOWS = {
    "plain": Condition("plain, 10 %", "digit of 8 to 12 % of the height", lambda s: photo(s, SMALL)),
    "plain_25": Condition("plain, 25 %", "digit of 22 to 28 % of the height", lambda s: photo(s, MIDDLE)),
    "plain_50": Condition("plain, 50 %", "digit of 45 to 55 % of the height", lambda s: photo(s, LARGE)),
    "ruled": Condition("ruled, 10 %", "on ruled paper", lambda s: photo(s, SMALL, ruling="ruled")),
    "ruled_25": Condition("ruled, 25 %", "on ruled paper", lambda s: photo(s, MIDDLE, ruling="ruled")),
    "squared": Condition("squared, 10 %", "on squared paper", lambda s: photo(s, SMALL, ruling="squared")),
    "squared_25": Condition("squared, 25 %", "on squared paper", lambda s: photo(s, MIDDLE, ruling="squared")),
    "dark": Condition("dark paper, 10 %", "chalk on dark paper", lambda s: photo(s, SMALL, dark=True)),
}
