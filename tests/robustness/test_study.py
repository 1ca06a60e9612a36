import json

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.image.glyph import Glyphs
from inkdigits.reporting.robustness_section import corruptions_sentence, robustness_lines
from inkdigits.robustness.attacks import STRENGTHS
from inkdigits.robustness.corruptions import CORRUPTIONS
from inkdigits.robustness.perturbations import PERTURBATIONS
from inkdigits.robustness.result import Robustness
from inkdigits.robustness.study import Subject, study_robustness

COUNT = 20


def by_ink(glyphs: Glyphs) -> NDArray[np.float64]:
    """Thinks that little ink is a one and much a zero: no good reader, but one whose answers are known."""
    ink = glyphs.mean(axis=(1, 2)) / 255
    probabilities = np.zeros((len(glyphs), 10))
    probabilities[:, 1] = np.clip(1 - 4 * ink, 0, 1)
    probabilities[:, 0] = 1 - probabilities[:, 1]
    return probabilities


@pytest.fixture(scope="module")
def studied() -> Robustness:
    digits = load_mnist("test")
    rows = np.flatnonzero(digits.labels <= 1)[:COUNT]
    asked: list[tuple[float, int]] = []

    def attack(part: Dataset, strength: float) -> NDArray[np.bool_]:
        asked.append((strength, len(part)))
        return np.arange(len(part)) < len(part) / 2

    subject = Subject(by_ink, lambda glyphs: np.full(len(glyphs), -1), {"half": attack})
    result = study_robustness(subject, digits.subset(rows), queries=5)
    # Only what a weaker attack did not mislead is attacked again.
    assert asked == list(zip(STRENGTHS, (20, 10, 5), strict=True))
    return result


def test_everything_is_measured(studied: Robustness) -> None:
    assert set(studied.corruptions) == set(CORRUPTIONS)
    assert {name: len(curve.accuracies) for name, curve in studied.curves.items()} == {
        name: len(kind.amounts) for name, kind in PERTURBATIONS.items()
    }
    assert {"letters", "noise"} <= set(studied.out_of_distribution)
    assert studied.attacks["half"] == {0.1: 0.5, 0.2: 0.25, 0.3: 0.15}
    assert studied.count == COUNT


def test_a_reader_who_reads_nothing_is_never_right(studied: Robustness) -> None:
    assert {one.as_picture for one in studied.corruptions.values()} == {0.0}
    assert studied.clean.alone > 0.9
    assert studied.clean.as_picture == 0.0


def test_light_noise_is_a_zero_to_who_counts_ink(studied: Robustness) -> None:
    # Noise is half ink: the surest zero there is, so no digit is surer.
    assert studied.out_of_distribution["noise"].auroc < 0.6
    assert studied.out_of_distribution["noise"].fpr95 == 1.0


def test_an_undamaged_curve_point_is_the_clean_accuracy(studied: Robustness) -> None:
    curve = studied.curves["rotation"]
    assert curve.accuracies[list(curve.amounts).index(0)] == studied.clean.alone


def test_the_lines_tell_it_to_a_terminal(studied: Robustness) -> None:
    lines = robustness_lines(studied)
    assert lines[0] == "n = 20; in brackets 95 % intervals"
    assert "| mean of the 15 |" in "\n".join(lines)
    assert "| attack | ± 0.1 | ± 0.2 | ± 0.3 |" in lines
    assert any(line.startswith("| squares without gradients, 5 queries, packed model |") for line in lines)
    assert corruptions_sentence(studied).startswith("MNIST-C style corruptions, n = 20 per kind: as pictures 0.0%")
    assert "| half | 50.0% [29.9, 70.1] | 25.0% [11.2, 46.9] | 15.0% [5.2, 36.0] |" in lines


def test_the_numbers_go_into_json(studied: Robustness) -> None:
    told = json.loads(json.dumps(studied.to_dict()))
    assert told["corruptions"]["fog"].keys() == {"alone", "as_picture"}
    assert told["attacks"]["half"]["0.3"] == 0.15
