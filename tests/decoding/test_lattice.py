import numpy as np
import pytest

from inkdigits.decoding.lattice import CHARACTERS, LEAST, known, make_lattice
from inkdigits.errors import ModelError, SettingError


def test_probabilities_are_kept():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]])
    lattice = make_lattice(np.log(probabilities).astype(np.float32), "01")
    assert lattice.frames == 2
    np.testing.assert_allclose(np.exp(lattice.log_probabilities), probabilities.T, rtol=1e-6)
    np.testing.assert_allclose(lattice.cumulative[:, 0], 0)
    np.testing.assert_allclose(np.exp(lattice.cumulative[:, 2]), probabilities.prod(axis=0), rtol=1e-6)


def test_logits_are_normalized_even_large_ones():
    lattice = make_lattice([[1000.0, 1000.0, 0.0], [-1000.0, -1000.0, -1000.0]], "01")
    np.testing.assert_allclose(np.exp(lattice.log_probabilities.T), [[0.5, 0.5, 0], [1 / 3] * 3], atol=2e-12)


@pytest.mark.parametrize(("blank", "order"), [(0, [0, 1, 2]), (1, [1, 0, 2]), (2, [2, 0, 1])])
def test_the_blank_may_be_any_class(blank, order):
    probabilities = np.array([[0.5, 0.3, 0.2]])
    lattice = make_lattice(np.log(probabilities), "01", blank=blank)
    np.testing.assert_allclose(np.exp(lattice.log_probabilities[:, 0]), probabilities[0, order], rtol=1e-9)


def test_a_zero_probability_becomes_the_least():
    lattice = make_lattice([[0.0, -np.inf], [-np.inf, 0.0]], "0")
    assert np.exp(lattice.log_probabilities[1, 0]) == pytest.approx(LEAST, rel=1e-6)
    np.testing.assert_allclose(np.exp(lattice.log_probabilities).sum(axis=0), 1)


def test_classes_of_a_text():
    lattice = make_lattice(np.zeros((1, len(CHARACTERS) + 1)))
    assert lattice.classes("01.").tolist() == [1, 2, 11]
    assert lattice.classes("").tolist() == []
    with pytest.raises(SettingError, match="Expected characters that the model reads: '0123.*Received: 'AE' in '1EA'"):
        lattice.classes("1EA")


def test_known_returns_the_text():
    assert known("10", "01") == "10"


@pytest.mark.parametrize(
    ("values", "characters", "kind", "message"),
    [
        (np.zeros((3, 2)), "01", ModelError, r"shape \(T, 3\): a blank and 2 characters. Received: \(3, 2\)"),
        (np.zeros(3), "01", ModelError, r"Received: \(3,\)"),
        (np.zeros((0, 3)), "01", ModelError, r"Received: \(0, 3\)"),
        ([[0, np.nan, 0]], "01", ModelError, "below \\+inf.*Received: nan. Check the picture"),
        ([[0, 0, 0], [0, np.inf, 0]], "01", ModelError, "Received: inf"),
        ([[0, 0, 0], [-np.inf] * 3], "01", ModelError, "Received: -inf"),
        (np.zeros((3, 3)), "00", SettingError, "Expected different characters, at least one. Received: '00'"),
        (np.zeros((3, 1)), "", SettingError, "Received: ''"),
    ],
)
def test_what_is_no_output_of_the_model_is_refused(values, characters, kind, message):
    with pytest.raises(kind, match=message):
        make_lattice(values, characters)


@pytest.mark.parametrize("blank", [-1, 3])
def test_a_blank_that_does_not_exist_is_refused(blank):
    with pytest.raises(SettingError, match=f"Expected a blank of 0 to 2. Received: {blank}."):
        make_lattice(np.zeros((1, 3)), "01", blank=blank)
