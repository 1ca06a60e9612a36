"""Whether two models, or two algorithms, differ significantly on the same digits. Answers in, a test out.

`holm` corrects the p-values of several such tests.

Source:
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", 1947; here
    with the exact binomial distribution.
    X. Bouthillier et al., "Accounting for variance in machine learning benchmarks", 2021: seeds and digits both vary.
    S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from inkdigits.evaluation.checks import Labels, check_pair

LEVEL = 0.05  # of significance


@dataclass(frozen=True)
class PairedTest:
    """How two models differ on the same digits.

    Attributes:
        only_first: Digits that only the first model reads right.
        only_second: Digits that only the second model reads right.
        both_wrong: Digits that neither reads right.
        p_value: Probability of a difference this large or larger between equally good models, 0 to 1.
    """

    only_first: int
    only_second: int
    both_wrong: int
    p_value: float

    def sentence(self, first: str, second: str) -> str:
        """The counts in words.

        Args:
            first: Name of the first model.
            second: Name of the second.
        """
        verdict = "may be chance" if self.p_value > LEVEL else "is larger than chance explains"
        return (
            f"{self.only_first} digits only {first} reads right, {self.only_second} only {second}, "
            f"{self.both_wrong} neither; the difference {verdict} (p = {self.p_value:.2g})"
        )


def compare_answers(labels: Labels, first: Labels, second: Labels) -> PairedTest:
    """Compares the answers of two models.

    Args:
        labels: Shape `(N,)`, integers.
        first: The first model's answers, shape `(N,)`, integers.
        second: The second's.

    Raises:
        DataError: They are empty, no integers, or of different lengths.

    Example:
        >>> compare_answers(np.array([1, 2, 3]), np.array([1, 2, 3]), np.array([1, 2, 0])).only_first
        1
    """
    truth, answers = check_pair(labels, first)
    _, others = check_pair(labels, second)
    right, other = answers == truth, others == truth
    one, two = int(np.sum(right & ~other)), int(np.sum(~right & other))
    return PairedTest(one, two, int(np.sum(~right & ~other)), _two_sided(one, two))


def compare_algorithms(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Compares two algorithms, each trained with one seed or several and asked for the same digits.

    The difference of their mean accuracies is divided by its standard error. The variance has three parts: of the
    digits, paired, and of the seeds of each algorithm. The distribution is taken as normal, an approximation that needs
    hundreds of digits.

    Args:
        first: Which digits are answered right, by seed, shape `(seeds, N)`. One seed adds no variance of seeds.
        second: The second algorithm's, with seeds of its own.

    Returns:
        The probability of a difference this large or larger between equally accurate algorithms, 0 to 1.

    Example:
        >>> compare_algorithms(np.ones((1, 4), bool), np.ones((3, 4), bool))
        1.0
    """
    difference = first.mean(axis=0) - second.mean(axis=0)
    variance = float(difference.var(ddof=1)) / len(difference)
    for right in (first, second):
        if len(right) > 1:
            variance += float(right.mean(axis=1).var(ddof=1)) / len(right)
    mean = abs(float(difference.mean()))
    return erfc(mean / sqrt(2 * variance)) if variance else float(not mean)


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrects p-values of several tests, so that one false finding in any of them stays as rare as in one test.

    Args:
        p_values: One per test, 0 to 1.

    Returns:
        The corrected ones, in the same order.

    Source:
        S. Holm, "A simple sequentially rejective multiple test procedure", 1979.

    Example:
        >>> holm([0.04, 0.01])
        [0.04, 0.02]
    """
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def _two_sided(one: int, two: int) -> float:
    """Twice the probability of so few heads, or fewer, in as many throws of a fair coin."""
    throws = one + two
    tail = sum(comb(throws, heads) for heads in range(min(one, two) + 1))
    return min(1.0, float(2 * tail / 2**throws))
