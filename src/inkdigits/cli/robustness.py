"""What `inkdigits evaluate --robustness` studies: a packed model's answers, its readings, attacks on its run."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from inkdigits.data.dataset import Dataset
    from inkdigits.models.classifier import PackedModel
    from inkdigits.robustness.result import Robustness
    from inkdigits.robustness.study import Attack

PGD_STEPS, PGD_RESTARTS = 100, 20


def robustness_of(packed: PackedModel, run: Path | None, dataset: Dataset, count: int) -> Robustness:
    """Studies a packed model on some of the digits, taken evenly.

    Args:
        packed: The model.
        run: The run that it is from, whose network is attacked along its gradients too; None if there is none.
        dataset: Clean digits.
        count: How many of them, at most.
    """
    from inkdigits.robustness.study import Reader, study

    chosen = np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(np.intp)
    return study(Reader(packed.probabilities, _reader(packed), _attacks(run)), dataset.subset(chosen))


def _reader(packed: PackedModel) -> Callable[[NDArray[np.uint8]], NDArray[np.integer]]:
    from inkdigits.reading.recognizer import Recognizer

    recognizer = Recognizer(packed)

    def read(glyphs: NDArray[np.uint8]) -> NDArray[np.integer]:
        # A reading of more or fewer than one digit is wrong, as -1 is.
        pages = recognizer.stream(iter(glyphs), expect="digit", min_confidence=0)
        return np.array([int(page.text) if page.text.isdigit() and len(page.text) == 1 else -1 for page in pages])

    return read


def _attacks(run: Path | None) -> dict[str, Attack]:
    """Attacks on the float32 network of a run: along its gradients, and, to see whether it hides them, without."""
    if run is None:
        click.echo("no gradients to attack along: a packed model alone has only answers; give a run", err=True)
        return {}
    if importlib.util.find_spec("tensorflow") is None:
        click.echo("no gradients to attack along: TensorFlow is not installed", err=True)
        return {}
    from inkdigits.robustness.gradient_attack import withstands
    from inkdigits.robustness.square import withstands_square
    from inkdigits.robustness.study import QUERIES
    from inkdigits.training.pgd import Pgd
    from inkdigits.training.predict import make_answerer
    from inkdigits.training.run.folder import open_run, trained_model

    model = trained_model(open_run(run))
    answer = make_answerer(model)

    def climb(digits: Dataset, strength: float, *, steps: int, restarts: int) -> NDArray[np.bool_]:
        return withstands(model, digits.glyphs, digits.labels, Pgd(strength, steps, restarts))

    def squares(digits: Dataset, strength: float) -> NDArray[np.bool_]:
        return withstands_square(answer, digits.glyphs, digits.labels, strength, queries=QUERIES)

    return {
        "FGSM": partial(climb, steps=1, restarts=1),
        f"PGD, {PGD_STEPS} steps, {PGD_RESTARTS} restarts": partial(climb, steps=PGD_STEPS, restarts=PGD_RESTARTS),
        f"squares without gradients, {QUERIES} queries": squares,
    }
