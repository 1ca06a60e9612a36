"""Settings of the synthesis of lines: how common each source, mark, paper and damage is. Knows nothing of drawing."""

from __future__ import annotations

from dataclasses import dataclass, fields

from inkdigits.errors import SettingError

DIGITS = "0123456789"
MARKS = ".,-/:+()%"
SPACE = " "
CHARACTERS = DIGITS + MARKS + SPACE
"""What a number on a line is made of."""
SIGN = "*"  # in labels: one run of signs that are no part of the number: currency, fillers such as == or a long dash
OTHER = "?"  # in labels: one run of writing that is no number: letters, words, scribbles, what is struck out
LABEL_CHARACTERS = CHARACTERS + SIGN + OTHER
"""What the label of a line is made of. A blank line has the label "" and no character."""


@dataclass(frozen=True, kw_only=True)
class LineSettings:
    """How common each ingredient of synthesized lines is: leave one out with 0.

    Attributes:
        mnist: Weight of lines of MNIST's digits beside the other two sources.
        pen: Weight of lines written with a simulated pen.
        font: Weight of lines set in fonts, mostly of handwriting.
        old_hands: Share of the pen's writers who write as in old registers, 0 to 1.
        marks: Share of the numbers with marks or signs, 0 to 1.
        touching: Share of the lines whose characters may touch or overlap, 0 to 1.
        non_numbers: Share of the lines that are blank or hold no number, 0 to 1.
        patterns: Share of the papers with guilloche, weave or stains, 0 to 1.
        clutter: Share of the lines with rulings, boxes, adjacent ink and such, 0 to 1.
        scans: Share of the pictures with one bit per pixel, as of a fax, 0 to 1.
        pages: Share of the pictures that show much more than the line, 0 to 1.
        longest: Characters of the longest plain number; marks come on top.

    Raises:
        SettingError: A share is not from 0 to 1, a weight is below 0, all weights are 0, or `longest` is below 1.
    """

    mnist: float = 0.4
    pen: float = 0.5
    font: float = 0.1
    old_hands: float = 0.25
    marks: float = 0.45
    touching: float = 0.3
    non_numbers: float = 0.08
    patterns: float = 0.35
    clutter: float = 0.55
    scans: float = 0.08
    pages: float = 0.12
    longest: int = 12

    def __post_init__(self) -> None:
        weights = (self.mnist, self.pen, self.font)
        if min(weights) < 0 or not sum(weights) > 0:
            raise SettingError(
                f"Expected weights of 0 or more, not all 0. Received: mnist, pen, font = {weights}.",
                hint="1 for a source and 0 for the others makes lines of that source only.",
            )
        for field in fields(self)[3:-1]:
            if not 0 <= getattr(self, field.name) <= 1:
                raise SettingError(
                    f"Expected {field.name} from 0 to 1. Received: {getattr(self, field.name)}.",
                    hint="It is a share of the lines.",
                )
        if self.longest < 1:
            raise SettingError(
                f"Expected longest of 1 or more. Received: {self.longest}.", hint="12 is usual: an account number."
            )
