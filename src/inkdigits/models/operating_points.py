"""Promises: a card and an error rate in, the threshold that keeps to it out. Knows nothing of pictures or networks.

A promise says: of the answers that are at least so sure, at most such a share is wrong. It is kept with 95 % confidence
(it fails for one drawn calibration split in twenty), for digits drawn as that split's were: of the same hands, with
degraded or synthetic glyphs in the same share. Of other digits it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log, log1p, log10
from typing import TypeAlias

from inkdigits.errors import SettingError
from inkdigits.models.card import Card

Point: TypeAlias = Mapping[str, float]
"""An operating point, as a card holds it."""

DELTA = 0.05  # a promise fails to be kept for one calibration split in twenty
USUAL = (0.05, 0.02, 0.01, 0.005, 0.001)
MARGIN = 3  # times the fewest answers that could pass: room for three errors, where one mislabelled digit ends nothing


@dataclass(frozen=True)
class Promise:
    """A threshold, and what it promises.

    Attributes:
        threshold: The least confidence that is kept, 0 to 1.
        max_error: What is promised: of the kept answers at most this share is wrong, at confidence `1 - DELTA`.
        coverage: The share of the calibration split that it keeps, 0 to 1.
        error_bound: The upper bound that was found at this threshold alone, `max_error` or less.
    """

    threshold: float
    max_error: float
    coverage: float
    error_bound: float

    @property
    def sentence(self) -> str:
        """The promise in words, for a terminal."""
        return (
            f"max error {percent(self.max_error)}: reads from confidence {self.threshold:g} on, that is "
            f"{100 * self.coverage:.1f} % of the calibration split (bound {percent(self.error_bound)}, 95 % confidence)"
        )


def threshold_for(card: Card, max_error: float) -> Promise:
    """Finds the lowest threshold at which a model can promise an error rate.

    Args:
        card: Of the model.
        max_error: The share of the kept answers that may be wrong, above 0 and below 1.

    Returns:
        The promise.

    Raises:
        SettingError: `max_error` is out of its range, the card has no operating points, or none can promise it.
    """
    if not 0 < max_error < 1:
        raise SettingError(
            f"Expected a --max-error above 0 and below 1. Received: {max_error}.",
            hint="0.01 promises that of the digits that are read at most 1 % is wrong.",
        )
    if not card.operating_points:
        raise SettingError(
            f"Expected a model with operating points for --max-error. Received: {card.name!r}, packed without any.",
            hint="Pack it again with this version of inkdigits, or set --min-confidence.",
        )
    if (point := choose_point(card.operating_points, max_error)) is not None:
        return Promise(point["threshold"], max_error, point["coverage"], point["error_bound"])
    nearest = _nearest(card.operating_points, max_error)
    raise SettingError(
        f"Expected a --max-error that {card.name!r} can promise. Received: {max_error:g}.",
        hint="Its calibration split is too small for any: set --min-confidence."
        if nearest is None
        else f"The nearest that it can promise is --max-error {nearest:g}.",
    )


def usual_promises(card: Card) -> list[Promise]:
    """Those of 5 %, 2 %, 1 %, 0.5 % and 0.1 % error that a model can promise; none if its card has no points."""
    chosen = ((rate, choose_point(card.operating_points, rate)) for rate in USUAL)
    return [Promise(p["threshold"], rate, p["coverage"], p["error_bound"]) for rate, p in chosen if p is not None]


def choose_point(points: Sequence[Point], max_error: float) -> Point | None:
    """Walks from the strictest threshold down while the bound holds, and gives the last one at which it does.

    Each step is a test that lets a false promise pass with probability `DELTA` at most. Because the order is fixed and
    the first failure ends the walk, the same goes for the whole of it: nothing is paid for trying sixty thresholds.
    Where it starts depends on nothing but how many answers each threshold keeps: three times as many as could pass
    with no error among them, or half the split if that is fewer, but never fewer than could pass. It takes for granted
    that less sure answers are not more often right.

    Args:
        points: Made at thresholds that were fixed beforehand, with bounds at confidence `1 - DELTA`.
        max_error: What to promise, above 0 and below 1.

    Returns:
        The point; None if the bound does not hold at the first.

    Source:
        Angelopoulos et al., "Learn then test: calibrating predictive algorithms to achieve risk control", 2021 (fixed
        sequence testing); Geifman and El-Yaniv, "Selective classification for deep neural networks", 2017.
    """
    fewest = log(DELTA) / log1p(-max_error)  # so many answers without an error have this very bound
    total = max((point["kept"] for point in points), default=0)
    start = max(fewest, min(MARGIN * fewest, total / 2))
    chosen = None
    for point in sorted(points, key=lambda point: -point["threshold"]):
        if point["kept"] < start:
            continue
        if point["error_bound"] > max_error:
            break
        chosen = point
    return chosen


def percent(share: float) -> str:
    """`0.5 %`, `0.087 %`: two digits that count, rounded up, so that no bound looks better than it is."""
    return f"{_round_up(100 * share):g} %"


def _nearest(points: Sequence[Point], max_error: float) -> float | None:
    """The error rate nearest to this one that can be promised, in two digits; rather a larger one than a smaller."""
    rates = sorted(_rates(points), key=lambda rate: (rate < max_error, abs(rate - max_error)))
    return next((rate for rate in rates if choose_point(points, rate) is not None), None)


def _rates(points: Sequence[Point]) -> Iterator[float]:
    """What could be promised at best: the bound of each point, in two digits."""
    rounded = (_round_up(point["error_bound"]) for point in points)
    return (rate for rate in rounded if 0 < rate < 1)


def _round_up(value: float) -> float:
    """Two digits that count, upwards; what is off by rounding alone stays."""
    if value <= 0:
        return 0.0
    scale = 10.0 ** (1 - floor(log10(value)))
    return float(f"{ceil(round(value * scale, 6)) / scale:.2g}")
