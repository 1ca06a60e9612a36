"""The page: a report's content in, one HTML file that needs nothing else out: no network, no other file.

It is readable without scripts, which only open the confusion matrix' pictures; light or dark as the reader's system is.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray

from inkdigits.evaluation.doubtful_labels import suspected_labels
from inkdigits.evaluation.evaluation import Evaluation, evaluate
from inkdigits.evaluation.markup import facts, image, png, section, svg, table
from inkdigits.evaluation.mcnemar import compare_answers
from inkdigits.evaluation.plots import plot_history, plot_reliability, plot_risk_coverage
from inkdigits.evaluation.report_content import ReportContent
from inkdigits.evaluation.robustness import robustness_section
from inkdigits.evaluation.selective import OperatingPoint

TEMPLATE = Path(__file__).parent / "template"
MOST_IN_CELL = 60  # pictures that a cell opens; of more, evenly chosen ones
MOST_IN_GALLERY = 24
DARKEST = 50  # wrong answers in a cell, from which on it grows no darker
HOW_PROMISED = (
    "Each promise was made on the model's calibration split, by a threshold chosen there, with 95 % confidence and for "
    "digits like that split's. The other columns are counted on the digits of this report; the bound is the exact "
    "95 % upper one."
)


def render(content: ReportContent, evaluation: Evaluation, kept: Sequence[tuple[float, OperatingPoint]]) -> str:
    """Writes the page.

    Args:
        content: What it tells of.
        evaluation: Of the same labels and probabilities.
        kept: What became of each promise.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    sections = [
        _headline(content, evaluation),
        _confusion(evaluation),
        _digits(evaluation),
        _mistakes(content),
        _label_errors(content, evaluation),
        _calibration(content, evaluation, kept),
        _learning(content),
        _comparison(content),
        robustness_section(content.robustness) if content.robustness else "",
        _examples(content),
        _reproduce(content),
    ]
    shell, style, script = (
        (TEMPLATE / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "page.js")
    )
    return Template(shell).substitute(
        title=escape(content.title),
        style=style,
        script=script,
        sections="\n".join(part for part in sections if part),
        pictures=json.dumps(_cell_pictures(content), separators=(",", ":")),
    )


def _headline(content: ReportContent, evaluation: Evaluation) -> str:
    low, high = evaluation.accuracy_interval
    numbers = [
        (
            f"{evaluation.accuracy:.2%}",
            f"right: {evaluation.right} of {evaluation.count}; 95 % interval {low:.2%} to {high:.2%}",
        ),
        (f"{evaluation.loss:.4f}", "loss, nats a digit"),
        (f"{evaluation.ece:.2%}", "expected calibration error"),
        (f"{evaluation.brier:.4f}", "Brier score"),
        (f"{evaluation.macro_f1:.4f}", "macro F1"),
    ]
    tiles = "".join(f"<div><b>{number}</b>{escape(what)}</div>" for number, what in numbers)
    return f'<h1>{escape(content.title)}</h1>\n<div class="headline">{tiles}</div>\n{facts(content.facts)}'


def _confusion(evaluation: Evaluation) -> str:
    head = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = []
    for truth, counts in enumerate(evaluation.confusion.tolist()):
        cells = "".join(_cell(truth, answer, count) for answer, count in enumerate(counts))
        rows.append(f'<tr><th scope="row">{truth}</th>{cells}</tr>')
    return section(
        "What was read as what",
        "<p>A row is what a digit is labeled, a column what it was read as. Press a number to see its pictures; the "
        "arrow keys move from one to the next.</p>",
        f'<div class="wide"><table class="confusion"><tr><td></td>{head}</tr>{"".join(rows)}</table></div>',
    )


def _cell(truth: int, answer: int, count: int) -> str:
    if not count:
        return "<td><span>·</span></td>"
    right = ' class="right"' if truth == answer else ""
    share = 0.15 + 0.6 * min(1.0, np.log1p(count) / np.log1p(DARKEST))
    said = f"{count} labeled {truth}, read as {answer}"
    marks = f'style="--share: {share:.2f}" data-cell="{truth}-{answer}" aria-label="{said}"'
    return f"<td><button{right} {marks}>{count}</button></td>"


def _cell_pictures(content: ReportContent) -> dict[str, object]:
    """For the script: each cell's digits, and each digit's picture, label, answer and confidence."""
    answers, confidences = content.probabilities.argmax(axis=1), content.probabilities.max(axis=1)
    cells: dict[str, list[int]] = {}
    for truth, answer in np.ndindex(10, 10):
        found = np.flatnonzero((content.labels == truth) & (answers == answer))
        if len(found):
            chosen = found[np.linspace(0, len(found) - 1, min(MOST_IN_CELL, len(found))).round().astype(int)]
            cells[f"{truth}-{answer}"] = chosen.tolist()
    shown = sorted({index for chosen in cells.values() for index in chosen})
    info = {i: [int(content.labels[i]), int(answers[i]), round(float(confidences[i]), 4)] for i in shown}
    return {"cells": cells, "info": info, "png": {i: png(content.glyphs[i]) for i in shown}}


def _digits(evaluation: Evaluation) -> str:
    head = ("digit", "count", "right", "false positives", "false negatives", "precision", "recall", "F1")
    rows = [
        (
            d.digit,
            d.count,
            d.right,
            d.false_positives,
            d.false_negatives,
            *(f"{x:.4f}" for x in (d.precision, d.recall, d.f1)),
        )
        for d in evaluation.digits
    ]
    sentences = "".join(f"<li>{escape(digit.sentence)}</li>" for digit in evaluation.digits)
    return section("Digit by digit", table(head, rows), f"<ul>{sentences}</ul>")


def _gallery(content: ReportContent, indices: Sequence[int], chances: NDArray[np.floating]) -> str:
    items = []
    for index in indices:
        label, order = int(content.labels[index]), np.argsort(-chances[index])
        said = "<br>".join(f"{digit}: {chances[index, digit]:.1%}" for digit in order[:3])
        alt = f"number {index}, labeled {label}, read as {order[0]}"
        items.append(
            f"<li><figure>{image(content.glyphs[index], alt)}"
            f"<figcaption>#{index}, labeled {label}<br>{said}</figcaption></figure></li>"
        )
    return f'<ul class="gallery">{"".join(items)}</ul>'


def _mistakes(content: ReportContent) -> str:
    chances = np.asarray(content.probabilities, np.float64)
    answers, confidences = chances.argmax(axis=1), chances.max(axis=1)
    wrong, right = np.flatnonzero(answers != content.labels), np.flatnonzero(answers == content.labels)
    worst = wrong[np.argsort(-confidences[wrong], kind="stable")][:MOST_IN_GALLERY]
    unsure = right[np.argsort(confidences[right], kind="stable")][:MOST_IN_GALLERY]
    parts = ["<p>Nothing was read wrong.</p>"]
    if len(worst):
        parts = [
            f"<p>The surest {len(worst)} of {len(wrong)} wrong answers, with what else was thought of.</p>",
            _gallery(content, worst.tolist(), chances),
        ]
    if len(unsure):
        parts += [
            f"<p>The {len(unsure)} least sure of {len(right)} right answers.</p>",
            _gallery(content, unsure.tolist(), chances),
        ]
    return section("The worst mistakes, and what was nearly one", *parts)


def _label_errors(content: ReportContent, evaluation: Evaluation) -> str:
    suspects = suspected_labels(content.labels, content.probabilities)
    parts = []
    if content.corrections:
        labels = np.array(content.labels)
        labels[list(content.corrections)] = list(content.corrections.values())
        corrected = evaluate(labels, content.probabilities)
        low, high = corrected.accuracy_interval
        parts.append(
            f"<p>{len(content.corrections)} labels of these digits are known to be wrong. Corrected, "
            f"{corrected.accuracy:.2%} are read right ({low:.2%} to {high:.2%}), not {evaluation.accuracy:.2%}.</p>"
        )
    if suspects:
        sure = sum(suspect.sure for suspect in suspects)
        parts += [
            f"<p>Labels that this model doubts most: it contradicts {len(suspects)}, {sure} of them as surely as it "
            "usually is of the digit that it sees (confident learning). Look at them before you blame the model.</p>",
            _gallery(content, [s.index for s in suspects[:MOST_IN_GALLERY]], np.asarray(content.probabilities)),
        ]
    return section("Labels that may be wrong", *parts) if parts else ""


def _calibration(content: ReportContent, evaluation: Evaluation, kept: Sequence[tuple[float, OperatingPoint]]) -> str:
    answers = content.labels, content.probabilities
    plots = svg(plot_reliability, *answers) + svg(plot_risk_coverage, *answers)
    parts = [
        "<p>Of answers given with a confidence of 90 %, 90 % should be right: the expected calibration error, "
        f"{evaluation.ece:.2%}, says how far off that is on average. The second plot shows what rejecting the least "
        "sure answers buys.</p>",
        f'<div class="plots">{plots}</div>',
    ]
    if kept:
        head = ("promised: wrong at most", "from confidence", "kept", "coverage", "wrong", "error", "bound")
        rows = [
            (
                f"{promised:.2%}",
                f"{point.threshold:g}",
                point.kept,
                f"{point.coverage:.2%}",
                point.wrong,
                f"{point.error:.3%}",
                f"{point.error_bound:.3%}",
            )
            for promised, point in kept
        ]
        parts += [table(head, rows), f"<p>{escape(HOW_PROMISED)}</p>"]
    return section("How sure, how right", *parts)


def _learning(content: ReportContent) -> str:
    if not content.history:
        return ""
    return section("How it learned", f'<div class="plots">{svg(plot_history, content.history)}</div>')


def _comparison(content: ReportContent) -> str:
    rival = content.rival
    if rival is None:
        return ""
    own, other = content.probabilities.argmax(axis=1), rival.probabilities.argmax(axis=1)
    compared = compare_answers(content.labels, own, other)
    right, theirs = own == content.labels, other == content.labels
    parts = [
        f"<p>{escape(rival.name)} reads {theirs.mean():.2%} right, this model {right.mean():.2%}. "
        f"{escape(compared.sentence)} (McNemar's exact test; the first is this model).</p>"
    ]
    for only, said in (
        (right & ~theirs, "Read right by this model alone"),
        (~right & theirs, f"Read right by {rival.name} alone"),
    ):
        found = np.flatnonzero(only)[:MOST_IN_GALLERY]
        if len(found):
            parts += [
                f"<p>{escape(said)}: {int(only.sum())}.</p>",
                _gallery(content, found.tolist(), content.probabilities),
            ]
    return section(f"Against {rival.name}", *parts)


def _examples(content: ReportContent) -> str:
    if not content.examples:
        return ""
    items = []
    for example in content.examples:
        picture = b64encode(example.picture).decode("ascii")
        shown = f'<img class="picture" src="data:image/png;base64,{picture}" alt="{escape(example.name)}">'
        if example.glyph is not None:
            shown += image(example.glyph, "its glyph")
        items.append(
            f'<figure><div class="pictures">{shown}</div>'
            f"<figcaption>{escape(example.name)}: {escape(example.reading)}</figcaption></figure>"
        )
    return section(
        "What the network sees of a picture",
        "<p>Each picture, and the glyph that was made of it.</p>",
        f'<div class="plots">{"".join(items)}</div>',
    )


def _reproduce(content: ReportContent) -> str:
    return section("How to get this again", facts(content.reproduce)) if content.reproduce else ""
