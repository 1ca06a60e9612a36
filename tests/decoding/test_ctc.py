"""Hand-worked numbers, and lines as long as real ones. Against all paths: test_brute_force.py."""

import numpy as np
import pytest

from inkdigits.decoding.ctc import align, character_confidences, greedy, log_probability
from inkdigits.decoding.decode import decode
from inkdigits.decoding.lattice import LEAST, make_lattice
from inkdigits.errors import SettingError


def line(path, characters="0123", certain=0.97):
    """A lattice that holds one path, one character or `-` per frame."""
    values = np.full((len(path), len(characters) + 1), (1 - certain) / len(characters))
    values[range(len(path)), [characters.find(one) + 1 for one in path]] = certain
    return make_lattice(np.log(values), characters)


@pytest.mark.parametrize(
    ("path", "text", "spans"),
    [
        ("-", "", []),
        ("1", "1", [(0, 1)]),
        ("--11--", "1", [(2, 4)]),
        ("11-1", "11", [(0, 2), (3, 4)]),
        ("1122", "12", [(0, 2), (2, 4)]),
        ("-1-2--2233", "1223", [(1, 2), (3, 4), (6, 8), (8, 10)]),
        ("121", "121", [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_clear_paths(path, text, spans):
    lattice = line(path)
    assert greedy(lattice) == text == decode(lattice).text
    characters = align(lattice, text)
    assert [(one.start, one.end) for one in characters] == spans
    assert "".join(one.text for one in characters) == text
    assert all(one.confidence > 0.8 for one in characters)


def test_best_path_and_best_text_differ():
    """Graves' example: the best path is blank, but two paths and their overlap spell 0."""
    lattice = make_lattice(np.log([[0.6, 0.4], [0.6, 0.4]]), "0")
    assert greedy(lattice) == ""
    assert decode(lattice).text == "0"
    assert decode(lattice).confidence == pytest.approx(0.64)
    assert decode(lattice).alternatives[0].confidence == pytest.approx(0.36)


def test_the_confidence_of_one_character_by_hand():
    """One frame: 0 has 0.7, 1 has 0.2, nothing has 0.1."""
    lattice = make_lattice(np.log([[0.1, 0.7, 0.2]]), "01")
    assert character_confidences(lattice, "0") == pytest.approx([0.7])
    assert character_confidences(lattice, "1") == pytest.approx([0.2])
    assert character_confidences(lattice, "").shape == (0,)


def test_only_the_unclear_character_is_of_low_confidence():
    values = np.exp(line("1-2-3").log_probabilities.T)
    values[2, [3, 2]] = 0.5, 0.47  # 2 or 1
    confidences = character_confidences(make_lattice(np.log(values), "0123"), "123")
    assert confidences[1] == pytest.approx(0.5, abs=0.02)
    assert min(confidences[0], confidences[2]) > 0.9


def test_a_text_longer_than_the_line_has_no_frames():
    lattice = line("12")
    assert align(lattice, "123") == ()
    assert align(lattice, "11") == ()  # needs a blank between
    assert log_probability(lattice, "11") == -np.inf
    assert character_confidences(lattice, "11").tolist() == [0, 0]


def test_an_unknown_character_is_refused():
    for work in (align, log_probability, character_confidences):
        with pytest.raises(SettingError, match="Received: 'x' in '1x'"):
            work(line("12"), "1x")


@pytest.mark.parametrize("frames", [256, 1000])
def test_long_and_flat_lines_do_not_underflow(frames):
    lattice = make_lattice(np.zeros((frames, 21)), "0123456789.,-/:+()% ")
    values = [log_probability(lattice, text) for text in ("", "1", "11", "1234567890")]
    assert values[0] == pytest.approx(-frames * np.log(21))
    assert np.isfinite(values).all()
    assert np.diff(values).min() > 0  # the longer text has more paths
    assert character_confidences(lattice, "12") == pytest.approx([1 / 20] * 2, abs=0.003)


def test_zero_probabilities_add_up_in_the_log_domain():
    """Fifty frames against the text: e^-1380 is no double, its logarithm is."""
    values = np.full((50, 3), -np.inf)
    values[:, 0] = 0
    assert log_probability(make_lattice(values, "01"), "01" * 25) == pytest.approx(50 * np.log(LEAST), rel=1e-6)
