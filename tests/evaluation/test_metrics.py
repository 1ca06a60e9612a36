"""Metrics against numbers worked by hand, and against properties that hold for all inputs."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import DataError, SettingError
from inkdigits.evaluation.metrics import (
    accuracy,
    brier_score,
    confusion_matrix,
    expected_calibration_error,
    log_loss,
    log_losses,
    loss_interval,
    reliability,
    wilson_interval,
)

LABELS = np.array([0, 1, 2, 2], np.uint8)
PROBABILITIES = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0], [0.125, 0.125, 0.75]])


def test_accuracy_is_the_share_of_right_predictions():
    assert accuracy(np.array([7, 2, 1, 0, 4]), np.array([7, 2, 1, 0, 9])) == 0.8


def test_log_loss_is_the_mean_negative_logarithm_of_the_truth():
    assert log_loss(LABELS, PROBABILITIES) == pytest.approx((log(2) + log(4) + log(1) + log(4 / 3)) / 4, abs=1e-15)


def test_log_loss_of_one_sure_mistake_is_finite():
    assert log_loss(np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(12 * log(10))


def test_log_loss_of_sure_right_answers_is_positive_zero():
    assert str(log_loss(np.array([1]), np.array([[0.0, 1.0]]))) == "0.0"


def test_the_interval_of_the_loss_is_that_of_a_mean_and_within_what_a_loss_can_be():
    losses = log_losses(LABELS, PROBABILITIES)
    assert losses == pytest.approx([log(2), log(4), log(1), log(4 / 3)])
    assert loss_interval(np.array([0.0, 5.0]))[0] == 0.0
    many = np.tile([1.0, 2.0], 5000)  # a standard deviation of 0.5, of a mean of 10,000: 0.005
    assert loss_interval(many) == pytest.approx((1.5 - 1.96 * 0.005, 1.5 + 1.96 * 0.005), abs=1e-5)
    assert loss_interval(losses[:1]) == (0.0, pytest.approx(12 * log(10)))


def test_log_loss_of_guessing_among_ten_is_ln_10():
    assert log_loss(np.arange(10), np.full((10, 10), 0.1)) == pytest.approx(log(10))


def test_brier_score_adds_up_squares_over_the_classes():
    by_hand = [0.25 + 2 * 0.0625, 0.25 + 0.5625 + 0.0625, 0, 2 * 0.015625 + 0.0625]
    assert brier_score(LABELS, PROBABILITIES) == pytest.approx(sum(by_hand) / 4, abs=1e-15)


def test_brier_score_of_a_sure_mistake_is_two():
    assert brier_score(np.array([1]), np.array([[1.0, 0.0]])) == 2.0


def test_confusion_matrix_has_the_truth_in_rows():
    labels, predictions = np.array([0, 0, 0, 1, 2], np.uint8), np.array([0, 2, 2, 1, 0], np.uint8)
    assert confusion_matrix(labels, predictions, classes=3).tolist() == [[1, 0, 2], [0, 1, 0], [1, 0, 0]]


def test_confusion_matrix_does_not_overflow_the_labels_own_type():
    labels = np.full(300, 99, np.uint8)
    assert confusion_matrix(labels, labels, classes=100)[99, 99] == 300


def test_calibration_error_weighs_the_bins_by_their_counts():
    # Two bins of confidence: up to 0.5 two answers, one right; above it two, both right, sure to 1 and 0.75.
    assert expected_calibration_error(LABELS, PROBABILITIES, bins=2) == pytest.approx(0.5 * 0 + 0.5 * 0.125)


def test_calibration_error_has_fifteen_bins_unless_told():
    # 0.64 and 0.66 lie in one of 15 bins, (0.6, 0.667], but in two of 20.
    labels, probabilities = np.array([0, 1]), np.array([[0.64, 0.36], [0.66, 0.34]])
    assert expected_calibration_error(labels, probabilities) == pytest.approx(0.65 - 0.5)
    assert len(reliability(labels, probabilities).counts) == 15
    assert expected_calibration_error(labels, probabilities, bins=20) == pytest.approx((0.36 + 0.66) / 2)


def test_a_bin_holds_its_upper_end_but_not_its_lower():
    bins = reliability(np.array([0, 0, 0]), np.array([[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]]), bins=4)
    assert bins.counts.tolist() == [0, 1, 1, 1]
    assert bins.confidence.tolist() == [0, 0.5, 0.75, 1]
    assert bins.accuracy.tolist() == [0, 1, 1, 1]


def test_wilson_interval_by_hand():
    # center (1/4 + 4/8) / 2 = 3/8, margin sqrt(3/64 + 4/64) * 2 / 2 = sqrt(7)/8
    assert wilson_interval(1, 4, z=2.0) == pytest.approx(((3 - 7**0.5) / 8, (3 + 7**0.5) / 8))


@pytest.mark.parametrize(("right", "total"), [(0, 0), (0, 7), (7, 7)])
def test_wilson_interval_stays_within_0_and_1(right, total):
    low, high = wilson_interval(right, total)
    assert 0 <= low < high <= 1


@given(st.integers(1, 10**6).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_interval_contains_the_share(counts):
    right, total = counts
    low, high = wilson_interval(right, total)
    assert low - 1e-12 <= right / total <= high + 1e-12


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=200))
def test_confusion_matrix_adds_up_to_n_and_its_diagonal_to_the_right_ones(pairs):
    labels, predictions = np.array(pairs).T
    confusion = confusion_matrix(labels, predictions)
    assert confusion.sum() == len(pairs)
    assert confusion.trace() / len(pairs) == accuracy(labels, predictions)
    assert confusion.sum(axis=1).tolist() == np.bincount(labels, minlength=10).tolist()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_sure_and_right_answers_score_best(digits):
    labels, probabilities = np.array(digits), np.eye(10)[digits]
    assert accuracy(labels, probabilities.argmax(axis=1)) == 1.0
    assert log_loss(labels, probabilities) == 0.0
    assert brier_score(labels, probabilities) == 0.0
    assert expected_calibration_error(labels, probabilities) == 0.0


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([1, 2, 3], [1, 2], "as many predictions as labels. Received: 2 predictions, 3 labels."),
        ([], [], "at least one. Received: (0,)"),
        ([1.0, 2.0], [1, 2], "Expected labels of shape (N,), integers, at least one. Received: (2,), float64."),
        ([1, 2], [[1, 2]], "Expected predictions of shape (N,), integers, at least one. Received: (1, 2)"),
        ([1, 10], [1, 2], "Expected labels of 0 to 9. Received: 1 to 10."),
        ([1, 2], [-1, 2], "Expected predictions of 0 to 9. Received: -1 to 2."),
    ],
)
def test_labels_and_predictions_that_do_not_fit_are_refused(labels, predictions, message):
    with pytest.raises(DataError) as caught:
        confusion_matrix(np.array(labels), np.array(predictions))
    assert message in str(caught.value)


@pytest.mark.parametrize("metric", [log_loss, brier_score, expected_calibration_error])
@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([0, 1], [[0.5, 0.5]], "Expected probabilities of shape (2, classes). Received: (1, 2)"),
        ([0], [0.5], "Expected probabilities of shape (1, classes). Received: (1,)"),
        ([0], [["a", "b"]], "Received: (1, 2), <U1."),
        ([0, 0], [[0.5, 0.5], [np.nan, 1]], "NaN or infinity in 1 of 2 rows, first in row 1."),
        ([0, 0], [[0.5, 0.5], [7.5, -2]], "row 1 with least -2 and sum 5.5. Put logits through a softmax first."),
        ([0], [[1.5, -0.5]], "row 0 with least -0.5 and sum 1."),
        ([2], [[0.5, 0.5]], "Expected labels of 0 to 1. Received: 2 to 2."),
    ],
)
def test_what_is_no_probability_is_refused(metric, labels, probabilities, message):
    with pytest.raises(DataError) as caught:
        metric(np.array(labels), np.array(probabilities))
    assert message in str(caught.value)


def test_probabilities_of_half_precision_are_taken():
    logits = np.linspace(-3, 5, 10)
    probabilities = (np.exp(logits) / np.exp(logits).sum()).astype(np.float16)[None]
    assert log_loss(np.array([9]), probabilities) == pytest.approx(0.5294, abs=1e-3)


def test_reliability_without_bins_is_refused():
    with pytest.raises(SettingError, match=r"Expected at least 1 bin. Received: 0."):
        reliability(LABELS, PROBABILITIES, bins=0)
