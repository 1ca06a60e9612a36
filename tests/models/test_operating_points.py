"""Risk bounds: the lowest threshold that guarantees an error rate, and how often the guarantee holds."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.errors import SettingError
from inkdigits.evaluation.selective import error_bound, risk_coverage
from inkdigits.models.operating_points import OperatingPoint, choose_point, percent, select_threshold, usual_bounds


def point(threshold, kept, wrong, *, total=1000):
    """An operating point as a card holds it."""
    return OperatingPoint(threshold, kept, kept / total, wrong, wrong / max(kept, 1), error_bound(wrong, kept))


# bounds, from the strictest: 2.95 %, 0.60 %, 0.74 %, 1.04 %, 0.95 %, 1.21 %
POINTS = [point(0.0, 1000, 6), point(0.5, 970, 4), point(0.7, 880, 4), point(0.9, 640, 1), point(0.97, 500, 0),
          point(0.99, 100, 0)]  # fmt: skip


@pytest.mark.parametrize(
    ("max_error", "threshold"),
    [
        (0.05, 0.0),
        (0.012, 0.0),  # 6 of 1000: 1.18 %
        (0.0105, 0.5),
        (0.01, 0.9),  # 4 of 880 is above, and ends the walk although 4 of 970 holds
        (0.006, 0.97),
    ],
)
def test_the_lowest_threshold_before_the_first_failure_is_chosen(max_error, threshold):
    chosen = choose_point(POINTS, max_error)
    assert chosen is not None
    assert chosen.threshold == threshold
    assert chosen.error_bound <= max_error
    assert choose_point(POINTS[::-1], max_error) == chosen


def test_what_is_chosen_ends_before_the_first_failure_and_not_at_the_last_success():
    points = [point(0.0, 1000, 4), point(0.5, 800, 4), point(0.9, 600, 0)]
    assert points[0].error_bound < 0.0095 < points[1].error_bound
    chosen = choose_point(points, 0.0095)
    assert chosen is not None
    assert chosen.threshold == 0.9


def test_thresholds_that_keep_too_few_to_pass_do_not_end_the_walk():
    points = [point(0.0, 1000, 0), point(0.9, 297, 0), point(0.99, 20, 0)]
    assert points[1].error_bound > 0.01
    assert choose_point(points, 0.01) == points[0]


def test_one_mislabelled_digit_among_the_surest_does_not_end_the_walk():
    points = [point(0.0, 5000, 9, total=5000), point(0.9, 3000, 1, total=5000), point(0.99, 320, 1, total=5000)]
    assert points[2].error_bound > 0.01
    assert choose_point(points, 0.01) == points[0]


def test_an_error_among_as_few_as_could_pass_ends_it():
    assert choose_point([point(0.0, 1000, 0), point(0.9, 700, 3)], 0.01) is None


def test_nothing_is_chosen_of_nothing():
    assert choose_point([], 0.1) is None


def test_a_bound_says_what_it_keeps():
    made = select_threshold(POINTS, 0.006)
    assert (made.threshold, made.max_error, made.coverage) == (0.97, 0.006, 0.5)
    assert made.error_bound == error_bound(0, 500)
    assert made.sentence == (
        "max error 0.6 %: accepts answers from confidence 0.97, which keeps 50.0 % of the calibration digits "
        "(bound 0.6 %, 95 % confidence)"
    )


@pytest.mark.parametrize("max_error", [0, 1, -0.01, 5, float("nan")])
def test_an_error_that_is_no_share_is_refused(max_error):
    with pytest.raises(SettingError, match=r"max_error above 0 and below 1\. Received: .*at most 1 % of the"):
        select_threshold(POINTS, max_error)


def test_a_model_packed_without_points_says_so():
    with pytest.raises(SettingError, match=r"Received: a model packed without any\. Pack it again .*min_confidence"):
        select_threshold((), 0.01)


def test_what_cannot_be_guaranteed_is_answered_with_what_can():
    with pytest.raises(SettingError) as caught:
        select_threshold(POINTS, 0.001)
    assert caught.value.message == "Expected a max_error that the model can guarantee. Received: 0.001."
    assert caught.value.hint == "The nearest that it can guarantee is 0.006."
    assert select_threshold(POINTS, 0.006).threshold == 0.97


def test_a_model_that_can_guarantee_nothing_says_so():
    with pytest.raises(SettingError, match=r"too few calibration digits for any: set min_confidence\."):
        select_threshold([point(0.0, 5, 5, total=5)], 0.5)


def test_the_usual_bounds_are_those_that_hold():
    made = usual_bounds(POINTS)
    assert [(item.max_error, item.threshold) for item in made] == [(0.05, 0.0), (0.02, 0.0), (0.01, 0.9)]
    assert usual_bounds(()) == []


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.01, "1 %"),
        (0.005, "0.5 %"),
        (0.001, "0.1 %"),
        (0.000871, "0.088 %"),
        (0.1, "10 %"),
        (0.123, "13 %"),
        (0, "0 %"),
    ],
)
def test_a_share_is_written_in_two_digits_and_never_looks_better_than_it_is(share, text):
    assert percent(share) == text


@settings(deadline=None)
@given(
    st.integers(1, 3000),
    st.floats(0.3, 8),
    st.floats(0.0005, 0.9),
    st.integers(0, 2**32),
)
def test_what_is_guaranteed_or_offered_instead_can_be_had(count, skill, max_error, seed):
    rng = np.random.default_rng(seed)
    confidences = 1 - rng.random(count) ** skill
    points = risk_coverage(confidences, rng.random(count) < confidences)
    try:
        made = select_threshold(points, max_error)
    except SettingError as error:
        if "nearest" in error.hint:
            offered = float(error.hint.removesuffix(".").split()[-1])
            assert select_threshold(points, offered).error_bound <= offered
    else:
        assert made.error_bound <= max_error
        assert made.threshold in {item.threshold for item in points}


@pytest.mark.parametrize("change", [{"threshold": 1.5}, {"kept": -1}, {"error": float("nan")}, {"coverage": True}])
def test_an_operating_point_out_of_range_is_refused(change):
    with pytest.raises(ValueError, match=f"an operating point with {next(iter(change))}"):
        OperatingPoint(**(asdict(POINTS[0]) | change))


def sampled(rng, count):
    """Answers of a model whose every answer is right with the probability of its confidence, and whose law is known."""
    confidences = 1 - rng.random(count) ** 8
    return confidences, rng.random(count) < confidences


def true_error(threshold):
    """Of the answers of `sampled` from this confidence on: the mean of u⁸ for u from 0 to (1 - threshold)^(1/8)."""
    return (1 - threshold) / 9


def broken(points_and_errors):
    return sum(error > bound for bound, error in points_and_errors)


@pytest.mark.parametrize(("max_error", "count"), [(0.02, 1000), (0.05, 300), (0.05, 2000)])
def test_a_bound_is_broken_by_no_more_than_one_calibration_split_in_twenty(max_error, count):
    rng = np.random.default_rng(17)
    bounds, naive = [], []
    for _ in range(300):
        points = risk_coverage(*sampled(rng, count))
        if (chosen := choose_point(points, max_error)) is not None:
            bounds.append((max_error, true_error(chosen.threshold)))
        lowest = min((item.threshold for item in points if item.error <= max_error), default=1.0)
        naive.append((max_error, true_error(lowest)))
    assert len(bounds) > 250  # it does guarantee
    assert broken(bounds) <= 300 * 0.05 + 3 * (300 * 0.05 * 0.95) ** 0.5
    assert broken(naive) > 45  # what taking the observed error for the true one would do
