"""What may lie beside a character: each kind only adds ink, and in its place."""

import cv2
import numpy as np
import pytest

from inkdigits.synthesis import clutter

BOX = (60, 50, 30, 40)
SHAPE = (140, 150)
SEEDS = range(20)


def rng(seed=0):
    return np.random.default_rng(seed)


def sheet():
    """A sheet of 140 x 150 with a character of half ink in `BOX`."""
    layer = np.zeros(SHAPE, np.float32)
    layer[50:90, 60:90] = 0.5
    return layer


def added(add, *, layer=None):
    """What `add` adds to a sheet, shape (140, 150)."""
    before = sheet() if layer is None else layer
    after = before.copy()
    add(after)
    assert after.dtype == np.float32
    assert (after >= before).all()
    assert after.max() <= 1.1001  # of the darkest ink
    return after - before


def added_to_blank(add):
    """The same on a sheet with no character, so that nothing is hidden."""
    return added(add, layer=np.zeros(SHAPE, np.float32))


def block(height=20, width=12):
    return np.full((height, width), 255, np.uint8)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("side", [-1, 1])
def test_adjacent_ink_lies_on_its_side_as_dark_as_the_character(side, seed):
    ink = added(lambda layer: clutter.add_adjacent_ink(layer, BOX, block(), rng(seed), side=side))
    columns = np.flatnonzero(ink.any(axis=0))
    assert len(columns) > 3
    assert ink.max() == pytest.approx(0.5)
    touching = 0.08 * 40 + 1  # it may overlap the character by 8 % of its size
    assert columns.max() < 60 + touching if side < 0 else columns.min() >= 90 - touching


def test_adjacent_ink_is_cut_off_at_the_edge():
    at_the_edge = (2, 50, 30, 40)
    before = np.zeros(SHAPE, np.float32)
    before[50:90, 2:32] = 1
    ink = added(lambda layer: clutter.add_adjacent_ink(layer, at_the_edge, block(20, 20), rng(), side=-1), layer=before)
    assert not ink[:, 40:].any()


@pytest.mark.parametrize("seed", SEEDS)
def test_rulings_run_from_edge_to_edge_and_squared_ones_both_ways(seed):
    ruled, squared = (
        added_to_blank(lambda layer, both=both: clutter.add_rulings(layer, 40, rng(seed), squared=both))
        for both in (False, True)
    )
    assert ruled[:, ruled.any(axis=0)].shape[1] == 150
    assert squared.any(axis=0).all()
    assert squared.any(axis=1).all()  # the vertical lines
    assert not ruled.any(axis=1).all()  # paper between the lines


@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_line_runs_from_top_to_bottom_beside_the_character(seed):
    ink = added_to_blank(lambda layer: clutter.add_column_line(layer, BOX, rng(seed), strength=1.0))
    assert ink.any(axis=1).all()
    start = np.flatnonzero(ink[0])
    farthest = 0.35 * 40 + 0.09 * 40 + 2  # its gap, its thickness, and the soft edge
    inside = 0.12 * 40 + 0.09 * 40 + 2
    assert 60 - farthest <= start.min() <= start.max() <= 60 + inside or (
        90 - inside <= start.min() <= start.max() <= 90 + farthest
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_an_underline_lies_below_or_above_the_character(seed):
    ink = added_to_blank(lambda layer: clutter.add_underline(layer, BOX, rng(seed), strength=1.0))
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    assert len(columns) >= 15  # dotted, and as long as the character
    middle = ink[:, 60:90].sum(axis=1).argmax()
    assert middle >= 90 - 0.08 * 40 - 6 or middle <= 50 + 6
    assert np.median((ink > 0.5 * ink.max()).sum(axis=0)[columns]) <= 0.08 * 40 + 3  # pixels, with soft edges
    assert len(rows) < 60


def test_four_underlines_of_five_lie_below():
    lines = [
        added_to_blank(lambda layer, s=seed: clutter.add_underline(layer, BOX, rng(s), strength=1.0))
        for seed in range(200)
    ]
    below = sum(line[70:].sum() > line[:70].sum() for line in lines)
    assert abs(below - 160) < 4 * np.sqrt(200 * 0.8 * 0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_full_stop_is_small_and_at_the_foot_on_the_right(seed):
    ink = added_to_blank(lambda layer: clutter.add_full_stop(layer, BOX, rng(seed), strength=0.8))
    left, top, width, height = cv2.boundingRect((ink > 0.2).astype(np.uint8))
    largest = 2 * 0.09 * 40 + 2
    assert max(width, height) <= largest
    assert left + width / 2 >= 90 + 0.05 * 40 - 1
    assert 90 - 0.15 * 40 - 1 <= top + height / 2 <= 90 + 0.05 * 40 + 1


@pytest.mark.parametrize("seed", SEEDS)
def test_specks_are_at_most_seven_and_small(seed):
    ink = added_to_blank(lambda layer: clutter.add_specks(layer, 40, rng(seed)))
    count, _, stats, _ = cv2.connectedComponentsWithStats((ink > 0).astype(np.uint8))
    assert count - 1 <= 7
    assert (stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]] <= 0.08 * 40 + 2 * (0.04 * 40 + 0.6) + 3).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_filled_corners_have_one_shade_and_leave_the_middle(seed):
    ink = added_to_blank(lambda layer: clutter.add_filled_corners(layer, rng(seed)))
    (shade,) = set(np.unique(ink)) - {np.float32(0)}
    assert 0.3 <= shade <= 1
    assert all(ink[y, x] == shade for y in (0, -1) for x in (0, -1))
    assert not ink[50:90, 60:90].any()


def test_clutter_is_some_none_or_several_by_chance():
    kinds = [added(lambda layer, s=seed: clutter.add_clutter(layer, BOX, rng(s), block)).any() for seed in range(200)]
    assert set(kinds) == {True, False}


def test_adjacent_ink_is_asked_for_on_each_side_in_two_pages_of_five():
    asked = []

    def adjacent():
        asked.append(1)
        return block()

    for seed in range(500):
        clutter.add_clutter(sheet(), BOX, rng(seed), adjacent)
    deviation = np.sqrt(1000 * 0.4 * 0.6)  # of a binomial number of 1,000 sides
    assert abs(len(asked) - 400) < 4 * deviation


def test_without_adjacent_ink_there_is_other_clutter_only():
    for seed in range(20):
        one, other = sheet(), sheet()
        clutter.add_clutter(one, BOX, rng(seed))
        clutter.add_clutter(other, BOX, rng(seed), None)
        np.testing.assert_array_equal(one, other)
