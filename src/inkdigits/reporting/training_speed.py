"""The report of a study of training: a Markdown page, a picture and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.benchmarks.training_study import NEAR_BEST, TrainingStudy
from inkdigits.benchmarks.training_trial import EPOCHS, LEARNING_RATE, Outcome, Setting
from inkdigits.files import write_atomically
from inkdigits.reporting.markdown import table
from inkdigits.reporting.plots import BLUE, ORANGE, in_own_style, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


HEAD = ("way", "precision", "batch", "cores", "workers", "glyphs/s", "efficiency", "of the peak", "CPU", "accuracy")


def write_report(study: TrainingStudy, folder: Path) -> None:
    """Writes `training.md`, `training.png` and `training.json` into a folder.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recipes = list(dict.fromkeys(outcome.setting.recipe for outcome in study.outcomes))
    write_atomically(folder / "training.json", (json.dumps(asdict(study), indent=2) + "\n").encode())
    _draw(study, recipes, folder / "training.png")
    parts = [
        _environment(study),
        _method(),
        "## Results\n\n![Glyphs per second of each way of training](training.png)\n",
    ]
    parts += [_results(study, recipe) for recipe in recipes]
    parts += ["## Recommendation\n\n" + "\n".join(_recommendation(study, recipe) for recipe in recipes)]
    write_atomically(folder / "training.md", ("\n".join(parts) + "\n").encode())


def _environment(study: TrainingStudy) -> str:
    machine = study.environment
    rows = [
        ("CPU", machine.cpu),
        ("cores", str(machine.cores)),
        ("instruction sets", ", ".join(machine.flags) or "unknown"),
        ("memory", f"{machine.memory_gb} GiB"),
        ("GPU", ", ".join(machine.gpus) or "none"),
        ("system", machine.system),
        ("TensorFlow", machine.tensorflow),
        ("matrix products, float32", f"{machine.float32_gflops:.0f} GFLOP/s"),
        ("matrix products, bfloat16", f"{machine.bfloat16_gflops:.0f} GFLOP/s"),
    ]
    return f"# How fast training is here\n\n## Testing environment\n\n{table(('', ''), rows, left=2)}\n"


def _method() -> str:
    return f"""## Method

Each row is a training in a process of its own, or several: {EPOCHS} epochs of MNIST's 55,000 training digits, without
augmentation, Adam at {LEARNING_RATE}. All ways are timed alike. The first epoch, in which TensorFlow builds its graph,
is not timed; speed is the median of the others. No way validates while it is timed, and `fit` is called once for all
epochs. *Efficiency* is the speed against that of one core times the cores; *of the peak* the arithmetic of the
network's forward and backward passes against the matrix products above, of the same precision. *Accuracy* is that on
the 5,000 digits kept for validation after as many epochs, whatever the batch: a difference of 0.2 points is chance.
"""


def _results(study: TrainingStudy, recipe: str) -> str:
    rows = []
    for outcome in study.of(recipe):
        setting = outcome.setting
        rows.append([
            setting.way,
            setting.precision,
            f"{setting.batch_size:,}",
            setting.cores,
            setting.workers,
            f"{outcome.glyphs_per_second:,.0f}",
            _efficiency(study, outcome),
            f"{outcome.gflops / _peak(study, setting):.0%}",
            f"{outcome.cpu_share:.1f}",
            "-" if outcome.accuracy is None else f"{outcome.accuracy:.2%}",
        ])  # fmt: skip
    return f"### `{recipe}`\n\n{table(HEAD, rows, left=2)}\n"


def _peak(study: TrainingStudy, setting: Setting) -> float:
    machine = study.environment
    return machine.bfloat16_gflops if setting.precision == "bfloat16" else machine.float32_gflops


def _efficiency(study: TrainingStudy, outcome: Outcome) -> str:
    """Against one core of the same way, precision and batch, if that was tried."""
    setting = outcome.setting
    for other in study.of(setting.recipe):
        one = other.setting
        alike = (one.way, one.precision, one.batch_size) == (setting.way, setting.precision, setting.batch_size)
        if alike and one.cores == 1:
            return f"{outcome.glyphs_per_second / other.glyphs_per_second / setting.cores:.0%}"
    return ""


def _recommendation(study: TrainingStudy, recipe: str) -> str:
    chosen, reference = study.recommended(recipe), study.reference(recipe)
    faster = chosen.glyphs_per_second / reference.glyphs_per_second
    text = (
        f"- `{recipe}`: {way_name(chosen.setting)}, {chosen.glyphs_per_second:,.0f} glyphs per second: {faster:.1f} "
        f"times `fit`. Nothing as accurate was more than {1 - NEAR_BEST:.0%} faster."
    )
    return "\n".join([text, *(f"  {line}" for line in _losses(study, recipe))])


def _losses(study: TrainingStudy, recipe: str) -> list[str]:
    """Where parallelism cost something, in plain words."""
    lines = []
    for outcome in study.of(recipe):
        setting = outcome.setting
        for other in study.of(recipe):
            one = other.setting
            alike = (one.way, one.precision, one.batch_size) == (setting.way, setting.precision, setting.batch_size)
            if setting.workers > 1 and alike and one.workers == 1 and one.cores == setting.cores:
                change = outcome.glyphs_per_second / other.glyphs_per_second - 1
                verb = "gain" if change > 0 else "cost"
                lines.append(f"{setting.workers} workers at a batch of {setting.batch_size} {verb} {abs(change):.0%}.")
            if setting.cores > 1 and setting.workers == 1 and alike and one.cores == 1:
                change = outcome.glyphs_per_second / other.glyphs_per_second
                lines.append(f"{setting.cores} cores give {change:.2f} times one.")
    return lines


def way_name(setting: Setting) -> str:
    """A setting in words: way, precision, batch, cores, workers."""
    workers = f", {setting.workers} workers" if setting.workers > 1 else ""
    return f"{setting.way}, {setting.precision}, batches of {setting.batch_size}, {setting.cores} cores{workers}"


@in_own_style
def _draw(study: TrainingStudy, recipes: list[str], path: Path) -> None:
    most = max(len(study.of(recipe)) for recipe in recipes)
    figure = new_figure(11, 0.34 * most + 1.2)
    for axes, recipe in zip(figure.subplots(1, len(recipes), squeeze=False)[0], recipes, strict=True):
        _draw_bars(axes, study, recipe)
    save_figure(figure, path)


def _draw_bars(axes: Axes, study: TrainingStudy, recipe: str) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    outcomes = study.of(recipe)
    chosen = study.recommended(recipe)
    speeds = [outcome.glyphs_per_second for outcome in outcomes]
    names = [way_name(outcome.setting) for outcome in outcomes]
    colors = [ORANGE if outcome is chosen else BLUE for outcome in outcomes]
    axes.barh(range(len(outcomes)), speeds, color=colors)
    axes.set_yticks(range(len(outcomes)), labels=names, fontsize=7)
    axes.invert_yaxis()
    for row, speed in enumerate(speeds):
        axes.annotate(f"{speed:,.0f}", (speed, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7)
    axes.set_title(recipe, loc="left", fontsize=10)
    axes.set_xlabel("glyphs per second (orange: recommended)", fontsize=8)
    axes.set_xlim(right=max(speeds) * 1.25)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
