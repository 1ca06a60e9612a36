"""The robustness of a model in words: results in; tables for the page, a terminal and Markdown out."""

from __future__ import annotations

from statistics import mean

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.reporting.markdown import table
from inkdigits.robustness.result import Robustness

CORRUPTIONS_HEAD = ("corruption", "network alone", "as a picture")
OOD_HEAD = ("non-digits", "n", "AUROC", "FPR95")


def robustness_lines(robustness: Robustness) -> list[str]:
    """Tables of corruptions, non-digits and attacks, for a terminal or a page of Markdown."""
    lines = [f"n = {robustness.count}; in brackets 95 % intervals", ""]
    lines.append(table(CORRUPTIONS_HEAD, corruption_rows(robustness)))
    for name, curve in robustness.curves.items():
        points = ", ".join(f"{x:g}: {y:.1%}" for x, y in zip(curve.amounts, curve.accuracies, strict=True))
        lines += ["", f"{name} ({curve.unit}): {points}"]
    if robustness.out_of_distribution:
        lines += ["", table(OOD_HEAD, ood_rows(robustness))]
    if robustness.attacks:
        lines += ["", table(attack_head(robustness), attack_rows(robustness))]
    return "\n".join(lines).splitlines()


def corruptions_sentence(robustness: Robustness) -> str:
    """How many corrupted pictures are read right on average, and in the worst case."""
    kinds = robustness.corruptions
    worst = min(kinds, key=lambda name: kinds[name].as_picture)
    return (
        f"MNIST-C style corruptions, n = {robustness.count} per kind: as pictures "
        f"{mean(one.as_picture for one in kinds.values()):.1%} are read right on average, and "
        f"{kinds[worst].as_picture:.1%} in the worst case, {worst}."
    )


def corruption_rows(robustness: Robustness) -> list[tuple[str, ...]]:
    """Accuracy per corruption, and the mean, under `CORRUPTIONS_HEAD`."""
    scores = robustness.corruptions.values()
    means = mean(one.alone for one in scores), mean(one.as_picture for one in scores)
    rows: list[tuple[str, ...]] = [
        (name, _with_interval(one.alone, robustness.count), _with_interval(one.as_picture, robustness.count))
        for name, one in {"none": robustness.clean, **robustness.corruptions}.items()
    ]
    return [*rows, (f"mean of the {len(scores)}", *(f"{share:.1%}" for share in means))]


def ood_rows(robustness: Robustness) -> list[tuple[str, ...]]:
    """Detection per kind of non-digits, under `OOD_HEAD`."""
    return [
        (name, f"{score.count:,}", f"{score.auroc:.4f}", f"{score.fpr95:.1%}")
        for name, score in robustness.out_of_distribution.items()
    ]


def attack_head(robustness: Robustness) -> tuple[str, ...]:
    """The strengths of the attacks."""
    return ("attack", *(f"± {strength:g}" for strength in next(iter(robustness.attacks.values()))))


def attack_rows(robustness: Robustness) -> list[tuple[str, ...]]:
    """Accuracy per attack and strength, under `attack_head`."""
    return [
        (name, *(_with_interval(score, robustness.count) for score in scores.values()))
        for name, scores in robustness.attacks.items()
    ]


def _with_interval(share: float, count: int) -> str:
    """A share of `count` digits with its 95 % Wilson interval."""
    low, high = wilson_interval(round(share * count), count)
    return f"{share:.1%} [{100 * low:.1f}, {100 * high:.1f}]"
