"""Predictions on disk: labels and probabilities to `predictions.csv`, to the last bit.

One line per digit: `index,label,prediction,confidence`, then the probability of each digit in columns `0` to `9`, and
`file` where each digit has one.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from inkdigits.evaluation.checks import Labels, Probabilities, check_predictions
from inkdigits.labels import CLASSES
from inkdigits.names import inert_cell

COLUMNS = ("index", "label", "prediction", "confidence", *"0123456789")
FILE = "file"  # the column after these, if there is one


def write_predictions(
    path: Path, labels: Labels, probabilities: Probabilities, *, sources: Sequence[str] = (), raw: bool = False
) -> None:
    """Writes predictions, with all digits of the probabilities, so that every metric can be recomputed.

    Args:
        path: The file; an old one is replaced.
        labels: Shape `(N,)`, integers 0 to 9.
        probabilities: Shape `(N, 10)`; each row adds up to 1.
        sources: The file of each digit, N names, or none.
        raw: Whether names that a spreadsheet would execute are left as they are.

    Raises:
        DataError: They are empty, of shapes that do not fit, not finite, or no probabilities.
    """
    truth, checked = check_predictions(labels, probabilities, classes=CLASSES)
    answers = checked.argmax(axis=1).tolist()
    named: list[tuple[str, ...]] = [(source if raw else inert_cell(source),) for source in sources] or [()] * len(truth)
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:  # of odd names
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*COLUMNS, FILE) if sources else COLUMNS)
        rows = zip(truth.tolist(), answers, checked.tolist(), named, strict=True)
        for index, (label, answer, row, name) in enumerate(rows):  # csv writes floats as repr: they come back the same
            writer.writerow((index, label, answer, row[answer], *row, *name))
