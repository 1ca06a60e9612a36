"""Candidates for the one digit of a picture: gray in, the primary candidate out, and fallbacks when asked for.

Training goes through the primary candidate, too. Fallbacks are for pictures whose primary prediction is uncertain. On
ruled paper a digit may hang on lines. On a page it may touch the edge of a shadow. In a small picture grain is as wide
as a stroke.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np

from inkdigits.geometry import Box
from inkdigits.image.glyph import GLYPH_SIDE
from inkdigits.image.ink import to_darker_ink, to_ink
from inkdigits.image.load import Gray
from inkdigits.image.rulings import remove_rulings
from inkdigits.image.shadows import SHARP, SOFT, WINDOWS, edge_sharpness
from inkdigits.layout.digit import (
    Component,
    DigitCandidate,
    Origin,
    WorkingImage,
    find_digit,
    light_evenly,
    make_candidate,
    to_working_image,
)

Fallback: TypeAlias = Literal["ruled", "shaded", "small"]
"""Why a picture has fallback candidates: lines from edge to edge; many pixels, where shadows may lie; or few pixels."""

LEAST_SHADED = 256  # pixels of the shorter side: a smaller picture is a crop, and its strokes are as wide as shadows
LEAST_DIGIT = 0.03  # of a page's shorter side: what is smaller is dust, or a corner of a shadow
LEAST_PAGE = 128  # pixels of the shorter side: in a smaller picture a line from edge to edge is as likely a stroke
SMALL_PAGE = 64  # pixels of the longer side: in a smaller picture a grain is nearly as large as a stroke is wide
SOFTNESS = 1 / 28  # of the longer side: standard deviation of the blur under which grain and gaps close
SHARPER = 0.8  # times as much blur where the digit is not found anew
MOST_OF_BORDER = 0.9  # of a small picture's border: where so much is light, the paper is
LEAST_INSIDE = 0.05  # of the picture's shorter side: less is what is left of a line


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A picture in which the digit was looked for.

    Attributes:
        work: The picture at working size, and its ink.
        primary: The primary candidate; None if the picture is blank.
        fallback: Which fallback candidates the picture has; None if it has none.
        unlit: The picture as it is, if the primary candidate was found only after a shadow was removed from `work`.
    """

    work: WorkingImage
    primary: DigitCandidate | None
    fallback: Fallback | None = None
    unlit: WorkingImage | None = None


def find_candidates(gray: Gray) -> Segmentation:
    """Finds the primary candidate for the one digit of a picture.

    Args:
        gray: Shape `(H, W)`, uint8, as `load` gives it.

    Example:
        >>> page = np.full((60, 60), 220, np.uint8)
        >>> page[15:45, 28:32] = 40
        >>> found = find_candidates(page)
        >>> found.primary.box, found.primary.glyph.shape, found.fallback
        ((28, 15, 4, 30), (28, 28), 'small')
    """
    work = to_working_image(gray)
    primary = _find_on_paper(work)
    fallback = _fallback(work, primary)
    if min(work.gray.shape) >= LEAST_SHADED and _sharpness(work, primary) < SOFT:
        for window in WINDOWS:
            lit = light_evenly(work, window)
            other = _find_on_paper(lit)
            if _sharpness(lit, other) >= SHARP:
                return Segmentation(lit, other, fallback or _fallback(lit, other), unlit=work)
    return Segmentation(work, primary, fallback)


def _sharpness(work: WorkingImage, found: DigitCandidate | None) -> float:
    """How sharp the edges of a candidate are; 0 if it is a speck."""
    if found is None or max(found.component.box[2:]) < LEAST_DIGIT * min(work.gray.shape):
        return 0.0
    return edge_sharpness(work.gray, found.component.ink, found.component.box)


def fallback_candidates(found: Segmentation) -> list[DigitCandidate]:
    """Finds other candidates for a picture whose primary candidate is uncertain.

    Args:
        found: What `find_candidates` returned.

    Returns:
        On ruled paper at most four, or eight if a shadow was removed, each with another box; none touches the
        picture's edges. On these and on other large pictures at most three more, of the picture without what may be
        shadows. For a small picture at most three: blurred, and, if it has a glyph's size, as a glyph already.
    """
    if found.fallback is None:
        return []
    if found.fallback == "small":
        return list(_find_blurred(found.work))
    candidates: list[DigitCandidate] = []
    if found.fallback == "ruled":
        candidates += _find_inside(found.work)
        candidates += _find_inside(found.unlit) if found.unlit else ()
    primary = found.primary
    if primary is not None and not primary.beside and min(found.work.gray.shape) >= LEAST_SHADED:
        candidates += _find_lit(found.unlit or found.work, {one.box for one in (primary, *candidates)})
    return candidates


def _fallback(work: WorkingImage, primary: DigitCandidate | None) -> Fallback | None:
    if primary is None:
        return None
    if max(work.gray.shape) < SMALL_PAGE:
        return "small"
    side = min(work.ink.shape)
    if side >= LEAST_PAGE and (work.is_ruled or _spans(primary.component.box, work.ink.shape)):
        return "ruled"
    return "shaded" if side >= LEAST_SHADED else None


def _find_on_paper(work: WorkingImage) -> DigitCandidate | None:
    """The digit without rulings, unless they may be its own: tight crops have strokes at the edges."""
    found, unruled = find_digit(work.bare), work.is_ruled
    if unruled and (found is None or not _lies_inside(found.box, work.ink.shape)):
        found, unruled = find_digit(work.ink), False
    return None if found is None else make_candidate(found, work, "primary", unruled=unruled)


def _find_inside(work: WorkingImage) -> Iterator[DigitCandidate]:
    """The digit's main component alone, or what is left without broken lines and without fainter ink."""
    darker = to_darker_ink(work.gray)
    inks: tuple[tuple[Origin, Gray], ...] = (
        ("inside", work.ink),
        ("darker", darker),
        ("unruled", remove_rulings(work.ink, broken=True)),
        ("darker unruled", remove_rulings(darker, broken=True)),
    )
    found: dict[Box, tuple[Origin, Component]] = {}
    for origin, ink in inks:
        component = find_digit(ink, inside=True)
        if component is not None and max(component.box[2:]) >= LEAST_INSIDE * min(ink.shape):
            found[component.box] = origin, component
    for origin, component in found.values():
        yield make_candidate(component, work, origin, unruled="unruled" in origin)


def _find_lit(work: WorkingImage, known: set[Box]) -> Iterator[DigitCandidate]:
    """The digit without shadows of different widths, where it has a digit's sharp edges and a box of its own."""
    for window in WINDOWS:
        lit = light_evenly(work, window)
        component = find_digit(lit.bare)
        if component is None or max(component.box[2:]) < LEAST_INSIDE * min(lit.gray.shape):
            continue
        candidate = make_candidate(component, lit, "lit evenly", unruled=lit.is_ruled)
        if candidate.box not in known and _sharpness(lit, candidate) >= SOFT:
            known.add(candidate.box)
            yield candidate


def _find_blurred(work: WorkingImage) -> Iterator[DigitCandidate]:
    deviation = SOFTNESS * max(work.gray.shape)
    component = find_digit(to_ink(_blur(work.gray, deviation)))
    if component is not None:
        yield make_candidate(component, work, "blurred")
    if work.gray.shape == (GLYPH_SIDE, GLYPH_SIDE):
        glyph = 255 - work.gray if _is_light_all_round(work.gray) else work.gray
        yield _as_glyph(glyph, "as glyph")
        yield _as_glyph(_blur(glyph, SHARPER * deviation), "as glyph, blurred")


def _as_glyph(glyph: Gray, origin: Origin) -> DigitCandidate:
    """A picture of a glyph's size, used as a glyph."""
    whole = (0, 0, GLYPH_SIDE, GLYPH_SIDE)
    return DigitCandidate(origin=origin, component=Component(glyph, whole), glyph=glyph, box=whole)


def _is_light_all_round(gray: Gray) -> bool:
    """Whether nearly all of a picture's border is light, so that it cannot be a glyph but its negative."""
    border = np.concatenate([gray[0], gray[-1], gray[1:-1, 0], gray[1:-1, -1]])
    middle = (int(gray.min()) + int(gray.max())) / 2
    return bool((border > middle).mean() > MOST_OF_BORDER)


def _blur(gray: Gray, deviation: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), deviation), np.uint8)


def _spans(box: Box, shape: tuple[int, ...]) -> bool:
    """Whether a box reaches from one edge of a picture to the other."""
    left, top, width, height = box
    return (left <= 1 and left + width >= shape[1] - 1) or (top <= 1 and top + height >= shape[0] - 1)


def _lies_inside(box: Box, shape: tuple[int, ...]) -> bool:
    left, top, width, height = box
    return left > 0 and top > 0 and left + width < shape[1] and top + height < shape[0]
