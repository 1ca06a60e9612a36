"""Metrics: labels and probabilities in, numbers out. Arrays only; it knows nothing of models, files or plots."""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError
from inkdigits.evaluation.checks import Labels, Probabilities, check_pair, check_predictions, check_range
from inkdigits.labels import CLASSES

Confusion: TypeAlias = NDArray[np.int64]
"""Counts, shape `(classes, classes)`: rows are the truth, columns what was read."""

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution
LEAST_PROBABILITY = 1e-12  # one sure mistake costs 27.6 nats, not infinitely many
BINS = 15  # of the calibration error, as in Guo et al., 2017


def wilson_interval(right: int, total: int, *, z: float = Z_95) -> tuple[float, float]:
    """Confidence interval of a share.

    Args:
        right: How many of them were right.
        total: How many there were.
        z: Quantile of the normal distribution; the default is for 95 %.

    Returns:
        Lower and upper end, 0 to 1; (0, 1) if there were none.

    Source:
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Example:
        >>> low, high = wilson_interval(98, 100)
        >>> round(low, 4), round(high, 4)
        (0.93, 0.9945)
    """
    if total == 0:
        return 0.0, 1.0
    share = right / total
    middle = share + z * z / (2 * total)
    margin = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max((middle - margin) / scale, 0.0), min((middle + margin) / scale, 1.0)


def accuracy(labels: Labels, predictions: Labels) -> float:
    """The share of predictions that are right.

    Args:
        labels: Shape `(N,)`, integers.
        predictions: Shape `(N,)`, integers.

    Returns:
        0 to 1.

    Raises:
        DataError: They are empty, no integers, or of different lengths.

    Example:
        >>> accuracy(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9]))
        0.75
    """
    truth, answers = check_pair(labels, predictions)
    return int(np.count_nonzero(truth == answers)) / len(truth)


def log_loss(labels: Labels, probabilities: Probabilities) -> float:
    """The mean negative logarithm of the probability that was given to the truth.

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`; below 1e-12 they count as 1e-12, so that one sure mistake costs 27.6 nats.

    Returns:
        Nats a digit, 0 or more; guessing among ten digits costs ln 10 = 2.303.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.

    Example:
        >>> round(log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]])), 4)
        0.6931
    """
    return float(log_losses(labels, probabilities).mean())


def log_losses(labels: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """What `log_loss` is the mean of: nats of each digit, shape `(N,)`, for the same arguments.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.
    """
    truth, probabilities = check_predictions(labels, probabilities)
    given = probabilities[np.arange(len(truth)), truth]
    return np.abs(np.log(np.clip(given, LEAST_PROBABILITY, 1.0)))


def loss_interval(losses: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % interval of the mean log loss, by the normal distribution.

    Args:
        losses: Shape `(N,)`, as `log_losses` gives them.

    Returns:
        Nats a digit, within 0 and what a sure mistake costs; a single digit says no more than that.

    Example:
        >>> low, high = loss_interval(np.array([1.0, 3.0]))
        >>> round(low, 2), round(high, 2)
        (0.04, 3.96)
    """
    most = -log(LEAST_PROBABILITY)
    if len(losses) < 2:
        return 0.0, most
    mean, reach = float(losses.mean()), Z_95 * float(losses.std(ddof=1)) / sqrt(len(losses))
    return max(0.0, mean - reach), min(most, mean + reach)


def brier_score(labels: Labels, probabilities: Probabilities) -> float:
    """The mean squared distance of the probabilities from the truth, added up over the classes.

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`.

    Returns:
        0 (sure and right) to 2 (sure and wrong).

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.

    Source:
        G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950.

    Example:
        >>> brier_score(np.array([0]), np.array([[0.5, 0.5]]))
        0.5
    """
    truth, probabilities = check_predictions(labels, probabilities)
    target = np.eye(probabilities.shape[1])[truth]
    return float(np.mean(np.sum((probabilities - target) ** 2, axis=1)))


def confusion_matrix(labels: Labels, predictions: Labels, *, classes: int = CLASSES) -> Confusion:
    """Counts what was read as what.

    Args:
        labels: Shape `(N,)`, 0 to `classes - 1`.
        predictions: Shape `(N,)`, 0 to `classes - 1`.
        classes: How many classes there are.

    Returns:
        Shape `(classes, classes)`, int64: rows are the truth, columns the predictions. It adds up to N.

    Raises:
        DataError: They are empty, of different lengths, or out of range.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2).tolist()
        [[1, 1], [0, 1]]
    """
    truth, answers = check_pair(labels, predictions)
    check_range("labels", truth, classes)
    check_range("predictions", answers, classes)
    counts = np.bincount(truth * classes + answers, minlength=classes * classes)
    return np.asarray(counts.reshape(classes, classes), np.int64)


class Reliability(NamedTuple):
    """Confidence and accuracy of the predictions in each bin of confidence, each of shape `(bins,)`.

    Attributes:
        counts: Predictions in the bin.
        confidence: Their mean confidence, 0 to 1; 0 in an empty bin.
        accuracy: The share of them that is right, 0 to 1; 0 in an empty bin.
    """

    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def reliability(labels: Labels, probabilities: Probabilities, *, bins: int = BINS) -> Reliability:
    """Sorts predictions into equally wide bins of confidence; bin m of M goes from above (m - 1)/M to m/M.

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`.
        bins: How many.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.
        SettingError: `bins` is below 1.
    """
    if bins < 1:
        raise SettingError(f"Expected at least 1 bin. Received: {bins}.", hint="The usual number is 15.")
    truth, probabilities = check_predictions(labels, probabilities)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(index, minlength=bins)
    filled = np.maximum(counts, 1)
    return Reliability(
        np.asarray(counts, np.int64),
        np.bincount(index, weights=confidence, minlength=bins) / filled,
        np.bincount(index, weights=right, minlength=bins) / filled,
    )


def expected_calibration_error(labels: Labels, probabilities: Probabilities, *, bins: int = BINS) -> float:
    """How far confidence is from accuracy, on average over the predictions (ECE).

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`.
        bins: Equally wide bins of confidence.

    Returns:
        0 (among the answers given with 80 %, 80 % are right) to 1.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.
        SettingError: `bins` is below 1.

    Source:
        Guo et al., "On calibration of modern neural networks", 2017, section 2.

    Example:
        >>> expected_calibration_error(np.array([0, 1]), np.array([[0.75, 0.25], [0.75, 0.25]]))
        0.25
    """
    counts, confidence, right = reliability(labels, probabilities, bins=bins)
    return float(np.sum(counts * np.abs(confidence - right)) / counts.sum())
