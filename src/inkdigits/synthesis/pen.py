"""The pen: strokes in, ink out. How a hand bends what it writes and how a pen leaves it on paper.

A stroke is the way of the pen from touching the paper to leaving it. A written character is about 1 high, from 0 at the
top to 1 at the bottom, and as wide as it likes. All chance comes from the generator given, so that the same one gives
the same ink again. It knows nothing of which characters there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkdigits.errors import SettingError
from inkdigits.image.glyph import crop
from inkdigits.image.ink import Ink

Stroke: TypeAlias = NDArray[np.float64]
Strokes: TypeAlias = tuple[Stroke, ...]

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
HOLLOW = 0.05  # of all writings are outlines, as numerals on posters and in notebooks are
HOLLOW_WIDTHS = (0.12, 0.24)  # of the height: from rim to rim
RIMS = (0.02, 0.05)  # of the height: the line that an outline is drawn with
OBLIQUE = 0.15  # of all writings lean as copperplate does
MARGIN = 3  # pixels of paper around the ink


def smooth(points: ArrayLike, *, count: int = 40) -> Stroke:
    """Leads a curve through control points.

    Args:
        points: Shape `(N, 2)`, x to the right and y down. A point given twice in a row is a corner.
        count: Points of the curve, about.

    Returns:
        The curve, shape `(about count, 2)`; it begins and ends at the first and last control point.

    Raises:
        SettingError: `points` is not of this shape, or empty.

    Source:
        Yuksel et al., "On the parameterization of Catmull-Rom curves", 2009: the centripetal one makes no loops.

    Example:
        >>> smooth([(0, 0), (0, 1)], count=3)[1].tolist()
        [0.0, 0.5]
    """
    way = np.asarray(points, np.float64)
    if way.ndim != 2 or way.shape[1:] != (2,) or not len(way):
        raise SettingError(
            f"Expected control points of shape (N, 2). Received: {way.shape}.", hint="Give x and y of each point."
        )
    corners = [0, *(1 + np.flatnonzero((way[1:] == way[:-1]).all(axis=1))), len(way)]
    pieces = [way[start:stop] for start, stop in pairwise(corners)]
    pieces = [piece for piece in pieces if len(piece) > 1]
    if not pieces:
        return way[:1].copy()
    lengths = [float(np.hypot(*np.diff(piece, axis=0).T).sum()) for piece in pieces]
    shares = [max(2, round(count * length / sum(lengths))) for length in lengths]
    return np.concatenate([_curve(piece, share) for piece, share in zip(pieces, shares, strict=True)])


def _curve(points: Stroke, count: int) -> Stroke:
    """The centripetal Catmull-Rom curve through points of which no two in a row are equal."""
    steps = np.diff(points, axis=0)
    spans = np.sqrt(np.hypot(steps[:, 0], steps[:, 1]))[:, None]  # (N - 1, 1)
    slopes = steps / spans
    tangents = np.empty_like(points)
    if len(points) > 2:
        before, after = spans[:-1], spans[1:]
        tangents[1:-1] = (slopes[:-1] * after + slopes[1:] * before) / (before + after)
        tangents[0] = 1.5 * slopes[0] - 0.5 * tangents[1]
        tangents[-1] = 1.5 * slopes[-1] - 0.5 * tangents[-2]
    else:
        tangents[:] = slopes
    knots = np.concatenate([[0.0], np.cumsum(spans[:, 0])])
    times = np.linspace(0.0, knots[-1], count)
    part = np.clip(np.searchsorted(knots, times, side="right") - 1, 0, len(spans) - 1)
    span = spans[part]
    u = (times - knots[part])[:, None] / span
    v = 1 - u
    ends = v * v * (1 + 2 * u) * points[part] + u * u * (3 - 2 * u) * points[part + 1]
    return np.asarray(ends + u * v * span * (v * tangents[part] - u * tangents[part + 1]), np.float64)


def deform(strokes: Strokes, rng: np.random.Generator, *, amount: float = 1.0) -> Strokes:
    """Bends a character as one hand or another would: slant, turn, width, uneven growth and tremor.

    Args:
        strokes: The character.
        rng: Where chance comes from.
        amount: How much; 0 leaves the character as it is, 1 goes as far as hands do.

    Returns:
        As many strokes of as many points; the height stays about the same.
    """
    if not strokes:
        return strokes
    points = np.concatenate(strokes)
    middle: Stroke = (points.min(axis=0) + points.max(axis=0)) / 2
    points = (points - middle) @ _affine(rng, amount).T
    points = points + _warp(points, rng, amount) + middle
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return tuple(stroke + _tremor(stroke, rng, amount) for stroke in np.split(points, ends))


def _affine(rng: np.random.Generator, amount: float) -> NDArray[np.float64]:
    """Slant, turn and width of a hand, shape (2, 2)."""
    wild = rng.random() < 0.08  # a paper lying askew
    turn = np.deg2rad(np.clip(rng.normal(0, 8 if wild else 4), -16, 16)) * amount
    slant = rng.uniform(0.3, 0.85) if rng.random() < OBLIQUE else np.clip(rng.normal(0.1, 0.2), -0.5, 0.7)
    slant = np.clip(slant * amount, -0.55 + turn, 0.9 + turn)  # both lean the character: together no more than hands do
    width = np.exp(np.clip(rng.normal(0, 0.2), -0.69, 0.41) * amount)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(np.array([[cos, -sin], [sin, cos]]) @ np.array([[width, -slant], [0.0, 1.0]]), np.float64)


def _warp(points: Stroke, rng: np.random.Generator, amount: float) -> Stroke:
    """A slow displacement over the character: two waves of a length of one to three heights."""
    waves = rng.uniform(-4.0, 4.0, (2, 2))
    phases = rng.uniform(0, 2 * np.pi, 2)
    sizes = rng.normal(0, 0.024 * amount, (2, 2))
    return np.asarray(np.sin(points @ waves.T + phases) @ sizes, np.float64)


def _tremor(stroke: Stroke, rng: np.random.Generator, amount: float) -> Stroke:
    """The shaking of a hand along a stroke."""
    if len(stroke) < 4:
        return np.zeros_like(stroke)
    size = rng.exponential(0.0045) * amount
    knots = max(4, len(stroke) // int(rng.integers(2, 7)))
    shakes = rng.normal(0, min(size, 0.018), (2, knots))
    places, rough = np.linspace(0, knots - 1, len(stroke)), np.arange(knots)
    return np.stack([np.interp(places, rough, shake) for shake in shakes], axis=1)


@dataclass(frozen=True)
class Pen:
    """A pen and how it is led.

    Attributes:
        tip: What touches the paper.
        flow: How the ink comes.
        width: Of the line, in heights of the character.
        change: How much the width changes along a stroke, 0 to 1.
        taper: Share of a stroke over which it begins and ends thinly.
        angle: Of a chisel's edge, in radians.
        wash: Standard deviation of the soft edge, in pixels of the ink.
        rim: Of an outline, the line's width, in heights of the character; 0 if strokes are filled.
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
    """Picks a pen by chance."""
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
        rng: Where chance comes from.
        height: Pixels of a height of 1; from 24 to 120 by chance if None.
        pen: What it is drawn with; picked by chance if None.

    Returns:
        The ink, shape `(height, width)`, uint8, with `MARGIN` pixels of paper around it.

    Raises:
        SettingError: There are no strokes, or `height` is below 4.

    Example:
        >>> ink = draw((smooth([(0, 0), (0, 1)]),), np.random.default_rng(0), height=50)
        >>> ink.shape[0] >= 50, int(ink.max())
        (True, 255)
    """
    if not strokes or (height is not None and height < 4):
        raise SettingError(
            f"Expected strokes, and a height of 4 pixels or more. Received: {len(strokes)} strokes, height {height}.",
            hint="Leave height out for one by chance.",
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


def _write(strokes: Strokes, pen: Pen, height: int, zoom: int, rng: np.random.Generator) -> Ink:
    """Draws all strokes on paper of whole `zoom` x `zoom` blocks of pixels, with a thinner pen where loops fill."""
    length = sum(float(np.hypot(*np.diff(stroke, axis=0).T).sum()) for stroke in strokes)
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
        shades -= 28 * np.abs(np.interp(np.linspace(0, len(waves) - 1, count), np.arange(len(waves)), waves))
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
    """The grain of paper under a pencil, the soft edge of wet ink, and a margin of paper."""
    if pen.flow == "pencil":
        grain = cv2.GaussianBlur(rng.standard_normal(ink.shape, np.float32), (0, 0), 0.7)
        ink = np.asarray(np.clip(ink * np.clip(0.85 + rng.uniform(0.2, 0.9) * grain, 0.15, 1.2), 0, 255), np.uint8)
    if pen.wash:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), pen.wash), np.uint8)
    part = crop(np.asarray(cv2.convertScaleAbs(ink, alpha=255 / max(int(ink.max()), 1)), np.uint8))
    part = ink if part is None else part
    return np.asarray(cv2.copyMakeBorder(part, *(MARGIN,) * 4, cv2.BORDER_CONSTANT, value=0), np.uint8)
