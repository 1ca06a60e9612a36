"""Digits kept against non-digits accepted, over the threshold of the not-a-digit probability.

    python bench/rejection_curve.py FOLDER --model before=DIR --model after=default [--plot docs/rejection.png]

FOLDER holds real pictures, as for `bench/real_pictures.py`; they are development sets. Plain digits are those of
`bench/plain_digits.py` with its seed for choices. Look-alikes of digits (o, O, l, I, |, /, circle, minus) are left out
of the non-digits. Prints, for each model, the share of each set that is kept where 2, 3, 4 and 5 % of the non-digits
are accepted, and at the thresholds on the model's card. Then it prints how many real and synthesized non-digits the
card's thresholds accept. The synthesis has a seed of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.image.load import Picture
from inkdigits.reading.decision import MIN_CONFIDENCE
from inkdigits.reading.result import Page
from inkdigits.recognizer import Recognizer
from inkdigits.reporting.markdown import table
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.synthesize import render_pictures
from plain_digits import drawings
from real_pictures import LOOK_ALIKES, load_set

ACCEPTED = (0.02, 0.03, 0.04, 0.05)
PLAIN_SEED, PLAIN_COUNT = 1, 100
NON_DIGITS = "not_digits"
SYNTHESIS_SEED = 11  # others than of training (0), of packing (1, 2) and of the left-out sources (3)
SYNTHESIS = Mixture(symbols=400, letters=400, scribbles=400, several=400, turned=400, textures=400)
COLORS = ("#9a6a3a", "#1f5fa8", "#3a8a4a")
LINES = ("--", "-", ":")


def pictures(folder: Path) -> dict[str, list[Picture]]:
    """The pictures of each set."""
    own, _, rows = load_set(folder, "own_digits")
    found: dict[str, list[Picture]] = {
        "own_digits hard=0": [picture for picture, row in zip(own, rows, strict=True) if row["hard"] == "0"],
        "folder_digits": load_set(folder, "folder_digits")[0],
        "plain digits": [drawing.picture for drawing in drawings(PLAIN_COUNT, PLAIN_SEED)],
    }
    with_label, _, rows = load_set(folder, NON_DIGITS)
    found[NON_DIGITS] = [p for p, row in zip(with_label, rows, strict=True) if row["what"] not in LOOK_ALIKES]
    return found


def synthesis() -> dict[str, list[Picture]]:
    """Non-digits of synthesis, by kind."""
    rendered, _, kinds = render_pictures(SYNTHESIS, seed=SYNTHESIS_SEED, split="validation")
    return {str(kind): [rendered[index] for index in np.flatnonzero(kinds == kind)] for kind in np.unique(kinds)}


def accepted_rows(model: str, recognizer: Recognizer, sets: Mapping[str, Sequence[Picture]]) -> list[list[str]]:
    """How many non-digits of each set are accepted, and how many surely, by the thresholds on the card."""
    pages = {name: list(recognizer.read_many(some)) for name, some in sets.items()}
    pages["synthesis"] = [page for name, some in pages.items() if name != NON_DIGITS for page in some]
    content = []
    for name, some in pages.items():
        taken, sure = (sum(page.status in kept for page in some) for kept in (("ok", "uncertain"), ("ok",)))
        low, high = wilson_interval(taken, len(some))
        share = f"{taken / len(some):.1%} [{low:.1%}, {high:.1%}]"
        content.append([model, name, f"{len(some):,}", share, f"{sure / len(some):.1%}"])
    return [[cell.replace("%", " %") for cell in line] for line in content]


def score(page: Page) -> float:
    """The not-a-digit probability of a picture; 2 where another reason rejects it at any threshold."""
    other = page.reason not in (None, "not_a_digit", "several", "ambiguous")
    if not page.lines or other or page.alternatives[0].probability < MIN_CONFIDENCE:
        return 2.0
    return page.lines[0].digits[0].not_a_digit


def curve(found: Mapping[str, NDArray[np.float64]], name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of non-digits accepted and share of a set kept, at every threshold that changes one of them."""
    thresholds = np.unique(np.concatenate([found[name], found[NON_DIGITS]]))
    thresholds = thresholds[thresholds <= 1]
    accepted, kept = (np.searchsorted(np.sort(found[part]), thresholds, "right") for part in (NON_DIGITS, name))
    return accepted / len(found[NON_DIGITS]), kept / len(found[name])


def rows(model: str, found: Mapping[str, NDArray[np.float64]], kept: Mapping[str, float]) -> list[list[str]]:
    """What a model keeps of each set, by the thresholds on its card and where so many non-digits are accepted."""
    sets = [name for name in found if name != NON_DIGITS]
    content = [[model, "of the card", *(f"{kept[name]:.1%}" for name in (NON_DIGITS, *sets))]]
    for most in ACCEPTED:
        best = []
        for name in sets:
            accepted, shares = curve(found, name)
            best.append(f"{max(shares[accepted <= most], default=0.0):.1%}")
        content.append([model, "one for all digits", f"{most:.0%} or less", *best])
    return [[cell.replace("%", " %") for cell in line] for line in content]


def plot(found: Mapping[str, Mapping[str, NDArray[np.float64]]], path: Path) -> None:
    """Draws a curve per set and model."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = [name for name in next(iter(found.values())) if name != NON_DIGITS]
    figure, axes = pyplot.subplots(1, len(names), figsize=(10, 3.4), sharey=True, layout="constrained")
    for axis, name in zip(axes, names, strict=True):
        for (model, results), color, line in zip(found.items(), COLORS, LINES, strict=False):
            accepted, kept = curve(results, name)
            axis.plot(100 * accepted, 100 * kept, line, color=color, drawstyle="steps-post", label=model)
        axis.set(title=name, xlabel="non-digits accepted, %", xlim=(0, 12), ylim=(80, 100.3))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("digits kept, %")
    axes[-1].legend(loc="lower right")
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append", required=True, metavar="TITLE=MODEL")
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    sets, found, content = pictures(arguments.folder), {}, []
    non_digits, accepted = {NON_DIGITS: sets[NON_DIGITS], **synthesis()}, []
    for titled in arguments.model:
        title, _, model = titled.partition("=")
        recognizer = Recognizer(model)
        pages = {name: list(recognizer.read_many(some)) for name, some in sets.items()}
        found[title] = {name: np.array([score(page) for page in some]) for name, some in pages.items()}
        kept = {name: float(np.mean([page.status != "rejected" for page in some])) for name, some in pages.items()}
        content += rows(title, found[title], kept)
        accepted += accepted_rows(title, recognizer, non_digits)
    head = ["model", "threshold", f"{NON_DIGITS} accepted", *(name for name in sets if name != NON_DIGITS)]
    print(table(head, content, left=2))
    print(f"\nn = {', '.join(f'{len(some):,} {name}' for name, some in sets.items())}.\n")
    print(table(["model", "non-digits", "n", "accepted, 95 % interval", "accepted as ok"], accepted, left=2))
    if arguments.plot:
        plot(found, arguments.plot)


if __name__ == "__main__":
    main()
