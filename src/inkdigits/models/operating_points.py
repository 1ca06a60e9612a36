"""Operating points: an error rate in, the confidence threshold that keeps to it out.

A risk bound states: among answers with at least this confidence, at most this share is wrong. It holds with 95 %
confidence over the draw of the calibration digits, for digits from the same distribution. It says nothing about others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log, log1p, log10

from inkdigits.errors import SettingError

DELTA = 0.05  # a bound fails for one calibration split in twenty
USUAL_RATES = (0.05, 0.02, 0.01, 0.005, 0.001)
MOST_DIGITS = 10**12  # that anything is calibrated on
MARGIN = 3  # times the fewest answers that could pass: room for three errors, so that one wrong label ends nothing


@dataclass(frozen=True)
class OperatingPoint:
    """What one threshold keeps of the calibration digits, and how many of those are wrong.

    Attributes:
        threshold: The lowest confidence that is kept, 0 to 1. The confidence of a rejected digit counts as 0.
        kept: Number of answers kept.
        coverage: Share of all answers kept, 0 to 1.
        wrong: Number of kept answers that are wrong.
        error: Share of kept answers that are wrong; 0 if none is kept.
        error_bound: Upper bound of that share among all digits like these, at confidence `1 - DELTA`.

    Raises:
        ValueError: A value is out of its range.
    """

    threshold: float
    kept: int
    coverage: float
    wrong: int
    error: float
    error_bound: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            most = MOST_DIGITS if name in ("kept", "wrong") else 1
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and 0 <= value <= most):
                raise ValueError(f"an operating point with {name} {value!r}")


@dataclass(frozen=True)
class RiskBound:
    """A threshold and the error rate that it guarantees.

    Attributes:
        threshold: The lowest confidence that is accepted, 0 to 1.
        max_error: At most this share of accepted answers is wrong, with confidence `1 - DELTA`.
        coverage: Share of the calibration digits that is accepted, 0 to 1.
        error_bound: Upper bound found at this threshold alone, `max_error` or less.
    """

    threshold: float
    max_error: float
    coverage: float
    error_bound: float

    @property
    def sentence(self) -> str:
        """The bound in words, for a terminal."""
        kept, bound = f"{100 * self.coverage:.1f} %", percent(self.error_bound)
        return (
            f"max error {percent(self.max_error)}: accepts answers from confidence {self.threshold:g}, which keeps "
            f"{kept} of the calibration digits (bound {bound}, 95 % confidence)"
        )


def select_threshold(points: Sequence[OperatingPoint], max_error: float) -> RiskBound:
    """Selects the lowest threshold that guarantees an error rate.

    Args:
        points: Operating points of a model's card.
        max_error: Largest share of accepted answers that may be wrong, above 0 and below 1.

    Returns:
        The bound.

    Raises:
        SettingError: `max_error` is out of its range, there are no points, or none guarantees it.
    """
    if not 0 < max_error < 1:
        raise SettingError(
            f"Expected a max_error above 0 and below 1. Received: {max_error}.",
            hint="0.01 lets at most 1 % of the accepted answers be wrong.",
        )
    if not points:
        raise SettingError(
            "Expected a model with operating points for max_error. Received: a model packed without any.",
            hint="Pack it again with this version of inkdigits, or set min_confidence.",
        )
    if (point := choose_point(points, max_error)) is not None:
        return RiskBound(point.threshold, max_error, point.coverage, point.error_bound)
    nearest = _nearest(points, max_error)
    raise SettingError(
        f"Expected a max_error that the model can guarantee. Received: {max_error:g}.",
        hint="It has too few calibration digits for any: set min_confidence."
        if nearest is None
        else f"The nearest that it can guarantee is {nearest:g}.",
    )


def usual_bounds(points: Sequence[OperatingPoint]) -> list[RiskBound]:
    """The bounds for 5, 2, 1, 0.5 and 0.1 % error that a model can guarantee; empty without points."""
    chosen = ((rate, choose_point(points, rate)) for rate in USUAL_RATES)
    return [RiskBound(p.threshold, rate, p.coverage, p.error_bound) for rate, p in chosen if p is not None]


def choose_point(points: Sequence[OperatingPoint], max_error: float) -> OperatingPoint | None:
    """Goes from the strictest threshold down while the bound holds, and returns the last point at which it does.

    Each step is a test that accepts a false bound with probability `DELTA` at most. The order is fixed and the first
    failure ends the sequence, so the same holds for the whole sequence: trying sixty thresholds costs nothing.
    The start depends only on how many answers each threshold keeps: three times as many as could pass without an
    error, or half of the calibration digits if that is fewer, but never fewer than could pass. The method assumes that
    less confident answers are not right more often.

    Args:
        points: Made at thresholds fixed beforehand, with bounds at confidence `1 - DELTA`.
        max_error: The error rate to guarantee, above 0 and below 1.

    Returns:
        The point; None if the bound does not hold at the first.

    Source:
        Angelopoulos et al., "Learn then test: calibrating predictive algorithms to achieve risk control", 2021 (fixed
        sequence testing); Geifman and El-Yaniv, "Selective classification for deep neural networks", 2017.
    """
    fewest = log(DELTA) / log1p(-max_error)  # so many answers without an error have exactly this bound
    total = max((point.kept for point in points), default=0)
    start = max(fewest, min(MARGIN * fewest, total / 2))
    chosen = None
    for point in sorted(points, key=lambda point: -point.threshold):
        if point.kept < start:
            continue
        if point.error_bound > max_error:
            break
        chosen = point
    return chosen


def percent(share: float) -> str:
    """`0.5 %`, `0.087 %`: two significant digits, rounded up, so that no bound looks better than it is."""
    return f"{_round_up(100 * share):g} %"


def _nearest(points: Sequence[OperatingPoint], max_error: float) -> float | None:
    """The nearest error rate that can be guaranteed, two digits; preferably a larger one."""
    rates = sorted(_rates(points), key=lambda rate: (rate < max_error, abs(rate - max_error)))
    return next((rate for rate in rates if choose_point(points, rate) is not None), None)


def _rates(points: Sequence[OperatingPoint]) -> Iterator[float]:
    """The bound of each point, in two digits."""
    rounded = (_round_up(point.error_bound) for point in points)
    return (rate for rate in rounded if 0 < rate < 1)


def _round_up(value: float) -> float:
    """Two significant digits, upwards; rounding errors alone do not count."""
    if value <= 0:
        return 0.0
    scale = 10.0 ** (1 - floor(log10(value)))
    return float(f"{ceil(round(value * scale, 6)) / scale:.2g}")
