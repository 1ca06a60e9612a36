"""The simulated camera: light, grain and negatives over a sheet of ink."""

import numpy as np
import pytest

from inkdigits.synthesis.camera import light_field, simulate_camera

SEEDS = range(200)


def rng(seed=0):
    return np.random.default_rng(seed)


def sheet():
    layer = np.zeros((60, 70), np.float32)
    layer[20:40, 25:45] = 1
    return layer


@pytest.fixture(scope="module")
def photographs():
    return [simulate_camera(sheet(), 20, rng(seed)) for seed in SEEDS]


def test_a_photograph_has_the_sheet_s_shape_and_many_grays(photographs):
    for gray in photographs:
        assert gray.shape == (60, 70)
        assert gray.dtype == np.uint8
        assert len(np.unique(gray)) > 8


def test_ink_is_darker_than_its_paper_but_in_8_percent_negatives(photographs):
    darker = sum(gray[20:40, 25:45].mean() < np.median(gray[:10]) for gray in photographs)
    negatives = len(SEEDS) - darker
    assert abs(negatives - 0.08 * len(SEEDS)) < 4 * np.sqrt(len(SEEDS) * 0.08 * 0.92)


def test_the_same_generator_gives_the_same_photograph_and_another_another(photographs):
    np.testing.assert_array_equal(simulate_camera(sheet(), 20, rng(3)), photographs[3])
    assert len({gray.tobytes() for gray in photographs}) == len(SEEDS)


def test_the_sheet_stays_as_it_is():
    layer = sheet()
    simulate_camera(layer, 20, rng())
    np.testing.assert_array_equal(layer, sheet())


@pytest.mark.parametrize("seed", range(60))
def test_light_changes_slowly_and_never_goes_out(seed):
    light = light_field(40, 60, rng(seed))
    assert light.shape == (40, 60)
    assert light.dtype == np.float32
    assert 0.15 <= light.min() <= light.max() <= 1
    assert np.abs(np.diff(light, axis=1)).max() < 0.3  # the hardest shadow's edge
