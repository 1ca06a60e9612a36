"""Answers of several readers to the same pictures in; tables of their accuracy, paired tests and times out.

A table is its heads and its rows, as `publish` takes them. It knows nothing of how the answers came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.evaluation.significance import LEVEL, compare_answers, holm

SURE = 0.9  # of a confidence
NON_DIGITS, KEPT = "not_digits", "own_digits"
ALL = "all"

Table: TypeAlias = tuple[list[str], list[list[Any]]]


@dataclass(frozen=True)
class PictureSet:
    """Pictures to read.

    Attributes:
        name: Its column.
        paths: The files.
        labels: The digit of each, "0" to "9"; empty for non-digits.
    """

    name: str
    paths: tuple[Path, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """What a system answered to the pictures of a set.

    Attributes:
        digits: One per picture, "0" to "9", or empty.
        confidences: One per picture, 0 to 1; None where there is none.
        seconds: Mean per picture.
    """

    digits: tuple[str, ...]
    confidences: tuple[float | None, ...]
    seconds: float

    def right(self, labels: Sequence[str]) -> int:
        """How many are right."""
        return sum(digit == label for digit, label in zip(self.digits, labels, strict=True))

    def sure(self) -> float | None:
        """The share accepted as a digit at a confidence of 0.9 or more; None if digits were given without one."""
        given = [sure for digit, sure in zip(self.digits, self.confidences, strict=True) if digit]
        if any(sure is None for sure in given):
            return None
        return sum(sure is not None and sure >= SURE for sure in given) / len(self.digits)

    def numbers(self) -> NDArray[np.int64]:
        """The answers as integers; what is not one digit is -1, which is never right."""
        return np.array([int(digit) if len(digit) == 1 else -1 for digit in self.digits])


System: TypeAlias = Mapping[str, Answers]
"""A system's answers by the name of the set."""


def accuracy(systems: Mapping[str, System], sets: Sequence[PictureSet]) -> Table:
    """One row per system, one column per set: % right with its 95 % Wilson interval."""
    heads = ["% right [95 % interval]", *(f"{part.name} (n = {len(part.paths):,})" for part in sets)]
    rows = [
        [title, *(_share(answers[part.name].right(part.labels), len(part.paths)) for part in sets)]
        for title, answers in systems.items()
    ]
    return heads, rows


def accuracy_by_set(systems: Mapping[str, System], sets: Sequence[PictureSet]) -> Table:
    """One row per set, one column per system: how many are right."""
    rows = [
        [part.name, len(part.paths), *(each[part.name].right(part.labels) for each in systems.values())]
        for part in sets
    ]
    return ["right", "n", *systems], [list(row) for row in rows]


def _share(right: int, count: int) -> str:
    low, high = wilson_interval(right, count)
    return f"{right / count:.1%} [{low:.1%}, {high:.1%}]".replace("%", "")


def paired(systems: Mapping[str, System], sets: Sequence[PictureSet]) -> Table:
    """McNemar's exact test of the first system against each other one, on the same pictures of each set.

    The p-values of a set are corrected by Holm's method, as many tests as there are other systems.
    """
    (first, ours), *others = systems.items()
    rows: list[list[Any]] = []
    for part in sets:
        labels = np.array([int(label) for label in part.labels])
        own = ours[part.name].numbers()
        tests = [compare_answers(labels, own, other[part.name].numbers()) for _, other in others]
        corrected = holm([test.p_value for test in tests])
        for (title, _), test, p_value in zip(others, tests, corrected, strict=True):
            better = first if test.only_first > test.only_second else title
            verdict = better if p_value <= LEVEL else "not shown"
            rows.append([f"{part.name}: {title}", test.only_first, test.only_second, _p_value(p_value), verdict])
    return ["pictures: other reader", f"only {first} right", "only the other right", "p, Holm", "better"], rows


def _p_value(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def pooled(systems: Mapping[str, System], sets: Sequence[PictureSet]) -> tuple[dict[str, System], PictureSet]:
    """All sets as one more, named `all`; the systems with their answers to it."""
    whole = PictureSet(ALL, sum((part.paths for part in sets), ()), sum((part.labels for part in sets), ()))
    merged: dict[str, System] = {}
    for title, answers in systems.items():
        each = [answers[part.name] for part in sets]
        seconds = sum(one.seconds * len(one.digits) for one in each) / len(whole.paths)
        digits = sum((one.digits for one in each), ())
        merged[title] = {**answers, ALL: Answers(digits, sum((one.confidences for one in each), ()), seconds)}
    return merged, whole


def non_digits(systems: Mapping[str, System], sets: Sequence[PictureSet]) -> Table:
    """One row per system: the share of non-digits and of digits that it accepts at a confidence of 0.9 or more."""
    kept = any(part.name == KEPT for part in sets)
    heads = [f"at a confidence of {SURE} or more", "non-digits accepted", *([f"{KEPT} accepted"] if kept else [])]
    names = [NON_DIGITS, *([KEPT] if kept else [])]
    return heads, [[title, *(_percent(answers[name].sure()) for name in names)] for title, answers in systems.items()]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def times(systems: Mapping[str, System], sets: Sequence[PictureSet]) -> Table:
    """One row per system: the mean milliseconds per picture over all sets."""
    merged, _ = pooled(systems, sets)
    return ["reader", "ms per picture"], [[title, f"{1000 * each[ALL].seconds:.1f}"] for title, each in merged.items()]
