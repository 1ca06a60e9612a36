"""The record of a reading: what was seen, tried, predicted and decided, kept while it happens.

Page, explanation, annotation, saved glyphs, warnings and JSON are views of this record; none of them computes again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from inkdigits.errors import SettingError
from inkdigits.image.ink import Ink
from inkdigits.image.load import Gray
from inkdigits.layout.digit import DigitCandidate, WorkingImage
from inkdigits.models.classifier import Prediction
from inkdigits.reading.decision import Decision, Evidence


@dataclass(frozen=True, eq=False)
class Tried:
    """A candidate that was classified.

    Attributes:
        candidate: The segmentation.
        prediction: What the model predicted for its glyph, with the TTA copies that were averaged.
    """

    candidate: DigitCandidate
    prediction: Prediction

    @property
    def evidence(self) -> Evidence:
        """What the decision sees of it."""
        seen = self.candidate
        return Evidence(self.prediction.probabilities, seen.origin, seen.reason, seen.several, seen.beside)


@dataclass(frozen=True, eq=False)
class Pixels:
    """The picture that was read.

    Attributes:
        gray: The upright picture, shape `(H, W)`, uint8.
        work: The picture at working size with its ink, and the frame that places it in `gray`.
        photo: The picture as a person sees it, RGB, at most 1024 pixels on its longer side; None if it was not kept.
    """

    gray: Gray = field(repr=False)
    work: WorkingImage
    photo: Image.Image | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class Record:
    """One reading from picture to decision.

    Attributes:
        name: The picture's path; None if it was not a file.
        tried: The primary candidate, then the fallbacks that were tried; none of a blank picture.
        decision: What followed from them.
        pixels: The picture; None if the reading did not keep it.
    """

    name: str | None
    tried: tuple[Tried, ...]
    decision: Decision
    pixels: Pixels | None = field(default=None, repr=False)

    @property
    def counted(self) -> tuple[Tried, ...]:
        """The candidates that the answer is made of."""
        return tuple(self.tried[index] for index in self.decision.counted)

    @property
    def chosen(self) -> Tried | None:
        """The candidate whose box and ink are those of the answer; None if the picture is blank."""
        return self.counted[0] if self.decision.counted else None

    @property
    def ink(self) -> Ink:
        """The ink that was read, in its place in the working image; all 0 if the picture is blank.

        Raises:
            SettingError: The reading did not keep its picture.
        """
        if self.pixels is None:
            raise SettingError(
                "Expected a record with its picture. Received: one without.", hint="Read it with records=True."
            )
        canvas = np.zeros_like(self.pixels.work.gray)
        if self.chosen is not None:
            component = self.chosen.candidate.component
            left, top, width, height = component.box
            canvas[top : top + height, left : left + width] = component.ink
        return canvas
