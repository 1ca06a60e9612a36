"""The notation of pen strokes: the text of a file in `skeletons/` in, characters with their variants out.

`skeletons/README.md` explains the notation with an example. It knows nothing of writers, pens or pictures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError

FOLDER = Path(__file__).parent / "skeletons"
UNIT = 100  # the files count in hundredths of the character's height


@dataclass(frozen=True, eq=False)
class Line:
    """A stroke by its control points.

    Attributes:
        points: Shape `(N, 2)`, x to the right and y down, in heights of the character.
        corners: Where the pen turns sharply, shape `(N,)`, bool.
    """

    points: NDArray[np.float64]
    corners: NDArray[np.bool_]


@dataclass(frozen=True)
class Ellipse:
    """A closed ring by its center and half axes, in heights of the character."""

    center: tuple[float, float]
    axes: tuple[float, float]


@dataclass(frozen=True)
class Dot:
    """A filled dot by its center and radius, in heights of the character."""

    center: tuple[float, float]
    radius: float


Part: TypeAlias = Line | Ellipse | Dot
"""One stroke of a skeleton."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One way to write a character.

    Attributes:
        parts: The strokes of its skeleton, in the order of writing.
        modes: Control points at the far end of one habit each (a longer flag, a larger loop), shape `(M, N, 2)`: as
            many as the skeleton has in all its lines. One writing goes a part of the way toward each mode.
        name: What is special about it; empty if it has no name.
        weight: How common it is beside the character's other variants.
        jitter: Standard deviation of each control point, in heights; None for the usual one.
        drift: Standard deviation of each stroke after the first, in heights; None for the usual one.
    """

    parts: tuple[Part, ...]
    modes: NDArray[np.float64]
    name: str = ""
    weight: float = 1.0
    jitter: float | None = None
    drift: float | None = None

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """Control points of all lines, shape `(N, 2)`."""
        return _control_points(self.parts)

    @property
    def has_ellipse(self) -> bool:
        """Whether any stroke is a ring, which writers begin and close on either side."""
        return any(isinstance(part, Ellipse) for part in self.parts)


@dataclass(frozen=True, eq=False)
class Character:
    """Something that people write.

    Attributes:
        name: Such as `"7"` or `"greek-alpha"`.
        variants: The ways to write it.
        look_alike: The digits that a person could take it for; empty for most.
    """

    name: str
    variants: tuple[Variant, ...]
    look_alike: frozenset[int] = frozenset()


@cache
def load_skeletons(name: str) -> Mapping[str, Character]:
    """Reads a file of skeletons that ships with the package; each is read once.

    Args:
        name: The file's, without `.txt`.

    Returns:
        Characters by their names, in the file's order.

    Raises:
        SettingError: There is no such file.

    Example:
        >>> [variant.name for variant in load_skeletons("digits")["7"].variants][:2]
        ['plain', 'crossed']
    """
    file = FOLDER / f"{name}.txt"
    if not file.is_file():
        files = ", ".join(sorted(path.stem for path in FOLDER.glob("*.txt")))
        raise SettingError(
            f"Expected the name of a file of skeletons. Received: {name!r}.", hint=f"There are: {files}."
        )
    return parse(file.read_text(encoding="utf-8"))


def parse(text: str) -> Mapping[str, Character]:
    r"""Reads characters in the notation of `skeletons/README.md`.

    Args:
        text: What a file holds.

    Returns:
        Characters by their names, in the order of the text.

    Raises:
        SettingError: A line is not in the notation, or a mode has other points than its skeleton.

    Example:
        >>> seven = parse("[7]\nplain: 8\n    2,2 60,2! 26,100\n    ~ 2,2 60,2! 10,100")["7"]
        >>> seven.variants[0].weight, seven.variants[0].modes.shape
        (8.0, (1, 3, 2))
    """
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    starts = [index for index, line in enumerate(lines) if line.startswith("[")]
    if lines and starts[:1] != [0]:
        raise SettingError(f"Expected a line such as [7] first. Received: {lines[0]!r}.", hint="Name the character.")
    blocks = [lines[start:stop] for start, stop in pairwise([*starts, len(lines)])]
    return MappingProxyType({character.name: character for character in map(_character, blocks)})


def _character(lines: list[str]) -> Character:
    """A character of the line `[name]` or `[name] like 6 8` and the lines of its variants."""
    head = re.fullmatch(r"\[(.+)\](?: like((?: \d)+))?", lines[0])
    if head is None:
        raise _not_understood(lines[0], "[greek-delta] like 6 8")
    return Character(head[1], _variants(lines), frozenset(int(digit) for digit in (head[2] or "").split()))


def _variants(lines: list[str]) -> tuple[Variant, ...]:
    """Variants of the lines below the first: a line that names one (or none), its skeleton, and its modes."""
    name, variants = "", list[tuple[str, list[str]]]()
    for line in lines[1:]:
        if not line.startswith(" "):
            name = line
        elif not line.lstrip().startswith("~"):
            variants.append((name, [line]))
            name = ""
        elif variants and not name:
            variants[-1][1].append(line.replace("~", " ", 1))
        else:
            raise _not_understood(line, "a skeleton above its modes")
    if name or not variants:
        raise _not_understood(lines[-1], "a skeleton below it, indented: 0,0 50,0! 50,100 | 0,50 90,50")
    return tuple(_variant(name, *skeletons) for name, skeletons in variants)


def _variant(head: str, skeleton: str, *modes: str) -> Variant:
    """A variant of its line `name: weight, jitter 0.01, drift 0.01` (or none), its skeleton and its modes."""
    parts, others = _parts(skeleton), [_parts(mode) for mode in modes]
    for other in others:
        _check_mode(parts, other, skeleton)
    count = len(_control_points(parts))
    points = np.array([_control_points(other) for other in others]).reshape(len(others), count, 2)
    if not head:
        return Variant(parts, points)
    known = re.fullmatch(r"([^:]+): ([\d.]+)(?:, jitter ([\d.]+))?(?:, drift ([\d.]+))?", head)
    if known is None:
        raise _not_understood(head, "curled top: 5, jitter 0.02, drift 0.01")
    jitter, drift = (None if value is None else float(value) for value in known.groups()[2:])
    return Variant(parts, points, name=known[1], weight=float(known[2]), jitter=jitter, drift=drift)


def _not_understood(line: str, example: str) -> SettingError:
    return SettingError(
        f"Expected a line in the notation of skeletons. Received: {line.strip()!r}.", hint=f"Write it as in: {example}"
    )


def _check_mode(parts: tuple[Part, ...], mode: tuple[Part, ...], skeleton: str) -> None:
    counts, others = ([len(_control_points((part,))) for part in side] for side in (parts, mode))
    if counts != others or 0 in counts:
        raise SettingError(
            f"Expected {counts} points in the strokes of every mode, all of them lines. Received: {others} below "
            f"{skeleton.strip()!r}.",
            hint="Write out the whole skeleton in each mode.",
        )


def _parts(line: str) -> tuple[Part, ...]:
    try:
        return tuple(_part(text.strip()) for text in line.split("|"))
    except ValueError as error:
        raise _not_understood(line, "0,0 50,0! 50,100 | 0,50 90,50") from error


def _part(text: str) -> Part:
    if text.startswith("@"):
        x, y, half_width, half_height = _numbers(text[1:])
        return Ellipse((x, y), (half_width, half_height))
    if text.startswith("*"):
        x, y, radius = _numbers(text[1:])
        return Dot((x, y), radius)
    words = text.split()
    points = [(x, y) for x, y in (_numbers(word.removesuffix("!")) for word in words)]
    if not points:
        raise ValueError("a stroke without points")
    return Line(np.array(points), np.array([word.endswith("!") for word in words]))


def _numbers(text: str) -> list[float]:
    return [float(number) / UNIT for number in text.split(",")]


def _control_points(parts: tuple[Part, ...]) -> NDArray[np.float64]:
    """The points of all lines in a row, shape `(N, 2)`."""
    return np.concatenate([np.empty((0, 2)), *(part.points for part in parts if isinstance(part, Line))])
