"""Boxes in pictures. Plain values that need no other package."""

from __future__ import annotations

from typing import TypeAlias

Box: TypeAlias = tuple[int, int, int, int]
"""`(left, top, width, height)`, pixels."""


def _zoomed(box: Box, zoom: tuple[float, float]) -> Box:
    """A box on a sheet, in pixels of the picture: at least one wide and high, and wholly inside."""
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    x, y = round(left * zoom[0]), round(top * zoom[1])
    return x, y, max(1, round(right * zoom[0]) - x), max(1, round(bottom * zoom[1]) - y)
