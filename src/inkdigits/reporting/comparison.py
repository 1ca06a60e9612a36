"""The comparison's report: outcomes in; a table, who takes least, a plot and numbers out: Markdown, PNG, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inkdigits.benchmarks.algorithm_trial import Outcome
from inkdigits.benchmarks.algorithms import find_contender
from inkdigits.data.dataset import Dataset
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.evaluation.significance import compare_answers
from inkdigits.reporting.plots import BLUE, GRAY, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Points from a marker to its name, the nearest first.
PLACES = [(6, up) for step in range(0, 120, 12) for up in (4 + step, -12 - step)]
MARKER = 6  # points wide
NOTE = (
    "Training lasts from arrays to a model that answers, for recipes with TensorFlow's compiling, a validation after "
    "each epoch, and packing. The answers are those of the fastest public way of each: `predict` of scikit-learn, and "
    "packed models. p: McNemar's exact test on the same digits. One digit: up to 200 are asked one by one; half of "
    "them take at most the median, one of 20 takes more than the 95th percentile, such as one that a network looks at "
    "again. Memory: the largest of the process that trains or answers, its start and the digits included. "
    "scikit-learn's settings are usual ones, not searched; those of the recipes were chosen on validation digits, "
    "which favors them. Recipes keep 5,000 of the training digits for validation and calibration; the others, "
    "`DigitClassifier` too, learn from all."
)


@dataclass(frozen=True)
class Cost:
    """A column of what a contender takes; less is better.

    Attributes:
        head: Over the column, with the unit.
        of: What an outcome says of it, in that unit; None if it was not measured.
        form: How it is written.
    """

    head: str
    of: Callable[[Outcome], float | None]
    form: str

    def shown(self, outcome: Outcome) -> str:
        """The number as it is written, or a dash."""
        value = self.of(outcome)
        return "–" if value is None else format(value, self.form)


COSTS = (
    Cost("training, s", lambda one: one.fit_seconds, ".1f"),
    Cost("training, CPU-s", lambda one: one.fit_cpu_seconds, ".1f"),
    Cost("memory of training, MB", lambda one: one.fit_memory_mb, ".0f"),
    Cost("10,000 digits, s", lambda one: one.batch_seconds, ".3g"),
    Cost("one digit, median, ms", lambda one: one.single_seconds * 1e3, ".3g"),
    Cost("one digit, 95th percentile, ms", lambda one: one.slow_single_seconds * 1e3, ".3g"),
    Cost("memory of answering, MB", lambda one: one.memory_mb, ".0f"),
    Cost("size, MB", lambda one: one.size_mb, ".3g"),
)


@dataclass(frozen=True)
class Row:
    """What is told of one contender.

    Attributes:
        outcome: What it did.
        right: Test digits that it read right, of `count`.
        count: All of them.
        p_value: Of McNemar's test against the best; None for the best itself.
    """

    outcome: Outcome
    right: int
    count: int
    p_value: float | None


def ranked(outcomes: Sequence[Outcome], test: Dataset) -> list[Row]:
    """Contenders by accuracy, each with its test against the first; the first itself with None."""
    scored = [(int((np.array(one.answers) == test.labels).sum()), one) for one in outcomes]
    scored.sort(key=lambda pair: -pair[0])
    best = np.array(scored[0][1].answers)
    rows = []
    for place, (right, outcome) in enumerate(scored):
        compared = compare_answers(test.labels, best, np.array(outcome.answers))
        rows.append(Row(outcome, right, len(test), compared.p_value if place else None))
    return rows


def table(rows: Sequence[Row]) -> str:
    """The Markdown table."""
    heads = ["who", "settings", "right, %", "95 % interval", "p against the best", *(cost.head for cost in COSTS)]
    lines = [f"| {' | '.join(heads)} |", "|---|---|" + "--:|" * (len(heads) - 2)]
    for row in rows:
        low, high = wilson_interval(row.right, row.count)
        cells = [
            row.outcome.name,
            find_contender(row.outcome.name).what,
            f"{100 * row.right / row.count:.2f}",
            f"{100 * low:.2f} to {100 * high:.2f}",
            "–" if row.p_value is None else f"{row.p_value:.2g}",
            *(cost.shown(row.outcome) for cost in COSTS),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def leaders(rows: Sequence[Row]) -> str:
    """A Markdown list: for each cost who takes least, and who takes less than the most accurate one.

    Args:
        rows: As `ranked` gives them. Numbers that the table shows as equal count as equal.
    """
    first = rows[0].outcome.name
    lines = [f"Who takes least, and who takes less than {first}, the most accurate:", ""]
    for cost in COSTS:
        shown = {row.outcome.name: cost.shown(row.outcome) for row in rows if cost.of(row.outcome) is not None}
        if not shown:
            continue
        names = sorted(shown, key=lambda name: float(shown[name]))
        least = [name for name in names if float(shown[name]) == float(shown[names[0]])]
        line = f"- {cost.head}: least {shown[names[0]]} ({', '.join(least)}); "
        if first not in shown:
            lines.append(f"{line}not measured of {first}.")
            continue
        less = [name for name in names if float(shown[name]) < float(shown[first])]
        lines.append(f"{line}less than {first}'s {shown[first]}: {', '.join(less) or 'nobody'}.")
    return "\n".join(lines)


def plot(rows: Sequence[Row], path: Path) -> None:
    """Wrong answers over the time of one answer, both logarithmic, and the front that nobody is beyond.

    One without wrong answers, for whom such an axis has no place, stands at half a digit.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = new_figure(8.4, 5.4)
    from matplotlib.ticker import LogLocator, NullLocator

    axes = figure.add_subplot()
    points = sorted(
        (row.outcome.single_seconds * 1e3, 100 * max(row.count - row.right, 0.5) / row.count, row.outcome.name)
        for row in rows
    )
    for x, y, name in points:
        axes.plot(x, y, "o", color=_color(name))
    front, least = [], float("inf")
    for x, y, _ in points:
        if y < least:
            front.append((x, y))
            least = y
    axes.plot(*zip(*front, strict=True), color=BLUE, linewidth=1, drawstyle="steps-post", zorder=0)
    axes.set(xscale="log", yscale="log", ylabel="wrong of MNIST's test split, %")
    axes.set_xlabel("one digit, median, milliseconds")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(color="#e8e8e8", which="both")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(right=points[-1][0] * 4)
    _write_names(figure, axes, points)
    save_figure(figure, path)


def _color(name: str) -> str:
    return GRAY if find_contender(name).family == "scikit-learn" else BLUE


def _write_names(figure: Figure, axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Writes each name beside its point, above or below, as near as no point and no other name is in the way."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    figure.draw_without_rendering()  # names can be measured once the axes have their size
    size = figure.dpi * MARKER / 72 / 2  # pixels
    centers = axes.transData.transform([(x, y) for x, y, _ in points])
    taken = [Bbox([center - size, center + size]) for center in centers]
    for x, y, name in points:
        color = _color(name)
        text = axes.annotate(name, (x, y), xytext=PLACES[0], textcoords="offset points", fontsize=9)
        text.set(color="black" if color == GRAY else color, in_layout=False)
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])
        for place in PLACES:
            text.set_position(place)
            box = text.get_window_extent()
            if not box.count_overlaps(taken):
                break
        taken.append(box.padded(4, 0))


def write_comparison(folder: Path, rows: Sequence[Row], about: str) -> Path:
    """Writes `comparison.md`, `.png` and `.json` into a folder.

    Args:
        folder: Made if it is not there.
        rows: As `ranked` gives them.
        about: What was compared on what machine, in a sentence or two.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plot(rows, folder / "comparison.png")
    outcomes = [asdict(row.outcome) | {"right": row.right, "p_value": row.p_value} for row in rows]
    (folder / "comparison.json").write_text(json.dumps(outcomes) + "\n", encoding="utf-8")
    page = folder / "comparison.md"
    picture = "![Errors over the time of an answer](comparison.png)"
    parts = ["# Against other algorithms", about, table(rows), leaders(rows), NOTE, picture]
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")
    return page
