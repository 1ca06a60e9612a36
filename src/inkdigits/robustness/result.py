"""The results of a robustness study: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class CorruptionAccuracy:
    """Accuracy on corrupted digits, 0 to 1.

    Attributes:
        alone: The network's, on the corrupted glyphs themselves.
        as_picture: The whole reader's, which prepares each corrupted glyph like any picture.
    """

    alone: float
    as_picture: float


@dataclass(frozen=True)
class SeverityCurve:
    """Accuracy of the network, 0 to 1, against the amount of one perturbation.

    Attributes:
        unit: Unit of the amounts.
        amounts: Lowest to highest.
        accuracies: One per amount.
    """

    unit: str
    amounts: Sequence[float]
    accuracies: Sequence[float]


@dataclass(frozen=True)
class OodScore:
    """How well the confidence separates digits from one kind of non-digits.

    Attributes:
        count: Number of non-digits.
        auroc: Probability that a digit has the higher confidence, 0 to 1.
        fpr95: Share of the non-digits above the threshold that keeps 95 % of the digits, 0 to 1.
    """

    count: int
    auroc: float
    fpr95: float


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """Accuracy on inputs that are not clean digits.

    Attributes:
        count: Digits per corruption and attack.
        clean: Accuracy on the same digits, unchanged.
        corruptions: By the names of MNIST-C.
        curves: By perturbation.
        out_of_distribution: By kind of non-digits.
        attacks: By attack: accuracy, 0 to 1, at each strength (L∞, full ink is 1).
    """

    count: int
    clean: CorruptionAccuracy
    corruptions: Mapping[str, CorruptionAccuracy]
    curves: Mapping[str, SeverityCurve]
    out_of_distribution: Mapping[str, OodScore]
    attacks: Mapping[str, Mapping[float, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """In the words of `metrics.json`."""
        return asdict(self)
