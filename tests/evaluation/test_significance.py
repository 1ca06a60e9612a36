import numpy as np
import pytest
from scipy.stats import binomtest

from inkdigits.errors import DataError
from inkdigits.evaluation.significance import compare_algorithms, compare_answers, holm


def pair(only_first, only_second, both, neither):
    """Labels and two models' answers with so many digits of each kind."""
    first = [1] * only_first + [0] * only_second + [1] * both + [0] * neither
    second = [0] * only_first + [1] * only_second + [1] * both + [0] * neither
    return np.ones(len(first), int), np.array(first), np.array(second)


@pytest.mark.parametrize(("one", "two"), [(0, 0), (1, 0), (5, 5), (3, 14), (60, 31), (700, 500)])
def test_the_p_value_is_that_of_the_exact_binomial_test(one, two):
    compared = compare_answers(*pair(one, two, 50, 7))
    assert (compared.only_first, compared.only_second, compared.both_wrong) == (one, two, 7)
    expected = binomtest(min(one, two), one + two).pvalue if one + two else 1.0
    assert compared.p_value == pytest.approx(expected, rel=1e-9)


def test_it_says_in_words_what_it_tells():
    assert "may be chance (p = 1)" in compare_answers(*pair(2, 2, 10, 0)).sentence("a", "b")
    said = compare_answers(*pair(20, 2, 10, 3)).sentence("best", "tiny")
    assert said.startswith("20 digits only best reads right, 2 only tiny, 3 neither; the difference is larger")


def test_other_lengths_are_refused():
    with pytest.raises(DataError):
        compare_answers(np.ones(3, int), np.ones(3, int), np.ones(2, int))


def test_holm_multiplies_the_smallest_by_the_number_of_tests_and_never_falls():
    # by hand: 4 * 0.01, 3 * 0.02, 2 * 0.025 (below the one before), 1 * 0.9
    assert holm([0.9, 0.01, 0.025, 0.02]) == pytest.approx([0.9, 0.04, 0.06, 0.06])
    assert holm([0.7, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_algorithms_differ_by_digits_and_by_seeds():
    rng = np.random.default_rng(0)
    level = 0
    for _ in range(400):  # equally good ones: 5 % of the tests say otherwise
        hard = rng.random(2000) < 0.1
        spoiled = 0.3 + 0.05 * rng.standard_normal((2, 5, 1))  # each seed gives another share of the hard digits wrong
        first, second = ~(hard & (rng.random((2, 5, 2000)) < spoiled))
        level += compare_algorithms(first, second) < 0.05
    assert 8 <= level <= 34  # 20 are expected
    better = np.ones((3, 1000), bool)
    worse = rng.random((3, 1000)) < 0.98
    assert compare_algorithms(better, worse) < 1e-4
    assert compare_algorithms(worse, better) == compare_algorithms(better, worse)


def test_seeds_that_differ_make_a_difference_less_certain():
    steady = np.tile(np.arange(1000) >= 30, (2, 1))
    restless = np.stack([np.arange(1000) >= wrong for wrong in (10, 50)])
    best = np.ones((1, 1000), bool)
    assert compare_algorithms(best, steady) < 1e-6
    assert compare_algorithms(best, restless) > 0.05
