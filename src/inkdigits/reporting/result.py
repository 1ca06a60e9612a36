"""The result of an evaluation: digits, a model's probabilities, and what else was measured. Checked; plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import LoadIssue
from inkdigits.errors import DataError
from inkdigits.evaluation.checks import Labels, Probabilities, check_predictions
from inkdigits.evaluation.evaluation import Evaluation, evaluate
from inkdigits.labels import CLASSES
from inkdigits.models.operating_points import RiskBound
from inkdigits.robustness.result import Robustness


@dataclass(frozen=True)
class Example:
    """A picture, and the glyph that was made of it.

    Attributes:
        name: The picture's name.
        picture: A PNG file.
        glyph: Shape `(28, 28)`, uint8; None if nothing was found.
        reading: What was read, in a few words.
    """

    name: str
    picture: bytes
    glyph: NDArray[np.uint8] | None
    reading: str


@dataclass(frozen=True)
class Baseline:
    """A second model's probabilities for the same digits.

    Attributes:
        name: The model's name.
        probabilities: Shape `(N, 10)`.
    """

    name: str
    probabilities: Probabilities

    @property
    def answers(self) -> NDArray[np.intp]:
        """The most probable digit of each, shape `(N,)`."""
        return np.asarray(np.argmax(self.probabilities, axis=1))


@dataclass(frozen=True, kw_only=True)
class EvaluationResult:
    """What `evaluate` measured: everything that a report shows.

    Attributes:
        name: The model's name.
        title: Model, data and split, in one line.
        facts: What was evaluated, by name: the model, the data, size, speed and memory.
        labels: Shape `(N,)`, integers 0 to 9.
        probabilities: Probabilities of the digits, shape `(N, 10)`.
        not_a_digit: Probability of the reject class, shape `(N,)`; None for models without it.
        glyphs: Shape `(N, 28, 28)`, uint8: the digits themselves.
        sources: The file of each glyph, N names; none where glyphs have no files of their own.
        left_out: Rows or pictures of the data that could not be used.
        history: The training's epochs, as `plot_history` takes them.
        risk_bounds: The thresholds of the model's card, with the error rates that they guarantee.
        rejected: Which digits the model rejects as non-digits, shape `(N,)`: no threshold keeps them.
        corrections: Labels known to be wrong: index and the digit that it shows.
        examples: Pictures and what was made of them.
        baseline: A second model, if there is one.
        robustness: Accuracy on corrupted and attacked digits, if it was measured.
        reproduce: Seed, versions and hashes, by name.

    Raises:
        DataError: The arrays do not fit one another.
    """

    name: str
    title: str
    facts: Mapping[str, str]
    labels: Labels
    probabilities: Probabilities
    glyphs: NDArray[np.uint8]
    not_a_digit: NDArray[np.floating] | None = None
    sources: Sequence[str] = ()
    left_out: Sequence[LoadIssue] = ()
    history: Sequence[Mapping[str, float]] = ()
    risk_bounds: Sequence[RiskBound] = ()
    rejected: NDArray[np.bool_] | None = None
    corrections: Mapping[int, int] = field(default_factory=dict)
    examples: Sequence[Example] = ()
    baseline: Baseline | None = None
    robustness: Robustness | None = None
    reproduce: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_predictions(self.labels, self.probabilities, classes=CLASSES)
        if self.baseline is not None:
            check_predictions(self.labels, self.baseline.probabilities, classes=CLASSES)
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

    @cached_property
    def evaluation(self) -> Evaluation:
        """Accuracy, loss, calibration and the scores of each digit."""
        return evaluate(self.labels, self.probabilities)

    @property
    def answers(self) -> NDArray[np.intp]:
        """The most probable digit of each, shape `(N,)`."""
        return np.asarray(np.argmax(self.probabilities, axis=1))

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each answer is right, shape `(N,)`."""
        return np.asarray(self.answers == self.labels)

    @property
    def confidences(self) -> NDArray[np.float64]:
        """Confidence of each answer, shape `(N,)`; 0 for rejected digits."""
        highest = np.asarray(self.probabilities, np.float64).max(axis=1)
        return highest if self.rejected is None else np.where(self.rejected, 0.0, highest)

    @property
    def correct_if_kept(self) -> NDArray[np.bool_]:
        """Whether each answer is right, of the digits that are not rejected."""
        return self.correct if self.rejected is None else self.correct[~self.rejected]

    @property
    def corrected_labels(self) -> Labels:
        """The labels with known errors corrected, shape `(N,)`."""
        labels = np.array(self.labels)
        labels[list(self.corrections)] = list(self.corrections.values())
        return labels

    def digit_name(self, index: int) -> str:
        """What a digit is called: its file, or its number."""
        return self.sources[index] if self.sources else f"#{index}"
