import numpy as np
import pytest

from inkdigits.data.corruptions import CORRUPTIONS, corrupt
from inkdigits.data.mnist import load_mnist
from inkdigits.errors import SettingError


@pytest.fixture(scope="module")
def glyphs():
    return load_mnist("test").glyphs[:40]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_changes_every_glyph_and_the_same_seed_gives_the_same(name, glyphs):
    damaged = corrupt(glyphs, name)
    assert damaged.shape == glyphs.shape
    assert damaged.dtype == np.uint8
    assert (damaged != glyphs).any(axis=(1, 2)).all()
    assert np.array_equal(corrupt(glyphs, name), damaged)
    assert np.array_equal(glyphs, load_mnist("test").glyphs[:40])


@pytest.mark.parametrize("name", sorted(set(CORRUPTIONS) - {"scale", "brightness", "stripe", "canny edges"}))
def test_another_seed_gives_another_damage_where_it_is_random(name, glyphs):
    assert not np.array_equal(corrupt(glyphs, name, seed=1), corrupt(glyphs, name))


def test_there_are_fifteen_and_no_others():
    assert len(CORRUPTIONS) == 15
    with pytest.raises(SettingError, match="Expected a corruption among shot noise"):
        corrupt(np.zeros((1, 28, 28), np.uint8), "rain")


def test_amounts_are_the_published_ones():
    """Worked by hand on an empty glyph, a full one, or a dot."""
    blank, full = np.zeros((1, 28, 28), np.uint8), np.full((1, 28, 28), 255, np.uint8)
    assert set(np.unique(corrupt(blank, "brightness"))) == {127}
    striped = corrupt(blank, "stripe")[0]
    assert striped[:, :7].min() == striped[:, 21:].min() == 255
    assert striped[:, 7:21].max() == 0
    struck = corrupt(full, "impulse noise", seed=3)
    assert (struck == 0).mean() == pytest.approx(0.17 / 2, abs=0.04)
    scaled = corrupt(full, "scale")[0]
    assert np.count_nonzero(scaled.max(axis=0)) == pytest.approx(28 * 0.7, abs=2)
    dot = blank.copy()
    dot[0, 14, 14] = 255
    row, column = np.argwhere(corrupt(dot, "translate")[0] == 255)[0]
    assert {abs(row - 14), abs(column - 14)} == {3}
    hazy = corrupt(full, "fog")  # of full ink a quarter is left, and up to three quarters of haze
    assert 255 / 4 - 1 <= hazy.min() < hazy.max()


def test_shapes_turn_and_slant_around_the_middle():
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[0, 4:24, 13:15] = 255
    for name, degrees in (("rotate", np.degrees(0.4)), ("shear", np.degrees(0.4))):
        rows, columns = np.nonzero(corrupt(bar, name)[0] > 100)
        slope = np.polyfit(rows, columns, 1)[0]
        assert abs(np.degrees(np.arctan(slope))) == pytest.approx(degrees, abs=3)
        assert columns.mean() == pytest.approx(13.5, abs=0.7)
