"""The decision as a table: candidates' probabilities in, status, reason and confidence out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import SettingError
from inkdigits.models.card import load_card
from inkdigits.models.operating_points import OperatingPoint
from inkdigits.models.zoo import find_model
from inkdigits.reading.decision import (
    DecisionPolicy,
    Evidence,
    average,
    decide,
    find_non_digits,
    find_risk_bound,
    is_non_digit,
    wants_fallbacks,
)

POLICY = DecisionPolicy()
STRICT = DecisionPolicy(not_a_digit_threshold=0.2)


def row(seven, one=0.0, none=None):
    """Probabilities of a 7 and of a 1; the rest is that of a non-digit."""
    probabilities = np.zeros(11)
    probabilities[[7, 1, 10]] = seven, one, 1 - seven - one if none is None else none
    return probabilities


def seen(seven, one=0.0, **facts):
    return Evidence(row(seven, one), **facts)


@pytest.mark.parametrize(
    ("evidence", "policy", "status", "reason", "confidence"),
    [
        (seen(1.0), POLICY, "ok", None, 1.0),
        (seen(0.9, 0.1), POLICY, "ok", None, 0.9),
        (seen(0.9, 0.1, several=True), POLICY, "ok", None, 0.9),
        (seen(0.89, 0.11), POLICY, "uncertain", "ambiguous", 0.89),
        (seen(0.5, 0.45), POLICY, "uncertain", "ambiguous", 0.5),
        (seen(0.48, 0.45), POLICY, "rejected", "ambiguous", 0.48),
        (seen(0.48, 0.45, several=True), POLICY, "rejected", "ambiguous", 0.48),
        # A non-digit is more probable than the digit, or than the threshold: the reading is doubted.
        (seen(0.48), POLICY, "rejected", "not_a_digit", 0.49 * 0.48),
        (seen(0.05), POLICY, "rejected", "not_a_digit", 0.49 * 0.05),
        (seen(0.48, several=True), POLICY, "rejected", "several", 0.49 * 0.48),
        (seen(0.81), STRICT, "uncertain", "ambiguous", 0.81),
        (seen(0.79), STRICT, "rejected", "not_a_digit", 0.49 * 0.79),
        (seen(0.79, several=True), STRICT, "rejected", "several", 0.49 * 0.79),
        (seen(0.6, 0.4), STRICT, "uncertain", "ambiguous", 0.6),
        # What is wrong with the picture comes before what the model predicts.
        (seen(1.0, reason="low_contrast"), POLICY, "rejected", "low_contrast", 0.49),
        (seen(0.05, reason="too_small", several=True), POLICY, "rejected", "too_small", 0.49 * 0.05),
    ],
)
def test_one_candidate(evidence, policy, status, reason, confidence):
    decision = decide([evidence], policy)
    assert (decision.status, decision.reason, decision.answer) == (status, reason, "7")
    assert decision.confidence == pytest.approx(confidence)
    assert (decision.combination, decision.counted) == ("single", (0,))
    guess = decide([evidence], replace(policy, min_confidence=0.0))
    assert (guess.status, guess.reason) == ("ok" if status == "ok" else "uncertain", reason)
    assert guess.confidence == decision.confidence


@given(
    seven=st.floats(0, 1),
    share=st.floats(0, 1),
    several=st.booleans(),
    reason=st.sampled_from([None, "too_small", "low_contrast"]),
    threshold=st.floats(0, 1),
    least=st.floats(0, 1),
)
def test_the_status_follows_from_the_confidence_alone(seven, share, several, reason, threshold, least):
    evidence = seen(seven, (1 - seven) * share, several=several, reason=reason)
    policy = DecisionPolicy(min_confidence=least, not_a_digit_threshold=threshold)
    decision = decide([evidence], policy)
    assert (decision.status == "rejected") == (decision.confidence < least)
    if decision.status != "rejected":
        assert (decision.status == "ok") == (decision.confidence >= policy.ok_confidence)
    assert (decision.reason is None) == (decision.status == "ok")
    assert decision.confidence == decide([evidence], replace(policy, min_confidence=0.0)).confidence


def test_no_candidate_is_a_blank_whatever_the_threshold():
    for least in (0.0, 0.5, 1.0):
        decision = decide([], DecisionPolicy(min_confidence=least))
        assert (decision.status, decision.reason, decision.answer) == ("rejected", "blank", "")
        assert (decision.confidence, decision.probabilities, decision.counted) == (None, None, ())


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        ([row(0.6, 0.4), row(0.95, 0.05), row(0.8, 0.2)], 1),
        ([row(0.6, 0.4), row(0.6, 0.4)], 0),  # none is better: the primary stays
        ([row(0.3), row(0.25), row(0.55, 0.44)], 2),
        ([row(0.3), row(0.4)], 1),  # both are non-digits: the more probable digit
        ([row(0.45, 0.0), row(0.4, 0.35)], 1),  # an accepted candidate is better than a rejected one
    ],
)
def test_on_ruled_paper_the_best_candidate_is_the_answer(rows, best):
    origins = ["primary", "inside", "unruled"]
    candidates = [Evidence(one, origin) for one, origin in zip(rows, origins, strict=False)]
    decision = decide(candidates, POLICY)
    assert (decision.combination, decision.counted) == ("best", (best,))
    np.testing.assert_array_equal(decision.probabilities, rows[best])


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        ([row(0.6, 0.4), row(0.95, 0.04)], 1),
        ([row(0.6, 0.4), row(0.85, 0.05)], 0),  # not sure enough for a picture that was changed much
        ([row(0.2, 0.1), row(0.6, 0.3)], 0),
    ],
)
def test_a_picture_without_its_shadows_counts_only_if_it_is_sure(rows, best):
    candidates = [Evidence(one, origin) for one, origin in zip(rows, ("primary", "lit evenly"), strict=True)]
    assert decide(candidates, POLICY).counted == (best,)


def test_what_is_wrong_with_the_best_candidate_is_the_reason():
    primary, fallback = seen(0.3, 0.3), seen(0.95, 0.05, origin="inside", reason="low_contrast")
    assert decide([primary, fallback], POLICY).reason == "low_contrast"


def test_of_a_small_picture_all_candidates_say_which_digit_and_the_primary_whether_one():
    rows = [row(0.4, 0.4), row(0.9, 0.0), row(0.8, 0.1)]
    origins = ["primary", "blurred", "as glyph"]
    decision = decide([Evidence(one, origin) for one, origin in zip(rows, origins, strict=True)], POLICY)
    assert (decision.combination, decision.counted, decision.answer) == ("mean", (0, 1, 2), "7")
    assert decision.probabilities[10] == pytest.approx(0.2)
    assert decision.probabilities.sum() == pytest.approx(1)
    assert decision.probabilities[7] / decision.probabilities[1] == pytest.approx((0.4 + 0.9 + 0.8) / 0.5)
    np.testing.assert_allclose(decision.probabilities, average(np.stack(rows)))


def test_many_rows_are_averaged_like_one():
    rows = np.random.default_rng(0).dirichlet(np.ones(11), (3, 4))
    many = average(rows)
    for index in range(4):
        np.testing.assert_allclose(many[index], average(rows[:, index]))
    np.testing.assert_allclose(many.sum(axis=-1), 1)


@pytest.mark.parametrize(
    ("evidence", "wanted"),
    [(seen(0.9, 0.1), False), (seen(0.89, 0.11), True), (seen(0.95), False), (seen(0.3, 0.1), True)],
)
def test_fallbacks_are_wanted_where_the_primary_is_uncertain(evidence, wanted):
    assert wants_fallbacks(evidence, POLICY) == wanted
    assert wants_fallbacks(seen(0.97), DecisionPolicy(not_a_digit_threshold=0.02))


def test_a_non_digit_is_more_probable_than_the_digit_or_than_the_threshold():
    rows = np.array([row(0.45), row(0.85), row(0.95), row(1.0)])
    assert find_non_digits(rows, 1.0).tolist() == [True, False, False, False]
    assert find_non_digits(rows, 0.1).tolist() == [True, True, False, False]
    assert find_non_digits(rows[:0], 1.0).tolist() == []
    assert is_non_digit(rows[0], 1.0)


def test_each_digit_has_a_threshold_of_its_own_if_there_are_ten():
    rows = np.zeros((2, 11))
    rows[0, [0, 10]], rows[1, [7, 10]] = (0.98, 0.02), (0.98, 0.02)
    assert find_non_digits(rows, (0.05, *(0.01,) * 9)).tolist() == [False, True]
    assert wants_fallbacks(Evidence(rows[1]), DecisionPolicy(not_a_digit_threshold=(0.05, *(0.01,) * 9)))


def test_a_probable_bar_that_may_be_a_letter_is_uncertain_not_rejected():
    policy = DecisionPolicy(not_a_digit_threshold=(0.01, 0.05, *(0.01,) * 8))
    rows = np.zeros((3, 11))
    rows[:, 1], rows[:, 10] = (0.995, 0.97, 0.93), (0.005, 0.03, 0.07)
    decisions = [decide([Evidence(row)], policy) for row in rows]
    assert [(decision.status, decision.reason) for decision in decisions] == [
        ("ok", None),
        ("uncertain", "not_a_digit"),
        ("rejected", "not_a_digit"),
    ]
    assert all(decision.answer == "1" for decision in decisions)
    assert decisions[1].confidence == pytest.approx(0.97 * policy.suspicion)


def point(threshold, kept, wrong, bound):
    return OperatingPoint(threshold, kept, kept / 1000, wrong, wrong / kept, bound)


POINTS = (
    point(0.0, 1000, 6, 0.0118), point(0.44, 990, 6, 0.0119), point(0.6, 970, 4, 0.0094), point(0.98, 900, 1, 0.0053),
)  # fmt: skip


def card(*points):
    return replace(load_card(find_model("default")), operating_points=points)


@pytest.mark.parametrize(
    ("max_error", "threshold", "coverage"), [(0.006, 0.98, 0.9), (0.01, 0.6, 0.97), (0.05, 0.5, 0.97)]
)
def test_a_risk_bound_never_accepts_what_is_rejected_by_default(max_error, threshold, coverage):
    bound = find_risk_bound(card(*POINTS), max_error)
    assert (bound.threshold, bound.coverage, bound.max_error) == (threshold, coverage, max_error)
    assert bound.error_bound <= max_error


def test_a_bound_whose_every_answer_is_accepted_keeps_its_coverage():
    bound = find_risk_bound(card(POINTS[0]), 0.05)
    assert (bound.threshold, bound.coverage) == (0.5, 1)


@pytest.mark.parametrize("max_error", [0, 1, -1, float("nan")])
def test_a_maximal_error_is_a_share(max_error):
    with pytest.raises(SettingError, match="above 0 and below 1"):
        find_risk_bound(card(*POINTS), max_error)


def test_a_model_without_operating_points_guarantees_nothing():
    with pytest.raises(SettingError, match=r"packed without any.*set min_confidence"):
        find_risk_bound(card(), 0.01)


def test_a_digit_beside_another_symbol_is_rejected_however_probable_it_is():
    row = np.zeros(11)
    row[5] = 1.0
    alone, beside = decide([Evidence(row)], DecisionPolicy()), decide([Evidence(row, beside=True)], DecisionPolicy())
    assert (alone.status, alone.reason) == ("ok", None)
    assert (beside.status, beside.reason, beside.answer) == ("rejected", "several", "5")
    assert decide([Evidence(row, beside=True)], DecisionPolicy(min_confidence=0)).status == "uncertain"
