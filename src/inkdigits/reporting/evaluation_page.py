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

from inkdigits.evaluation.evaluation import Evaluation
from inkdigits.reporting.analysis import Findings
from inkdigits.reporting.content import ReportContent
from inkdigits.reporting.markup import facts, image, png, section, svg, table
from inkdigits.reporting.plots import plot_history, plot_reliability, plot_risk_coverage
from inkdigits.reporting.robustness_section import robustness_section

TEMPLATE = Path(__file__).parent / "template"
MOST_IN_CELL = 60  # pictures that a cell opens; of more, evenly chosen ones
MOST_IN_GALLERY = 24
MOST_LEFT_OUT = 30  # that are named
LEAST_DOUBT = 0.005  # chance of no digit, from which on it is told
DARKEST = 50  # wrong answers in a cell, from which on it grows no darker
HOW_PROMISED = (
    "Each promise was made on the model's calibration split, by a threshold chosen there, with 95 % confidence and for "
    "digits like that split's. The other columns are counted on the digits of this report; the bound is the exact "
    "95 % upper one."
)


def render(content: ReportContent, findings: Findings) -> str:
    """Writes the page.

    Args:
        content: What it tells of.
        findings: Of the same content.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    evaluation = findings.evaluation
    sections = [
        _headline(content, evaluation),
        _left_out(content),
        _confusion(evaluation),
        _digits(evaluation),
        _mistakes(content),
        _label_errors(content, findings),
        _calibration(content, findings),
        _learning(content),
        _comparison(content, findings),
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
    least, most = evaluation.loss_interval
    numbers = [
        (
            f"{evaluation.accuracy:.2%}",
            f"right: {evaluation.right} of {evaluation.count}; 95 % interval {low:.2%} to {high:.2%}",
        ),
        (f"{evaluation.loss:.4f}", f"loss, nats a digit; 95 % interval {least:.4f} to {most:.4f}"),
        (f"{evaluation.ece:.2%}", "expected calibration error"),
        (f"{evaluation.brier:.4f}", "Brier score"),
        (f"{evaluation.macro_f1:.4f}", "macro F1"),
    ]
    if content.refused is not None and content.refused.any():
        rest = content.right_of_kept
        share = f"{rest.mean():.2%}" if len(rest) else "none"
        numbers.append((str(content.refused.sum()), f"taken for no digit; of the rest {share} right"))
    tiles = "".join(f"<div><b>{number}</b>{escape(what)}</div>" for number, what in numbers)
    return f'<h1>{escape(content.title)}</h1>\n<div class="headline">{tiles}</div>\n{facts(content.facts)}'


def _left_out(content: ReportContent) -> str:
    if not content.left_out:
        return ""
    every = len(content.left_out) + len(content.labels)
    named = "".join(f"<li>{escape(problem)}</li>" for problem in content.left_out[:MOST_LEFT_OUT])
    more = len(content.left_out) - MOST_LEFT_OUT
    return section(
        "Left out",
        f"<p>{len(content.left_out)} of {every} could not be used; all numbers here are of the others.</p>",
        f"<ul>{named}</ul>" + (f"<p>And {more} more.</p>" if more > 0 else ""),
    )


def _confusion(evaluation: Evaluation) -> str:
    head = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = []
    for truth, counts in enumerate(evaluation.confusion.tolist()):
        cells = "".join(_cell(truth, answer, count) for answer, count in enumerate(counts))
        rows.append(f'<tr><th scope="row">{truth}</th>{cells}</tr>')
    return section(
        "What was read as what",
        "<p>Press a number to see its pictures; the arrow keys move from one to the next.</p>",
        f'<div class="wide"><table class="confusion"><caption>A row is what a digit is labeled, a column what it was '
        f"read as.</caption><tr><td></td>{head}</tr>{''.join(rows)}</table></div>",
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
    answers, confidences = content.answers, content.probabilities.max(axis=1)
    cells: dict[str, list[int]] = {}
    for truth, answer in np.ndindex(10, 10):
        found = np.flatnonzero((content.labels == truth) & (answers == answer))
        if len(found):
            chosen = found[np.linspace(0, len(found) - 1, min(MOST_IN_CELL, len(found))).round().astype(int)]
            cells[f"{truth}-{answer}"] = chosen.tolist()
    shown = sorted({index for chosen in cells.values() for index in chosen})
    info = {
        i: [int(content.labels[i]), int(answers[i]), round(float(confidences[i]), 4), content.name(i)] for i in shown
    }
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
            *("–" if x is None else f"{x:.4f}" for x in (d.precision, d.recall, d.f1)),
        )
        for d in evaluation.digits
    ]
    sentences = "".join(f"<li>{escape(digit.sentence)}</li>" for digit in evaluation.digits)
    return section("Digit by digit", table(head, rows), f"<ul>{sentences}</ul>")


def _gallery(content: ReportContent, indices: Sequence[int], others: NDArray[np.integer] | None = None) -> str:
    """Digits with what was thought of them, and what the second model read if `others`, shape `(N,)`, says so."""
    items = []
    for index in indices:
        label, answer, name = int(content.labels[index]), int(content.answers[index]), content.name(index)
        said = "<br>".join(f"{what}: {chance:.1%}" for what, chance in _alternatives(content.probabilities[index]))
        if others is not None:
            said += f"<br>the other: {others[index]}"
        alt = f"{name}, labeled {label}, read as {answer}"
        items.append(
            f"<li><figure>{image(content.glyphs[index], alt)}"
            f"<figcaption>{escape(name)}, labeled {label}<br>{said}</figcaption></figure></li>"
        )
    return f'<ul class="gallery">{"".join(items)}</ul>'


def _alternatives(chances: NDArray[np.floating]) -> list[tuple[str, float]]:
    """The three likeliest digits; and no digit, if there is a chance of it, in its place among them."""
    named = [(str(digit), float(chances[digit])) for digit in np.argsort(-chances)[:3]]
    none = 1 - float(chances.sum())
    if none > LEAST_DOUBT:
        named.append(("no digit", none))
    return sorted(named, key=lambda pair: -pair[1])


def _mistakes(content: ReportContent) -> str:
    answers, confidences = content.answers, content.probabilities.max(axis=1)
    wrong, right = np.flatnonzero(answers != content.labels), np.flatnonzero(answers == content.labels)
    worst = wrong[np.argsort(-confidences[wrong], kind="stable")][:MOST_IN_GALLERY]
    unsure = right[np.argsort(confidences[right], kind="stable")][:MOST_IN_GALLERY]
    parts = ["<p>Nothing was read wrong.</p>"]
    if len(worst):
        parts = [
            f"<p>The surest {len(worst)} of {len(wrong)} wrong answers, with what else was thought of.</p>",
            _gallery(content, worst.tolist()),
        ]
    if len(unsure):
        parts += [
            f"<p>The {len(unsure)} least sure of {len(right)} right answers.</p>",
            _gallery(content, unsure.tolist()),
        ]
    return section("The worst mistakes, and what was nearly one", *parts)


def _label_errors(content: ReportContent, findings: Findings) -> str:
    corrected, suspects = findings.corrected, findings.suspects
    parts = []
    if corrected is not None:
        low, high = corrected.accuracy_interval
        parts.append(
            f"<p>{len(content.corrections)} labels of these digits are known to be wrong. Corrected, "
            f"{corrected.accuracy:.2%} are read right ({low:.2%} to {high:.2%}), "
            f"not {findings.evaluation.accuracy:.2%}.</p>"
        )
    if suspects:
        sure = [suspect.index for suspect in suspects if suspect.confident]
        parts.append(
            f"<p>This model contradicts {len(suspects)} labels, {len(sure)} of them as surely as it usually is of the "
            "digit that it sees (confident learning). Look at them before you blame the model.</p>"
        )
        if sure:
            parts.append(_gallery(content, sure[:MOST_IN_GALLERY]))
    return section("Labels that may be wrong", *parts) if parts else ""


def _calibration(content: ReportContent, findings: Findings) -> str:
    plots = svg("How often the sure are right", plot_reliability, content.labels, content.probabilities)
    plots += svg("What rejecting buys", plot_risk_coverage, content.confidences, content.answers == content.labels)
    parts = [
        "<p>Of answers given with a confidence of 90 %, 90 % should be right: the expected calibration error, "
        f"{findings.evaluation.ece:.2%}, says how far off that is on average. The second plot shows what rejecting the "
        "least sure answers buys; what is taken for no digit goes first.</p>",
        f'<div class="plots">{plots}</div>',
    ]
    if findings.kept:
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
            for promised, point in findings.kept
        ]
        parts += [table(head, rows), f"<p>{escape(HOW_PROMISED)}</p>"]
    return section("How sure, how right", *parts)


def _learning(content: ReportContent) -> str:
    if not content.history:
        return ""
    plot = svg("Loss and accuracy by epoch", plot_history, content.history)
    return section("How it learned", f'<div class="plots">{plot}</div>')


def _comparison(content: ReportContent, findings: Findings) -> str:
    rival, compared = content.rival, findings.compared
    if rival is None or compared is None:
        return ""
    own, other = content.answers, rival.answers
    right, theirs = own == content.labels, other == content.labels
    parts = [
        f"<p>{escape(rival.name)} reads {theirs.mean():.2%} right, this model {right.mean():.2%}. "
        f"{escape(compared.sentence('this model', rival.name))} (McNemar's exact test).</p>"
    ]
    for differ, said in (
        (right & ~theirs, "Read right by this model alone"),
        (~right & theirs, f"Read right by {rival.name} alone"),
        (~right & ~theirs & (own != other), "Read wrong by both, but not alike"),
    ):
        found = np.flatnonzero(differ)
        surest = np.maximum(content.probabilities, rival.probabilities).max(axis=1)[found]
        shown = found[np.argsort(-surest, kind="stable")][:MOST_IN_GALLERY]
        if len(found):
            few = f", the {len(shown)} that one of them is surest of" if len(shown) < len(found) else ""
            parts += [f"<p>{escape(said)}: {len(found)}{few}.</p>", _gallery(content, shown.tolist(), other)]
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
