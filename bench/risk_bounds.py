"""Whether `max_error` holds on pictures of a source that the calibration lacks: each source is left out in turn.

    python bench/risk_bounds.py [--model default] [--count 1000] [--fonts 100]

Sources are MNIST's calibration digits as pictures of 28 × 28, the same on each kind of page of the picture bench, the
kinds of synthesis, and each font. For each bound, operating points are counted on all other sources, and the threshold
that they give is applied to the one that was left out. The table names the worst sources: those whose lower
bound of the error (95 %, Clopper-Pearson) is highest.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conditions import CONDITIONS
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.errors import SettingError
from inkdigits.evaluation.selective import error_bound, risk_coverage
from inkdigits.export.calibration import AS_GLYPH, CalibrationPictures, read_calibration
from inkdigits.image.load import load
from inkdigits.models.classifier import PackedModel
from inkdigits.models.operating_points import USUAL_RATES, select_threshold
from inkdigits.reading.decision import MIN_CONFIDENCE
from inkdigits.reporting.markdown import table
from inkdigits.synthesis.deform import deform_bitmap
from inkdigits.synthesis.fonts import load_handwriting
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.pages import render_page
from inkdigits.synthesis.synthesize import render_pictures
from pictures import make_pictures

SEED = 3  # others than those of packing
DIGITS = "0123456789"
FONT = "font: "


@dataclass(frozen=True)
class Readings:
    """What the reader made of one source's pictures.

    Attributes:
        confidences: Shape `(N,)`, 0 to 1.
        right: Whether each answer is right, shape `(N,)`.
    """

    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class LeftOut:
    """One source under the threshold that all others give.

    Attributes:
        source: Its name.
        kept: Number of its pictures that are accepted.
        wrong: Number of these that are wrong.
        coverage: Share of its pictures that are accepted.
    """

    source: str
    kept: int
    wrong: int
    coverage: float

    @property
    def error(self) -> float:
        """Share of the accepted that are wrong."""
        return self.wrong / max(self.kept, 1)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper bound of the error, each at 95 %."""
        return 1 - error_bound(self.kept - self.wrong, self.kept), error_bound(self.wrong, self.kept)


def sources(count: int, per_font: int) -> dict[str, CalibrationPictures]:
    """The pictures of each source.

    Args:
        count: Pictures of each kind of page and of synthesis, at most.
        per_font: Pictures of each font.
    """
    dataset = load_mnist("train")
    glyphs = dataset.subset(split_training(dataset).calibration)
    found = {AS_GLYPH: _from(list(glyphs.glyphs), glyphs.labels.tolist(), AS_GLYPH)}
    for name in CONDITIONS:
        files, labels = make_pictures(name, count, SEED, split="calibration")
        found[f"page: {name}"] = _from([load(file) for file in files], [int(label) for label in labels], name)
    kinds = Mixture(mnist=count, pen=count, plain=count)
    pictures, truth, names = render_pictures(kinds, seed=SEED, split="calibration")
    for kind in ("mnist", "pen", "plain"):
        chosen = np.flatnonzero(names == kind)
        found[f"synthesis: {kind}"] = _from([pictures[index] for index in chosen], truth[chosen].tolist(), kind)
    return found | fonts(per_font)


def fonts(count: int) -> dict[str, CalibrationPictures]:
    """Pictures of each font's digits on pages, `count` of each font."""
    handwriting = load_handwriting()
    digits = handwriting.indices_of(DIGITS)
    found = {}
    for number, name in enumerate(handwriting.font_names):
        rng = np.random.default_rng((SEED, number))
        chosen = rng.choice(digits[handwriting.fonts[digits] == number], count)
        pages = [render_page(deform_bitmap(handwriting.bitmaps[index], rng), rng)[0] for index in chosen]
        labels = [int(handwriting.characters[index]) for index in chosen]
        found[FONT + name] = _from(pages, labels, name)
    return found


def _from(pictures: Sequence[NDArray[np.uint8]], labels: Sequence[int], source: str) -> CalibrationPictures:
    return CalibrationPictures(pictures, np.array(labels, np.uint8), [source] * len(labels))


def leave_out(readings: Mapping[str, Readings], name: str, max_error: float) -> LeftOut | None:
    """The source under the threshold that guarantees `max_error` on all others; None if none does."""
    others = [reading for other, reading in readings.items() if other != name]
    points = risk_coverage(
        np.concatenate([reading.confidences for reading in others]),
        np.concatenate([reading.right for reading in others]),
    )
    try:
        threshold = max(select_threshold(points, max_error).threshold, MIN_CONFIDENCE)
    except SettingError:
        return None
    kept = readings[name].confidences >= threshold
    wrong = int((kept & ~readings[name].right).sum())
    return LeftOut(name, int(kept.sum()), wrong, float(kept.mean()))


def row(readings: Mapping[str, Readings], max_error: float) -> list[str]:
    """What became of one bound: the worst source, and how many sources are worse than the bound for sure."""
    results = [result for name in readings if (result := leave_out(readings, name, max_error)) is not None]
    if not results:
        return [f"{max_error:.1%}".replace("%", " %"), "cannot be guaranteed", "", "", ""]
    broken = sum(result.bounds[0] > max_error for result in results)
    pooled = sum(result.wrong for result in results) / sum(result.kept for result in results)
    coverage = float(np.mean([result.coverage for result in results]))
    fonts = [result for result in results if result.source.startswith(FONT)]
    others = [result for result in results if not result.source.startswith(FONT)]
    cells = [
        f"{max_error:.1%}",
        f"{pooled:.2%}, {coverage:.1%}",
        f"{broken} of {len(results)}",
        *(worst(some) for some in (others, fonts)),
    ]
    return [cell.replace("%", " %") for cell in cells]


def worst(results: Sequence[LeftOut]) -> str:
    """The source whose error is most surely high, with its error, 95 % bounds and coverage."""
    found = max(results, key=lambda result: (result.bounds[0], result.error))
    low, high = found.bounds
    counts = f"{found.wrong} of {found.kept} = {found.error:.2%} [{low:.2%}, {high:.2%}]"
    return f"{found.source}: {counts}, keeps {found.coverage:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="default")
    parser.add_argument("--count", type=int, default=1000, help="pictures of each kind of page")
    parser.add_argument("--fonts", type=int, default=100, help="pictures of each font")
    arguments = parser.parse_args()
    packed = PackedModel.load(arguments.model)
    pictures = sources(arguments.count, arguments.fonts)
    readings = {name: Readings(*read_calibration(packed, some)) for name, some in pictures.items()}
    head = [
        "bound",
        "error and coverage of the sources left out",
        "sources surely above",
        "worst kind of page or pen, 95 % bounds",
        "worst font",
    ]
    print(table(head, [row(readings, rate) for rate in USUAL_RATES]))
    total = sum(len(reading.right) for reading in readings.values())
    print(
        f"\nModel {packed.card.name} {packed.card.version}, {len(readings)} sources, {total:,} pictures, seed {SEED}."
    )


if __name__ == "__main__":
    main()
