"""The evaluation: scores digit by digit, and all numbers at once."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdigits.errors import DataError
from inkdigits.evaluation.evaluation import DigitScore, digit_scores, evaluate, macro_f1
from inkdigits.evaluation.metrics import wilson_interval

# truth 0: five, four of them right; truth 1: three, two right; 2 never occurs, but one 0 is read as it
CONFUSION = np.array([[4, 0, 1], [1, 2, 0], [0, 0, 0]])


def test_digit_scores_by_hand():
    zero, one, two = digit_scores(CONFUSION)
    assert zero == DigitScore(0, 5, 4, 1, 1, precision=4 / 5, recall=4 / 5, f1=4 / 5)
    assert one == DigitScore(1, 3, 2, 0, 1, precision=1.0, recall=2 / 3, f1=4 / 5)
    assert two == DigitScore(2, 0, 0, 1, 0, precision=0.0, recall=None, f1=0.0)


def test_macro_f1_weighs_the_digits_alike():
    assert macro_f1(digit_scores(CONFUSION)) == pytest.approx((0.8 + 0.8 + 0) / 3)


def test_macro_f1_leaves_out_digits_that_neither_occur_nor_are_read():
    assert macro_f1(digit_scores(np.diag([3, 0, 2]))) == 1.0


def test_macro_f1_of_nothing_is_zero():
    assert macro_f1(digit_scores(np.zeros((10, 10), int))) == 0.0


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        ((0, 980, 974, 8, 6), "0: 974 of 980 right; 6 zeros read as something else; 8 others read as 0"),
        ((0, 2, 1, 1, 1), "0: 1 of 2 right; 1 zero read as something else; 1 other read as 0"),
        ((6, 958, 948, 0, 10), "6: 948 of 958 right; 10 sixes read as something else; 0 others read as 6"),
        ((6, 1, 0, 2, 1), "6: 0 of 1 right; 1 six read as something else; 2 others read as 6"),
        ((9, 0, 0, 0, 0), "9: 0 of 0 right; 0 nines read as something else; 0 others read as 9"),
    ],
)
def test_the_sentence_says_the_counts_in_words(score, sentence):
    digit, count, right, false_positives, false_negatives = score
    assert DigitScore(digit, count, right, false_positives, false_negatives, 0, 0, 0).sentence == sentence


def test_every_digit_has_its_plural():
    words = [score.sentence.split(";")[1].split()[1] for score in digit_scores(np.zeros((10, 10), int))]
    assert words == ["zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines"]


@pytest.mark.parametrize(
    "confusion", [np.zeros((2, 3), int), np.zeros((11, 11), int), np.eye(3), np.array([[-1]]), np.zeros((0, 0), int)]
)
def test_what_is_no_confusion_matrix_is_refused(confusion):
    with pytest.raises(DataError, match=r"Expected counts of shape \(10, 10\), none negative"):
        digit_scores(confusion)


def test_an_evaluation_holds_every_number():
    labels = np.array([7, 7, 1, 3])
    probabilities = np.full((4, 10), 0.05)
    probabilities[np.arange(4), [7, 1, 1, 3]] = 0.55
    evaluation = evaluate(labels, probabilities)
    assert (evaluation.count, evaluation.right, evaluation.accuracy) == (4, 3, 0.75)
    assert evaluation.accuracy_interval == wilson_interval(3, 4)
    assert evaluation.loss == pytest.approx((3 * -np.log(0.55) - np.log(0.05)) / 4)
    assert evaluation.ece == pytest.approx(0.75 - 0.55)
    assert evaluation.brier == pytest.approx((3 * 0.45**2 + 0.95**2 + 0.55**2 + 3 * 9 * 0.05**2 + 8 * 0.05**2) / 4)
    assert evaluation.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert evaluation.confusion[7, 1] == 1
    assert evaluation.digits[7].sentence == "7: 1 of 2 right; 1 seven read as something else; 0 others read as 7"


def test_the_words_of_metrics_json_keep_their_order_and_survive_json():
    data = evaluate(np.array([3, 4], np.uint8), np.eye(10, dtype=np.float32)[[3, 5]]).to_dict()
    assert list(data) == [
        "accuracy", "accuracy_interval", "loss", "loss_interval", "count", "ece", "brier", "macro_f1", "digits",
        "confusion_matrix",
    ]  # fmt: skip
    assert list(data["digits"][3]) == [
        "digit", "count", "right", "false_positives", "false_negatives", "precision", "recall", "f1",
    ]  # fmt: skip
    assert json.loads(json.dumps(data)) == data
    assert (data["accuracy"], data["count"], data["confusion_matrix"][4][5]) == (0.5, 2, 1)


@given(
    st.integers(1, 60).flatmap(
        lambda n: st.tuples(
            arrays.arrays(np.int64, n, elements=st.integers(0, 9)),
            arrays.arrays(np.float64, (n, 10), elements=st.floats(0.001, 1)),
        )
    )
)
def test_an_evaluation_counts_exactly_n(case):
    labels, weights = case
    evaluation = evaluate(labels, weights / weights.sum(axis=1, keepdims=True))
    assert evaluation.count == len(labels) == evaluation.confusion.sum()
    assert sum(digit.count for digit in evaluation.digits) == len(labels)
    low, high = evaluation.accuracy_interval
    assert low - 1e-12 <= evaluation.accuracy <= high + 1e-12
    errors = evaluation.count - evaluation.right
    assert sum(digit.false_positives for digit in evaluation.digits) == errors
    assert sum(digit.false_negatives for digit in evaluation.digits) == errors


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_perfect_answers_score_one(digits):
    evaluation = evaluate(np.array(digits), np.eye(10)[digits])
    assert (evaluation.accuracy, evaluation.macro_f1) == (1.0, 1.0)
    assert all(digit.f1 == 1.0 for digit in evaluation.digits if digit.count)


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        (np.array([0, 1]), np.eye(10)[:1], "Expected probabilities of shape (2, 10). Received: (1, 10)"),
        (np.array([0]), np.eye(9)[:1], "Expected probabilities of shape (1, 10). Received: (1, 9)"),
        (np.array([], int), np.zeros((0, 10)), "integers, at least one. Received: (0,)"),
        (np.array([0]), np.full((1, 10), np.nan), "Expected finite probabilities. Received: NaN"),
    ],
)
def test_answers_that_do_not_fit_are_refused(labels, probabilities, message):
    with pytest.raises(DataError) as caught:
        evaluate(labels, probabilities)
    assert message in str(caught.value)
