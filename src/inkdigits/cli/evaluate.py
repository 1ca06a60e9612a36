"""`inkdigits evaluate`: a packed model and labelled glyphs in, its scores and a report out."""

from __future__ import annotations

import io
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkdigits.data.dataset import Dataset
    from inkdigits.models.classifier import PackedModel
    from inkdigits.recognizer import Recognizer
    from inkdigits.reporting.content import Example, ReportContent, Rival
    from inkdigits.robustness.result import Robustness

SINGLES = 200  # digits that are timed one by one
EXAMPLES = 8  # pictures of a folder whose preparation is shown, evenly chosen
THUMBNAIL_SIDE = 240  # pixels


@click.command("evaluate", short_help="Measure a model on labelled glyphs and write a report.")
@click.argument("model")
@click.option("--data", help="mnist, a folder, or an IDX, CSV or NPZ file; by default mnist, or with --split train or "
              "validation what the run was trained on.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "train", "validation"]), default="test", show_default=True,
              help="Of the data; validation: the part of train that training leaves out.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Stop at the first bad row or picture of the data.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write the report there; of a run on its test split, by default to RUN/report.")  # fmt: skip
@click.option("--compare", metavar="MODEL", help="Also tell in the report how this second model differs.")
@click.option("--robustness", is_flag=True,
              help="Also measure damage, attacks and what is no digit; of a run along its gradients too.")  # fmt: skip
@click.option("--robustness-digits", type=click.IntRange(min=10), default=1000, show_default=True,
              help="Digits of each kind of damage and attack.")  # fmt: skip
def command(
    model: str, data: str | None, split: str, strict: bool, report: Path | None, compare: str | None,
    robustness: bool, robustness_digits: int,
) -> int:  # fmt: skip
    """Measures MODEL: a packed model's name or folder, or a run.

    \b
    Examples:
      inkdigits evaluate default
      inkdigits evaluate runs/convnet-1
      inkdigits evaluate default --data my-digits/ --report my-report/
      inkdigits evaluate runs/mine --compare default
      inkdigits evaluate runs/mine --robustness
    """
    from inkdigits.cli import EXIT_FAILED
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.evaluation.evaluation import evaluate
    from inkdigits.labels import CLASSES
    from inkdigits.models.classifier import PackedModel
    from inkdigits.models.zoo import find_model
    from inkdigits.reporting.evaluation_report import confusion_table, summary_lines, write_report
    from inkdigits.reporting.plots import require_matplotlib
    from inkdigits.reporting.robustness_section import robustness_lines

    with quiet_native_stderr():
        packed = PackedModel(folder := find_model(model))
    source = _run_source(folder)
    data = data or (source if source is not None and split != "test" else "mnist")
    loaded = _load(data, split, strict=strict)
    dataset = _validation_part(loaded) if split == "validation" else loaded
    if source is not None and split == "test":
        _refuse_training_glyphs(source, dataset)
        report = report or folder.parent / "report"
    probabilities = packed.probabilities(dataset.glyphs)
    if report is None and compare is not None:
        raise click.UsageError("Expected --report DIR with --compare. Received: no folder for the report.")
    rival = _rival(compare, dataset, split)
    if report is not None:
        require_matplotlib()  # before what takes minutes
    run = None if source is None else folder.parent
    studied = _robustness(packed, run, dataset, robustness_digits) if robustness else None
    if report is None:
        evaluation = evaluate(dataset.labels, probabilities[:, :CLASSES])
    else:
        content = replace(
            _content(packed, folder, dataset, probabilities, f"{dataset.name} ({split})"),
            rival=rival,
            robustness=studied,
            left_out=[str(issue) for issue in loaded.issues],
            reproduce={"command": _command_line(data=data, report=report), **_fixed_by(packed, dataset)},
        )
        evaluation = write_report(report, content)
    click.echo(confusion_table(evaluation))
    for line in summary_lines(evaluation):
        click.echo(line)
    if studied is not None:
        click.echo("\n".join(["", *robustness_lines(studied)]))
    if report is not None:
        click.echo(f"report: {report / 'report.html'}", err=True)
    return EXIT_FAILED if loaded.issues else 0


def _robustness(packed: PackedModel, run: Path | None, dataset: Dataset, count: int) -> Robustness:
    """Studies a packed model on some of the digits, taken evenly."""
    import numpy as np

    from inkdigits.errors import MissingExtraError
    from inkdigits.robustness.attacks import run_attacks
    from inkdigits.robustness.study import packed_subject, study_robustness

    attacks = {}
    if run is None:
        click.echo("no gradients to attack along: a packed model alone has only answers; give a run", err=True)
    else:
        try:
            attacks = run_attacks(run)
        except MissingExtraError:
            click.echo("no gradients to attack along: TensorFlow is not installed", err=True)
    chosen = np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(np.intp)
    return study_robustness(packed_subject(packed, attacks), dataset.subset(chosen))


def _command_line(**settled: object) -> str:
    """What was asked for, with what was settled since instead of defaults, as a line that a shell understands."""
    context = click.get_current_context()
    words = ["inkdigits", "evaluate"]
    for parameter in context.command.params:
        value = settled.get(str(parameter.name), context.params.get(str(parameter.name)))
        if isinstance(parameter, click.Argument):
            words.append(str(value))
        elif value is True:
            words.append(parameter.opts[0])
        elif value not in (None, False, parameter.get_default(context)):
            words += [parameter.opts[0], str(value)]
    return shlex.join(words)


def _content(
    packed: PackedModel, folder: Path, dataset: Dataset, probabilities: NDArray[np.float64], where: str
) -> ReportContent:
    """What the report of a model tells of."""
    from inkdigits.labels import CLASSES
    from inkdigits.models.operating_points import usual_bounds
    from inkdigits.reading.decision import find_risk_bound, is_non_digit
    from inkdigits.recognizer import Recognizer
    from inkdigits.reporting.content import ReportContent

    card, recognizer = packed.card, Recognizer(packed)
    bounds = usual_bounds(card.operating_points)
    return ReportContent(
        title=f"{card.name} on {where}",
        facts={
            "model": f"{card.name} {card.version}, {card.weights}, {card.parameters:,} parameters",
            "data": f"{where}, {len(dataset)} glyphs",
            **_costs(packed, folder, dataset.glyphs),
        },
        labels=dataset.labels,
        probabilities=probabilities[:, :CLASSES],
        glyphs=dataset.glyphs,
        sources=dataset.sources,
        promises=[(one.max_error, find_risk_bound(card, one.max_error).threshold) for one in bounds],
        refused=is_non_digit(probabilities, card.not_a_digit_threshold),
        corrections=_corrections(dataset),
        examples=_examples(recognizer, dataset),
        history=_history(folder),
    )


def _costs(packed: PackedModel, folder: Path, glyphs: NDArray[np.uint8]) -> dict[str, str]:
    """Size, speed and memory of a packed model, measured here and now."""
    import time
    from statistics import median

    began = time.perf_counter()
    packed.probabilities(glyphs)
    rate = len(glyphs) / (time.perf_counter() - began)
    singles = []
    for index in range(SINGLES):
        began = time.perf_counter()
        packed.probabilities(glyphs[index % len(glyphs)][None])
        singles.append(time.perf_counter() - began)
    one, doubtful = median(singles) * 1e6, sorted(singles)[int(0.95 * SINGLES)] * 1e6
    costs = {
        "size": f"{packed.size / 1000:.0f} kB",
        "speed": f"{rate:,.0f} glyphs a second all at once; {one:.0f} µs one alone, {doubtful:.0f} µs one of twenty",
    }
    if (peak := _footprint(folder)) is not None:
        costs["memory"] = f"{peak:.0f} MB at most, for Python and 1,000 glyphs at once"
    return costs


def _footprint(folder: Path) -> float | None:
    """The memory that a process needs which does nothing else than answer with this model."""
    command = [sys.executable, "-m", "inkdigits.cli.footprint", str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return float(said) if said else None


def _fixed_by(packed: PackedModel, dataset: Dataset) -> dict[str, str]:
    """Versions, seed and hashes that the numbers depend on."""
    from inkdigits import __version__

    training = packed.card.training
    versions = {"inkdigits": __version__, "Python": platform.python_version()}
    trained = {name: str(training[name]) for name in ("seed", "epochs", "precision") if name in training}
    hashes = {"data, SHA-256": dataset.sha256, "model, SHA-256": packed.card.sha256}
    return versions | {f"training, {name}": value for name, value in trained.items()} | hashes


def _rival(name: str | None, dataset: Dataset, split: str) -> Rival | None:
    """Another model's answers to the same digits."""
    from inkdigits.labels import CLASSES
    from inkdigits.models.classifier import PackedModel
    from inkdigits.models.zoo import find_model
    from inkdigits.reporting.content import Rival

    if name is None:
        return None
    packed = PackedModel(folder := find_model(name))
    if split == "test" and (source := _run_source(folder)) is not None:
        _refuse_training_glyphs(source, dataset)
    return Rival(f"{packed.card.name} {packed.card.version}", packed.probabilities(dataset.glyphs)[:, :CLASSES])


def _examples(recognizer: Recognizer, dataset: Dataset) -> list[Example]:
    """Some of the data's pictures, or the samples that ship, what was made of them, and what the model reads."""
    import numpy as np

    from inkdigits.reading.source import SAMPLES
    from inkdigits.reporting.content import Example

    paths = {path.name: path for path in sorted(SAMPLES.iterdir())}
    if dataset.sources:
        chosen = np.linspace(0, len(dataset) - 1, min(EXAMPLES, len(dataset))).round().astype(int)
        paths = {name: Path(dataset.name, name) for name in (dataset.sources[index] for index in chosen)}
    examples = []
    for (name, path), page in zip(paths.items(), recognizer.read_many(paths.values()), strict=True):
        digits = [digit for line in page.lines for digit in line.digits]
        said = f"{page.status}, {page.reason}" if page.reason else f"{page.text}, {page.confidence or 0:.1%}"
        examples.append(Example(name, _thumbnail(path), digits[0].glyph if digits else None, said))
    return examples


def _thumbnail(path: Path) -> bytes:
    """A picture as it is loaded for reading, small, as a PNG file."""
    from PIL import Image

    from inkdigits.image.load import load

    small = Image.fromarray(load(path))
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


def _corrections(dataset: Dataset) -> dict[int, int]:
    """Labels known to be wrong, if these digits are MNIST's test split."""
    from inkdigits.data.label_errors import CORRECTIONS
    from inkdigits.data.mnist import load_mnist

    return CORRECTIONS if dataset.sha256 == load_mnist("test").sha256 else {}


def _load(data: str, split: str, *, strict: bool) -> Dataset:
    from inkdigits.cli.terminal import show_left_out
    from inkdigits.data.source import load_dataset

    dataset = load_dataset(data, split="test" if split == "test" else "train", strict=strict)
    show_left_out(dataset)
    return dataset


def _validation_part(dataset: Dataset) -> Dataset:
    from inkdigits.data.splits import validation_split

    return dataset.subset(validation_split(dataset)[1])


def _run_source(folder: Path) -> str | None:
    """What the run around a packed model was trained on; None if there is no run around it."""
    import json

    path = folder.parent / "run.json"
    if not path.is_file():
        return None
    with _damage_named(path):
        return str(json.loads(path.read_text(encoding="utf-8"))["source"])


def _refuse_training_glyphs(source: str, dataset: Dataset) -> None:
    """Refuses to measure a run on glyphs that it was trained on, unless asked for by --split."""
    from inkdigits.data.source import check_leakage, load_dataset
    from inkdigits.errors import MissingDataError

    try:
        training = load_dataset(source)
    except MissingDataError:
        click.echo(f"not checked for glyphs of the training: {source} is gone", err=True)
        return
    check_leakage(training, dataset)


def _history(folder: Path) -> list[dict[str, float]]:
    import json

    path = folder.parent / "history.jsonl"
    if not path.is_file():
        return []
    with _damage_named(path):
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Says which file of a run cannot be understood."""
    from inkdigits.errors import ModelError

    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"Expected a run's {path.name} at {path}. Received: {error!r}.", hint="Copy it again."
        ) from error
