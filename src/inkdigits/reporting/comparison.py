"""The report of a comparison of algorithms: scores in; a table, a plot and numbers, as Markdown, PNG and JSON, out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.benchmarks.algorithm_comparison import Comparison, Score
from inkdigits.benchmarks.algorithm_trial import Outcome
from inkdigits.benchmarks.algorithms import find_algorithm
from inkdigits.files import write_atomically
from inkdigits.reporting.markdown import literal, table
from inkdigits.reporting.plots import BLUE, GRAY, in_own_style, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Points from a marker to its name, the nearest first.
PLACES = [(6, up) for step in range(0, 120, 12) for up in (4 + step, -12 - step)]
MARKER = 6  # points wide
NOTE = (
    "Bold: the least of each cost. Training lasts from arrays to a model that answers; for recipes with "
    "TensorFlow's compiling, a validation after each epoch, and packing. scikit-learn answers by `predict`, "
    "single digits without threads; Keras by `predict`, a single digit by `predict_on_batch`; recipes answer as "
    "packed models. ±: standard deviation over the seeds. p: the difference of the mean accuracies over its "
    "standard error, of digits and of seeds, with Holm's correction for the number of tests. One digit: up to 200"
    " are asked one by one; the 95th percentile includes the uncertain digits that some networks classify several"
    " times. Memory: the largest of the process that trains or answers, its start and the digits included. The "
    "settings of the classical algorithms are usual ones, not searched; those of the recipes were chosen on "
    "MNIST's validation digits, which favors them. Recipes hold out a part of the training digits for validation "
    "and calibration; the others, `DigitClassifier` too, learn from all."
)


@dataclass(frozen=True)
class Cost:
    """A column of the table; less is better.

    Attributes:
        head: Over the column, with the unit.
        of: Its value in an outcome, in that unit; None if it was not measured.
        form: How it is written.
    """

    head: str
    of: Callable[[Outcome], float | None]
    form: str

    def shown(self, outcome: Outcome) -> str:
        """The number as it is written, or a dash."""
        value = self.of(outcome)
        return "–" if value is None else format(value, self.form)


def _in_ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1e3 * seconds


COSTS = (
    Cost("training, s", lambda one: one.fit_seconds, ".1f"),
    Cost("training, CPU-s", lambda one: one.fit_cpu_seconds, ".1f"),
    Cost("memory of training, MB", lambda one: one.fit_memory_mb, ".0f"),
    Cost("10,000 digits, s", lambda one: one.batch_seconds, ".3g"),
    Cost("one digit, median, ms", lambda one: _in_ms(one.single_seconds), ".3g"),
    Cost("one digit, 95th percentile, ms", lambda one: _in_ms(one.slow_single_seconds), ".3g"),
    Cost("memory of answering, MB", lambda one: one.memory_mb, ".0f"),
    Cost("size, MB", lambda one: one.size_mb, ".3g"),
)


def comparison_table(scores: Sequence[Score]) -> str:
    """The Markdown table; the least of each cost is bold."""
    heads = ["algorithm", "settings", "right, %", "seeds", "p against the best", *(cost.head for cost in COSTS)]
    least = {cost.head: _least(cost, scores) for cost in COSTS}
    rows = []
    for score in scores:
        shown = [(cost.shown(score.outcome), least[cost.head]) for cost in COSTS]
        rows.append([
            score.outcome.name,
            find_algorithm(score.outcome.name).what,
            f"{100 * score.accuracy:.2f}" + ("" if score.spread is None else f" ± {100 * score.spread:.2f}"),
            str(len(score.right)),
            "–" if score.p_value is None else f"{score.p_value:.2g}",
            *(f"**{text}**" if text == lowest else text for text, lowest in shown),
        ])  # fmt: skip
    return table(heads, rows, left=2)


def _least(cost: Cost, scores: Sequence[Score]) -> str | None:
    """The lowest number of a column, as it is written."""
    known = [(value, cost.shown(score.outcome)) for score in scores if (value := cost.of(score.outcome)) is not None]
    return min(known)[1] if known else None


@in_own_style
def plot(scores: Sequence[Score], path: Path) -> None:
    """Draws wrong answers over the time of one answer, both logarithmic, and the Pareto front.

    An algorithm without wrong answers, for which such an axis has no place, is drawn at half a digit.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = new_figure(8.4, 5.4)
    from matplotlib.ticker import LogLocator, NullLocator

    axes = figure.add_subplot()
    points = sorted(
        (
            1e3 * seconds,
            100 * max(1 - one.accuracy, 0.5 / one.count),
            one.outcome.name,
        )
        for one in scores
        if (seconds := one.outcome.single_seconds) is not None
    )
    for x, y, name in points:
        axes.plot(x, y, "o", color=_color(name))
    front, least = [], float("inf")
    for x, y, _ in points:
        if y < least:
            front.append((x, y))
            least = y
    axes.plot(*zip(*front, strict=True), color=BLUE, linewidth=1, drawstyle="steps-post", zorder=0)
    axes.set(xscale="log", yscale="log", ylabel="wrong of the test digits, %")
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
    return GRAY if find_algorithm(name).family in ("classical", "Keras") else BLUE


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


def write_comparison(folder: Path, comparison: Comparison) -> Path:
    """Writes `comparison.md`, `.png` and `.json` into a folder.

    Args:
        folder: Made if it is not there.
        comparison: At least one algorithm.

    Returns:
        The page.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scores = comparison.scores
    plot(scores, folder / "comparison.png")
    outcomes = [asdict(one.outcome) | {"right": list(one.right), "p_value": one.p_value} for one in scores]
    write_atomically(folder / "comparison.json", (json.dumps(outcomes) + "\n").encode())
    page = folder / "comparison.md"
    picture = "![Errors over the time of an answer](comparison.png)"
    parts = ["# Against other algorithms", literal(comparison.description), comparison_table(scores), NOTE, picture]
    write_atomically(page, ("\n\n".join(parts) + "\n").encode("utf-8", errors="backslashreplace"))
    return page
