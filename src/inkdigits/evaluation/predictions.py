"""Predictions on disk: labels and probabilities to `predictions.csv` and back, to the last bit. Knows no metrics.

One line a digit: `index,label,prediction,confidence`, then the probability of each digit in columns `0` to `9`, and
`file` where each digit has one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError
from inkdigits.evaluation.checks import CLASSES, Labels, Probabilities, check_predictions

COLUMNS = ("index", "label", "prediction", "confidence", *"0123456789")
FILE = "file"  # the column after these, if there is one


def write_predictions(path: Path, labels: Labels, probabilities: Probabilities, *, sources: Sequence[str] = ()) -> None:
    """Writes what a model answered, with all digits of the probabilities, so that every metric can be recomputed.

    Args:
        path: The file; an old one is replaced.
        labels: Shape `(N,)`, integers 0 to 9.
        probabilities: Shape `(N, 10)`; each row adds up to 1.
        sources: The file of each, N names, or none.

    Raises:
        DataError: They are empty, of shapes that do not fit, not finite, or no probabilities.
    """
    truth, chances = check_predictions(labels, probabilities, classes=CLASSES)
    answers = chances.argmax(axis=1).tolist()
    named: list[tuple[str, ...]] = [(source,) for source in sources] or [()] * len(truth)
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:  # of odd names
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*COLUMNS, FILE) if sources else COLUMNS)
        rows = zip(truth.tolist(), answers, chances.tolist(), named, strict=True)
        for index, (label, answer, row, name) in enumerate(rows):  # csv writes floats as repr: they come back the same
            writer.writerow((index, label, answer, row[answer], *row, *name))


def read_predictions(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Reads what `write_predictions` wrote.

    Args:
        path: The file.

    Returns:
        Labels, shape `(N,)`, and probabilities, shape `(N, 10)`.

    Raises:
        DataError: There is no such file, a column or a number is missing or wrong, or a prediction or its confidence
            does not go with the probabilities.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            labels, probabilities = _parse(path, csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"Expected predictions at {path}. Received: {error}.", hint="Run: inkdigits evaluate MODEL --report FOLDER"
        ) from error
    truth = np.array(labels, np.int64)
    return check_predictions(truth, np.array(probabilities, np.float64).reshape(-1, CLASSES), classes=CLASSES)


def _parse(path: Path, reader: Iterable[list[str]]) -> tuple[list[int], list[list[float]]]:
    rows = iter(reader)
    header = next(rows, [])
    if tuple(header) not in (COLUMNS, (*COLUMNS, FILE)):
        raise DataError(
            f"Expected the columns {','.join(COLUMNS)} in {path}. Received: {','.join(header) or 'an empty file'}.",
            hint="Give a predictions.csv that inkdigits wrote.",
        )
    labels: list[int] = []
    probabilities: list[list[float]] = []
    for index, row in enumerate(rows):
        try:
            label, chances = _parse_row(index, row, len(header))
        except ValueError as error:
            raise DataError(
                f"Expected digit {index} in line {index + 2} of {path}. Received: {error}.",
                hint="Evaluate the model again.",
            ) from error
        labels.append(label)
        probabilities.append(chances)
    return labels, probabilities


def _parse_row(index: int, row: list[str], columns: int) -> tuple[int, list[float]]:
    """Label and probabilities of one line; a ValueError says what is wrong with it."""
    if len(row) != columns:
        raise ValueError(f"{len(row)} columns instead of {columns}")
    number, label, answer = (int(value) for value in row[:3])
    confidence, *chances = (float(value) for value in row[3 : len(COLUMNS)])
    if number != index:
        raise ValueError(f"index {number}")
    if not 0 <= label < CLASSES:
        raise ValueError(f"label {label}")
    best = max(range(CLASSES), key=chances.__getitem__)
    if (answer, confidence) != (best, chances[best]):
        raise ValueError(f"prediction {answer} at {confidence} where {best} is likeliest at {chances[best]}")
    return label, chances
