"""Attacks on the float32 network of a run: along its gradients, and without, which shows whether it hides them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.errors import require

STRENGTHS = (0.1, 0.2, 0.3)  # L∞, full ink is 1
QUERIES = 1000  # of the attack without gradients, per digit
PGD_STEPS, PGD_RESTARTS = 100, 20

Attack: TypeAlias = Callable[[Dataset, float], NDArray[np.bool_]]
"""Clean digits and a strength in; which of them are still classified correctly out, shape `(N,)`."""


def run_attacks(run: Path) -> dict[str, Attack]:
    """The attacks on the network that a run has trained, by name.

    Args:
        run: The run's folder.

    Raises:
        MissingExtraError: TensorFlow is not installed.
        MissingModelError: There is no such run.
        TrainingError: The run has no checkpoint yet, or it is damaged.
    """
    require("tensorflow", extra="train", purpose="attacks along gradients")
    from inkdigits.robustness.gradient_attack import robust_mask
    from inkdigits.robustness.square import square_attack
    from inkdigits.training.pgd import Pgd
    from inkdigits.training.predict import compile_predict
    from inkdigits.training.run.folder import open_run
    from inkdigits.training.run.trained import trained_model

    model = trained_model(open_run(run))
    predict = compile_predict(model)

    def climb(digits: Dataset, strength: float, *, steps: int, restarts: int) -> NDArray[np.bool_]:
        return robust_mask(model, digits.glyphs, digits.labels, Pgd(strength, steps, restarts))

    def squares(digits: Dataset, strength: float) -> NDArray[np.bool_]:
        return square_attack(predict, digits.glyphs, digits.labels, strength, queries=QUERIES)

    return {
        "FGSM": partial(climb, steps=1, restarts=1),
        f"PGD, {PGD_STEPS} steps, {PGD_RESTARTS} restarts": partial(climb, steps=PGD_STEPS, restarts=PGD_RESTARTS),
        f"squares without gradients, {QUERIES} queries": squares,
    }
