"""The result of reading: Page ▸ Line ▸ Digit. Plain values that know nothing of pictures or models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from inkdigits.geometry import Box
from inkdigits.image.glyph import Glyph

Status = Literal["ok", "uncertain", "rejected", "error"]
Kind = Literal["digit", "line", "page"]


@dataclass(frozen=True)
class Digit:
    """One digit read.

    Attributes:
        text: The digit.
        confidence: Calibrated probability that `text` is right.
        box: `(left, top, width, height)`, pixels of the upright picture.
        alternatives: Answers and their probabilities, likeliest first, `text` included.
        glyph: What the network saw, shape `(28, 28)`, uint8.
    """

    text: str
    confidence: float
    box: Box
    alternatives: tuple[tuple[str, float], ...]
    glyph: Glyph | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The digit in the words of the JSON contract."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "box": list(self.box),
            "alternatives": [[text, probability] for text, probability in self.alternatives],
        }


@dataclass(frozen=True)
class Line:
    """Digits that stand side by side, left to right."""

    digits: tuple[Digit, ...]

    @property
    def text(self) -> str:
        """The digits, one after the other."""
        return "".join(digit.text for digit in self.digits)

    @property
    def confidence(self) -> float:
        """Probability that the whole line is right, taking its digits for independent."""
        product = 1.0
        for digit in self.digits:
            product *= digit.confidence
        return product

    @property
    def box(self) -> Box:
        """The smallest box around all digits."""
        left, top = (min(digit.box[axis] for digit in self.digits) for axis in (0, 1))
        right, bottom = (max(digit.box[axis] + digit.box[axis + 2] for digit in self.digits) for axis in (0, 1))
        return left, top, right - left, bottom - top

    def to_dict(self) -> dict[str, Any]:
        """The line in the words of the JSON contract."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "box": list(self.box),
            "digits": [digit.to_dict() for digit in self.digits],
        }


@dataclass(frozen=True)
class Page:
    """What was read in one picture.

    Attributes:
        status: `"ok"`; `"uncertain"`, a second look is worth its time; `"rejected"`, no answer is given; `"error"`,
            the picture could not be read.
        kind: What was looked for.
        lines: The lines found, top to bottom. Of a rejected picture they still hold the best guess.
        path: Where the picture came from; empty if it was not a file.
        reason: Why the picture was rejected or is uncertain: `"blank"`, `"ambiguous"`, `"too_small"`, `"low_contrast"`.
        error: What went wrong, if the status is `"error"`.
        hint: What to do about it.
        model: Name, version and preparation of the packed model.
    """

    status: Status
    kind: Kind = "digit"
    lines: tuple[Line, ...] = ()
    path: str = ""
    reason: str | None = None
    error: str | None = None
    hint: str = ""
    model: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The lines read, with newlines between them; empty if the picture was rejected or could not be read."""
        if self.status in ("rejected", "error"):
            return ""
        return "\n".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float | None:
        """Probability that all of the reading is right; None if nothing was read."""
        if not self.lines:
            return None
        product = 1.0
        for line in self.lines:
            product *= line.confidence
        return product

    def to_dict(self) -> dict[str, Any]:
        """The page in the words of the JSON contract; `error` and `hint` only where there is one."""
        result: dict[str, Any] = {
            "path": self.path,
            "kind": self.kind,
            "text": self.text,
            "status": self.status,
            "reason": self.reason,
            "confidence": self.confidence,
            "lines": [line.to_dict() for line in self.lines],
            "model": self.model,
        }
        if self.error is not None:
            result |= {"error": self.error, "hint": self.hint}
        return result
