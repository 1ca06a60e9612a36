"""What a report is about: the digits, a model's answers to them, and what else is known. Checked; nothing is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError
from inkdigits.evaluation.checks import Labels, Probabilities, check_predictions
from inkdigits.labels import CLASSES
from inkdigits.robustness.result import Robustness


@dataclass(frozen=True)
class Example:
    """A picture, and the glyph that was made of it.

    Attributes:
        name: Of the picture.
        picture: A PNG file.
        glyph: Shape `(28, 28)`, uint8; None if there was no digit to prepare.
        reading: What was read, in a few words.
    """

    name: str
    picture: bytes
    glyph: NDArray[np.uint8] | None
    reading: str


@dataclass(frozen=True)
class Rival:
    """A second model's answers to the same digits.

    Attributes:
        name: Of the model.
        probabilities: Shape `(N, 10)`.
    """

    name: str
    probabilities: Probabilities

    @property
    def answers(self) -> NDArray[np.intp]:
        """The likeliest digit of each, shape `(N,)`."""
        return np.asarray(np.argmax(self.probabilities, axis=1))


@dataclass(frozen=True, kw_only=True)
class ReportContent:
    """All that a report tells of.

    Attributes:
        title: The headline.
        facts: What was evaluated, by name: the model, the data, the machine.
        labels: Shape `(N,)`, integers 0 to 9.
        probabilities: Shape `(N, 10)`; each row adds up to 1, or to less by the chance that it is no digit.
        glyphs: Shape `(N, 28, 28)`, uint8: the digits themselves.
        sources: The file of each glyph, N names; none where glyphs have no files of their own.
        left_out: What of the data could not be used, and why.
        history: The training's epochs, as `plot_history` takes them.
        promises: Error rates that the model promises, each with the threshold that it promises it for.
        refused: Which digits the model takes for none, shape `(N,)`: no threshold keeps them.
        corrections: Labels known to be wrong: index and the digit that it shows.
        examples: Pictures and what was made of them.
        rival: A second model.
        robustness: What damage and attacks do to it.
        reproduce: Command, seed, versions and hashes, by name.

    Raises:
        DataError: The arrays do not fit one another.
    """

    title: str
    facts: Mapping[str, str]
    labels: Labels
    probabilities: Probabilities
    glyphs: NDArray[np.uint8]
    sources: Sequence[str] = ()
    left_out: Sequence[str] = ()
    history: Sequence[Mapping[str, float]] = ()
    promises: Sequence[tuple[float, float]] = ()
    refused: NDArray[np.bool_] | None = None
    corrections: Mapping[int, int] = field(default_factory=dict)
    examples: Sequence[Example] = ()
    rival: Rival | None = None
    robustness: Robustness | None = None
    reproduce: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_predictions(self.labels, self.probabilities, classes=CLASSES)
        if self.rival is not None:
            check_predictions(self.labels, self.rival.probabilities, classes=CLASSES)
        if len(self.sources) not in (0, len(self.labels)):
            raise DataError(
                f"Expected {len(self.labels)} sources, or none. Received: {len(self.sources)}.",
                hint="Give the file of each glyph.",
            )
        if self.glyphs.shape != (len(self.labels), 28, 28) or self.glyphs.dtype != np.uint8:
            raise DataError(
                f"Expected glyphs of shape ({len(self.labels)}, 28, 28), uint8. "
                f"Received: {self.glyphs.shape}, {self.glyphs.dtype}.",
                hint="Give the glyph of each label.",
            )

    @property
    def answers(self) -> NDArray[np.intp]:
        """The likeliest digit of each, shape `(N,)`."""
        return np.asarray(np.argmax(self.probabilities, axis=1))

    @property
    def confidences(self) -> NDArray[np.float64]:
        """How sure the model is of each answer, shape `(N,)`; 0 of what it takes for no digit."""
        surest = np.asarray(self.probabilities, np.float64).max(axis=1)
        return surest if self.refused is None else np.where(self.refused, 0.0, surest)

    @property
    def right_of_kept(self) -> NDArray[np.bool_]:
        """Whether each answer is right, of what is not taken for no digit."""
        right = np.asarray(self.answers == self.labels)
        return right if self.refused is None else right[~self.refused]

    @property
    def corrected_labels(self) -> Labels:
        """The labels with those that are known to be wrong put right, shape `(N,)`."""
        labels = np.array(self.labels)
        labels[list(self.corrections)] = list(self.corrections.values())
        return labels

    def name(self, index: int) -> str:
        """What a digit is called: its file, or its number."""
        return self.sources[index] if self.sources else f"#{index}"
