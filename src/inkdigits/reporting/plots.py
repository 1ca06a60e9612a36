"""Plots: histories and probabilities in, PNG files or SVG out. Needs matplotlib, and leaves its global state alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ParamSpec, TypeAlias

import numpy as np

from inkdigits.errors import DataError, require
from inkdigits.evaluation.checks import Labels, Probabilities
from inkdigits.evaluation.metrics import (
    Reliability,
    expected_calibration_error,
    reliability,
    wilson_interval,
)
from inkdigits.evaluation.selective import Confidences, Right, risk_coverage
from inkdigits.files import draft_of
from inkdigits.models.operating_points import OperatingPoint
from inkdigits.robustness.result import SeverityCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
Target: TypeAlias = Path | BinaryIO
DPI = 120
BLUE, ORANGE, GRAY = "#1f5a99", "#d1601f", "#8a8a8a"  # distinct in print and for the color-blind
HISTORY_KEYS = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")
NAMED_STEP = 0.5  # decades of rejected answers; thresholds named more often overlap
MOST_MARKERS = 40  # epochs; more dots than that run into a line


def require_matplotlib() -> None:
    """Checks that plots can be drawn.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require("matplotlib", extra="report", purpose="plots")


def in_own_style(draw: Callable[P, None]) -> Callable[P, None]:
    """Draws with matplotlib's own settings: a `matplotlibrc` in the current folder could make it run LaTeX."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        require_matplotlib()
        from matplotlib import rc_context, rcdefaults

        with rc_context():
            rcdefaults()
            draw(*args, **kwargs)

    return drawn


@in_own_style
def plot_history(history: Sequence[Mapping[str, float]], key: str, target: Target) -> None:
    """Draws a learning curve by epoch, in training and on the validation split.

    Args:
        history: One mapping per epoch, with `epoch`, `loss` (nats), `accuracy` (0 to 1), `validation_loss` and
            `validation_accuracy`.
        key: `"loss"` or `"accuracy"`.
        target: As `save_figure` takes it.

    Raises:
        DataError: There is no epoch, or one of these numbers is missing.
        MissingExtraError: matplotlib is not installed.
    """
    check_history(history)
    figure = new_figure(5.2, 4.2)
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes = figure.subplots()
    _draw_curves(axes, history, key)
    axes.set(title="loss (nats per digit)" if key == "loss" else key, xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10, min_n_ticks=1))
    _style(axes)
    below = (0.5, -0.14)  # of the axes, where the legend hides no point
    axes.legend(loc="upper center", bbox_to_anchor=below, ncols=2, frameon=False, fontsize=9)
    if key == "loss":
        axes.set_ylim(bottom=0)
    else:
        low, high = axes.get_ylim()
        axes.set_ylim(low, min(high, 1 + 0.03 * (1 - low)))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    save_figure(figure, target)


def check_history(history: Sequence[Mapping[str, float]]) -> None:
    """Checks that a history has all that its plot needs.

    Raises:
        DataError: There is no epoch, or a number is missing.
    """
    if not history:
        raise DataError("Expected a history of at least one epoch. Received: none.", hint="Train for an epoch.")
    for index, record in enumerate(history):
        if missing := [key for key in HISTORY_KEYS if key not in record]:
            raise DataError(
                f"Expected {', '.join(HISTORY_KEYS)}. Received: entry {index} without {', '.join(missing)}.",
                hint="Give what the training wrote into history.jsonl.",
            )


def _draw_curves(axes: Axes, history: Sequence[Mapping[str, float]], key: str) -> None:
    epochs = [record["epoch"] for record in history]
    marker = "o" if len(history) <= MOST_MARKERS else ""
    for name, label, color in ((key, "training", GRAY), (f"validation_{key}", "validation", BLUE)):
        values = [record[name] for record in history]
        last = f"{values[-1]:.2%}" if key == "accuracy" else f"{values[-1]:.4f}"
        axes.plot(epochs, values, color=color, marker=marker, markersize=4, label=f"{label}, last {last}")
    margin = max(0.5, 0.02 * (max(epochs) - min(epochs)))
    axes.set_xlim(min(epochs) - margin, max(epochs) + margin)


@in_own_style
def plot_reliability(labels: Labels, probabilities: Probabilities, target: Target) -> None:
    """Draws how often the answers of each bin of confidence are right, and how many answers there are in it.

    Args:
        labels: Shape `(N,)`, integers.
        probabilities: Shape `(N, classes)`.
        target: As `save_figure` takes it.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no probabilities.
        MissingExtraError: matplotlib is not installed.

    Source:
        Guo et al., "On calibration of modern neural networks", 2017, figure 4; the bars are Wilson intervals.
    """
    bins = reliability(labels, probabilities)
    error = expected_calibration_error(labels, probabilities)
    figure = new_figure(6.4, 7.2)
    from matplotlib.ticker import PercentFormatter

    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _draw_reliability(upper, bins)
    upper.set_title(f"Expected calibration error {error:.2%}, n = {bins.counts.sum()}", pad=10)
    width = 1 / len(bins.counts)
    lower.bar((np.arange(len(bins.counts)) + 0.5) * width, bins.counts, width=0.94 * width, color=BLUE)
    lower.set_yscale("symlog", linthresh=1)
    lower.yaxis.set_major_formatter("{x:.0f}")
    lower.set(xlabel="confidence", ylabel="answers", xlim=(0, 1.02), ylim=(0, 3 * bins.counts.max()))
    for axes in (upper, lower):
        _style(axes)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    upper.yaxis.set_major_formatter(PercentFormatter(1.0))
    save_figure(figure, target)


def _draw_reliability(axes: Axes, bins: Reliability) -> None:
    filled = bins.counts > 0
    counts, confidence, right = bins.counts[filled], bins.confidence[filled], bins.accuracy[filled]
    ends = np.array([wilson_interval(round(n * share), int(n)) for n, share in zip(counts, right, strict=True)])
    reach = np.abs(ends.T - right)  # (2, bins): below and above the point
    axes.plot([0, 1], [0, 1], color=GRAY, linestyle="--", label="perfectly calibrated")
    axes.errorbar(
        confidence, right, yerr=reach, color=ORANGE, fmt="o", markersize=5, capsize=3, label="right, with 95 % interval"
    )
    axes.set(ylabel="share that is right", ylim=(-0.03, 1.03))
    axes.legend(loc="upper left", frameon=False)


@in_own_style
def plot_risk_coverage(confidences: Confidences, right: Right, target: Target) -> None:
    """Draws the error rate of the kept answers against the share that is rejected, with its upper bound.

    Args:
        confidences: Shape `(N,)`, 0 to 1; 0 of what is rejected at any threshold.
        right: Whether each answer is right, shape `(N,)`, bool.
        target: As `save_figure` takes it.

    Raises:
        DataError: They are empty, of shapes that do not fit, or no confidences.
        MissingExtraError: matplotlib is not installed.

    Source:
        Geifman and El-Yaniv, "Selective classification for deep neural networks", 2017, figure 1; here both axes are
        logarithmic: the points of a good model lie close to the corner.
    """
    points = risk_coverage(confidences, right)
    figure = new_figure(7.2, 5.0)
    axes = figure.add_subplot()
    rejected = [1 - point.coverage for point in points]
    bounds = [point.error_bound for point in points]
    axes.plot(rejected, bounds, color=GRAY, linestyle="--", marker=".", label="95 % upper bound")
    axes.plot(rejected, [p.error for p in points], color=ORANGE, marker="o", markersize=4, label="wrong")
    least = 10.0 ** np.floor(-np.log10(len(right)))  # at most one answer: below it lies nothing but 0
    axes.set_xscale("symlog", linthresh=least)
    axes.set_yscale("symlog", linthresh=least)
    axes.set(xlabel="share that is rejected", ylabel="share of the kept that is wrong", xlim=(-least / 4, 1.3))
    axes.set_ylim(-least / 4, 1.3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
    _name_thresholds(axes, points, least)
    _style(axes)
    axes.set_title(f"{points[0].error:.2%} wrong if all are kept, n = {len(right)}", pad=20)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False, fontsize=9)
    save_figure(figure, target)


def _name_thresholds(axes: Axes, points: Sequence[OperatingPoint], least: float) -> None:
    """Writes thresholds along the upper edge, wherever there is room for one more."""
    last = -1.0
    for point in points:
        place = float(np.log10(max(1 - point.coverage, least / 2)))
        if point is points[0] or place - last >= NAMED_STEP:
            axes.annotate(
                f"{point.threshold:.4g}",
                (1 - point.coverage, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=BLUE,
            )
            last = place


@in_own_style
def plot_trials(values: Sequence[float | None], target: Target) -> None:
    """Draws a search: the accuracy of each trial, and of the best so far.

    Args:
        values: Accuracy, 0 to 1, trial by trial; None for a trial without a result.
        target: As `save_figure` takes it.

    Raises:
        DataError: No trial has an accuracy.
        MissingExtraError: matplotlib is not installed.
    """
    numbers = np.array([np.nan if value is None else value for value in values], np.float64)
    if not np.isfinite(numbers).any():
        raise DataError("Expected trials with an accuracy. Received: none.", hint="Let one trial end.")
    figure = new_figure(7.2, 4.4)
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes = figure.add_subplot()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.plot(numbers, "o", color=GRAY, markersize=4, label="trial")
    axes.plot(np.fmax.accumulate(numbers), color=BLUE, drawstyle="steps-post", label="best so far")
    low = np.nanquantile(numbers, 0.2)
    axes.set_ylim(bottom=low - 0.5 * (np.nanmax(numbers) - low) - 1e-4)
    axes.set(xlabel="trial", ylabel="accuracy on the validation part")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    _style(axes)
    axes.legend(loc="lower right", frameon=False)
    save_figure(figure, target)


@in_own_style
def plot_curve(name: str, curve: SeverityCurve, target: Target) -> None:
    """Draws accuracy against the amount of one perturbation.

    Args:
        name: The perturbation's name.
        curve: At least one point.
        target: As `save_figure` takes it.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    figure = new_figure(3.1, 2.5)
    from matplotlib.ticker import PercentFormatter

    axes = figure.subplots()
    axes.plot(curve.amounts, curve.accuracies, color=BLUE, marker="o", markersize=3)
    axes.set(title=name, xlabel=curve.unit, ylim=(0, 1.03))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    _style(axes)
    save_figure(figure, target)


def _style(axes: Axes) -> None:
    """A light grid behind the data, no frame at the top and right."""
    axes.grid(color="#e8e8e8")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, inches, that belongs to no window and no global list."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, target: Target) -> None:
    """Writes a figure: as a PNG file that replaces an old one, or as SVG without a background into an open file."""
    if isinstance(target, Path):
        with draft_of(target) as draft:
            figure.savefig(draft, format="png", dpi=DPI)
        return
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "inkdigits"}):
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
