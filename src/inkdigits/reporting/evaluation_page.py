"""The page: a result and its analysis in; one HTML file out that needs no network and no other file.

It is readable without scripts, which only open the confusion matrix' pictures; light or dark as the reader's system is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import require
from inkdigits.evaluation.evaluation import Evaluation
from inkdigits.reporting.analysis import Analysis
from inkdigits.reporting.markup import content_policy, png, svg
from inkdigits.reporting.plots import plot_curve, plot_history, plot_reliability, plot_risk_coverage
from inkdigits.reporting.result import Baseline, EvaluationResult
from inkdigits.reporting.robustness_section import (
    CORRUPTIONS_HEAD,
    OOD_HEAD,
    attack_head,
    attack_rows,
    corruption_rows,
    corruptions_sentence,
    ood_rows,
)
from inkdigits.robustness.result import Robustness

TEMPLATE = Path(__file__).parent / "template"
MOST_IN_CELL = 60  # pictures that a cell opens; of more, evenly chosen ones
MOST_IN_GALLERY = 24
SHOWN_NOT_A_DIGIT = 0.005  # probability of "not a digit" from which on it is shown
SHADES = 7  # of cells, in the page's style sheet
DARKEST = 50  # wrong answers in a cell, from which on it grows no darker
Item: TypeAlias = dict[str, Any]
"""What a template shows, by name."""

CURVES = ("loss", "accuracy")
DIGITS_HEAD = ("digit", "count", "right", "false positives", "false negatives", "precision", "recall", "F1")
BOUNDS_HEAD = ("guaranteed: wrong at most", "from confidence", "kept", "coverage", "wrong", "error", "bound")


def render(result: EvaluationResult, analysis: Analysis, *, reproduce: Mapping[str, str]) -> str:
    """Writes the page.

    Args:
        result: What was measured.
        analysis: The analysis of the same result.
        reproduce: How to get it again, by name.

    Raises:
        MissingExtraError: Jinja2 or matplotlib is not installed.
    """
    jinja2 = require("jinja2", extra="report", purpose="reports")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    safe = require("markupsafe", extra="report", purpose="reports").Markup
    style, script = ((TEMPLATE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    history, correct = result.history, result.correct
    page: str = environment.get_template("page.html.j2").render(
        result=result,
        policy=content_policy(style=style, script=script),
        style=safe(style),
        script=safe(script),
        headline=_headline(result, analysis.evaluation),
        history_plots=[safe(svg(f"{key} by epoch", plot_history, history, key)) for key in CURVES if history],
        learning_sentence=_learning_sentence(history),
        confusion=_confusion(analysis.evaluation),
        digits_head=DIGITS_HEAD,
        digits_rows=_digit_rows(analysis.evaluation),
        mistakes=_selection(result, ~correct, -result.probabilities.max(axis=1)),
        hits=_selection(result, correct, result.probabilities.max(axis=1)),
        label_issues=_label_issues(result, analysis),
        reliability_plot=safe(svg("Reliability diagram", plot_reliability, result.labels, result.probabilities)),
        risk_plot=safe(svg("Error by rejected share", plot_risk_coverage, result.confidences, correct)),
        bounds_head=BOUNDS_HEAD,
        bounds_rows=_bounds_rows(analysis),
        comparison=_comparison(result, analysis),
        robustness=_robustness(result.robustness, safe),
        examples=[_example(example) for example in result.examples],
        reproduce=reproduce,
        pictures=_cell_pictures(result),
    )
    return page.lstrip("\n")


def _headline(result: EvaluationResult, evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Number, what it is, and what that means."""
    low, high = evaluation.accuracy_interval
    least, most = evaluation.loss_interval
    tiles = [
        (f"{evaluation.accuracy:.2%}", f"accuracy: {evaluation.right} of {evaluation.count} right; "
         f"95 % interval {low:.2%} to {high:.2%}", ""),
        (f"{evaluation.loss:.4f}", f"loss, nats per digit; 95 % interval {least:.4f} to {most:.4f}",
         "Cross-entropy: the mean of -ln(probability given to the label). 0 is perfect; guessing costs 2.303 nats."),
        (f"{evaluation.ece:.2%}", "expected calibration error (ECE)",
         "Mean difference between confidence and accuracy over 15 bins of confidence. 0 is perfect."),
        (f"{evaluation.brier:.4f}", "Brier score",
         "Mean squared distance of probabilities and truth, summed over the classes. 0 is perfect, 2 is worst."),
        (f"{evaluation.macro_f1:.4f}", "macro F1", "Mean F1 of the digits, each with the same weight. 1 is perfect."),
    ]  # fmt: skip
    if result.rejected is not None and result.rejected.any():
        rest = result.correct_if_kept
        share = f"{rest.mean():.2%}" if len(rest) else "none"
        tiles.append((
            str(result.rejected.sum()), f"rejected as non-digits; of the rest {share} right",
            'Digits for which "not a digit" is too probable. All other numbers count them by their best digit.',
        ))  # fmt: skip
    return tiles


def _learning_sentence(history: Sequence[Mapping[str, float]]) -> str:
    """Whether the network still improved, or overfits."""
    if not history:
        return ""
    losses = [record["validation_loss"] for record in history]
    best = losses.index(min(losses))
    lowest = f"The validation loss is lowest after epoch {history[best]['epoch']:g} ({losses[best]:.4f})"
    if best == len(history) - 1:
        return f"{lowest}, the last one: longer training may still help."
    return f"{lowest} and {losses[-1]:.4f} at the end. A clear rise from there on means overfitting."


def _confusion(evaluation: Evaluation) -> list[list[Item]]:
    return [
        [_cell(truth, answer, count) for answer, count in enumerate(counts)]
        for truth, counts in enumerate(evaluation.confusion.tolist())
    ]


def _cell(truth: int, answer: int, count: int) -> Item:
    return {
        "name": f"{truth}-{answer}",
        "count": count,
        "right": truth == answer,
        "shade": round((SHADES - 1) * min(1.0, np.log1p(count) / np.log1p(DARKEST))),
        "description": f"{count} labeled {truth}, read as {answer}",
    }


def _cell_pictures(result: EvaluationResult) -> dict[str, object]:
    """For the script: each cell's digits, and each digit's picture, label, answer and confidence."""
    answers, confidences = result.answers, result.probabilities.max(axis=1)
    cells: dict[str, list[int]] = {}
    for truth, answer in np.ndindex(10, 10):
        found = np.flatnonzero((result.labels == truth) & (answers == answer))
        if len(found):
            chosen = found[np.linspace(0, len(found) - 1, min(MOST_IN_CELL, len(found))).round().astype(int)]
            cells[f"{truth}-{answer}"] = chosen.tolist()
    shown = sorted({index for chosen in cells.values() for index in chosen})
    info = {
        i: [int(result.labels[i]), int(answers[i]), round(float(confidences[i]), 4), result.digit_name(i)]
        for i in shown
    }
    return {"cells": cells, "info": info, "png": {i: png(result.glyphs[i]) for i in shown}}


def _digit_rows(evaluation: Evaluation) -> list[tuple[object, ...]]:
    return [
        (
            d.digit,
            d.count,
            d.right,
            d.false_positives,
            d.false_negatives,
            *("–" if x is None else f"{x:.4f}" for x in (d.precision, d.recall, d.f1)),
        )
        for d in evaluation.digits
    ]


def _selection(result: EvaluationResult, which: NDArray[np.bool_], order: NDArray[np.floating]) -> Item:
    """The first digits of a group, by an order, and how many there are in all."""
    found = np.flatnonzero(which)
    first = found[np.argsort(order[found], kind="stable")][:MOST_IN_GALLERY]
    return {"all": len(found), "shown": _gallery(result, first.tolist())}


def _gallery(
    result: EvaluationResult, indices: Sequence[int], baseline: Baseline | None = None
) -> list[dict[str, Any]]:
    """Digits with their most probable answers, and the second model's answer if there is one."""
    items = []
    for index in indices:
        label, answer, name = int(result.labels[index]), int(result.answers[index]), result.digit_name(index)
        lines = [f"{what}: {probability:.1%}" for what, probability in _alternatives(result, index)]
        if baseline is not None:
            lines.append(f"{baseline.name}: {baseline.answers[index]}")
        items.append({
            "png": png(result.glyphs[index]), "alt": f"{name}, labeled {label}, read as {answer}",
            "title": f"{name}, labeled {label}", "lines": lines,
        })  # fmt: skip
    return items


def _alternatives(result: EvaluationResult, index: int) -> list[tuple[str, float]]:
    """The three most probable digits; and "not a digit" in its place among them, if it is probable at all."""
    row = result.probabilities[index]
    named = [(str(digit), float(row[digit])) for digit in np.argsort(-row)[:3]]
    rest = 0.0 if result.not_a_digit is None else float(result.not_a_digit[index])
    if rest > SHOWN_NOT_A_DIGIT:
        named.append(("not a digit", rest))
    return sorted(named, key=lambda pair: -pair[1])


def _label_issues(result: EvaluationResult, analysis: Analysis) -> Item | None:
    sentences, corrected, issues = [], analysis.corrected, analysis.label_issues
    if corrected is not None:
        low, high = corrected.accuracy_interval
        sentences.append(
            f"{len(result.corrections)} labels of these digits are known to be wrong. Corrected, "
            f"{corrected.accuracy:.2%} are read right ({low:.2%} to {high:.2%}), "
            f"not {analysis.evaluation.accuracy:.2%}."
        )
    confident = [issue.index for issue in issues if issue.confident]
    if issues:
        sentences.append(
            f"The model contradicts {len(issues)} labels, {len(confident)} of them with at least its usual confidence "
            "in that digit (confident learning). Look at them before you blame the model."
        )
    if not sentences:
        return None
    return {"sentences": sentences, "shown": _gallery(result, confident[:MOST_IN_GALLERY])}


def _bounds_rows(analysis: Analysis) -> list[tuple[object, ...]]:
    return [
        (
            f"{bound.max_error:.2%}",
            f"{point.threshold:g}",
            point.kept,
            f"{point.coverage:.2%}",
            point.wrong,
            f"{point.error:.3%}",
            f"{point.error_bound:.3%}",
        )
        for bound, point in analysis.bounds
    ]


def _comparison(result: EvaluationResult, analysis: Analysis) -> Item | None:
    baseline, test = result.baseline, analysis.comparison
    if baseline is None or test is None:
        return None
    own, other = result.correct, baseline.answers == result.labels
    highest = np.maximum(result.probabilities, baseline.probabilities).max(axis=1)
    groups = []
    for differ, title in (
        (own & ~other, f"Read right by {result.name} alone"),
        (~own & other, f"Read right by {baseline.name} alone"),
        (~own & ~other & (result.answers != baseline.answers), "Read wrong by both, but differently"),
    ):
        found = np.flatnonzero(differ)
        shown = found[np.argsort(-highest[found], kind="stable")][:MOST_IN_GALLERY].tolist()
        if shown:
            few = f", the {len(shown)} with the highest confidence" if len(shown) < len(found) else ""
            groups.append({"title": f"{title}: {len(found)}{few}.", "shown": _gallery(result, shown, baseline)})
    sentence = (
        f"{result.name} reads {own.mean():.2%} right, {baseline.name} {other.mean():.2%}: "
        f"{test.sentence(result.name, baseline.name)} by McNemar's exact test."
    )
    return {"sentence": sentence, "groups": groups}


def _robustness(robustness: Robustness | None, safe: Any) -> Item | None:
    if robustness is None:
        return None
    return {
        "sentence": corruptions_sentence(robustness),
        "corruptions_head": CORRUPTIONS_HEAD,
        "corruptions": corruption_rows(robustness),
        "plots": [safe(svg(f"Accuracy by {name}", plot_curve, name, c)) for name, c in robustness.curves.items()],
        "ood_head": OOD_HEAD,
        "ood": ood_rows(robustness),
        "attacks_head": attack_head(robustness) if robustness.attacks else (),
        "attacks": attack_rows(robustness),
    }


def _example(example: Any) -> Item:
    return {
        "name": example.name,
        "reading": example.reading,
        "picture": b64encode(example.picture).decode("ascii"),
        "glyph": None if example.glyph is None else png(example.glyph),
    }
