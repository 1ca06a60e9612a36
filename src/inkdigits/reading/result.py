"""The result of reading: Page ▸ Line ▸ Digit. Plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from inkdigits.errors import SettingError
from inkdigits.geometry import Box

if TYPE_CHECKING:
    from PIL import Image

    from inkdigits.image.glyph import Glyph
    from inkdigits.image.load import Picture
    from inkdigits.reading.decision import Reason, Status
    from inkdigits.reading.record import Record

Kind: TypeAlias = Literal["digit"]
SCHEMA = 1  # of the dictionaries; a change that breaks their readers raises it
PLACES = 6  # decimal places of a probability in a dictionary


class Alternative(NamedTuple):
    """A possible answer and its calibrated probability."""

    text: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """Which packed model a page was read with.

    Attributes:
        name: The model's name.
        version: The model's version.
        preparation: The version of the preparation that it was trained for.
    """

    name: str
    version: str
    preparation: str


@dataclass(frozen=True, kw_only=True)
class Digit:
    """One digit.

    Attributes:
        text: The best guess, also of a rejected digit.
        status: `"ok"`, `"uncertain"` or `"rejected"`.
        reason: Why it is not `"ok"`.
        confidence: How probable the answer is, 0 to 1: its calibrated probability, lowered if the reading is doubted.
        box: `(left, top, width, height)`, pixels of the upright picture.
        alternatives: The ten digits and their probabilities, most probable first.
        not_a_digit: Probability of a non-digit; with those of `alternatives` it sums to 1.
        glyph: The network's input, shape `(28, 28)`, uint8; of several, the first that counted.
    """

    text: str
    status: Status
    reason: Reason | None = None
    confidence: float
    box: Box
    alternatives: tuple[Alternative, ...]
    not_a_digit: float = 0.0
    glyph: Glyph | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The digit in plain values, for JSON."""
        return {
            "text": self.text,
            "confidence": _rounded(self.confidence),
            "box": list(self.box),
            "alternatives": _pairs(self.alternatives),
            "not_a_digit": _rounded(self.not_a_digit),
        }


@dataclass(frozen=True, kw_only=True)
class Line:
    """Digits that stand side by side, left to right.

    Attributes:
        text: The best guess, also of a rejected line.
        status: `"ok"`, `"uncertain"` or `"rejected"`.
        reason: Why it is not `"ok"`.
        confidence: How probable it is that the whole line is right, 0 to 1.
        box: `(left, top, width, height)`, pixels of the upright picture.
        alternatives: Other answers for the whole line and their probabilities, most probable first.
        digits: The digits of the line.
    """

    text: str
    status: Status
    reason: Reason | None = None
    confidence: float
    box: Box
    alternatives: tuple[Alternative, ...]
    digits: tuple[Digit, ...]

    def to_dict(self) -> dict[str, Any]:
        """The line in plain values, for JSON."""
        return {
            "text": self.text,
            "status": self.status,
            "reason": self.reason,
            "confidence": _rounded(self.confidence),
            "box": list(self.box),
            "alternatives": _pairs(self.alternatives),
            "digits": [digit.to_dict() for digit in self.digits],
        }


@dataclass(frozen=True, kw_only=True)
class Page:
    """What was read in one picture.

    Attributes:
        status: `"ok"`; `"uncertain"`, the picture is worth a look; `"rejected"`, no answer is given; `"error"`, the
            picture could not be read.
        reason: Why it is not `"ok"`: `"blank"`, `"too_small"`, `"low_contrast"`, `"not_a_digit"`, `"several"` or
            `"ambiguous"`.
        confidence: How probable it is that the whole page is right, 0 to 1; None if nothing was found.
        kind: What was looked for.
        lines: The lines found, top to bottom; those of a rejected page hold the best guess.
        path: Where the picture came from; None if it was not a file.
        error: What went wrong, if the status is `"error"`.
        hint: What to do about it.
        model: The packed model.
        record: How it was read, if that was kept.
    """

    status: Status
    reason: Reason | None = None
    confidence: float | None = None
    kind: Kind = "digit"
    lines: tuple[Line, ...] = ()
    path: str | None = None
    error: str | None = None
    hint: str = ""
    model: ModelInfo | None = None
    record: Record | None = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The accepted lines, with newlines between them; empty if there is none."""
        return "\n".join(line.text for line in self.lines if line.status in ("ok", "uncertain"))

    @property
    def box(self) -> Box | None:
        """The smallest box around all lines; None if there is none."""
        if not self.lines:
            return None
        boxes = [line.box for line in self.lines]
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
        return left, top, right - left, bottom - top

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Those of the line, if the page has just one."""
        return self.lines[0].alternatives if len(self.lines) == 1 else ()

    def to_dict(self) -> dict[str, Any]:
        """The page in plain values, for JSON; `error` and `hint` only if it could not be read."""
        result: dict[str, Any] = {
            "schema": SCHEMA,
            "path": self.path,
            "kind": self.kind,
            "text": self.text,
            "status": self.status,
            "reason": self.reason,
            "confidence": None if self.confidence is None else _rounded(self.confidence),
            "lines": [line.to_dict() for line in self.lines],
            "model": None if self.model is None else dict(vars(self.model)),
        }
        if self.error is not None:
            result |= {"error": self.error, "hint": self.hint}
        return result

    def draw(self, picture: Picture | None = None) -> Image.Image:
        """Draws the reading on its picture: a box around each digit, answer and confidence below.

        Args:
            picture: The picture that was read; not needed if the page keeps its record, as that of `read` does.

        Returns:
            RGB, gray but for the drawing; at most 1600 pixels on the picture's longer side, and the caption.

        Raises:
            SettingError: There is no picture to draw on.
            PictureError: The picture cannot be read.
        """
        from inkdigits.image.load import load
        from inkdigits.reading.drawing import draw_boxes
        from inkdigits.reading.source import resolve

        if picture is not None:
            gray = load(resolve(picture), max_megapixels=math.inf)
        elif self.record is not None and self.record.pixels is not None:
            gray = self.record.pixels.gray
        else:
            raise SettingError(
                "Expected a picture to draw on. Received: none, and the page did not keep its own.",
                hint="Give the picture that was read, or read it with keep_records=True.",
            )
        boxes = [(digit.box, digit.status) for line in self.lines for digit in line.digits]
        return draw_boxes(gray, boxes, self._caption(), self.status)

    def _caption(self) -> str:
        if self.status == "error":
            return "could not be read"
        if self.status == "rejected":
            return f"rejected: {(self.reason or '').replace('_', ' ')}"
        confidence = self.confidence or 0.0
        share = "over 99.9%" if confidence > 0.999 else f"{confidence:.1%}"
        return f"{self.text}   {share}" + ("" if self.status == "ok" else f"  {self.status}")

    def __repr__(self) -> str:
        words = [f"text={self.text!r}", f"status={self.status!r}"]
        words += [f"reason={self.reason!r}"] if self.reason else []
        words += [f"confidence={self.confidence:.4f}"] if self.confidence is not None else []
        words += [f"error={self.error!r}"] if self.error else []
        words += [f"path={self.path!r}"] if self.path else []
        return f"Page({', '.join(words)})"

    def _repr_html_(self) -> str:
        import html

        rows = "".join(
            f"<tr><td>{html.escape(line.text)}</td><td>{line.status}{f' ({line.reason})' if line.reason else ''}</td>"
            f"<td>{line.confidence:.1%}</td></tr>"
            for line in self.lines
        )
        caption = html.escape(self.error or f"{self.path or 'picture'}: {self.status}")
        head = "<tr><th>text</th><th>status</th><th>confidence</th></tr>"
        return f"<table><caption>{caption}</caption>{head}{rows}</table>"


def _rounded(probability: float) -> float:
    return round(probability, PLACES)


def _pairs(alternatives: tuple[Alternative, ...]) -> list[list[Any]]:
    return [[text, round(probability, PLACES)] for text, probability in alternatives]
