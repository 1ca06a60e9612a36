"""Measures a packed model on the published MNIST-C files.

    python bench/mnist_c.py FOLDER [--model default] [--count 2000] [--publish]

FOLDER is the unpacked archive of N. Mu and J. Gilmer (Zenodo, 2019): one folder per corruption with `test_images.npy`,
shape `(10000, 28, 28, 1)`, uint8, and `test_labels.npy`. Prints for each corruption the accuracy of the network alone,
on the corrupted glyph itself, and as a picture, which the reader prepares like any picture; with 95 % Wilson intervals.

Source: N. Mu, J. Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019. This project holds none of its
files; `inkdigits evaluate --robustness` makes corruptions like them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.image.glyph import Glyphs
from inkdigits.recognizer import Recognizer
from inkdigits.reporting.markdown import table
from inkdigits.robustness.study import Subject, packed_subject
from tables import publish

IMAGES, LABELS = "test_images.npy", "test_labels.npy"
CLEAN = "identity"  # the folder of the uncorrupted digits
HEADS = ("corruption", "n", "network alone", "as a picture")


def load(folder: Path, count: int | None) -> tuple[Glyphs, NDArray[np.int64]]:
    """The test digits of one corruption: all, or `count` taken evenly.

    Raises:
        ValueError: The files are not of MNIST-C's form.
    """
    images, labels = np.load(folder / IMAGES), np.load(folder / LABELS)
    if images.dtype != np.uint8 or images.size != len(labels) * 28 * 28 or not len(labels):
        received = f"{images.dtype} {images.shape} and {labels.shape}"
        raise ValueError(f"Expected uint8 images (N, 28, 28, 1) and N labels in {folder}. Received: {received}.")
    chosen = np.linspace(0, len(labels) - 1, min(count or len(labels), len(labels))).round().astype(int)
    return images.reshape(-1, 28, 28)[chosen], labels.astype(np.int64).ravel()[chosen]


def measure(subject: Subject, root: Path, count: int | None = None) -> list[list[Any]]:
    """One row per corruption, the clean digits first, and the mean of the others last.

    Raises:
        FileNotFoundError: The folder holds no corruption.
    """
    names = sorted((path.parent.name for path in root.glob(f"*/{IMAGES}")), key=lambda name: (name != CLEAN, name))
    if not names:
        raise FileNotFoundError(f"Expected a folder per corruption with {IMAGES} in {root}. Received: none.")
    rows: list[list[Any]] = []
    accuracies = []
    for name in names:
        glyphs, labels = load(root / name, count)
        scores = subject.scores(glyphs, labels)
        rows.append([name, len(labels), *(_cell(share, len(labels)) for share in (scores.alone, scores.as_picture))])
        if name != CLEAN:
            accuracies.append((scores.alone, scores.as_picture))
    if accuracies:
        means = (mean(column) for column in zip(*accuracies, strict=True))
        rows.append([f"mean of {len(accuracies)}", "", *(f"{100 * share:.1f} %" for share in means)])
    return rows


def _cell(share: float, count: int) -> str:
    low, high = wilson_interval(round(share * count), count)
    return f"{100 * share:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--count", type=int, help="digits per corruption, taken evenly (default: all)")
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    options = parser.parse_args(arguments)
    rows = measure(packed_subject(Recognizer.load(options.model).model), options.folder, options.count)
    print(table(HEADS, rows))
    if options.publish:
        publish("mnist-c", HEADS, rows, note=f"model {options.model}")


if __name__ == "__main__":
    main()
