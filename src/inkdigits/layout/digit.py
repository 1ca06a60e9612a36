"""The one digit of a picture: gray in, its glyph and box out. Knows nothing of files or models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.geometry import Box, _zoomed
from inkdigits.image.glyph import GLYPH_SIDE, Glyph, to_glyph
from inkdigits.image.ink import Ink, shrink, to_darker_ink, to_ink
from inkdigits.image.load import Gray
from inkdigits.image.rulings import remove_rulings

Found: TypeAlias = tuple[Ink, Box]
"""A digit's ink cut to its box, and the box, in pixels of the ink that it was found in."""

SPECK = 0.03  # of the largest part's ink: less is dust, or the noise of JPEG
WORK_SIDE = 1024  # a digit that fills 1/50 of a page's side still has the 20 pixels of a glyph
LEAST_SIDE = 5  # pixels of the digit's longer side and of the picture's shorter one; no shape is left in fewer
LEAST_CONTRAST = 16  # gray levels between strokes and their paper; less is as often a stain as a stroke
LEAST_PAGE = 128  # pixels of the shorter side: in a smaller picture a line from edge to edge is as likely a stroke
SMALL_PAGE = 64  # pixels of the longer side: in a smaller picture a grain is nearly as large as a stroke is wide
SOFTNESS = 1 / 28  # of the longer side: standard deviation of the blur under which grain and gaps close
SHARPER = 0.8  # times as much blur where the digit is not found anew
MOST_OF_BORDER = 0.9  # of a small picture's border: where so much is light, the paper is
LEAST_INSIDE_MASS = 0.3  # of the largest part's ink: less is a piece of a line, and the digit hangs on others
LEAST_INSIDE = 0.05  # of the picture's shorter side: less is what is left of a line
FLATNESS = 0.25  # of its width: a part that is not higher is a dash, or a line that leans
LEAST_BESIDE = 0.5  # of the tallest shape's height: one beside it that is lower is a hat, a dot or a dash
UNDERLINE = 0.8  # of the digit's width: a dash below it that is as wide is no part of it
REACH = 0.35  # of the largest part's longer side: parts of one digit are no further apart


@dataclass(frozen=True, eq=False)
class Sheet:
    """The picture at the size at which it is searched.

    Attributes:
        gray: Shape `(H, W)`, uint8, at most `WORK_SIDE` on its longer side.
        zoom: Pixels of the picture for one of `gray`, across and down.
    """

    gray: Gray
    zoom: tuple[float, float]


@dataclass(frozen=True, eq=False)
class PreparedDigit:
    """What a digit model sees of a picture.

    Attributes:
        glyph: Shape `(28, 28)`, uint8; None if the picture is blank.
        box: Where the digit is, `(left, top, width, height)` in pixels of the picture; None if it is blank.
        reason: Why this may be no readable digit: `"blank"`, `"too_small"`, `"low_contrast"`, or None.
        several: Whether shapes of about one height stand side by side, as digits of a number do.
        sheet: What it was found on, if other looks may do better: at lines from edge to edge, for `look_again`; at a
            small picture, for `look_softly`; else None.
    """

    glyph: Glyph | None
    box: Box | None
    reason: str | None = None
    several: bool = False
    sheet: Sheet | None = field(default=None, repr=False)


def prepare_digit(gray: Gray) -> PreparedDigit:
    """Goes the whole way from gray to the glyph of the one digit in it.

    Args:
        gray: Shape `(H, W)`, uint8, as `load` gives it.

    Returns:
        The glyph, where it was, and what is wrong with it, if anything.
    """
    work = shrink(gray, WORK_SIDE)
    sheet = Sheet(work, (gray.shape[1] / work.shape[1], gray.shape[0] / work.shape[0]))
    ink = to_ink(work)
    bare = remove_rulings(ink)
    found = _find_on_paper(ink, bare)
    if found is None:
        return PreparedDigit(None, None, "blank")
    lined = bare is not ink or _spans(found[1], ink.shape)
    is_page = min(ink.shape) >= LEAST_PAGE
    doubtful = (lined and is_page) or is_small(sheet)
    return replace(_prepared(found, sheet), sheet=sheet if doubtful else None)


def is_small(sheet: Sheet) -> bool:
    """Whether a picture is so small that grain, gaps and a panel's edge are as large as parts of a digit."""
    return bool(max(sheet.gray.shape) < SMALL_PAGE)


def look_softly(sheet: Sheet) -> list[Glyph]:
    """Other ways to see the one digit of a small picture: blurred, and, if it has a glyph's size, as a glyph already.

    Args:
        sheet: Of the first look, `is_small`.

    Returns:
        At most three glyphs; none if the blur takes all ink.
    """
    deviation = SOFTNESS * max(sheet.gray.shape)
    found = find_digit(to_ink(_blurred(sheet.gray, deviation)))
    looks = [] if found is None else [to_glyph(found[0])]
    if sheet.gray.shape == (GLYPH_SIDE, GLYPH_SIDE):
        glyph = 255 - sheet.gray if _is_light_all_round(sheet.gray) else sheet.gray
        looks += [glyph, _blurred(glyph, SHARPER * deviation)]
    return looks


def _is_light_all_round(gray: Gray) -> bool:
    """Whether nearly all of a picture's border is light, so that it cannot be a glyph but its negative."""
    border = np.concatenate([gray[0], gray[-1], gray[1:-1, 0], gray[1:-1, -1]])
    middle = (int(gray.min()) + int(gray.max())) / 2
    return bool((border > middle).mean() > MOST_OF_BORDER)


def _blurred(gray: Gray, deviation: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), deviation), np.uint8)


def look_again(sheet: Sheet) -> list[PreparedDigit]:
    """Other ways to see the one digit on lined paper, for when the first look is doubtful.

    A digit may hang on rulings that are broken, faint or askew. Here nothing is taken that touches the picture's edges.

    Args:
        sheet: Of the first look.

    Returns:
        At most four, each with another box; one may be the same as the first look.
    """
    looks = {found[1]: found for found in _find_otherwise(sheet.gray, to_ink(sheet.gray))}
    return [_prepared(found, sheet) for found in looks.values()]


def _prepared(found: Found, sheet: Sheet) -> PreparedDigit:
    """What was found on a sheet, as a model sees it."""
    part, (left, top, width, height) = found
    box = _zoomed(found[1], sheet.zoom)
    reason = None
    if max(box[2:]) < LEAST_SIDE or min(sheet.gray.shape) < LEAST_SIDE:
        reason = "too_small"
    elif _contrast(sheet.gray[top : top + height, left : left + width], part) < LEAST_CONTRAST:
        reason = "low_contrast"
    return PreparedDigit(to_glyph(part), box, reason, _several(part))


def _several(part: Ink) -> bool:
    """Whether ink falls into shapes that stand side by side, the second tallest at least half as tall as the tallest.

    A 5's hat beside its body is no such shape, and neither is what stands above or below another.
    """
    runs = _column_runs(part)
    if len(runs) < 2:
        return False
    heights = sorted(cv2.boundingRect(part[:, left:right])[3] for left, right in runs)
    return bool(heights[-2] >= LEAST_BESIDE * heights[-1])


def _column_runs(part: Ink) -> list[tuple[int, int]]:
    """First column and column after the last of each run of columns that hold ink."""
    inked = np.concatenate([[False], part.any(axis=0), [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(inked)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _find_on_paper(ink: Ink, bare: Ink) -> Found | None:
    """The digit without the rulings of its paper, unless they may be its own: tight crops have strokes at the edges."""
    found = find_digit(bare)
    if bare is not ink and (found is None or not _lies_inside(found[1], ink.shape)):
        return find_digit(ink)
    return found


def _find_otherwise(gray: Gray, ink: Ink) -> Iterator[Found]:
    """What else the digit may be: its main part alone, or what is left without broken lines and without fainter ink."""
    darker = to_darker_ink(gray)
    for other in (ink, darker, remove_rulings(ink, broken=True), remove_rulings(darker, broken=True)):
        found = find_digit(other, inside=True)
        if found is not None and max(found[1][2:]) >= LEAST_INSIDE * min(ink.shape):
            yield found


def _spans(box: Box, shape: tuple[int, ...]) -> bool:
    """Whether a box reaches from one edge of a picture to the other."""
    left, top, width, height = box
    return (left <= 1 and left + width >= shape[1] - 1) or (top <= 1 and top + height >= shape[0] - 1)


def _lies_inside(box: Box, shape: tuple[int, ...]) -> bool:
    left, top, width, height = box
    return left > 0 and top > 0 and left + width < shape[1] and top + height < shape[0]


def _contrast(gray: Gray, ink: Ink) -> float:
    """Gray levels between the strokes and the paper between them; a part with no paper in it has full contrast."""
    strokes, paper = ink > 200, ink == 0
    if not strokes.any() or not paper.any():
        return 255.0
    return abs(float(gray[strokes].mean()) - float(gray[paper].mean()))


def find_digit(ink: Ink, *, inside: bool = False) -> Found | None:
    """Takes the digit out of a picture that holds one.

    The largest part decides; what lies near it belongs to it (a 5's hat, a broken stroke), and dust, filled corners and
    what comes in over the edge do not.

    Args:
        ink: Shape `(H, W)`, uint8, as `to_ink` gives it.
        inside: Takes nothing that touches the picture's edges, and no dashes.

    Returns:
        The digit's ink alone, cut to its box, and the box; None if there is no ink, or none `inside` to speak of.
    """
    x, y, width, height = cv2.boundingRect(ink)
    if not width:
        return None
    inner = ink[y : y + height, x : x + width]  # most of a page is empty
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inner, connectivity=8)
    mass = np.bincount(labels.ravel(), weights=inner.ravel(), minlength=count)[1:] / 255
    boxes = np.asarray(stats[1:, :4], np.int32) + np.array([x, y, 0, 0], np.int32)
    keep = _belongs(boxes, mass, ink.shape, inside=inside)
    if keep is None:
        return None
    chosen = boxes[keep]
    left, top = chosen[:, 0].min(), chosen[:, 1].min()
    right, bottom = (chosen[:, 0] + chosen[:, 2]).max(), (chosen[:, 1] + chosen[:, 3]).max()
    part = ink[top:bottom, left:right]
    if not keep.all():
        kept = np.concatenate([[False], keep])
        part = part * kept[labels[top - y : bottom - y, left - x : right - x]]
    return part, (int(left), int(top), int(right - left), int(bottom - top))


def _belongs(
    boxes: NDArray[np.int32], mass: NDArray[np.float64], shape: tuple[int, ...], *, inside: bool
) -> NDArray[np.bool_] | None:
    """Which parts make up the digit, shape `(parts,)`; None if too little lies inside for a digit."""
    height, width = shape
    left, top, right, bottom = boxes[:, 0], boxes[:, 1], boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    edges = (left == 0).astype(int) + (top == 0) + (right == width) + (bottom == height)
    center_x, center_y = (left + right) / 2 / width, (top + bottom) / 2 / height
    off_center = np.maximum(abs(center_x - 0.5), abs(center_y - 0.5)) * 2
    # A part at the edge and far from the middle is a corner, a ruling or a neighbour.
    foreign = (edges > 0) & (off_center > 0.5)
    weight = np.where(foreign, mass * 0.01, mass)
    flat = boxes[:, 3] <= FLATNESS * boxes[:, 2]
    if inside:
        weight = np.where((edges > 0) | flat, 0.0, mass)
        if weight.max() < LEAST_INSIDE_MASS * mass.max():
            return None
    main = int(np.argmax(weight))
    reach = REACH * max(boxes[main, 2], boxes[main, 3])
    gap_x = np.maximum(left - right[main], left[main] - right)
    gap_y = np.maximum(top - bottom[main], top[main] - bottom)
    near = np.maximum(gap_x, gap_y) <= reach
    underline = flat & (boxes[:, 2] >= UNDERLINE * boxes[main, 2]) & (top >= bottom[main] - 0.1 * boxes[main, 3])
    belongs = near & ~underline & (weight >= SPECK * mass[main])
    belongs[main] = True
    return np.asarray(belongs, np.bool_)
