import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.synthesis import pages as scene
from inkdigits.synthesis.pages import LEAST_SIDE, MOST_SIDE, paint_scene, scale_ink

SEEDS = range(60)
BOX = (60, 50, 30, 40)
"""Of a character on the empty layer of `layer()`."""


def rng(seed=0):
    return np.random.default_rng(seed)


def block(height=20, width=12):
    """A character whose ink fills its box, but for a hole."""
    ink = np.full((height, width), 255, np.uint8)
    ink[height // 3 : height // 2, width // 3 : width // 2] = 0
    return ink


def layer():
    """A sheet of 140 x 150 with a character of half ink in `BOX`."""
    sheet = np.zeros((140, 150), np.float32)
    sheet[50:90, 60:90] = 0.5
    return sheet


def added(draw):
    """What a kind of clutter adds to `layer()`, shape (140, 150); it may take nothing away."""
    before, after = layer(), layer()
    draw(after)
    assert after.dtype == np.float32
    assert (after >= before).all()
    assert after.max() <= 1.1001  # of the darkest ink
    return after - before


@pytest.fixture
def paint_program(monkeypatch):
    """All scenes come from one."""
    monkeypatch.setattr(scene, "DRAWN", 1.0)


@pytest.fixture
def camera(monkeypatch):
    """All scenes come from one."""
    monkeypatch.setattr(scene, "DRAWN", 0.0)


def inside(box):
    left, top, width, height = box
    return slice(top, top + height), slice(left, left + width)


def outside(gray, box):
    """The pixels of a picture that lie outside a box, shape (M,)."""
    free = np.ones(gray.shape, bool)
    free[inside(box)] = False
    return gray[free]


def clean_scene(seed):
    """A scene of a paint program without clutter, as ink from 0 to 255; its box; whether it was light on dark."""
    gray, box = paint_scene(block(), rng(seed), clutter=0)
    (paper,) = np.unique(outside(gray, box))
    assert paper in (0, 255)
    return gray if paper == 0 else 255 - gray, box, paper == 0


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    clutter=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_the_same_chance_gives_the_same_picture_with_the_box_inside(seed, height, width, clutter):
    ink = block(height, width)
    gray, box = paint_scene(ink, rng(seed), neighbour=block, clutter=clutter)
    again, same = paint_scene(ink, rng(seed), neighbour=block, clutter=clutter)
    assert gray.dtype == np.uint8
    assert gray.ndim == 2
    assert box == same
    np.testing.assert_array_equal(gray, again)
    left, top, across, down = box
    assert min(left, top) >= 0
    assert left + across <= gray.shape[1]
    assert top + down <= gray.shape[0]
    assert LEAST_SIDE <= max(across, down) <= MOST_SIDE
    assert min(across, down) == pytest.approx(max(across, down) * min(width, height) / max(width, height), abs=1)


def test_another_chance_gives_another_picture():
    assert len({paint_scene(block(), rng(seed))[0].tobytes() for seed in SEEDS}) == len(SEEDS)


def test_the_ink_handed_in_stays_as_it_is():
    ink = block()
    for seed in range(10):
        paint_scene(ink, rng(seed), neighbour=lambda: ink, clutter=1)
    np.testing.assert_array_equal(ink, block())


@pytest.mark.usefixtures("paint_program")
def test_without_clutter_a_paint_program_shows_the_character_alone_in_its_box():
    dark_paper = []
    for seed in SEEDS:
        ink, box, dark = clean_scene(seed)
        assert cv2.boundingRect(ink) == box
        assert ink.max() >= 0.44 * 255
        dark_paper.append(dark)
    assert 0.3 < np.mean(dark_paper) < 0.7


def test_margins_range_from_a_tight_crop_to_a_page():
    shares = []
    for seed in SEEDS:
        gray, (left, top, width, height) = paint_scene(block(), rng(seed), clutter=0)
        margins = (left, top, gray.shape[1] - left - width, gray.shape[0] - top - height)
        shares.append(max(margins) / max(width, height))
    assert min(shares) < 0.12
    assert 1.2 < max(shares) <= 1.65


@pytest.mark.usefixtures("paint_program")
def test_clutter_only_adds_ink_and_often_outside_the_box():
    beside, unchanged = 0, 0
    for seed in SEEDS:
        clean, box, _ = clean_scene(seed)
        full, same = paint_scene(block(), rng(seed), clutter=1, neighbour=block)
        assert same == box
        # Whether it is light on dark is a chance of its own: as ink it has at least the character's.
        new = next(ink for ink in (full, 255 - full) if (ink >= clean).all()).astype(int) - clean
        unchanged += not new.any()
        beside += outside(new, box).any()
    assert beside > 0.6 * len(SEEDS)
    assert 0 < unchanged < 0.4 * len(SEEDS)


@pytest.mark.usefixtures("paint_program")
def test_the_share_of_clutter_is_the_one_asked_for_and_neighbours_come_only_with_it():
    def calls(clutter):
        asked = []

        def neighbour():
            asked.append(1)
            return block()

        for seed in range(120):
            paint_scene(block(), rng(seed), neighbour=neighbour, clutter=clutter)
        return len(asked)

    assert calls(0.0) == 0
    assert 0.6 < calls(1.0) / 120 < 1.0  # two sides, 0.4 each
    assert 0.2 < calls(0.5) / 120 < 0.6


@pytest.mark.parametrize("side", [-1, 1])
def test_a_neighbour_stands_on_its_side(side):
    for seed in range(20):
        columns = np.flatnonzero(added(lambda sheet, s=seed: scene._intrude(sheet, BOX, block(), rng(s), side)).any(0))
        assert len(columns) > 3
        # It may touch the character by a twelfth of its size, no more.
        assert columns.max() < 60 + 4 if side < 0 else columns.min() >= 90 - 4


def test_ink_laid_over_hides_nothing_and_is_cut_off_at_the_edge():
    other = np.full((20, 20), 0.3, np.float32)
    new = added(lambda sheet: scene._overlay(sheet, other, 55, 45))
    assert new[45:50, 55:75].min() == new.max() == np.float32(0.3)
    assert np.count_nonzero(new) == 20 * 20 - 15 * 15  # of the character's half ink nothing is lost
    corner = added(lambda sheet: scene._overlay(sheet, other, -12, 130))
    assert np.count_nonzero(corner) == np.count_nonzero(corner[130:, :8]) == 10 * 8
    assert not added(lambda sheet: scene._overlay(sheet, other, -20, 0)).any()


def test_a_neighbour_has_the_strength_of_the_character():
    ink = added(lambda sheet: scene._intrude(sheet, BOX, block(), rng(1), 1))
    assert ink.max() == pytest.approx(0.5)


def test_rulings_run_from_edge_to_edge_and_squared_ones_both_ways():
    squared, ruled = (
        [added(lambda sheet, s=seed, b=both: scene._rulings(sheet, rng(s), 40, squared=b)) for seed in range(20)]
        for both in (True, False)
    )
    free = np.ones(150, bool)
    free[60:90] = False  # where the character's ink may be darker than the line
    assert all((ink > 0).any(0)[free].mean() > 0.95 for ink in ruled)
    assert np.mean([ink.any(1).mean() for ink in ruled]) < 0.35  # of the rows
    assert np.mean([ink.any(1).mean() for ink in squared]) > 0.9


def test_a_vertical_ruling_runs_beside_the_character_from_top_to_bottom():
    for seed in range(20):
        ink = added(lambda sheet, s=seed: scene._vertical_ruling(sheet, BOX, rng(s), 1.0))
        columns = np.flatnonzero(ink.any(0))
        assert (ink > 0).any(1).mean() > 0.65  # but where it hides behind the character
        assert columns.min() >= 60 - 14 - 20
        assert columns.max() <= 90 + 14 + 20


def test_an_underline_is_flat_and_below_or_seldom_above():
    below, dotted, short = [], 0, 0
    for seed in range(100):
        ink = added(lambda sheet, s=seed: scene._underline(sheet, BOX, rng(s), 1.0))
        rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
        if not len(rows):  # it lies in the character's own last rows
            continue
        below.append(rows.mean() > 70)
        dotted += len(columns) < 0.8 * (columns.max() - columns.min() + 1)
        short += columns.min() > 2 and columns.max() < 147
        assert np.median((ink > 0).sum(0)[columns]) <= 8  # pixels thick
    assert 0.6 < np.mean(below) < 0.95
    assert dotted > 5
    assert short > 20


def test_a_dot_is_small_and_at_the_foot_on_the_right():
    for seed in range(20):
        left, top, width, height = cv2.boundingRect(
            (added(lambda sheet, s=seed: scene._dot(sheet, BOX, rng(s), 0.8)) > 0.2).astype(np.uint8)
        )
        assert left >= 86
        assert top >= 74
        assert max(width, height) <= 9


def test_specks_are_few_and_small():
    inked = [np.count_nonzero(added(lambda sheet, s=seed: scene._specks(sheet, rng(s), 40))) for seed in range(30)]
    assert np.count_nonzero(inked) > 25
    assert max(inked) < 0.03 * 140 * 150


def test_filled_corners_are_of_one_shade_and_leave_the_middle():
    for seed in range(20):
        sheet = np.zeros((140, 150), np.float32)
        scene._fill_corners(sheet, rng(seed))
        (shade,) = set(np.unique(sheet)) - {np.float32(0)}
        assert 0.3 <= shade <= 1
        assert all(sheet[y, x] == shade for y in (0, -1) for x in (0, -1))
        assert not sheet[60:80, 65:85].any()


@pytest.mark.usefixtures("camera")
def test_a_photograph_has_many_grays_and_the_character_darker_than_its_paper():
    darker = 0
    for seed in SEEDS:
        gray, box = paint_scene(block(), rng(seed), clutter=0)
        assert len(np.unique(gray)) > 8
        darker += gray[inside(box)].mean() < outside(gray, box).mean() - 10
    assert 0.8 < darker / len(SEEDS) < 1.0  # a few are negatives


def test_light_changes_slowly_and_is_never_out():
    for seed in SEEDS:
        light = scene._light(40, 60, rng(seed))
        assert light.shape == (40, 60)
        assert light.dtype == np.float32
        assert light.min() >= 0.15
        assert light.max() <= 1
        assert np.abs(np.diff(light, axis=1)).max() < 0.3


@pytest.mark.parametrize(("shape", "longer", "expected"), [((20, 10), 40, (40, 20)), ((50, 100), 25.4, (13, 25)),
                                                           ((60, 1), 20, (20, 1)), ((7, 7), 7, (7, 7))])  # fmt: skip
def test_scaling_keeps_the_shape(shape, longer, expected):
    scaled = scale_ink(np.full(shape, 255, np.uint8), longer)
    assert scaled.dtype == np.uint8
    assert scaled.shape == expected
    assert scaled.min() >= 250


def test_ink_that_is_enlarged_stays_sharp():
    soft = cv2.GaussianBlur(np.pad(block(), 4), (0, 0), 1)
    large = scale_ink(soft, 6 * max(soft.shape))
    plain = cv2.resize(soft, large.shape[::-1], interpolation=cv2.INTER_CUBIC)

    def gray_share(ink):
        return ((ink > 30) & (ink < 225)).mean()

    assert gray_share(large) < 0.5 * gray_share(plain)
    assert (large > 127).mean() == pytest.approx((plain > 127).mean(), abs=0.01)
