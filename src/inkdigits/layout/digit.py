"""Segmentation of one digit: gray in, the digit's ink, glyph and box out. Files and models are not known here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.geometry import Box, Frame
from inkdigits.image.borders import cover, find_border
from inkdigits.image.glyph import Glyph, ink_box, to_glyph
from inkdigits.image.ink import SPECK, Ink, paper_is_light, shrink, stroke_contrast, to_ink
from inkdigits.image.load import Gray
from inkdigits.image.rulings import remove_rulings
from inkdigits.image.shadows import flatten_light
from inkdigits.layout.beside import has_symbol_beside

Origin: TypeAlias = Literal[
    "primary", "inside", "darker", "unruled", "darker unruled", "lit evenly", "blurred", "as glyph", "as glyph, blurred"
]
"""How a candidate was found: `"primary"` is the first; the others are fallbacks."""
PictureReason: TypeAlias = Literal["too_small", "low_contrast"]
"""Why a picture may hold no readable digit, whatever a model predicts."""

WORK_SIDE = 1024  # a digit that fills 1/50 of a page's side still has the 20 pixels of a glyph
LEAST_SIDE = 5  # pixels of the digit's longer side and of the picture's shorter one; no shape is left in fewer
LEAST_CONTRAST = 16  # gray levels between strokes and their paper; less is as often a stain as a stroke
LEAST_INSIDE_MASS = 0.3  # of the largest component's ink: less is a piece of a line, and the digit hangs on others
FLATNESS = 0.25  # of its width: a component that is not higher is a dash, or a line that leans
LEAST_BESIDE = 0.5  # of the tallest shape's height: one beside it that is lower is a hat, a dot or a dash
UNDERLINE = 0.8  # of the digit's width: a dash below it that is as wide is no part of it
REACH = 0.35  # of the largest component's longer side: components of one digit are no further apart


@dataclass(frozen=True, eq=False)
class WorkingImage:
    """The picture at the size at which it is segmented, and its ink.

    Attributes:
        gray: Shape `(H, W)`, uint8, at most `WORK_SIDE` on its longer side; a cell's border is covered with paper.
        ink: Its ink, rulings included, shape `(H, W)`, uint8.
        bare: Its ink without rulings; the same array as `ink` if there are none.
        frame: Places its pixels in the picture.
    """

    gray: Gray = field(repr=False)
    ink: Ink = field(repr=False)
    bare: Ink = field(repr=False)
    frame: Frame

    @property
    def is_ruled(self) -> bool:
        """Whether rulings were removed."""
        return self.bare is not self.ink


@dataclass(frozen=True, eq=False)
class Component:
    """Connected ink that belongs together.

    Attributes:
        ink: The ink alone, cut to its box, uint8.
        box: `(left, top, width, height)`, pixels of the ink that it was found in.
        beside: Whether another digit, a letter or a minus stands beside it.
    """

    ink: Ink = field(repr=False)
    box: Box
    beside: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class DigitCandidate:
    """One possible segmentation of a picture's digit.

    Attributes:
        origin: How it was found.
        component: Its ink, and where it lies in the working image.
        glyph: The input of the network, shape `(28, 28)`, uint8.
        box: Where it lies in the picture, `(left, top, width, height)`.
        reason: Why this may be no readable digit, or None.
        several: Whether shapes of about one height stand side by side, as digits of a number do.
        beside: Whether another digit, a letter or a minus stands beside it.
        unruled: Whether rulings were removed from the ink in which it was found.
    """

    origin: Origin
    component: Component
    glyph: Glyph = field(repr=False)
    box: Box
    reason: PictureReason | None = None
    several: bool = False
    beside: bool = False
    unruled: bool = False

    @property
    def glyph_frame(self) -> Frame:
        """Places the glyph's pixels in the picture."""
        whole = (0, 0, *self.glyph.shape[::-1])
        return Frame.fitting(whole if self.origin.startswith("as glyph") else ink_box(self.glyph), self.box)


def to_working_image(gray: Gray) -> WorkingImage:
    """Scales a picture to working size, covers the border of a cell, separates the ink, and removes rulings.

    Args:
        gray: Shape `(H, W)`, uint8, as `load` gives it.
    """
    work = shrink(gray, WORK_SIDE)
    frame = Frame((gray.shape[1] / work.shape[1], gray.shape[0] / work.shape[0]))
    return _segment(work, frame)


def light_evenly(work: WorkingImage, window: float) -> WorkingImage:
    """The same picture without shadows, and what else has soft edges.

    Args:
        work: The picture at working size.
        window: Share of its longer side: a darker place that is wider is a shadow.
    """
    return _segment(flatten_light(work.gray, window), work.frame)


def _segment(gray: Gray, frame: Frame) -> WorkingImage:
    light = paper_is_light(gray)
    ink = to_ink(gray, light=light)
    border = find_border(gray, ink, light=light)
    if border is not None:
        gray = cover(gray, border, ink)
        ink = to_ink(gray)
    return WorkingImage(gray, ink, remove_rulings(ink), frame)


def make_candidate(
    component: Component, work: WorkingImage, origin: Origin, *, unruled: bool = False
) -> DigitCandidate:
    """A candidate of a component of a working image, and what may be wrong with it."""
    left, top, width, height = component.box
    box = work.frame.outward(component.box)
    reason: PictureReason | None = None
    if max(box[2:]) < LEAST_SIDE or min(work.gray.shape) < LEAST_SIDE:
        reason = "too_small"
    elif stroke_contrast(work.gray[top : top + height, left : left + width], component.ink) < LEAST_CONTRAST:
        reason = "low_contrast"
    return DigitCandidate(
        origin=origin,
        component=component,
        glyph=to_glyph(component.ink),
        box=box,
        reason=reason,
        several=_stand_side_by_side(component.ink),
        beside=component.beside,
        unruled=unruled,
    )


def find_digit(ink: Ink, *, inside: bool = False) -> Component | None:
    """Takes the digit out of a picture that holds one.

    The largest component decides. What lies near it belongs to it (a 5's hat, a broken stroke); dust, filled corners
    and adjacent ink at the edges do not.

    Args:
        ink: Shape `(H, W)`, uint8, as `to_ink` gives it.
        inside: Takes nothing that touches the picture's edges, and no dashes.

    Returns:
        The digit's ink; None if there is no ink, or too little `inside`.
    """
    x, y, width, height = cv2.boundingRect(ink)
    if not width:
        return None
    inner = ink[y : y + height, x : x + width]  # most of a page is empty
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inner, connectivity=8)
    if count == 2 and not inside:  # all of the ink hangs together, as in most pictures
        return Component(inner.copy(), (x, y, width, height))
    mass = np.bincount(labels.ravel(), weights=inner.ravel(), minlength=count)[1:] / 255
    boxes = np.asarray(stats[1:, :4], np.int32) + np.array([x, y, 0, 0], np.int32)
    keep = select_components(boxes, mass, ink.shape, inside=inside)
    if keep is None:
        return None
    chosen = boxes[keep]
    left, top = chosen[:, 0].min(), chosen[:, 1].min()
    right, bottom = (chosen[:, 0] + chosen[:, 2]).max(), (chosen[:, 1] + chosen[:, 3]).max()
    part = ink[top:bottom, left:right].copy()  # a view would keep the whole page in memory
    if not keep.all():
        kept = np.concatenate([[False], keep])
        part *= kept[labels[top - y : bottom - y, left - x : right - x]]
    main = int(np.argmax(np.where(keep, mass, 0)))
    beside = count > 2 and has_symbol_beside(boxes, mass, stats[1:, 4].astype(np.float64), main, ink.shape)
    return Component(part, (int(left), int(top), int(right - left), int(bottom - top)), beside)


def select_components(
    boxes: NDArray[np.int32], mass: NDArray[np.float64], shape: tuple[int, ...], *, inside: bool
) -> NDArray[np.bool_] | None:
    """Selects the connected components that make up the digit.

    Args:
        boxes: Boxes of the components, shape `(N, 4)`: left, top, width, height.
        mass: Their ink, in full pixels, shape `(N,)`.
        shape: Height and width of the picture.
        inside: Takes nothing that touches the picture's edges, and no dashes.

    Returns:
        Shape `(N,)`; None if too little lies inside for a digit.
    """
    height, width = shape
    left, top, right, bottom = boxes[:, 0], boxes[:, 1], boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    edges = (left == 0).astype(int) + (top == 0) + (right == width) + (bottom == height)
    center_x, center_y = (left + right) / 2 / width, (top + bottom) / 2 / height
    off_center = np.maximum(abs(center_x - 0.5), abs(center_y - 0.5)) * 2
    # A component at the edge and far from the middle is a corner, a ruling or adjacent ink.
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
    selected = near & ~underline & (weight >= SPECK * mass[main])
    selected[main] = True
    return np.asarray(selected, np.bool_)


def _stand_side_by_side(part: Ink) -> bool:
    """Whether ink falls into shapes that stand side by side, the second tallest at least half as tall as the tallest.

    A 5's hat beside its body is no such shape, and neither is what stands above or below another.
    """
    inked = np.asarray(part.any(axis=0), np.bool_)
    if inked.all():
        return False
    runs = _column_runs(inked)
    if len(runs) < 2:
        return False
    heights = sorted(cv2.boundingRect(part[:, left:right])[3] for left, right in runs)
    return bool(heights[-2] >= LEAST_BESIDE * heights[-1])


def _column_runs(inked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First column and column after the last of each run of columns that hold ink."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]]).astype(np.int8))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
