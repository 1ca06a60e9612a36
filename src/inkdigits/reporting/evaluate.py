"""Evaluating a model: a model and labeled data in; accuracy, costs, comparison and robustness out. Prints nothing."""

from __future__ import annotations

import io
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.data.label_errors import known_corrections
from inkdigits.data.source import Part, check_leakage, has_test_part, load_dataset, load_part
from inkdigits.data.splits import take_evenly
from inkdigits.errors import MissingDataError, MissingExtraError
from inkdigits.image.load import load
from inkdigits.labels import CLASSES, NOT_A_DIGIT
from inkdigits.models.classifier import PackedModel
from inkdigits.models.operating_points import usual_bounds
from inkdigits.models.zoo import find_model
from inkdigits.reading.decision import find_non_digits, find_risk_bound
from inkdigits.reading.source import SAMPLES
from inkdigits.recognizer import Recognizer
from inkdigits.reporting.costs import measure_costs
from inkdigits.reporting.plots import check_history
from inkdigits.reporting.result import Baseline, EvaluationResult, Example
from inkdigits.robustness.attacks import run_attacks
from inkdigits.robustness.result import Robustness
from inkdigits.robustness.study import packed_subject, study_robustness
from inkdigits.training.run.folder import Run, is_run, open_run

EXAMPLES = 8  # pictures of a folder whose preparation is shown, evenly chosen
THUMBNAIL_SIDE = 240  # pixels

Listener = Callable[[str], None]
"""Takes a remark about what is being measured, in one line."""


def evaluate(
    model: str | Path,
    data: str | Path | None = None,
    *,
    split: Part | None = None,
    strict: bool = False,
    compare: str | Path | None = None,
    robustness_digits: int = 0,
    details: bool = False,
    listener: Listener = lambda _: None,
) -> EvaluationResult:
    """Measures a model on labeled digits.

    Args:
        model: A packed model's name or folder, or a run.
        data: As `load_dataset` takes it. By default what a run was trained on, or MNIST.
        split: `"test"`, `"train"` or `"validation"`, the part of train that training leaves out. By default the test
            split; of a run whose data have none, the validation part.
        strict: Whether the first row or picture that cannot be used ends the loading.
        compare: A second model that is asked for the same digits.
        robustness_digits: Digits per corruption and attack; 0 leaves robustness out.
        details: Also measures speed and memory and reads example pictures, as a report shows them.
        listener: Called with remarks on what could not be measured.

    Returns:
        What was measured.

    Raises:
        MissingModelError: There is no such model.
        ModelError: A model or run is damaged.
        MissingDataError: There are no such data.
        DataError: The data are damaged, or the test digits were trained on.
    """
    packed = PackedModel(folder := find_model(model))
    run = _run_of(folder)
    history = _history(run)
    dataset, part = _load(data, split, run, strict=strict)
    _check_run(run, dataset, part, listener)
    card, recognizer = packed.card, Recognizer(packed)
    probabilities = packed.probabilities(dataset.glyphs)
    costs = measure_costs(packed, folder, dataset.glyphs) if details else {}
    return EvaluationResult(
        name=_name(packed),
        title=f"{card.name} on {dataset.name} ({part})",
        facts=_facts(packed, dataset, part) | costs,
        labels=dataset.labels,
        probabilities=probabilities[:, :CLASSES],
        not_a_digit=probabilities[:, NOT_A_DIGIT],
        glyphs=dataset.glyphs,
        sources=dataset.sources,
        left_out=dataset.issues,
        history=history,
        risk_bounds=[find_risk_bound(card, bound.max_error) for bound in usual_bounds(card.operating_points)],
        rejected=find_non_digits(probabilities, card.not_a_digit_threshold),
        corrections=known_corrections(dataset),
        examples=_examples(recognizer, dataset) if details else [],
        baseline=None if compare is None else _baseline(compare, dataset, part, listener),
        robustness=_robustness(packed, run, dataset, robustness_digits, listener) if robustness_digits else None,
        reproduce=_fixed_by(packed, dataset),
    )


def _name(packed: PackedModel) -> str:
    return f"{packed.card.name} {packed.card.version}"


def _facts(packed: PackedModel, dataset: Dataset, part: Part) -> dict[str, str]:
    card = packed.card
    return {
        "model": f"{_name(packed)}, {card.weights}, {card.parameters:,} parameters",
        "data": f"{dataset.name} ({part}), {len(dataset):,} glyphs",
    }


def _load(data: str | Path | None, split: Part | None, run: Run | None, *, strict: bool) -> tuple[Dataset, Part]:
    """The digits to measure on, and which part of the data they are."""
    source = data or (run.state.source if run else "mnist")
    own = data is None and run is not None and not has_test_part(source)
    part: Part = split or ("validation" if own else "test")
    return load_part(source, part, strict=strict), part


def _run_of(folder: Path) -> Run | None:
    """The run around a packed model's folder; None if there is none."""
    return open_run(folder.parent) if is_run(folder.parent) else None


def _history(run: Run | None) -> list[dict[str, float]]:
    epochs = run.history() if run else []
    if epochs:
        check_history(epochs)
    return epochs


def _check_run(run: Run | None, dataset: Dataset, part: Part, listener: Listener) -> None:
    """Refuses to measure a run on glyphs that it was trained on, unless a split of its training data was asked for."""
    if run is None or part != "test":
        return
    try:
        training = load_dataset(run.state.source)
    except MissingDataError:
        listener(f"not checked for glyphs of the training: {run.state.source} is gone")
        return
    check_leakage(training, dataset)


def _baseline(model: str | Path, dataset: Dataset, part: Part, listener: Listener) -> Baseline:
    packed = PackedModel(folder := find_model(model))
    _check_run(_run_of(folder), dataset, part, listener)
    return Baseline(_name(packed), packed.probabilities(dataset.glyphs)[:, :CLASSES])


def _robustness(packed: PackedModel, run: Run | None, dataset: Dataset, count: int, listener: Listener) -> Robustness:
    attacks = {}
    if run is None:
        listener("no gradients to attack along: a packed model alone has only answers; give a run")
    else:
        try:
            attacks = run_attacks(run.folder)
        except MissingExtraError:
            listener("no gradients to attack along: TensorFlow is not installed")
    chosen = dataset.subset(take_evenly(len(dataset), count))
    return study_robustness(packed_subject(packed, attacks), chosen)


def _fixed_by(packed: PackedModel, dataset: Dataset) -> dict[str, str]:
    """Versions, seed and hashes that the numbers depend on."""
    training = packed.card.training
    versions = {"inkdigits": version("inkdigits"), "Python": platform.python_version()}
    trained = {name: str(training[name]) for name in ("seed", "epochs", "precision") if name in training}
    hashes = {"data, SHA-256": dataset.sha256, "model, SHA-256": packed.card.sha256}
    return versions | {f"training, {name}": value for name, value in trained.items()} | hashes


def _examples(recognizer: Recognizer, dataset: Dataset) -> list[Example]:
    """Some of the data's pictures, or the samples that ship: what was made of them, and what the model reads."""
    paths = {path.name: path for path in sorted(SAMPLES.iterdir())}
    if dataset.sources:
        names = (dataset.sources[index] for index in take_evenly(len(dataset), EXAMPLES))
        paths = {name: Path(dataset.name, name) for name in names}
    examples = []
    for (name, path), page in zip(paths.items(), recognizer.read_many(paths.values()), strict=True):
        digits = [digit for line in page.lines for digit in line.digits]
        reading = f"{page.status}, {page.reason}" if page.reason else f"{page.text}, {page.confidence or 0:.1%}"
        examples.append(Example(name, _thumbnail(load(path)), digits[0].glyph if digits else None, reading))
    return examples


def _thumbnail(gray: NDArray[np.uint8]) -> bytes:
    """A picture as it is loaded for reading, small, as a PNG file."""
    from PIL import Image

    small = Image.fromarray(gray)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()
