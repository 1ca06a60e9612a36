"""How plain digits are read: a bar, a circle, a hook, drawn as people draw them in paint programs.

    python bench/plain_digits.py [--seed 2] [--count 400] [--model default] [--sheet FILE] [--publish]

Prints for each digit and each tool: how many best guesses are right, how many pictures are kept (not rejected), how
many of these are right, and how many are answered with `ok`. Seed 1 is for choices; the published numbers have another
seed. The same seed gives the same pictures. The drawings share no code with `inkdigits.synthesis`: every form, hand and
tool is written here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.reading.result import Page
from inkdigits.recognizer import Recognizer
from inkdigits.reporting.markdown import table
from tables import publish

Path: TypeAlias = NDArray[np.float64]
"""Points of one line, shape `(N, 2)`: x to the right, y down; a digit is about 1 high."""
Paths: TypeAlias = list[Path]
Random: TypeAlias = np.random.Generator

HEADS = ("digit or tool", "n", "right", "kept", "right of the kept", "ok")
COUNT = 400
SEED = 2
CANVAS = (28, 800)  # pixels: a grid for MNIST and a window of a paint program
SHARE = (0.25, 0.9)  # of the canvas: the digit's height
MARGIN = 0.02  # of the canvas: people do not draw along its edge
LEAST_HEIGHT = 14  # pixels of the digit
FRACTION = 4  # bits of OpenCV's coordinates after the point
MOST_THICKNESS = {0: 0.2, 6: 0.13, 8: 0.12, 9: 0.13, 4: 0.15}  # of the height: more fills a loop
USUAL_THICKNESS = 0.18


@dataclass(frozen=True)
class Drawing:
    """A drawn digit.

    Attributes:
        picture: Shape `(H, W, 3)`, uint8, RGB.
        label: 0 to 9.
        tool: What it was drawn with, a key of `TOOLS`.
    """

    picture: NDArray[np.uint8]
    label: int
    tool: str


def arc(x: float, y: float, across: float, down: float, start_deg: float, end_deg: float) -> Path:
    """A part of an ellipse by its middle and half axes; 0° is to the right, 90° is down."""
    angles = np.deg2rad(np.linspace(start_deg, end_deg, max(6, round(abs(end_deg - start_deg) / 8))))
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], axis=1)


def polyline(*points: tuple[float, float]) -> Path:
    """Straight lines from point to point."""
    return np.array(points, np.float64)


def joined(*paths: Path) -> Path:
    """One line that goes through all of them."""
    return np.concatenate(paths)


def _ring(rng: Random) -> Paths:
    """From a narrow ellipse to a wide one, closed, a little open, or past its start."""
    start = rng.uniform(-150, -30)
    return [arc(0, 0.5, rng.uniform(0.27, 0.55), 0.5, start, start - 360 + rng.uniform(-25, 14))]


def _rounded_box(rng: Random) -> Paths:
    width, corner = rng.uniform(0.5, 0.85), rng.uniform(0.16, 0.25)
    x = width / 2 - corner
    corners = [(x, 1 - corner, 0), (-x, 1 - corner, 90), (-x, corner, 180), (x, corner, 270)]
    sides = [arc(cx, cy, corner, corner, start, start + 90) for cx, cy, start in corners]
    return [joined(*sides, sides[0][:1])]


def _polygon(rng: Random) -> Paths:
    corners, width = int(rng.integers(7, 13)), rng.uniform(0.3, 0.5)
    angles = np.linspace(0, 2 * np.pi, corners + 1) + rng.uniform(0, 1)
    return [np.stack([width * np.cos(angles), 0.5 + 0.5 * np.sin(angles)], axis=1)]


def _bar(rng: Random) -> Paths:
    return [polyline((rng.normal(0, 0.02), 0), (0, 1))]


def _flagged(rng: Random) -> Paths:
    return [polyline((-rng.uniform(0.12, 0.32), rng.uniform(0.12, 0.32)), (0, 0), (0, 1))]


def _footed(rng: Random) -> Paths:
    half = rng.uniform(0.15, 0.3)
    flag = polyline((-rng.uniform(0.12, 0.28), rng.uniform(0.12, 0.28)), (0, 0), (0, 1))
    return [flag, polyline((-half, 1), (half, 1))]


def _two(rng: Random) -> Paths:
    width = rng.uniform(0.26, 0.36)
    head = arc(0, 0.3, width, 0.3, rng.uniform(-190, -160), rng.uniform(15, 45))
    return [joined(head, polyline((-width, 1), (width + rng.uniform(0, 0.1), 1)))]


def _angular_two(rng: Random) -> Paths:
    width = rng.uniform(0.25, 0.38)
    return [polyline((-width, 0.2), (-0.5 * width, 0), (0.6 * width, 0), (width, 0.25), (-width, 1), (width, 1))]


def _three(rng: Random) -> Paths:
    upper, lower = rng.uniform(0.22, 0.3), rng.uniform(0.28, 0.38)
    waist = rng.uniform(0.43, 0.5)
    top = arc(0, waist / 2, upper, waist / 2, rng.uniform(-170, -130), 80)
    return [joined(top, arc(0, (1 + waist) / 2, lower, (1 - waist) / 2, -80, rng.uniform(125, 165)))]


def _flat_three(rng: Random) -> Paths:
    width = rng.uniform(0.26, 0.36)
    return [joined(polyline((-width, 0), (width, 0), (0, 0.4)), arc(0, 0.7, width, 0.3, -80, rng.uniform(130, 165)))]


def _open_four(rng: Random) -> Paths:
    width, level = rng.uniform(0.26, 0.36), rng.uniform(0.5, 0.66)
    stem = rng.uniform(0.4, 0.9) * width
    lean = rng.uniform(0, 0.12)
    hook = polyline((-width + lean, 0), (-width, level), (width + rng.uniform(0, 0.1), level))
    return [hook, polyline((stem, rng.uniform(0, 0.25)), (stem, 1))]


def _closed_four(rng: Random) -> Paths:
    width, level = rng.uniform(0.28, 0.4), rng.uniform(0.58, 0.72)
    stem = rng.uniform(0.3, 0.6) * width
    return [polyline((stem, 1), (stem, 0), (-width, level), (width + rng.uniform(0, 0.1), level))]


def _five(rng: Random) -> Paths:
    width, level = rng.uniform(0.26, 0.34), rng.uniform(0.38, 0.45)
    body = joined(polyline((-width, 0), (-width, level)), arc(-0.05, 0.69, width + 0.08, 0.31, -110, 130))
    return [body, polyline((-width, 0), (rng.uniform(0.8, 1.1) * width, 0))]


def _angular_five(rng: Random) -> Paths:
    width, level = rng.uniform(0.26, 0.36), rng.uniform(0.4, 0.5)
    return [polyline((width, 0), (-width, 0), (-width, level), (width, level), (width, 1), (-width, 1))]


def _six(rng: Random) -> Paths:
    width, radius = rng.uniform(0.27, 0.36), rng.uniform(0.24, 0.3)
    back = arc(rng.uniform(0.1, 0.25), 1 - radius, width + 0.2, 1 - radius, -105, -180)
    return [joined(back, arc(0, 1 - radius, width, radius, 180, -180))]


def _straight_six(rng: Random) -> Paths:
    width, radius = rng.uniform(0.27, 0.36), rng.uniform(0.22, 0.28)
    return [joined(polyline((rng.uniform(0, 0.25), 0)), arc(0, 1 - radius, width, radius, 190, -170))]


def _seven(rng: Random) -> Paths:
    width = rng.uniform(0.28, 0.38)
    return [polyline((-width, 0), (width, 0), (-rng.uniform(-0.1, 0.5) * width, 1))]


def _crossed_seven(rng: Random) -> Paths:
    width, level = rng.uniform(0.28, 0.38), rng.uniform(0.42, 0.58)
    foot = -rng.uniform(0, 0.5) * width
    middle = width + (foot - width) * level
    half = rng.uniform(0.14, 0.24)
    return [polyline((-width, 0), (width, 0), (foot, 1)), polyline((middle - half, level), (middle + half, level))]


def _snowman(rng: Random) -> Paths:
    waist, upper, lower = rng.uniform(0.42, 0.5), rng.uniform(0.2, 0.3), rng.uniform(0.26, 0.36)
    return [
        arc(0, waist / 2, upper, waist / 2, 90, 450 + rng.uniform(-8, 12)),
        arc(0, (1 + waist) / 2, lower, (1 - waist) / 2, -90, 270 + rng.uniform(-8, 12)),
    ]


def _eight(rng: Random) -> Paths:
    """One line that crosses itself."""
    angles = np.linspace(0, 2 * np.pi, 60) + rng.uniform(-0.2, 0.2)
    width = rng.uniform(0.24, 0.34) * (1 + 0.12 * np.cos(angles))
    return [np.stack([width * np.sin(2 * angles), 0.5 + 0.5 * np.cos(angles)], axis=1)]


def _nine(rng: Random) -> Paths:
    width, radius = rng.uniform(0.26, 0.35), rng.uniform(0.22, 0.29)
    return [joined(arc(0, radius, width, radius, 0, -360), polyline((rng.uniform(0.5, 1) * width, 1)))]


def _curled_nine(rng: Random) -> Paths:
    width, radius = rng.uniform(0.26, 0.35), rng.uniform(0.22, 0.29)
    tail = arc(0, 0.68, width, 0.32, 0, rng.uniform(90, 150))
    return [joined(arc(0, radius, width, radius, 0, -360), tail)]


FORMS: tuple[tuple[Callable[[Random], Paths], ...], ...] = (
    (_ring, _ring, _rounded_box, _polygon),
    (_bar, _bar, _bar, _flagged, _footed),
    (_two, _two, _angular_two),
    (_three, _three, _flat_three),
    (_open_four, _closed_four),
    (_five, _five, _angular_five),
    (_six, _straight_six),
    (_seven, _seven, _crossed_seven),
    (_snowman, _eight),
    (_nine, _curled_nine),
)
"""Ways of drawing each digit."""


@dataclass(frozen=True)
class Tool:
    """What leaves the line on the canvas.

    Attributes:
        thickness: Least and most, as a share of the digit's height.
        smooth: Whether edges are antialiased.
        step: Heights between two points of the hand; 0 keeps the points of the form.
        shake: Heights: standard deviation of each of these points.
        square: Whether the brush is a square instead of a disk.
    """

    thickness: tuple[float, float]
    smooth: bool = False
    step: float = 0.0
    shake: float = 0.0
    square: bool = False


TOOLS: Mapping[str, Tool] = {
    "mouse": Tool((0.03, 0.12), step=0.06, shake=0.008),
    "finger": Tool((0.08, 0.18), smooth=True, step=0.1, shake=0.006),
    "pencil": Tool((0.004, 0.02), step=0.04, shake=0.006),
    "pen": Tool((0.02, 0.08), smooth=True, step=0.05, shake=0.004),
    "lines": Tool((0.015, 0.12)),
    "smooth lines": Tool((0.015, 0.12), smooth=True),
    "square brush": Tool((0.04, 0.14), step=0.07, shake=0.006, square=True),
}


def draw_digit(label: int, rng: Random) -> Drawing:
    """Draws a digit with one tool, in one size and in two colors.

    Args:
        label: 0 to 9.
        rng: Decides everything else.
    """
    tool_name = str(rng.choice(list(TOOLS)))
    tool = TOOLS[tool_name]
    paths = FORMS[label][rng.integers(len(FORMS[label]))](rng)
    paths = _moved_by_hand(_posed(paths, rng), tool, rng)
    width, height, size = _canvas(rng)
    points = np.concatenate(paths)
    extent, canvas = np.ptp(points, axis=0), np.array([width, height])
    most = min(tool.thickness[1], MOST_THICKNESS.get(label, USUAL_THICKNESS))
    thickness = rng.uniform(min(tool.thickness[0], most), most)
    margin = 2 + MARGIN * canvas.min()  # a smooth edge may reach a pixel further
    scale = min(size / max(extent[1], 0.3), *((canvas - 2 * margin - 2) / (extent + thickness)))
    pixels = max(1, round(thickness * scale))
    free = np.maximum(canvas - extent * scale - pixels - 2 * margin, 0)
    shift = rng.uniform(0, 1, 2) * free + pixels / 2 + margin - points.min(axis=0) * scale
    mask = _draw([path * scale + shift for path in paths], (height, width), pixels, tool)
    paper, ink = _colors(rng)
    picture = paper + (ink - paper) * mask[..., None]
    return Drawing(np.rint(picture).astype(np.uint8), label, tool_name)


def _posed(paths: Paths, rng: Random) -> Paths:
    """Wider or narrower, slanted and turned; two of five digits stand upright."""
    wide = float(np.exp(np.clip(rng.normal(0, 0.18), -0.4, 0.45)))
    upright = rng.random() < 0.4
    slant = 0.0 if upright else rng.normal(0, 0.1)
    turn = 0.0 if upright else np.deg2rad(np.clip(rng.normal(0, 5), -12, 12))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [[wide, -slant], [0, 1]]
    return [path @ matrix.T for path in paths]


def _moved_by_hand(paths: Paths, tool: Tool, rng: Random) -> Paths:
    """The points at which a mouse or a finger is seen, each a little off, and a slow drift."""
    if not tool.step:
        return [_simplified(path) for path in paths]
    moved = []
    for path in paths:
        lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        count = max(2, round(lengths[-1] / (tool.step * rng.uniform(0.4, 1.6))) + 1)
        places = np.linspace(0, lengths[-1], count)
        places = np.union1d(places, lengths[_corners(path)])
        points = np.stack([np.interp(places, lengths, path[:, axis]) for axis in (0, 1)], axis=1)
        waves = rng.normal(0, 0.012, (4, 2))
        slow = np.stack([np.interp(np.linspace(0, 3, len(points)), range(4), waves[:, axis]) for axis in (0, 1)], 1)
        moved.append(points + slow + rng.normal(0, tool.shake, points.shape))
    return moved


def _corners(path: Path) -> NDArray[np.intp]:
    """Where a path turns by more than 40 degrees."""
    steps = np.diff(path, axis=0)
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    turns = np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi)
    return np.flatnonzero(turns > np.deg2rad(40)) + 1


def _simplified(path: Path) -> Path:
    """Few straight lines: Douglas and Peucker's algorithm."""
    closed = bool(np.allclose(path[0], path[-1]))
    kept = cv2.approxPolyDP(path[:, None].astype(np.float32), 0.02, False)[:, 0].astype(np.float64)
    return np.concatenate([kept, kept[:1]]) if closed else kept


def _canvas(rng: Random) -> tuple[int, int, float]:
    """Width, height and the digit's height, in pixels."""
    side = float(np.exp(rng.uniform(*np.log(CANVAS))))
    wide = 1.0 if rng.random() < 0.6 else rng.uniform(0.75, 1.4)
    width, height = max(28, round(side * wide)), max(28, round(side))
    return width, height, max(rng.uniform(*SHARE) * min(width, height), LEAST_HEIGHT)


def _draw(paths: Paths, shape: tuple[int, int], pixels: int, tool: Tool) -> NDArray[np.float64]:
    """The line's coverage of each pixel, 0 to 1."""
    mask = np.zeros(shape, np.uint8)
    kind = cv2.LINE_AA if tool.smooth else cv2.LINE_8
    for path in paths:
        if tool.square:
            _stamp(mask, path, pixels)
        else:
            points = np.rint(path * (1 << FRACTION)).astype(np.int32)
            cv2.polylines(mask, [points], False, 255, pixels, kind, FRACTION)
    return mask / 255


def _stamp(mask: NDArray[np.uint8], path: Path, pixels: int) -> None:
    """Prints a square at every pixel of the way."""
    line = np.zeros_like(mask)
    cv2.polylines(line, [np.rint(path).astype(np.int32)], False, 255, 1, cv2.LINE_8)
    np.maximum(mask, cv2.dilate(line, np.ones((pixels, pixels), np.uint8)), out=mask)


def _colors(rng: Random) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Paper and ink: black on white, white on black, or a strong color on a light one."""
    kind = rng.random()
    if kind < 0.4:
        return np.full(3, 255.0), np.zeros(3)
    if kind < 0.75:
        return np.zeros(3), np.full(3, 255.0)
    ink = rng.permutation([rng.uniform(0, 60), rng.uniform(0, 110), rng.uniform(0, 200)])
    return np.full(3, rng.uniform(225, 255)), ink


def drawings(count: int, seed: int) -> Iterator[Drawing]:
    """`count` drawings of each digit; fewer of them are the first of more."""
    for label in range(10):
        for index in range(count):
            yield draw_digit(label, np.random.Generator(np.random.PCG64([seed, label, index])))


def row(name: str, guesses: Sequence[Page], pages: Sequence[Page], labels: Sequence[str]) -> list[str | int]:
    """A row of the table."""
    right = sum(page.text == label for page, label in zip(guesses, labels, strict=True))
    kept = [page.text == label for page, label in zip(pages, labels, strict=True) if page.status != "rejected"]
    sure = sum(page.status == "ok" for page in pages)
    low, high = wilson_interval(len(kept), len(pages))
    return [
        name,
        len(pages),
        f"{100 * right / len(pages):.2f} %",
        f"{100 * len(kept) / len(pages):.2f} % [{100 * low:.2f}, {100 * high:.2f}]",
        f"{100 * sum(kept) / max(len(kept), 1):.2f} %",
        f"{100 * sure / len(pages):.2f} %",
    ]


def contact_sheet(chosen: Sequence[Drawing], *, columns: int = 40, side: int = 48) -> NDArray[np.uint8]:
    """Drawings side by side, each in a square of `side` pixels."""
    rows = -(-len(chosen) // columns)
    sheet = np.full((rows * side, columns * side, 3), 128, np.uint8)
    for place, drawing in enumerate(chosen):
        height, width = drawing.picture.shape[:2]
        scale = (side - 2) / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(drawing.picture, size, interpolation=cv2.INTER_AREA)
        top, left = place // columns * side, place % columns * side
        sheet[top : top + size[1], left : left + size[0]] = small
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, help="drawings of each digit")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--model", default="default")
    parser.add_argument("--sheet", help="write 40 drawings of each digit to this picture")
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    arguments = parser.parse_args()
    if arguments.sheet:
        some = list(drawings(40, arguments.seed))
        cv2.imwrite(arguments.sheet, contact_sheet(some)[..., ::-1])
        return
    recognizer = Recognizer.load(arguments.model)
    chosen = list(drawings(arguments.count, arguments.seed))
    pictures, labels = [drawing.picture for drawing in chosen], [str(drawing.label) for drawing in chosen]
    guesser = Recognizer(recognizer.model, min_confidence=0)
    guesses, pages = (list(some.read_many(pictures)) for some in (guesser, recognizer))
    rows = []
    for name in (*"0123456789", *TOOLS, "all"):
        part = [i for i, d in enumerate(chosen) if name in (str(d.label), d.tool, "all")]
        rows.append(row(name, [guesses[i] for i in part], [pages[i] for i in part], [labels[i] for i in part]))
    print(table(HEADS, rows))
    if arguments.publish:
        publish("plain-digits", HEADS, rows, note=f"model {recognizer.model.card.name}")


if __name__ == "__main__":
    main()
