import numpy as np
import pytest

from inkdigits.synthesis.texture import SIDES, fractal_noise, paint_texture, shapes, waves

SEEDS = range(80)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def textures():
    return [paint_texture(rng(seed)) for seed in SEEDS]


def test_a_texture_is_gray_levels_of_an_allowed_size(textures):
    for gray in textures:
        assert gray.dtype == np.uint8
        assert gray.ndim == 2
        assert all(SIDES[0] <= side < SIDES[1] for side in gray.shape)
    assert len({gray.shape for gray in textures}) > 70


def test_the_same_chance_gives_the_same_texture_and_another_another(textures):
    for seed in (0, 1, 2):
        np.testing.assert_array_equal(paint_texture(rng(seed)), textures[seed])
    assert len({gray.tobytes() for gray in textures}) == len(SEEDS)


def test_nearly_all_have_contrast(textures):
    spans = [np.subtract(*np.percentile(gray, [99, 1])) for gray in textures]
    assert np.mean(np.array(spans) > 24) > 0.95
    assert np.median(spans) > 60


@pytest.mark.parametrize("paint", [fractal_noise, waves, shapes])
def test_each_kind_fills_its_size_with_levels_of_0_to_1(paint):
    for seed in range(20):
        levels = paint(37, 90, rng(seed))
        assert levels.shape == (37, 90)
        assert levels.min() >= -1e-9
        assert levels.max() <= 1 + 1e-9
    assert np.ptp(levels) > 0.2


def test_noise_of_nature_has_less_of_the_fine_than_of_the_coarse():
    levels = np.stack([fractal_noise(96, 96, rng(seed)) for seed in range(10)])
    next_to_each_other = np.abs(np.diff(levels, axis=2)).mean()
    far_apart = np.abs(levels[:, :, 48:] - levels[:, :, :48]).mean()
    assert next_to_each_other < 0.3 * far_apart


def test_stripes_repeat():
    def period(levels):
        """The strongest frequency's share of all that is not the mean."""
        power = np.abs(np.fft.fft2(levels - levels.mean())) ** 2
        return np.sort(power.ravel())[-8:].sum() / power.sum()

    assert np.median([period(waves(96, 96, rng(seed))) for seed in range(20)]) > 0.4
