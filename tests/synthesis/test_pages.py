"""Pages: a character on paper, alone or with clutter, drawn or photographed."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.synthesis.pages import LEAST_SIDE, MOST_SIDE, render_page

SEEDS = range(100)


def rng(seed=0):
    return np.random.default_rng(seed)


def block(height=20, width=12):
    """A character whose ink fills its box, but for a hole."""
    ink = np.full((height, width), 255, np.uint8)
    ink[height // 3 : height // 2, width // 3 : width // 2] = 0
    return ink


def outside(gray, box):
    """The pixels of a picture that lie outside a box, shape (M,)."""
    left, top, width, height = box
    free = np.ones(gray.shape, bool)
    free[top : top + height, left : left + width] = False
    return gray[free]


def drawn_page(seed, **options):
    """A page of a paint program as ink from 0 to 255; its box; whether it was light on dark."""
    gray, box = render_page(block(), rng(seed), drawn=1, **options)
    light_on_dark = gray[0, 0] == 0
    return gray if light_on_dark else 255 - gray, box, light_on_dark


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    clutter=st.sampled_from([0.0, 0.5, 1.0]),
    drawn=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_the_same_generator_gives_the_same_picture_with_the_box_inside(seed, height, width, clutter, drawn):
    ink = block(height, width)
    options = {"adjacent": block, "clutter": clutter, "drawn": drawn}
    gray, box = render_page(ink, rng(seed), **options)
    again, same = render_page(ink, rng(seed), **options)
    assert gray.dtype == np.uint8
    assert gray.ndim == 2
    assert box == same
    np.testing.assert_array_equal(gray, again)
    np.testing.assert_array_equal(ink, block(height, width))  # the ink handed in stays as it is
    left, top, across, down = box
    assert min(left, top) >= 0
    assert left + across <= gray.shape[1]
    assert top + down <= gray.shape[0]
    assert LEAST_SIDE <= max(across, down) <= MOST_SIDE
    assert min(across, down) == pytest.approx(max(across, down) * min(width, height) / max(width, height), abs=1)


def test_another_seed_gives_another_picture():
    assert len({render_page(block(), rng(seed))[0].tobytes() for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("seed", range(20))
def test_without_clutter_a_paint_program_shows_the_character_alone_in_its_box(seed):
    ink, box, _ = drawn_page(seed, clutter=0)
    assert cv2.boundingRect(ink) == box
    assert ink.max() >= 0.44 * 255  # the faintest character has 0.45 of full ink
    assert not outside(ink, box).any()


@pytest.mark.parametrize("seed", range(20))
def test_the_character_is_visible_in_its_box_whatever_lies_beside_it(seed):
    clean, box, _ = drawn_page(seed, clutter=0)
    full, same, _ = drawn_page(seed, clutter=1, adjacent=block)
    assert same == box
    assert full.shape == clean.shape
    # Clutter draws random numbers of its own, so it may also turn the page's polarity: as ink it has the character's.
    assert any((ink.astype(int) >= clean.astype(int)).all() for ink in (full, 255 - full))


def test_half_of_the_drawn_pages_are_light_on_dark():
    count = sum(drawn_page(seed, clutter=0)[2] for seed in SEEDS)
    assert abs(count - 50) < 4 * 5  # standard deviations of a binomial number of 100


def test_margins_range_from_a_tight_crop_to_a_page():
    shares = []
    for seed in SEEDS:
        gray, (left, top, width, height) = render_page(block(), rng(seed), clutter=0)
        margins = (left, top, gray.shape[1] - left - width, gray.shape[0] - top - height)
        shares.append(max(margins) / max(width, height))
    assert min(shares) < 0.12 + 1 / LEAST_SIDE
    assert 1.0 < max(shares) <= 1.6 + 1 / LEAST_SIDE


@pytest.mark.parametrize(("clutter", "expected"), [(0.0, 0.0), (0.5, 0.4), (1.0, 0.8)])
def test_adjacent_ink_comes_with_the_share_of_clutter(clutter, expected):
    asked = []

    def adjacent():
        asked.append(1)
        return block()

    for seed in range(300):
        render_page(block(), rng(seed), adjacent=adjacent, clutter=clutter)
    variance = 2 * 0.4 * 0.6 * clutter + 0.8**2 * clutter * (1 - clutter)  # two sides, 0.4 each, given that share
    assert abs(len(asked) / 300 - expected) <= 4 * np.sqrt(variance / 300)


def test_a_photograph_has_more_grays_than_a_drawn_page():
    for seed in range(20):
        photograph, box = render_page(block(), rng(seed), clutter=0, drawn=0)
        assert len(np.unique(outside(photograph, box))) > 1
        assert len(np.unique(outside(drawn_page(seed, clutter=0)[0], box))) == 1
