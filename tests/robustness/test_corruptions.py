import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.errors import SettingError
from inkdigits.robustness.corruptions import CORRUPTIONS, corrupt


@pytest.fixture(scope="module")
def glyphs():
    return load_mnist("test").glyphs[:40]


class SameDraws:
    """Draws that always fall at the same part of their range, so that what is random can be worked by hand."""

    def __init__(self, part, chance):
        self.part, self.chance = part, chance

    def random(self):
        return self.chance

    def uniform(self, low, high):
        return low + self.part * (high - low)

    def integers(self, low, high, size=()):
        return np.full(size, int(np.floor(self.uniform(low, high))))


@pytest.fixture
def draw(monkeypatch):
    """Makes every draw fall at a part of its range, and every one of a chance at that chance."""
    return lambda part, chance=0.5: monkeypatch.setattr(np.random, "default_rng", lambda _seed: SameDraws(part, chance))


def dot(row, column):
    glyph = np.zeros((1, 28, 28), np.uint8)
    glyph[0, row, column] = 255
    return glyph


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
    row, column = np.argwhere(corrupt(dot(14, 14), "translate")[0] == 255)[0]
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


def test_shot_noise_counts_three_quanta_of_full_ink():
    noisy = corrupt(np.full((20, 28, 28), 255, np.uint8), "shot noise")
    assert set(np.unique(noisy)) == {0, 85, 170, 255}
    assert (noisy == 0).mean() == pytest.approx(np.exp(-3), abs=0.006)


def test_glass_blur_is_two_soft_blurs_around_two_rounds_of_swaps_with_a_neighbor(draw):
    """Where every swap is made, with the neighbor above on the left, all else moves down on the right, once a round."""
    line = np.zeros((1, 28, 28), np.uint8)
    line[0, :, 14] = 255
    draw(0.0, chance=0.51)  # half of the swaps are made, and these are not
    weights = np.exp(-(np.arange(-3, 4) ** 2) / (2 * 0.7**2))
    twice = np.convolve(weights, weights) / weights.sum() ** 2
    assert corrupt(line, "glass blur")[0, 14, 8:21].tolist() == (255 * twice).astype(int).tolist()
    still = corrupt(dot(10, 12), "glass blur")[0]
    draw(0.0, chance=0.49)
    assert np.array_equal(corrupt(dot(10, 12), "glass blur")[0, 7:, 7:], still[5:-2, 5:-2])


def test_motion_blur_trails_off_like_half_a_gaussian_of_three_pixels(draw):
    draw(0.5)
    steps = np.arange(21)
    weights = np.exp(-(steps**2) / 18)
    trail = corrupt(dot(14, 24), "motion blur")[0]
    assert trail[14, 24 - steps].tolist() == (255 * weights / weights.sum()).astype(int).tolist()
    assert trail[14, 16:25].min() > 0 == trail[14, :16].max()
    assert np.count_nonzero(trail) == np.count_nonzero(trail[14])
    for part, down in ((0.0, 1), (1.0, -1)):  # the range ends at 45 degrees to either side
        draw(part)
        rows, columns = np.nonzero(corrupt(dot(14, 24), "motion blur")[0])
        assert len(rows) > 1
        assert (rows - 14).tolist() == ((24 - columns) * down).tolist()


def test_spatter_is_a_quarter_of_full_ink_where_much_liquid_is_near(draw, monkeypatch):
    """A wall of liquid on the left; then one that is thin enough for its own blur to decide how far it goes."""
    splashed = corrupt(np.zeros((40, 28, 28), np.uint8), "spatter")
    assert set(np.unique(splashed)) - {63} == {0, *range(int(0.8 * 63), 63)}

    def wet(inside, outside):
        field = np.where(np.arange(28) < 14, inside, outside) * np.ones((28, 1))
        monkeypatch.setattr(
            SameDraws, "normal", lambda _, mean, deviation, _shape: mean + deviation * field, raising=False
        )
        return corrupt(np.zeros((1, 28, 28), np.uint8), "spatter")[0, 14]

    draw(0.5)
    weights = np.exp(-(np.arange(-6, 7) ** 2) / (2 * 1.5**2))
    near = 63 * weights[:8].sum() / weights.sum()  # the last column but one of the liquid: all but five of 13 weights
    row = wet(1, -1)
    assert (row[12], row[13]) == (int(near), 0)
    # Of a Gaussian of one pixel 30 % lie at least one pixel to a side, and 6 % two: the liquid goes one column farther.
    assert wet(0.8, -0.2)[11:16].tolist() == [*row[10:14], 0]
    assert wet(0.66, -0.34)[11:16].tolist() == [*row[11:15], 0]


def test_the_dotted_line_is_two_columns_of_ink_after_two_without(draw):
    draw(0.5)  # from row 13 to row 13
    line = corrupt(np.zeros((1, 28, 28), np.uint8), "dotted line")[0]
    beside = int(255 * (np.log(1 - 1 / 2.3) + 1))
    column = np.zeros(28, int)
    column[12:15] = beside, 255, beside
    for left in range(0, 28, 4):
        assert not line[:, left : left + 2].any()
        assert all(line[:, inked].tolist() == column.tolist() for inked in (left + 2, left + 3) if inked < 27)


def test_the_zigzag_turns_every_four_columns_two_rows_off_its_middle(draw):
    draw(0.5)  # level, in the middle of row 13
    line = corrupt(np.zeros((1, 28, 28), np.uint8), "zigzag")[0]
    assert line.argmax(axis=0)[2:25:2].tolist() == [13, 15, 13, 11, 13, 15, 13, 11, 13, 15, 13, 11]
    assert line[:, 2:25].max(axis=0).min() > 200
    assert not line[:, :2].any()
    assert not line[:, 25:].any()


def test_canny_keeps_the_outline_and_its_thresholds_decide_what_is_too_faint():
    """A blurred step of h grays has a gradient of 2.56 h; the thresholds are 51, and 25.5 for what touches an edge."""

    def edges(ink):
        glyph = np.zeros((1, 28, 28), np.uint8)
        glyph[0, 6:22, 8:20] = ink
        return corrupt(glyph, "canny edges")[0]

    outline = edges(255)
    assert set(np.unique(outline)) == {0, 255}
    assert not outline[9:19, 11:17].any()
    assert not outline[:4].any()
    assert all(np.count_nonzero(row) == 2 for row in outline[9:19])
    assert not edges(18).any()
    assert edges(22).any()
    fading = np.zeros((1, 28, 28), np.uint8)
    fading[0, 14:] = np.arange(54, -1, -2)  # 20 gray in column 17, 10 in column 22
    assert np.argwhere(corrupt(fading, "canny edges")[0]).tolist() == [[14, column] for column in range(23)]
