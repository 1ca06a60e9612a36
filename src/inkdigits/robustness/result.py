"""The results of a robustness study: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Damaged:
    """Accuracy on damaged digits, 0 to 1.

    Attributes:
        alone: Of the network, given the damaged glyphs themselves.
        as_picture: Of a reader who prepares each damaged glyph as it does any picture.
    """

    alone: float
    as_picture: float


@dataclass(frozen=True)
class Curve:
    """Accuracy of the network, 0 to 1, by the amount of one kind of damage.

    Attributes:
        unit: Of the amounts.
        amounts: Lowest to highest.
        accuracies: One for each amount.
    """

    unit: str
    amounts: Sequence[float]
    accuracies: Sequence[float]


@dataclass(frozen=True)
class Told:
    """How well a kind of what is no digit is told from digits by the confidence.

    Attributes:
        count: How many there were of it.
        auroc: The chance that a digit is the surer of the two, 0 to 1.
        false_positives: Share taken for digits where 95 % of the digits are kept, 0 to 1.
    """

    count: int
    auroc: float
    false_positives: float


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """How a reader stands up to what is not a clean digit.

    Attributes:
        count: Digits of each kind of damage and attack.
        clean: The same digits without any.
        corruptions: By the names of MNIST-C.
        curves: By kind of damage.
        strangers: By kind of what is no digit.
        attacks: By attack: accuracy, 0 to 1, under each strength (L∞, full ink is 1).
    """

    count: int
    clean: Damaged
    corruptions: Mapping[str, Damaged]
    curves: Mapping[str, Curve]
    strangers: Mapping[str, Told]
    attacks: Mapping[str, Mapping[float, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """In the words of `metrics.json`."""
        return asdict(self)
