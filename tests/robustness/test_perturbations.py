import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.errors import SettingError
from inkdigits.robustness.perturbations import PERTURBATIONS, perturb_glyphs


@pytest.fixture(scope="module")
def glyphs():
    return load_mnist("test").glyphs[:30]


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_none_changes_nothing_and_more_changes_more(kind, glyphs):
    amounts = PERTURBATIONS[kind].amounts
    none = 1 if kind == "scale" else 0
    assert none in amounts
    assert np.array_equal(perturb_glyphs(glyphs, kind, none), glyphs)
    away = sorted((amount for amount in amounts if amount > none), key=lambda amount: amount)
    changes = [np.abs(perturb_glyphs(glyphs, kind, amount).astype(float) - glyphs).mean() for amount in away]
    assert changes == sorted(changes)
    assert changes[0] > 0
    assert np.array_equal(perturb_glyphs(glyphs, kind, away[0]), perturb_glyphs(glyphs, kind, away[0]))


def test_amounts_are_in_their_units(glyphs):
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[0, 13:15, 13:15] = 255
    rows, columns = np.indices((28, 28))
    (moved,) = perturb_glyphs(dot, "shift", 4).astype(float)
    middle = [(moved * places).sum() / moved.sum() for places in (rows, columns)]
    assert np.hypot(middle[0] - 13.5, middle[1] - 13.5) == pytest.approx(4, abs=0.1)
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[0, 4:24, 12:16] = 255
    for thicker in (-1.5, 1, 2):
        assert (perturb_glyphs(bar, "stroke width", thicker)[0, 14] / 255).sum() == pytest.approx(4 + thicker, abs=0.3)
    assert np.count_nonzero(perturb_glyphs(bar, "scale", 0.5)[0].max(axis=1) > 127) == pytest.approx(10, abs=1)
    full = np.full((1, 28, 28), 255, np.uint8)
    assert (perturb_glyphs(full, "occlusion", 6, seed=2) == 0).sum() <= 36
    noisy = perturb_glyphs(np.full((40, 28, 28), 128, np.uint8), "noise", 0.1)
    assert noisy.std() / 255 == pytest.approx(0.1, abs=0.005)
    assert glyphs.dtype == noisy.dtype


def test_a_kind_that_is_not_there_is_refused(glyphs):
    with pytest.raises(SettingError, match="Expected a perturbation among rotation"):
        perturb_glyphs(glyphs, "rain", 1)
