import numpy as np
import pytest
from scipy.stats import binomtest

from inkdigits.errors import DataError
from inkdigits.evaluation.significance import compare_answers, holm


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
