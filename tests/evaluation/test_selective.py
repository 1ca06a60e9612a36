"""Selective reading: exact bounds, points at thresholds that were fixed beforehand."""

from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import DataError, SettingError
from inkdigits.evaluation.selective import THRESHOLDS, error_bound, points_at, risk_coverage
from inkdigits.models.operating_points import OperatingPoint


@st.composite
def answers(draw):
    """Confidences and whether each answer is right; few different confidences, so that thresholds meet them."""
    size = draw(st.integers(1, 80))
    confidence = st.sampled_from([*THRESHOLDS, 1.0]) | st.floats(0, 1)
    confidences = draw(st.lists(confidence, min_size=size, max_size=size))
    return np.array(confidences), np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))


def tail(wrong, kept, rate):
    """Probability of so few errors or fewer, term by term."""
    return sum(comb(kept, count) * rate**count * (1 - rate) ** (kept - count) for count in range(wrong + 1))


@pytest.mark.parametrize(
    ("wrong", "kept", "bound"),
    [
        (0, 1, 0.95),
        (0, 300, 1 - 0.05 ** (1 / 300)),
        (0, 10_000, 1 - 0.05 ** (1 / 10_000)),
        (1, 2, 0.95**0.5),  # 1 - p² = 0.05
        (9, 10, 0.95 ** (1 / 10)),
        (7, 7, 1.0),
        (0, 0, 1.0),
    ],
)
def test_a_bound_with_a_closed_form(wrong, kept, bound):
    assert error_bound(wrong, kept) == pytest.approx(bound, rel=1e-10)


@pytest.mark.parametrize(("wrong", "kept", "bound"), [(3, 1000, 0.00773), (1, 10, 0.3942), (2, 20, 0.2826)])
def test_a_bound_from_the_tables(wrong, kept, bound):
    assert error_bound(wrong, kept) == pytest.approx(bound, rel=1e-3)


@given(st.integers(1, 200), st.floats(0, 0.999), st.sampled_from([0.3, 0.05, 0.001]))
def test_at_the_bound_so_few_errors_come_with_probability_delta(kept, share, delta):
    wrong = int(share * kept)
    assert tail(wrong, kept, error_bound(wrong, kept, delta=delta)) == pytest.approx(delta, rel=1e-8)


@given(st.integers(1, 400), st.data())
def test_a_bound_is_above_the_error_and_rises_with_it(kept, data):
    wrong = data.draw(st.integers(0, kept - 1))
    bound = error_bound(wrong, kept)
    assert wrong / kept < bound < error_bound(wrong + 1, kept)
    assert bound > error_bound(wrong, kept + 1)
    assert bound < error_bound(wrong, kept, delta=0.01)


@pytest.mark.parametrize("delta", [0, 1, -0.1, float("nan")])
def test_a_delta_that_is_no_probability_is_refused(delta):
    with pytest.raises(SettingError, match=r"Expected a delta above 0 and below 1\. Received: .*0\.05 is usual"):
        error_bound(0, 10, delta=delta)


@pytest.mark.parametrize(("wrong", "kept"), [(3, 2), (-1, 2)])
def test_more_errors_than_answers_are_refused(wrong, kept):
    with pytest.raises(DataError, match=rf"Expected 0 to 2 wrong answers\. Received: {wrong}\."):
        error_bound(wrong, kept)


def test_points_by_hand():
    confidences = np.array([0.2, 0.9, 0.5, 0.5])
    right = np.array([False, True, True, False])
    all_kept, half, surest, none = points_at((0.0, 0.5, 0.50001, 0.95), confidences, right)
    assert all_kept == OperatingPoint(0.0, 4, 1.0, 2, 0.5, error_bound(2, 4))
    assert half == OperatingPoint(0.5, 3, 0.75, 1, 1 / 3, error_bound(1, 3))  # 0.5 itself is kept
    assert surest == OperatingPoint(0.50001, 1, 0.25, 0, 0.0, error_bound(0, 1))
    assert none == OperatingPoint(0.95, 0, 0.0, 0, 0.0, 1.0)
    assert points_at((), confidences, right) == ()


def test_the_thresholds_rise_and_are_finest_at_the_confident_end():
    assert THRESHOLDS[0] == 0
    assert THRESHOLDS[-1] == 0.999988
    steps = np.diff(THRESHOLDS)
    assert (steps > 0).all()
    assert (np.diff(steps) < 1e-6).all()  # the digits they are rounded to


@given(answers())
def test_surer_thresholds_keep_less_and_less(case):
    points = risk_coverage(*case)
    assert 1 <= len(points) <= 60
    assert (points[0].threshold, points[0].coverage) == (0.0, 1.0)
    assert {point.threshold for point in points} <= set(THRESHOLDS)
    for point, stricter in pairwise(points):
        assert point.threshold < stricter.threshold
        assert point.kept > stricter.kept >= 1
        assert point.wrong >= stricter.wrong


@given(answers())
def test_a_point_counts_what_it_keeps(case):
    confidences, right = case
    for point in risk_coverage(confidences, right):
        kept = confidences >= point.threshold
        assert (point.kept, point.wrong) == (kept.sum(), (kept & ~right).sum())
        assert point.coverage == point.kept / len(right)
        assert point.error == point.wrong / point.kept <= point.error_bound
        assert point.error_bound == pytest.approx(error_bound(point.wrong, point.kept))


@given(answers())
def test_the_order_of_the_answers_does_not_matter(case):
    confidences, right = case
    assert risk_coverage(confidences[::-1], right[::-1]) == risk_coverage(confidences, right)


@pytest.mark.parametrize(
    ("confidences", "right", "message"),
    [
        (np.zeros(0), np.zeros(0, bool), "Received: (0,), float64; (0,), bool."),
        (np.zeros(3), np.zeros(2, bool), "Received: (3,), float64; (2,), bool."),
        (np.zeros((2, 10)), np.zeros((2, 10), bool), "Received: (2, 10), float64;"),
        (np.zeros(2), np.zeros(2, int), "(2,), int64."),
        (np.zeros(2, int), np.zeros(2, bool), "Received: (2,), int64;"),
        (np.array([0.5, 7.5]), np.zeros(2, bool), "Expected confidences of 0 to 1. Received: 0.5 to 7.5."),
        (np.array([0.5, np.nan]), np.zeros(2, bool), "Expected confidences of 0 to 1. Received: nan to nan."),
    ],
)
def test_what_does_not_fit_is_refused(confidences, right, message):
    with pytest.raises(DataError) as caught:
        risk_coverage(confidences, right)
    assert message in str(caught.value)
