"""The study of robustness: a reader and clean digits in; its accuracy on corrupted, attacked and foreign inputs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.evaluation.metrics import accuracy
from inkdigits.evaluation.ood import auroc, fpr_at_tpr
from inkdigits.image.glyph import Glyphs
from inkdigits.labels import CLASSES
from inkdigits.models.classifier import PackedModel
from inkdigits.recognizer import Recognizer
from inkdigits.robustness.attacks import QUERIES, STRENGTHS, Attack
from inkdigits.robustness.corruptions import CORRUPTIONS, corrupt
from inkdigits.robustness.ood_sets import ood_sets
from inkdigits.robustness.perturbations import PERTURBATIONS, perturb_glyphs
from inkdigits.robustness.result import CorruptionAccuracy, OodScore, Robustness, SeverityCurve
from inkdigits.robustness.square import Predict, square_attack


@dataclass(frozen=True)
class Subject:
    """What is studied.

    Attributes:
        predict: The network: glyphs in, probabilities of the digits out.
        read: The whole reader: glyphs as pictures, shape `(N, 28, 28)`, in; digits, shape `(N,)`, out.
        attacks: Attacks along gradients, by name; none for a network that gives only answers.
    """

    predict: Predict
    read: Callable[[Glyphs], NDArray[np.integer]]
    attacks: Mapping[str, Attack] = field(default_factory=dict)

    def correct(self, glyphs: Glyphs, labels: NDArray[np.integer]) -> float:
        """Accuracy of the network alone, 0 to 1."""
        return accuracy(labels, self.predict(glyphs).argmax(axis=1))

    def scores(self, glyphs: Glyphs, labels: NDArray[np.integer]) -> CorruptionAccuracy:
        """Accuracy of the network alone and of the whole reader."""
        return CorruptionAccuracy(self.correct(glyphs, labels), accuracy(labels, self.read(glyphs)))


def packed_subject(packed: PackedModel, attacks: Mapping[str, Attack] | None = None) -> Subject:
    """A packed model as the subject of a study.

    Args:
        packed: The model.
        attacks: Attacks along the gradients of the network it was made from.
    """
    recognizer = Recognizer(packed, expect="digit", min_confidence=0)

    def read(glyphs: Glyphs) -> NDArray[np.integer]:
        # A reading of more or fewer than one digit is wrong, as -1 is.
        pages = recognizer.read_many(iter(glyphs))
        return np.array([int(page.text) if page.text.isdigit() and len(page.text) == 1 else -1 for page in pages])

    return Subject(lambda glyphs: packed.probabilities(glyphs)[:, :CLASSES], read, attacks or {})


def study_robustness(subject: Subject, digits: Dataset, *, seed: int = 0, queries: int = QUERIES) -> Robustness:
    """Measures robustness.

    Args:
        subject: What is studied.
        digits: Clean digits that it was not trained on.
        seed: Seed of corruptions, perturbations, non-digits and attacks.
        queries: Queries per digit of the attack without gradients.
    """
    glyphs, labels = digits.glyphs, digits.labels

    def square(part: Dataset, strength: float) -> NDArray[np.bool_]:
        return square_attack(subject.predict, part.glyphs, part.labels, strength, queries=queries, seed=seed)

    attacks = {**subject.attacks, f"squares without gradients, {queries} queries, packed model": square}
    return Robustness(
        count=len(digits),
        clean=subject.scores(glyphs, labels),
        corruptions={name: subject.scores(corrupt(glyphs, name, seed=seed), labels) for name in CORRUPTIONS},
        curves={name: _curve(subject, digits, name, seed) for name in PERTURBATIONS},
        out_of_distribution=_out_of_distribution(subject, glyphs, seed),
        attacks={name: _under(attack, digits) for name, attack in attacks.items()},
    )


def _curve(subject: Subject, digits: Dataset, name: str, seed: int) -> SeverityCurve:
    kind = PERTURBATIONS[name]
    perturbed = (perturb_glyphs(digits.glyphs, name, amount, seed=seed) for amount in kind.amounts)
    return SeverityCurve(kind.unit, kind.amounts, [subject.correct(glyphs, digits.labels) for glyphs in perturbed])


def _out_of_distribution(subject: Subject, glyphs: Glyphs, seed: int) -> dict[str, OodScore]:
    digits = subject.predict(glyphs).max(axis=1)
    scores = {}
    for name, foreign in ood_sets(len(glyphs), seed=seed).items():
        non_digits = subject.predict(foreign).max(axis=1)
        scores[name] = OodScore(len(foreign), auroc(digits, non_digits), fpr_at_tpr(digits, non_digits))
    return scores


def _under(attack: Attack, digits: Dataset) -> dict[float, float]:
    """Accuracy at each strength: what a weaker attack misleads, a stronger one does too."""
    robust, scores = np.ones(len(digits), bool), {}
    for strength in STRENGTHS:
        left = np.flatnonzero(robust)
        if len(left):
            robust[left] = attack(digits.subset(left), strength)
        scores[strength] = float(robust.mean())
    return scores
