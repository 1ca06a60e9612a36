"""The evaluation: labels and probabilities in, all numbers of a report out. Knows nothing of models, files or plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from inkdigits.errors import DataError
from inkdigits.evaluation.checks import Labels, Probabilities, check_predictions
from inkdigits.evaluation.metrics import (
    Confusion,
    brier_score,
    confusion_matrix,
    expected_calibration_error,
    log_losses,
    loss_interval,
    wilson_interval,
)
from inkdigits.labels import CLASSES

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class DigitScore:
    """How well one digit is read.

    Attributes:
        digit: 0 to 9.
        count: How many there were.
        right: How many of them were read as this digit.
        false_positives: Others that were read as this digit.
        false_negatives: Digits of this class that were read as another.
        precision: Share of the readings as this digit that are right, 0 to 1; None if there are none.
        recall: Share of this digit that is read right, 0 to 1; None if there are none.
        f1: Harmonic mean of precision and recall, 0 to 1; None if the digit neither occurs nor is ever read.
    """

    digit: int
    count: int
    right: int
    false_positives: int
    false_negatives: int
    precision: float | None
    recall: float | None
    f1: float | None

    @property
    def sentence(self) -> str:
        """The counts in words: `0: 974 of 980 right; 6 zeros read as something else; 8 others read as 0`."""
        missed = _number(self.false_negatives, WORDS[self.digit])
        others = _number(self.false_positives, "other")
        right = f"{self.digit}: {self.right} of {self.count} right"
        return f"{right}; {missed} read as something else; {others} read as {self.digit}"


def _number(count: int, noun: str) -> str:
    """`1 six`, `2 sixes`, `3 others`."""
    plural = noun + ("es" if noun.endswith("x") else "s")
    return f"{count} {noun if count == 1 else plural}"


def digit_scores(confusion: Confusion) -> tuple[DigitScore, ...]:
    """Scores each digit by itself.

    Args:
        confusion: Shape `(classes, classes)`, at most ten classes; rows are the truth, columns the predictions.

    Returns:
        One score for each digit, from 0 on. What cannot be divided, as of a digit that never occurs, is None.

    Raises:
        DataError: `confusion` is not square, larger, or holds negative counts.

    Example:
        >>> digit_scores(np.array([[3, 1], [0, 4]]))[0].sentence
        '0: 3 of 4 right; 1 zero read as something else; 0 others read as 0'
    """
    counts = np.asarray(confusion)
    check_confusion(counts)
    return tuple(_score(digit, counts) for digit in range(len(counts)))


def check_confusion(confusion: Confusion) -> None:
    """Checks that an array is a confusion matrix of digits.

    Raises:
        DataError: It is not square, has more than ten rows, is not of integers, or holds negative counts.
    """
    fits = confusion.ndim == 2 and confusion.shape[0] == confusion.shape[1] and 0 < len(confusion) <= CLASSES
    if not fits or confusion.dtype.kind not in "iu" or confusion.min() < 0:
        raise DataError(
            f"Expected counts of shape (10, 10), none negative. Received: {confusion.shape}, {confusion.dtype}.",
            hint="Call confusion_matrix() first.",
        )


def _score(digit: int, confusion: Confusion) -> DigitScore:
    right = int(confusion[digit, digit])
    count, answers = int(confusion[digit].sum()), int(confusion[:, digit].sum())
    return DigitScore(
        digit=digit,
        count=count,
        right=right,
        false_positives=answers - right,
        false_negatives=count - right,
        precision=_share(right, answers),
        recall=_share(right, count),
        f1=_share(2 * right, count + answers),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def macro_f1(digits: Sequence[DigitScore]) -> float:
    """The mean F1 of the digits, each of the same weight.

    Args:
        digits: As `digit_scores` gives them. Those that neither occur nor are ever read are left out.

    Returns:
        0 to 1; 0 if no digit occurs.

    Example:
        >>> macro_f1(digit_scores(np.array([[3, 0, 0], [0, 2, 0], [0, 0, 0]])))
        1.0
    """
    scores = [digit.f1 for digit in digits if digit.f1 is not None]
    return sum(scores) / len(scores) if scores else 0.0


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything that labels and probabilities tell about a model.

    Attributes:
        count: How many digits were evaluated.
        accuracy: The share that is read right, 0 to 1.
        accuracy_interval: Its 95 % Wilson interval.
        loss: Mean log loss, nats a digit.
        loss_interval: Its 95 % interval, by the normal distribution of a mean; not below 0.
        ece: Expected calibration error over 15 bins, 0 to 1.
        brier: Brier score, 0 to 2.
        macro_f1: Mean F1 of the digits that occur, 0 to 1.
        confusion: Shape `(10, 10)`, int64; rows are the truth, columns the predictions.
        digits: One score for each digit, 0 to 9.
    """

    count: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    loss: float
    loss_interval: tuple[float, float]
    ece: float
    brier: float
    macro_f1: float
    confusion: Confusion
    digits: tuple[DigitScore, ...]

    @property
    def right(self) -> int:
        """How many digits were read right."""
        return sum(digit.right for digit in self.digits)

    def to_dict(self) -> dict[str, Any]:
        """The evaluation in the words of `metrics.json`, always in this order."""
        return {
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "loss": self.loss,
            "loss_interval": list(self.loss_interval),
            "count": self.count,
            "ece": self.ece,
            "brier": self.brier,
            "macro_f1": self.macro_f1,
            "digits": [asdict(digit) for digit in self.digits],
            "confusion_matrix": self.confusion.tolist(),
        }


def evaluate(labels: Labels, probabilities: Probabilities) -> Evaluation:
    """Computes every metric over exactly the digits given. The likeliest digit is the prediction.

    Args:
        labels: Shape `(N,)`, integers 0 to 9.
        probabilities: Shape `(N, 10)`; each row adds up to 1.

    Returns:
        The evaluation, with `count == N`.

    Raises:
        DataError: They are empty, of shapes that do not fit, not finite, or no probabilities.

    Example:
        >>> evaluate(np.array([7, 1]), np.eye(10)[[7, 7]]).accuracy
        0.5
    """
    truth, probabilities = check_predictions(labels, probabilities, classes=CLASSES)
    confusion = confusion_matrix(truth, probabilities.argmax(axis=1))
    digits = digit_scores(confusion)
    right, count = int(confusion.trace()), int(confusion.sum())
    losses = log_losses(truth, probabilities)
    return Evaluation(
        count=count,
        accuracy=right / count,
        accuracy_interval=wilson_interval(right, count),
        loss=float(losses.mean()),
        loss_interval=loss_interval(losses),
        ece=expected_calibration_error(truth, probabilities),
        brier=brier_score(truth, probabilities),
        macro_f1=macro_f1(digits),
        confusion=confusion,
        digits=digits,
    )
