"""Boxes and frames: where things lie in a picture. Plain values that need no other package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Box: TypeAlias = tuple[int, int, int, int]
"""`(left, top, width, height)`, pixels."""
Region: TypeAlias = tuple[float, float, float, float]
"""`(left, top, width, height)` in fractions of pixels; it may reach beyond its picture."""


@dataclass(frozen=True)
class Frame:
    """Places the pixels of an inner picture in an outer one: `outer = zoom * inner + offset`, along each axis.

    Attributes:
        zoom: Outer pixels per inner pixel, across and down.
        offset: Where the inner picture's upper left corner lies in the outer one.

    Example:
        >>> frame = Frame.fitting((0, 0, 100, 50), (0, 0, 400, 200))
        >>> frame.outward((10, 10, 5, 5)), frame.inverse().outward((40, 40, 20, 20))
        ((40, 40, 20, 20), (10, 10, 5, 5))
    """

    zoom: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def fitting(cls, inner: Region, outer: Region) -> Frame:
        """The frame in which a region of the inner picture covers a region of the outer one exactly."""
        zoom = outer[2] / inner[2], outer[3] / inner[3]
        return cls(zoom, (outer[0] - zoom[0] * inner[0], outer[1] - zoom[1] * inner[1]))

    def inverse(self) -> Frame:
        """The frame that places the outer picture in the inner one."""
        zoom = 1 / self.zoom[0], 1 / self.zoom[1]
        return Frame(zoom, (-self.offset[0] * zoom[0], -self.offset[1] * zoom[1]))

    def then(self, outer: Frame) -> Frame:
        """This frame inside another one: from this inner picture to that outer one."""
        zoom = self.zoom[0] * outer.zoom[0], self.zoom[1] * outer.zoom[1]
        return Frame(zoom, outer.point(*self.offset))

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A point of the inner picture, in pixels of the outer one."""
        return self.zoom[0] * x + self.offset[0], self.zoom[1] * y + self.offset[1]

    def region(self, inner: Region) -> Region:
        """A region of the inner picture, in fractions of the outer one's pixels."""
        return (*self.point(inner[0], inner[1]), inner[2] * self.zoom[0], inner[3] * self.zoom[1])

    def outward(self, inner: Box) -> Box:
        """A box of the inner picture, in whole pixels of the outer one: at least one pixel wide and high."""
        left, top = self.point(inner[0], inner[1])
        right, bottom = self.point(inner[0] + inner[2], inner[1] + inner[3])
        x, y = round(left), round(top)
        return x, y, max(1, round(right) - x), max(1, round(bottom) - y)

    @property
    def coefficients(self) -> tuple[float, float, float, float, float, float]:
        """The map from inner to outer pixels, as Pillow's affine transform takes it."""
        return self.zoom[0], 0.0, self.offset[0], 0.0, self.zoom[1], self.offset[1]
