"""The study of robustness: a reader and clean digits in, what damage, strangers and attacks leave of it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.evaluation.metrics import accuracy
from inkdigits.evaluation.ood import auroc, false_positives_at
from inkdigits.image.glyph import Glyphs
from inkdigits.robustness.corruptions import CORRUPTIONS, corrupt
from inkdigits.robustness.ood_sets import strangers
from inkdigits.robustness.result import Curve, Damaged, Robustness, Told
from inkdigits.robustness.severity import KINDS, damage
from inkdigits.robustness.square import Answer, withstands_square

STRENGTHS = (0.1, 0.2, 0.3)  # of the attacks, L∞
QUERIES = 1000  # of the attack without gradients, of each digit

Attack = Callable[[Dataset, float], NDArray[np.bool_]]
"""Clean digits and a strength in; which of them are still read right out, shape `(N,)`."""


@dataclass(frozen=True)
class Reader:
    """What is studied.

    Attributes:
        answer: The network: glyphs in, probabilities out.
        read: The whole reader: glyphs as pictures, shape `(N, 28, 28)`, in; digits, shape `(N,)`, out.
        attacks: Attacks with gradients, by name; none of a network that has only answers.
    """

    answer: Answer
    read: Callable[[Glyphs], NDArray[np.integer]]
    attacks: Mapping[str, Attack]


def study(reader: Reader, digits: Dataset, *, seed: int = 0, queries: int = QUERIES) -> Robustness:
    """Measures robustness.

    Args:
        reader: Whom.
        digits: Clean ones that it was not trained on.
        seed: Of damage, strangers and attacks.
        queries: Of the attack without gradients, of each digit.
    """
    glyphs, labels = digits.glyphs, digits.labels

    def right(damaged: Glyphs) -> float:
        return accuracy(labels, reader.answer(damaged).argmax(axis=1))

    def both(damaged: Glyphs) -> Damaged:
        return Damaged(right(damaged), accuracy(labels, reader.read(damaged)))

    clean_sureness = reader.answer(glyphs).max(axis=1)
    told = {}
    for name, others in strangers(len(glyphs), seed=seed).items():
        sureness = reader.answer(others).max(axis=1)
        found = auroc(clean_sureness, sureness), false_positives_at(clean_sureness, sureness)
        told[name] = Told(len(others), *found)

    def square(part: Dataset, strength: float) -> NDArray[np.bool_]:
        return withstands_square(reader.answer, part.glyphs, part.labels, strength, queries=queries, seed=seed)

    attacks = {**reader.attacks, f"squares without gradients, {queries} queries, packed model": square}
    return Robustness(
        count=len(digits),
        clean=both(glyphs),
        corruptions={name: both(corrupt(glyphs, name, seed=seed)) for name in CORRUPTIONS},
        curves={
            name: Curve(
                kind.unit, kind.amounts, [right(damage(glyphs, name, amount, seed=seed)) for amount in kind.amounts]
            )
            for name, kind in KINDS.items()
        },
        strangers=told,
        attacks={name: _under(attack, digits) for name, attack in attacks.items()},
    )


def _under(attack: Attack, digits: Dataset) -> dict[float, float]:
    """Accuracy under each strength: what a weaker attack misleads, a stronger one does too."""
    safe, scores = np.ones(len(digits), bool), {}
    for strength in STRENGTHS:
        left = np.flatnonzero(safe)
        if len(left):
            safe[left] = attack(digits.subset(left), strength)
        scores[strength] = float(safe.mean())
    return scores
