"""Borders: the printed frame of a cell or a form's box around the writing. Ink in, the border's pixels out.

A border surrounds other ink at three sides or more, or runs along the picture's edges. It may be cut by the crop,
thick, thin, askew, rounded, doubled or dashed. Digits and models are not known here.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.image.ink import Ink, halve
from inkdigits.image.load import Gray
from inkdigits.image.silhouettes import LEAST_SHARE, find_framed

Mask: TypeAlias = NDArray[np.uint8]

LEAST_SIDE = 32  # pixels of the picture's shorter side: in less, such as 28 x 28, a border is rather a stroke
SEARCH_SIDE = 256  # borders are looked for at this longer side
VISIBLE = 64  # of 255: fainter ink is the soft edge of a line
LEAST_LENGTH = 0.4  # of the picture's side: a border is at least so long
LEAST_CONTENT = 0.2  # of a border's height: lower ink inside it is a mark, and the border may be a 0
SMOOTH = 0.015  # of the content's side, or 1.2 pixels: a border is no further off a straight or evenly bent line
SMOOTH_SHARE = 0.75  # of a border that is so smooth
SURROUNDED = 0.6  # of a side of the content: so much of it has the border beyond it
SPAN = 0.85  # of the picture's side: a line along its edge is at least so long
EDGE_BAND = 0.18  # of the picture's shorter side: as far from its edges a border reaches that the crop has cut
GAPS = (0.0, 0.06, 0.12)  # of the picture's shorter side: the gaps between dashes that are closed, tried in turn
LEAST_SIDES = 3  # at which a border surrounds its content, wherever it is
DARK_EDGE = 0.5  # of an edge of the picture: as much of a border is there that a shadow could be
SHADE_WINDOW = 0.15  # of the longer side: paper around a border whose shade it takes
FRINGE = 2  # pixels around a border that its soft edge reaches


class Border(NamedTuple):
    """Masks at the size of the search: the border and what is beyond it, and strokes that touch it."""

    border: Mask
    strokes: Mask


def find_border(gray: Gray, ink: Ink, *, light: bool) -> Mask | None:
    """Finds the border around writing.

    Args:
        gray: Shape `(H, W)`, uint8.
        ink: Its ink, same shape. A border at the picture's very edges may be missing in it, as a shadow there is.
        light: Whether the paper is lighter than the ink.

    Returns:
        The border and whatever is beyond it, 0 or 1, same shape; None if there is no border, or nothing in it.

    Example:
        >>> page = np.full((100, 100), 255, np.uint8)
        >>> _ = cv2.rectangle(page, (10, 10), (90, 90), 0, 3)
        >>> find_border(page, 255 - page, light=True) is None
        True
        >>> page[30:70, 48:54] = 0
        >>> border = find_border(page, 255 - page, light=True)
        >>> int(border[10, 50]), int(border[50, 50])
        (1, 0)
    """
    if min(ink.shape) < LEAST_SIDE:
        return None
    marks = _shrink_marks(np.asarray(ink > VISIBLE, np.uint8))
    small = np.asarray(cv2.resize(halve(gray, SEARCH_SIDE), marks.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    bodies = [marks, *_darker_half(small, light=light)]
    found = [border for body in bodies if (border := _border_at_any_gap(small, body)) is not None]
    return _at_full_size(found, ink.shape) if found else None


def cover(gray: Gray, mask: Mask, ink: Ink) -> Gray:
    """Paints the paper's shade over some pixels: the mean of the bare paper around them."""
    bare = ((mask == 0) & (ink == 0)).astype(np.float32)
    if not bare.any():
        return gray
    window = max(3, round(SHADE_WINDOW * max(gray.shape))) | 1
    weight = cv2.blur(bare, (window, window))
    mean = cv2.blur(gray.astype(np.float32) * bare, (window, window)) / np.maximum(weight, 1e-6)
    shade = np.where(weight > 1e-3, mean, float(gray[bare > 0].mean()))
    return np.where(mask > 0, np.rint(shade), gray).astype(np.uint8)


def _shrink_marks(marks: Mask) -> Mask:
    """Marks at the size of the search: a pixel is marked if one of the square that it stands for is."""
    factor = -(-max(marks.shape) // SEARCH_SIDE)
    if factor == 1:
        return marks
    largest = cv2.dilate(marks, np.ones((factor, factor), np.uint8), anchor=(0, 0))
    return np.ascontiguousarray(largest[::factor, ::factor], np.uint8)


def _darker_half(small: Gray, *, light: bool) -> list[Mask]:
    """What is darker than the middle between ink and paper, at the size of the search; none if no edge is dark."""
    lighter = small if light else 255 - small
    _, body = cv2.threshold(lighter, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    edges = max(body[0].mean(), body[-1].mean(), body[:, 0].mean(), body[:, -1].mean())
    return [np.asarray(body, np.uint8)] if edges >= DARK_EDGE else []


def _border_at_any_gap(small: Gray, body: Mask) -> Border | None:
    if max(cv2.boundingRect(body)[2:]) < LEAST_LENGTH * min(body.shape):
        return None
    parted = cv2.connectedComponents(body, connectivity=8)[0] > 2  # else no dashes are there to be joined
    for gap in GAPS if parted else GAPS[:1]:
        found = _border_of(small, body, _joined(body, round(gap * min(body.shape))))
        if found is not None:
            return found
    return None


def _joined(body: Mask, gap: int) -> Mask:
    if gap < 1:
        return body
    return np.asarray(cv2.morphologyEx(body, cv2.MORPH_CLOSE, np.ones((gap + 1, gap + 1), np.uint8)), np.uint8)


def _border_of(small: Gray, body: Mask, joined: Mask) -> Border | None:
    """The border by its silhouette, or else by the part that it surrounds; `joined` has no gaps between dashes."""
    count, marked, stats_, _ = cv2.connectedComponentsWithStats(np.asarray(joined, np.uint8), connectivity=8)
    labels, stats = np.asarray(marked, np.int32), np.asarray(stats_, np.int32)
    wide, high = stats[1:, 2] >= LEAST_SHARE * joined.shape[1], stats[1:, 3] >= LEAST_SHARE * joined.shape[0]
    framed = find_framed(small, body, joined) if (wide & high).any() else None
    if framed is None:
        border = _border_around(labels, stats) if count > 2 else None
        return None if border is None else Border(border, np.zeros_like(border))
    deeper = find_framed(small, body & framed.inside, joined & framed.inside) or framed  # of a double border
    return Border(1 - deeper.inside, deeper.strokes)


def _border_around(labels: NDArray[np.int32], stats: NDArray[np.int32]) -> Mask | None:
    """The border of another part, and what is beyond it."""
    large = [part for part in range(1, len(stats)) if _is_large(stats[part], labels.shape)]
    contents = {part: content for part in large if (content := _content_of(part, labels, stats)) is not None}
    innermost = [content for content in contents.values() if content not in contents]
    if not innermost:
        return None
    inside = max(innermost, key=lambda part: int(stats[part, 4]))
    border = np.isin(labels, list(contents))
    _, regions = cv2.connectedComponents((~border).astype(np.uint8), connectivity=4)
    return np.asarray(regions != regions[labels == inside][0], np.uint8)


def _is_large(stat: NDArray[np.int32], shape: tuple[int, ...]) -> bool:
    return bool(stat[2] >= LEAST_LENGTH * shape[1] or stat[3] >= LEAST_LENGTH * shape[0])


def _content_of(part: int, labels: NDArray[np.int32], stats: NDArray[np.int32]) -> int | None:
    """The part that another is the border of; None if it is no border."""
    ink = labels == part
    along = _touches_edge(stats[part], labels.shape) and _runs_along_edge(ink)
    content = _content(part, labels.shape, stats, anywhere=along)
    if content is None:
        return None
    left, top, width, height = (int(value) for value in stats[content, :4])
    rows, columns = slice(top, top + height), slice(left, left + width)
    if ink[rows, columns].any():
        return None
    sides = (
        _is_side(ink[:top, columns][::-1]),
        _is_side(ink[top + height :, columns]),
        _is_side(ink[rows, :left].T[::-1]),
        _is_side(ink[rows, left + width :].T),
    )
    alone = any(sides) and along and not _touches_edge(stats[content], labels.shape)
    return content if alone or sum(sides) >= LEAST_SIDES else None


def _is_side(beyond: NDArray[np.bool_]) -> bool:
    """Whether ink goes along all of a side of the content in a smooth line.

    Args:
        beyond: What is beyond that side, the first row next to the content.
    """
    if not len(beyond):
        return False
    columns = np.flatnonzero(beyond.any(axis=0))
    if len(columns) < SURROUNDED * beyond.shape[1]:
        return False
    away = beyond[:, columns].argmax(axis=0)
    place = columns / max(beyond.shape[1] - 1, 1)
    curve = np.stack([np.ones_like(place), place, place * place], axis=1)
    off = np.abs(away - curve @ np.linalg.lstsq(curve, away, rcond=None)[0])
    return bool(np.sort(off)[int(SMOOTH_SHARE * (len(off) - 1))] <= max(1.2, SMOOTH * beyond.shape[1]))


def _content(part: int, shape: tuple[int, ...], stats: NDArray[np.int32], *, anywhere: bool) -> int | None:
    """The largest other part that stands in a part's box, or anywhere."""
    own = stats[part]
    left, top, wide, high = (0, 0, shape[1], shape[0]) if anywhere else (int(value) for value in own[:4])
    best, area = None, 0
    for other in range(1, len(stats)):
        x, y, w, h, ink = (int(value) for value in stats[other])
        inside = left <= x + w / 2 <= left + wide and top <= y + h / 2 <= top + high
        around = x <= own[0] and y <= own[1] and x + w >= own[0] + own[2] and y + h >= own[1] + own[3]
        if inside and not around and h >= LEAST_CONTENT * high and ink > area:  # it is itself around itself, too
            best, area = other, ink
    return best


def _touches_edge(stat: NDArray[np.int32], shape: tuple[int, ...]) -> bool:
    left, top, width, height = (int(value) for value in stat[:4])
    return left == 0 or top == 0 or left + width == shape[1] or top + height == shape[0]


def _runs_along_edge(ink: NDArray[np.bool_]) -> bool:
    """Whether all of a part lies near the picture's edges, and along one of them from end to end."""
    height, width = ink.shape
    band = max(2, round(EDGE_BAND * min(ink.shape)))
    if ink[band : height - band, band : width - band].any():
        return False
    spans = (
        ink[:band].any(axis=0).mean(),
        ink[height - band :].any(axis=0).mean(),
        ink[:, :band].any(axis=1).mean(),
        ink[:, width - band :].any(axis=1).mean(),
    )
    return bool(max(spans) >= SPAN)


def _at_full_size(found: list[Border], shape: tuple[int, ...]) -> Mask:
    border, strokes = (np.bitwise_or.reduce(masks) for masks in zip(*found, strict=True))
    scale = max(shape) // SEARCH_SIDE
    grown = 2 * FRINGE + 1 + 2 * scale
    large = cv2.dilate(_enlarge(border, shape), np.ones((grown, grown), np.uint8))
    if strokes.any():
        large[cv2.dilate(_enlarge(strokes, shape), np.ones((3 + 2 * scale,) * 2, np.uint8)) > 0] = 0
    return np.asarray(large, np.uint8)


def _enlarge(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape == shape:
        return mask
    return np.asarray(cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)
