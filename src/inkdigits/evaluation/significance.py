"""Whether one model is better than another on the same digits, or only luckier. Answers in, a test out.

Source:
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", 1947; here
    with the exact binomial distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from inkdigits.evaluation.checks import Labels, check_pair


@dataclass(frozen=True)
class Comparison:
    """How two models differ on the same digits.

    Attributes:
        only_first: Digits that the first alone reads right.
        only_second: Digits that the second alone reads right.
        both_wrong: Digits that neither reads right.
        p_value: How likely chance alone parts equally good models as far as this, or farther; 0 to 1.
    """

    only_first: int
    only_second: int
    both_wrong: int
    p_value: float

    @property
    def sentence(self) -> str:
        """The counts in words, and what they tell at a level of 5 %."""
        told = "the difference may be chance" if self.p_value > 0.05 else "chance alone hardly explains it"
        return (
            f"{self.only_first} read right by the first alone, {self.only_second} by the second alone, "
            f"{self.both_wrong} by neither; {told} (p = {self.p_value:.2g})"
        )


def compare_answers(labels: Labels, first: Labels, second: Labels) -> Comparison:
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
    return Comparison(one, two, int(np.sum(~right & ~other)), _two_sided(one, two))


def _two_sided(one: int, two: int) -> float:
    """Twice the chance of as few heads, or fewer, in as many throws of a fair coin."""
    throws = one + two
    tail = sum(comb(throws, heads) for heads in range(min(one, two) + 1))
    return min(1.0, float(2 * tail / 2**throws))
