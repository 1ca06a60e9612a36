"""What damage, attacks and strangers do to a reader: numbers in, a section of the report and of `metrics.json` out.

It knows nothing of how they were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import mean

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.reporting.markup import section, svg, table
from inkdigits.reporting.plots import BLUE, Target, new_figure, save_figure
from inkdigits.robustness.result import Robustness, SeverityCurve

CORRUPTIONS_HEAD = ("corruption", "network alone", "as a picture")
STRANGERS_HEAD = ("no digit", "n", "AUROC", "FPR95")


def robustness_lines(robustness: Robustness) -> list[str]:
    """The same for a terminal, or a page of Markdown: tables of corruptions, of what is no digit and of attacks."""
    lines = [f"n = {robustness.count}; in brackets 95 % intervals", ""]
    lines += _markdown(CORRUPTIONS_HEAD, _corruption_rows(robustness))
    for name, curve in robustness.curves.items():
        points = ", ".join(f"{x:g}: {y:.1%}" for x, y in zip(curve.amounts, curve.accuracies, strict=True))
        lines += ["", f"{name} ({curve.unit}): {points}"]
    if robustness.out_of_distribution:
        lines += ["", *_markdown(STRANGERS_HEAD, _stranger_rows(robustness))]
    if robustness.attacks:
        lines += ["", *_markdown(("attack", *_strengths(robustness)), _attack_rows(robustness))]
    return lines


def _markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return [f"| {' | '.join(str(cell) for cell in row)} |" for row in cells]


def robustness_section(robustness: Robustness) -> str:
    """The section of the report."""
    plots = "".join(svg(f"Accuracy by {name}", plot_curve, name, curve) for name, curve in robustness.curves.items())
    parts = [_corruptions(robustness), f'<div class="plots">{plots}</div>']
    if robustness.out_of_distribution:
        parts += [
            "<p>What is no digit should be less sure than digits are. AUROC is the chance that it is, FPR95 the share "
            "taken for digits where 95 % of the digits are kept. Letters are of handwriting fonts that the recipe "
            "reader also trains on, printed letters of fonts that no recipe meets; those that look like digits are "
            "left out.</p>",
            table(STRANGERS_HEAD, _stranger_rows(robustness)),
        ]
    if robustness.attacks:
        parts += [
            f"<p>Still right when an attacker who knows the digit may change every pixel by so much, n = "
            f"{robustness.count}. The attacks are on a run's float32 network, unless they say packed. One without "
            "gradients that did more to it than those with them would show that it hides its gradients.</p>",
            table(("attack", *_strengths(robustness)), _attack_rows(robustness)),
        ]
    return section("Under damage and attack", *parts)


def _corruptions(robustness: Robustness) -> str:
    kinds = robustness.corruptions
    worst = min(kinds, key=lambda name: kinds[name].as_picture)
    said = (
        f"The 15 corruptions of MNIST-C, n = {robustness.count} of each: read as pictures "
        f"{mean(one.as_picture for one in kinds.values()):.1%} on average, {kinds[worst].as_picture:.1%} of the worst, "
        f"{worst}; in brackets 95 % intervals. The network alone is given the damaged glyph itself; a reader prepares "
        "it as any picture."
    )
    rows = _corruption_rows(robustness)
    return f"<p>{escape(said)}</p>{table(CORRUPTIONS_HEAD, rows)}"


def _corruption_rows(robustness: Robustness) -> list[tuple[str, ...]]:
    scores = robustness.corruptions.values()
    means = mean(one.alone for one in scores), mean(one.as_picture for one in scores)
    rows: list[tuple[str, ...]] = [
        (name, _with_interval(one.alone, robustness.count), _with_interval(one.as_picture, robustness.count))
        for name, one in {"none": robustness.clean, **robustness.corruptions}.items()
    ]
    return [*rows, ("mean of the 15", *(f"{share:.1%}" for share in means))]


def _with_interval(share: float, count: int) -> str:
    """A share of `count` digits with its 95 % Wilson interval."""
    low, high = wilson_interval(round(share * count), count)
    return f"{share:.1%} [{100 * low:.1f}, {100 * high:.1f}]"


def _stranger_rows(robustness: Robustness) -> list[tuple[str, int, str, str]]:
    return [
        (name, told.count, f"{told.auroc:.4f}", f"{told.fpr95:.1%}")
        for name, told in robustness.out_of_distribution.items()
    ]


def _strengths(robustness: Robustness) -> list[str]:
    return [f"± {strength:g}" for strength in next(iter(robustness.attacks.values()))]


def _attack_rows(robustness: Robustness) -> list[tuple[str, ...]]:
    return [
        (name, *(_with_interval(score, robustness.count) for score in scores.values()))
        for name, scores in robustness.attacks.items()
    ]


def plot_curve(name: str, curve: SeverityCurve, target: Target) -> None:
    """Draws accuracy by amount of one kind of damage.

    Args:
        name: Of the kind.
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
    axes.grid(color="#e8e8e8")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    save_figure(figure, target)
