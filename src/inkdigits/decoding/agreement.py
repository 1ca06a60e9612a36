"""The agreement rule: a number is accepted only if it is read with its grammar and without it alike.

Source:
    A grammar turns any writing into one of its texts, so its reading alone cannot show that something else is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inkdigits.decoding.decode import DecodedLine
from inkdigits.errors import SettingError

# Marks look the same upside down. Points and commas do not: they move to the top of the line.
ROTATED = str.maketrans("01689-/+:%() ", "01986-/+:%)( ")


@dataclass(frozen=True)
class Agreement:
    """Whether two readings of a line agree.

    Attributes:
        status: `"ok"`: both hold the same text, and the confidence passes. `"uncertain"`: all else.
        text: The text of the constrained reading.
        confidence: If both agree, that of the constrained reading. Otherwise the probability of its text without the
            grammar: small, because the free reading is another.
        free: The text of the free reading.
        constrained: The text of the constrained reading.
    """

    status: Literal["ok", "uncertain"]
    text: str
    confidence: float
    free: str
    constrained: str


def agree(free: DecodedLine, constrained: DecodedLine, *, min_confidence: float) -> Agreement:
    """Applies the agreement rule.

    Args:
        free: The line decoded without a grammar.
        constrained: The same line decoded with its grammar.
        min_confidence: The least confidence of an accepted text, 0 to 1. An empty text is never accepted.

    Raises:
        SettingError: `min_confidence` is out of its range.
    """
    if not 0 <= min_confidence <= 1:
        raise SettingError(
            f"Expected a minimal confidence of 0 to 1. Received: {min_confidence}.", hint="0.5 is usual."
        )
    same = free.text == constrained.text
    confidence = constrained.confidence if same else constrained.probability
    accepted = same and constrained.text and constrained.exact and confidence >= min_confidence
    return Agreement("ok" if accepted else "uncertain", constrained.text, confidence, free.text, constrained.text)


def upside_down(text: str) -> str | None:
    """The other number that a text reads as when the picture is turned by 180 degrees.

    Digits 0, 1, 6, 8, 9 and symmetric marks can be turned. `Automaton.accepts` says whether the
    other number fulfills a grammar.

    Returns:
        The other number. None: a character cannot be turned, all are marks, or the number is the same both ways.

    Example:
        >>> upside_down("1906"), upside_down("8008"), upside_down("1234")
        ('9061', None, None)
    """
    if not any(one.isdigit() for one in text) or any(ord(one) not in ROTATED for one in text):
        return None
    turned = text[::-1].translate(ROTATED)
    return None if turned == text else turned
