"""The temperature: recovered where it is known, best where it is not."""

import numpy as np
import pytest

from inkdigits.errors import DataError
from inkdigits.evaluation.metrics import expected_calibration_error, log_loss
from inkdigits.evaluation.temperature import fit_temperature


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def calibrated(count, seed=7):
    """Logits and labels drawn from their own softmax, so that the best temperature is 1."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2.0, size=(count, 10))
    drawn = (softmax(logits).cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
    return np.minimum(drawn, 9), logits


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5, 8.0])
def test_a_known_temperature_is_recovered(temperature):
    labels, logits = calibrated(20_000)
    assert fit_temperature(labels, logits * temperature) == pytest.approx(temperature, rel=0.03)


def test_scaling_logits_scales_the_temperature_exactly():
    labels, logits = calibrated(500)
    assert fit_temperature(labels, 3 * logits) == pytest.approx(3 * fit_temperature(labels, logits), rel=1e-9)


def test_no_temperature_nearby_is_better():
    labels, logits = calibrated(300)
    best = fit_temperature(labels, 4 * logits)
    losses = [log_loss(labels, softmax(4 * logits / (best * factor))) for factor in (0.99, 1.0, 1.01)]
    assert losses[1] < min(losses[0], losses[2])


def test_division_by_it_calibrates():
    labels, logits = calibrated(5_000)
    temperature = fit_temperature(labels, 5 * logits)
    assert expected_calibration_error(labels, softmax(5 * logits)) > 0.2
    assert expected_calibration_error(labels, softmax(5 * logits / temperature)) < 0.03


def test_the_temperature_stays_within_its_range():
    right, wrong = np.array([0, 1]), np.array([1, 0])
    logits = np.eye(10)[:2]
    assert fit_temperature(right, logits) == pytest.approx(0.05)
    assert fit_temperature(wrong, logits) == pytest.approx(20)


def test_logits_that_tell_nothing_give_one():
    assert fit_temperature(np.array([0, 1, 2]), np.zeros((3, 10))) == 1.0


def test_enormous_logits_of_single_precision_do_not_overflow():
    logits = np.array([[3e38, -3e38], [3e38, -3e38]], np.float32)
    assert fit_temperature(np.array([0, 1]), logits) == pytest.approx(20)


@pytest.mark.parametrize(
    ("labels", "logits", "message"),
    [
        ([0, 1], [[0.0, 1.0]], "Expected logits of shape (2, classes). Received: (1, 2), float64."),
        ([0], [[np.inf, 1.0]], "Expected finite logits. Received: NaN or infinity in 1 of 1 rows, first in row 0."),
        ([2], [[0.0, 1.0]], "Expected labels of 0 to 1. Received: 2 to 2."),
        ([], [], "Expected labels of shape (N,), integers, at least one."),
    ],
)
def test_logits_that_do_not_fit_are_refused(labels, logits, message):
    with pytest.raises(DataError) as caught:
        fit_temperature(np.array(labels), np.array(logits))
    assert message in str(caught.value)
