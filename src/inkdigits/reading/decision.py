"""The decision: candidates and their probabilities in, status, reason and confidence out. One pure function.

Everything that accepts, doubts or rejects a reading is here: `DecisionPolicy` holds each threshold, `decide` applies
them. What `max_error` guarantees is measured on this same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.labels import CLASSES, NOT_A_DIGIT
from inkdigits.models.operating_points import RiskBound, select_threshold

if TYPE_CHECKING:
    from inkdigits.layout.digit import Origin, PictureReason
    from inkdigits.models.card import Card, Threshold

Status: TypeAlias = Literal["ok", "uncertain", "rejected", "error"]
Reason: TypeAlias = Literal["blank", "too_small", "low_contrast", "not_a_digit", "several", "ambiguous"]
Combination: TypeAlias = Literal["single", "best", "mean"]
"""How an answer is made of the candidates: one was tried; the best of several; their mean."""
Row: TypeAlias = NDArray[np.float64]
"""Probabilities of the ten digits and of a non-digit, shape `(11,)`."""

MIN_CONFIDENCE = 0.5  # below it another answer is as likely as this one
OK_CONFIDENCE = 0.9  # below it an answer is worth a look at the picture
DOUBT = 0.49  # times the probability: below 0.5, however probable the digit is
SUSPICION = 0.89  # times the probability: below 0.9, so that a bar that may be an l is uncertain
AVERAGED: frozenset[str] = frozenset({"blurred", "as glyph", "as glyph, blurred"})
"""Origins of the fallbacks that are averaged with the primary candidate; of the others the best is taken."""
LAST: frozenset[str] = frozenset({"lit evenly"})
"""Origins of fallbacks that are taken only if they are ok: what is taken for a shadow may be a part of the digit."""


@dataclass(frozen=True, kw_only=True)
class DecisionPolicy:
    """Every threshold of a reading.

    Attributes:
        min_confidence: A reading of less confidence is rejected, 0 to 1.
        ok_confidence: A reading of less confidence is `"uncertain"`.
        fallback_confidence: If the primary candidate's confidence is less, the fallbacks are tried.
        not_a_digit_threshold: Above this probability of a non-digit a reading is doubted, even if its digit is more
            probable; from the model's card: one number, or one for each digit.
        doubt: The confidence of a doubted reading is the digit's probability times this.
        suspicion: The same for a reading that another digit's threshold would doubt, but not its own.
    """

    min_confidence: float = MIN_CONFIDENCE
    ok_confidence: float = OK_CONFIDENCE
    fallback_confidence: float = OK_CONFIDENCE
    not_a_digit_threshold: Threshold = 1.0
    doubt: float = DOUBT
    suspicion: float = SUSPICION

    @property
    def least_threshold(self) -> float:
        """The threshold of the digit that is doubted first."""
        threshold = self.not_a_digit_threshold
        return threshold if isinstance(threshold, float | int) else min(threshold)


@dataclass(frozen=True, eq=False)
class Evidence:
    """One candidate, as the decision sees it.

    Attributes:
        probabilities: Calibrated, shape `(11,)`.
        origin: How the candidate was found.
        reason: What is wrong with its picture, or None.
        several: Whether shapes of about one height stand side by side.
        beside: Whether another digit, a letter or a minus stands beside it.
    """

    probabilities: Row
    origin: Origin = "primary"
    reason: PictureReason | None = None
    several: bool = False
    beside: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Decision:
    """What follows from the candidates.

    Attributes:
        status: `"ok"`, `"uncertain"` or `"rejected"`: given by `confidence` alone.
        reason: Why it is not `"ok"`.
        confidence: How probable the answer is, 0 to 1: the digit's calibrated probability, lowered if the reading is
            doubted; None if the picture is blank.
        probabilities: Those of the candidates that counted, combined, shape `(11,)`; None if the picture is blank.
        combination: How they were combined.
        counted: Indices of the candidates that count; the first one's box and ink are those of the answer.
    """

    status: Status
    reason: Reason | None
    confidence: float | None = None
    probabilities: Row | None = field(default=None, repr=False)
    combination: Combination = "single"
    counted: tuple[int, ...] = ()

    @property
    def answer(self) -> str:
        """The most probable digit; empty if the picture is blank."""
        return "" if self.probabilities is None else str(int(self.probabilities[:CLASSES].argmax()))


def decide(candidates: Sequence[Evidence], policy: DecisionPolicy) -> Decision:
    """Decides what a picture's candidates say.

    Args:
        candidates: The primary candidate, then the fallbacks that were tried; none of a blank picture.
        policy: The thresholds.

    Example:
        >>> sure, torn = np.zeros((2, 11))
        >>> sure[7], torn[[1, 7]] = 1.0, 0.5
        >>> decide([Evidence(sure)], DecisionPolicy()).answer
        '7'
        >>> decide([Evidence(torn)], DecisionPolicy(min_confidence=0.6)).reason
        'ambiguous'
    """
    if not candidates:
        return Decision(status="rejected", reason="blank")
    combination, counted, row = _combine(candidates, policy)
    chosen = candidates[counted[0]]
    reason = _doubt(chosen, row, policy)
    factor = 1.0 if reason is None else policy.doubt
    if reason is None and is_non_digit(row, policy.least_threshold):
        reason, factor = "not_a_digit", policy.suspicion
    confidence = float(row[:CLASSES].max()) * factor
    status: Status = "ok" if reason is None else "uncertain"
    if confidence < policy.ok_confidence:
        status, reason = "uncertain", reason or "ambiguous"
    if confidence < policy.min_confidence:
        status, reason = "rejected", reason or "ambiguous"
    return Decision(
        status=status,
        reason=reason,
        confidence=confidence,
        probabilities=row,
        combination=combination,
        counted=counted,
    )


def find_risk_bound(card: Card, max_error: float) -> RiskBound:
    """What `max_error` stands for with a model: the least confidence that is accepted, and what is guaranteed then.

    Args:
        card: The model's card, with its operating points.
        max_error: The largest acceptable error rate among accepted readings, above 0 and below 1.

    Returns:
        Its threshold is 0.5 or more, for below another answer is as likely.

    Raises:
        SettingError: `max_error` is out of its range, or the model cannot guarantee it.
    """
    bound = select_threshold(card.operating_points, max_error)
    threshold = max(bound.threshold, MIN_CONFIDENCE)
    kept = [point.coverage for point in card.operating_points if point.threshold >= threshold]
    return replace(bound, threshold=threshold, coverage=max(kept, default=bound.coverage))


def wants_fallbacks(primary: Evidence, policy: DecisionPolicy) -> bool:
    """Whether the primary candidate is so uncertain that the fallbacks are to be tried."""
    row = primary.probabilities
    return bool(row[:CLASSES].max() < policy.fallback_confidence or is_non_digit(row, policy.not_a_digit_threshold))


def is_non_digit(row: Row, threshold: Threshold) -> bool:
    """Whether a non-digit is more probable than the best digit, or than a threshold.

    Args:
        row: Shape `(11,)`.
        threshold: From a model's card, 0 to 1: one number, or one for each digit that may be the most probable.
    """
    *digits, non_digit = row.tolist()  # on eleven numbers Python is faster than NumPy
    best = max(digits)
    limit = threshold if isinstance(threshold, float | int) else threshold[digits.index(best)]
    return bool(non_digit > min(best, limit))


def find_non_digits(rows: NDArray[np.float64], threshold: Threshold) -> NDArray[np.bool_]:
    """Which of several rows are those of non-digits.

    Args:
        rows: Shape `(N, 11)`.
        threshold: As for `is_non_digit`.

    Returns:
        Shape `(N,)`.
    """
    return np.array([is_non_digit(row, threshold) for row in rows], np.bool_)


def average(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of candidates' probabilities of the digits; the probability of a non-digit is the primary candidate's.

    Args:
        rows: Shape `(candidates, 11)` or `(candidates, N, 11)`, the primary candidate first.

    Returns:
        Shape `(11,)` or `(N, 11)`; each row sums to 1.
    """
    mean = rows[..., :CLASSES].mean(axis=0)
    scale = rows[0, ..., :CLASSES].sum(axis=-1, keepdims=True) / mean.sum(axis=-1, keepdims=True)
    return np.concatenate([mean * scale, rows[0, ..., NOT_A_DIGIT:]], axis=-1)


def _combine(candidates: Sequence[Evidence], policy: DecisionPolicy) -> tuple[Combination, tuple[int, ...], Row]:
    rows = [candidate.probabilities for candidate in candidates]
    if len(rows) == 1:
        return "single", (0,), rows[0]
    if candidates[1].origin in AVERAGED:
        return "mean", tuple(range(len(rows))), average(np.stack(rows))
    ranks = [_rank(candidate, policy) for candidate in candidates]
    best = ranks.index(max(ranks))
    return "best", (best,), rows[best]


def _rank(candidate: Evidence, policy: DecisionPolicy) -> tuple[bool, float]:
    """Digits before non-digits, then by probability; a picture that was changed much counts only if it is sure."""
    row = candidate.probabilities
    digit, best = not is_non_digit(row, policy.not_a_digit_threshold), float(row[:CLASSES].max())
    if candidate.origin in LAST and not (digit and best >= policy.ok_confidence):
        return False, -1.0
    return digit, best


def _doubt(chosen: Evidence, row: Row, policy: DecisionPolicy) -> Reason | None:
    """Why the reading is doubted, however probable its digit is."""
    if chosen.reason is not None:
        return chosen.reason
    if is_non_digit(row, policy.not_a_digit_threshold):
        return "several" if chosen.several or chosen.beside else "not_a_digit"
    return "several" if chosen.beside else None
