"""Metrics: labels and probabilities in, numbers out. Arrays only; it knows nothing of models, files or plots."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution


def wilson_interval(right: int, total: int, *, z: float = Z_95) -> tuple[float, float]:
    """Confidence interval of a share.

    Args:
        right: How many of them were right.
        total: How many there were.
        z: Quantile of the normal distribution; the default is for 95 %.

    Returns:
        Lower and upper end, 0 to 1; (0, 1) if there were none.

    Source:
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Example:
        >>> low, high = wilson_interval(98, 100)
        >>> round(low, 4), round(high, 4)
        (0.93, 0.9945)
    """
    if total == 0:
        return 0.0, 1.0
    share = right / total
    middle = share + z * z / (2 * total)
    margin = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max((middle - margin) / scale, 0.0), min((middle + margin) / scale, 1.0)
