"""The pen: strokes in, ink out.

A written character is about 1 high, from 0 at the top to 1 at the bottom, and of any width. The same generator gives
the same ink again. It knows nothing of which characters there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.image.glyph import crop
from inkdigits.image.ink import Ink
from inkdigits.synthesis.curve import Stroke, Strokes, path_length, resample

Tip = Literal["round", "brush", "pointed", "chisel"]
Flow = Literal["even", "pencil", "dry", "skipping"]

Name = TypeVar("Name", bound=str)

TIPS: dict[Tip, float] = {"round": 0.62, "brush": 0.16, "pointed": 0.1, "chisel": 0.12}
FLOWS: dict[Flow, float] = {"even": 0.66, "pencil": 0.16, "dry": 0.1, "skipping": 0.08}
HEIGHTS = (24, 120)  # pixels: a digit in a form at low resolution, and one that fills a photograph
WIDTHS = (0.025, 0.18)  # of the height: a ballpoint and a fat marker
FINE = 200  # pixels of height that a character is drawn at before it shrinks, which smooths its edges
SHIFT = 4  # bits of the fraction in OpenCV's coordinates
LEAST_SPREAD = 0.75  # of a line's length times its width: less ink lies beside itself, and the loops are filled
HOLLOW = 0.05  # share of writings that are outlines, as numerals on posters and in notebooks are
HOLLOW_WIDTHS = (0.12, 0.24)  # of the height: from rim to rim
RIMS = (0.02, 0.05)  # of the height: the line that an outline is drawn with
MARGIN = 3  # pixels of paper around the ink


@dataclass(frozen=True)
class Pen:
    """A pen and how a writer uses it.

    Attributes:
        tip: What touches the paper.
        flow: How the ink comes.
        width: The line's width, in heights of the character.
        change: How much the width changes along a stroke, 0 to 1.
        taper: Share of a stroke over which it begins and ends thinly.
        angle: The chisel's edge, in radians.
        wash: Standard deviation of the soft edge, in pixels of the ink.
        rim: The width of an outline's line, in heights of the character; 0 if strokes are filled.
    """

    tip: Tip
    flow: Flow
    width: float
    change: float
    taper: float
    angle: float
    wash: float
    rim: float = 0.0


def choose_pen(rng: np.random.Generator) -> Pen:
    """Picks a pen at random."""
    if rng.random() < HOLLOW:
        width, rim, change = rng.uniform(*HOLLOW_WIDTHS), rng.uniform(*RIMS), rng.uniform(0, 0.3)
        return Pen("round", "even", width=width, change=change, taper=0.0, angle=0.0, wash=0.0, rim=rim)
    tip = _pick(TIPS, rng)
    width = float(np.exp(rng.uniform(*np.log(WIDTHS))))
    change = {"round": rng.uniform(0, 0.2), "brush": rng.uniform(0.3, 0.7)}.get(tip, rng.uniform(0, 0.25))
    taper = rng.uniform(0.05, 0.3) if tip == "brush" or rng.random() < 0.2 else 0.0
    return Pen(
        tip=tip,
        flow=_pick(FLOWS, rng),
        width=max(width, 0.05) if tip != "round" else width,
        change=float(change),
        taper=taper,
        angle=float(rng.normal(-0.75, 0.35)),
        wash=float(rng.uniform(0.3, 1.0)) if rng.random() < 0.4 else 0.0,
    )


def _pick(choices: dict[Name, float], rng: np.random.Generator) -> Name:
    names = list(choices)
    return names[int(np.searchsorted(np.cumsum(list(choices.values())), rng.random() * 0.9999))]


def draw(strokes: Strokes, rng: np.random.Generator, *, height: int | None = None, pen: Pen | None = None) -> Ink:
    """Draws a character with a pen.

    A pen so wide that it would fill the loops is changed for a thinner one.

    Args:
        strokes: The character; a stroke of one point is a dot.
        rng: Decides everything else.
        height: Pixels of a height of 1; from 24 to 120 at random if None.
        pen: What it is drawn with; picked at random if None.

    Returns:
        The ink, shape `(height, width)`, uint8, with `MARGIN` pixels of paper around it.

    Raises:
        SettingError: There are no strokes, or `height` is below 4.

    Example:
        >>> ink = draw((np.array([[0.0, 0.0], [0.0, 1.0]]),), np.random.default_rng(0), height=50)
        >>> ink.shape[0] >= 50, int(ink.max())
        (True, 255)
    """
    if not strokes or (height is not None and height < 4):
        raise SettingError(
            f"Expected strokes, and a height of 4 pixels or more. Received: {len(strokes)} strokes, height {height}.",
            hint="Leave height out for a random one.",
        )
    if height is None:
        height = round(float(np.exp(rng.uniform(*np.log(HEIGHTS)))))
    pen = pen or choose_pen(rng)
    zoom = max(2, round(FINE / height))
    canvas = _write(strokes, pen, height * zoom, zoom, rng)
    if pen.rim:
        canvas = _hollow(canvas, pen.rim * height * zoom)
    size = (canvas.shape[1] // zoom, canvas.shape[0] // zoom)
    return _finish(np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.uint8), pen, rng)


def draw_in_place(strokes: Strokes, rng: np.random.Generator, *, height: int, pen: Pen, size: tuple[int, int]) -> Ink:
    """Draws strokes where they are, such as those of a whole line of characters.

    Args:
        strokes: In heights of a character, from the upper left corner; what lies outside the paper is cut off.
        rng: Decides how the ink comes.
        height: Pixels of a height of 1.
        pen: What it is drawn with.
        size: Height and width of the paper in pixels.

    Returns:
        The ink, shape `size`, uint8.

    Example:
        >>> pen, rng = Pen("round", "even", 0.1, 0.0, 0.0, 0.0, 0.0), np.random.default_rng(0)
        >>> ink = draw_in_place((np.array([[0.5, 0.5], [1.5, 0.5]]),), rng, height=20, pen=pen, size=(20, 40))
        >>> ink.shape, int(ink[10, 20]), int(ink[2, 20])
        ((20, 40), 255, 0)
    """
    zoom = max(2, round(FINE / height))
    canvas = np.zeros((size[0] * zoom, size[1] * zoom), np.uint8)
    for stroke in strokes:
        _lay(canvas, stroke * (height * zoom), pen, float(height * zoom), rng)
    if pen.rim:
        canvas = _hollow(canvas, pen.rim * height * zoom)
    return _soften(np.asarray(cv2.resize(canvas, size[::-1], interpolation=cv2.INTER_AREA), np.uint8), pen, rng)


def _write(strokes: Strokes, pen: Pen, height: int, zoom: int, rng: np.random.Generator) -> Ink:
    """Draws all strokes on paper of whole `zoom` x `zoom` blocks of pixels, with a thinner pen where loops fill."""
    length = sum(path_length(stroke) for stroke in strokes)
    for _ in range(3):
        canvas, paths = _place(strokes, float(height), zoom, pen)
        for path in paths:
            _lay(canvas, path, pen, float(height), rng)
        if cv2.countNonZero(canvas) > LEAST_SPREAD * length * pen.width * height**2:
            break
        pen = replace(pen, width=0.7 * pen.width)
    return canvas


def _hollow(canvas: Ink, rim: float) -> Ink:
    """Leaves of the ink only what is up to `rim` pixels from its edge."""
    inside = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.where(inside > rim, 0, canvas).astype(np.uint8)


def _place(strokes: Strokes, unit: float, zoom: int, pen: Pen) -> tuple[Ink, list[Stroke]]:
    """An empty canvas with room for the character, and the strokes in its pixels."""
    points = np.concatenate(strokes)
    room = pen.width * 2 * unit + 4 * zoom
    start = points.min(axis=0) * unit - room
    size = points.max(axis=0) * unit - start + room
    width, height = (int(np.ceil(side / zoom)) * zoom for side in size)
    return np.zeros((height, width), np.uint8), [stroke * unit - start for stroke in strokes]


def _lay(canvas: Ink, path: Stroke, pen: Pen, unit: float, rng: np.random.Generator) -> None:
    """Draws one stroke, in place."""
    path = path if len(path) > 1 else np.concatenate([path, path + np.array([0.0, 1.0])])
    widths = _widths(path, pen, unit, rng)
    shades = _shades(len(widths), pen, rng)
    corners = np.rint(path * (1 << SHIFT)).astype(np.int32)
    if pen.tip == "chisel":
        _drag(canvas, path, widths, shades, pen)
    else:
        thicknesses = np.maximum(np.rint(widths), 1).astype(int).tolist()
        ends = corners.tolist()
        for index in np.argsort(shades, kind="stable").tolist():  # the darkest last: ink does not bleach ink
            if shades[index]:
                cv2.line(canvas, ends[index], ends[index + 1], shades[index], thicknesses[index], cv2.LINE_8, SHIFT)
    if pen.flow == "dry" and pen.width > 0.06:
        _streak(canvas, path, float(widths.mean()), rng)


def _widths(path: Stroke, pen: Pen, unit: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The line's width at each step of a stroke, in pixels of the canvas."""
    steps = np.diff(path, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    along = np.cumsum(lengths) / unit  # heights of the character
    press = 1 + pen.change * np.sin(along * rng.uniform(1.5, 6.0) + rng.uniform(0, 2 * np.pi)) * 0.7
    if pen.tip == "pointed":  # a nib spreads where it is pulled down
        down = np.convolve(steps[:, 1] / np.maximum(lengths, 1e-9), np.ones(5) / 5, "same")
        press *= 0.55 + 0.65 * np.clip(down, 0, 1)
    if pen.taper:
        reach = pen.taper * along[-1]
        press *= np.clip(0.35 + 0.65 * np.minimum(along, 1.5 * (along[-1] - along)) / max(reach, 1e-9), 0.35, 1)
    return np.asarray(press * pen.width * unit, np.float64)


def _shades(count: int, pen: Pen, rng: np.random.Generator) -> list[int]:
    """The ink's darkness at each step of a stroke, 0 to 255."""
    shades = np.full(count, 255.0)
    if pen.flow != "even":
        waves = rng.normal(0, 1, max(2, count // 6))
        shades -= 28 * np.abs(resample(waves[:, None], count)[:, 0])
    if pen.flow == "skipping" and count > 12:
        for start in rng.integers(2, count - 3, int(rng.integers(1, 4))):
            shades[start : start + int(rng.integers(1, 3))] = rng.choice((0, 60, 120))
    return [int(shade) for shade in np.clip(shades, 0, 255)]


def _drag(canvas: Ink, path: Stroke, widths: NDArray[np.float64], shades: Sequence[int], pen: Pen) -> None:
    """Drags a chisel's edge along a stroke: wide across the edge, narrow along it."""
    edge = np.array([np.cos(pen.angle), np.sin(pen.angle)]) / 2 * widths[:, None]
    start, stop = path[:-1], path[1:]
    quads = np.stack([start - edge, start + edge, stop + edge, stop - edge], axis=1)  # (N, 4, 2)
    quads = np.rint(quads * (1 << SHIFT)).astype(np.int32)
    thickness = max(1, round(float(widths.mean()) * 0.35))
    for quad, shade in zip(quads, shades, strict=True):
        if shade:
            cv2.fillConvexPoly(canvas, quad, shade, cv2.LINE_8, SHIFT)
            cv2.polylines(canvas, [quad], True, shade, thickness, cv2.LINE_8, SHIFT)


def _streak(canvas: Ink, path: Stroke, width: float, rng: np.random.Generator) -> None:
    """Leaves thin lines of paper along a stroke, as a drying marker does."""
    steps = np.gradient(path, axis=0)
    across = np.stack([-steps[:, 1], steps[:, 0]], axis=1) / np.maximum(np.hypot(*steps.T), 1e-9)[:, None]
    for _ in range(int(rng.integers(2, 7))):
        start = int(rng.integers(0, max(len(path) - 4, 1)))
        stop = start + int(rng.integers(4, 4 + max(len(path) // 2, 1)))
        line = path[start:stop] + across[start:stop] * rng.uniform(-0.42, 0.42) * width
        thickness = max(1, round(width * rng.uniform(0.04, 0.12)))
        fixed = np.rint(line * (1 << SHIFT)).astype(np.int32)
        cv2.polylines(canvas, [fixed], False, int(rng.integers(0, 140)), thickness, cv2.LINE_8, SHIFT)


def _finish(ink: Ink, pen: Pen, rng: np.random.Generator) -> Ink:
    """The grain of paper, the soft edge of ink, and a margin of paper."""
    ink = _soften(ink, pen, rng)
    part = crop(ink)
    part = ink if part is None else part
    return np.asarray(cv2.copyMakeBorder(part, *(MARGIN,) * 4, cv2.BORDER_CONSTANT, value=0), np.uint8)


def _soften(ink: Ink, pen: Pen, rng: np.random.Generator) -> Ink:
    """The grain of paper under a pencil, and the soft edge of wet ink."""
    if pen.flow == "pencil":
        grain = cv2.GaussianBlur(rng.standard_normal(ink.shape, np.float32), (0, 0), 0.7)
        ink = np.asarray(np.clip(ink * np.clip(0.85 + rng.uniform(0.2, 0.9) * grain, 0.15, 1.2), 0, 255), np.uint8)
    if pen.wash:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), pen.wash), np.uint8)
    return np.asarray(cv2.convertScaleAbs(ink, alpha=255 / max(int(ink.max()), 1)), np.uint8)
