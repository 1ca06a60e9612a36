"""Rulings are taken out of the ink, and strokes are left."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.image.glyph import crop
from inkdigits.image.rulings import remove_rulings
from inkdigits.layout.candidates import find_candidates


def sheet(height=120, width=200):
    return np.zeros((height, width), np.uint8)


def with_zero(ink):
    """A ring of 5 pixels' pen in the middle of the sheet."""
    height, width = ink.shape
    cv2.ellipse(ink, (width // 2, height // 2), (18, 28), 0, 0, 360, 255, 5)
    return ink


@pytest.mark.parametrize("lean", [-0.08, -0.03, 0.0, 0.05, 0.08])
@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_a_level_line_from_edge_to_edge_goes(lean, thickness):
    ink = sheet()
    cv2.line(ink, (0, round(95 - 100 * lean)), (199, round(95 + 100 * lean)), 255, thickness)
    assert np.count_nonzero(remove_rulings(ink)) <= 0.03 * np.count_nonzero(ink)


@pytest.mark.parametrize("turn", [0, 1])
def test_the_digit_is_what_remains(turn):
    digit = with_zero(sheet())
    ruled = digit.copy()
    if turn:
        ruled[:, 40:42] = 255
    else:
        ruled[100:102] = 255
    bare = remove_rulings(ruled)
    assert np.array_equal(bare, digit)


def test_a_line_through_the_digit_leaves_its_strokes_whole():
    digit = with_zero(sheet())
    ruled = np.maximum(digit, 0)
    ruled[60:62] = np.maximum(ruled[60:62], 120)
    bare = remove_rulings(ruled)
    assert np.count_nonzero(bare[digit > 0]) >= 0.97 * np.count_nonzero(digit)
    assert np.count_nonzero(bare[digit == 0]) <= 0.1 * 200 * 2
    assert cv2.connectedComponents((bare > 0).astype(np.uint8), connectivity=8)[0] == 2


def test_squared_paper_goes_with_its_crossings():
    grid = sheet()
    grid[10::25] = 150
    grid[:, 10::25] = 150
    assert np.count_nonzero(remove_rulings(grid)) <= 0.02 * np.count_nonzero(grid)


def test_a_line_that_ends_before_the_edge_is_a_stroke():
    ink = sheet()
    ink[60:63, 20:180] = 255
    assert remove_rulings(ink) is ink


def test_a_thick_bar_is_no_ruling():
    ink = sheet()
    ink[40:70] = 255
    assert np.array_equal(remove_rulings(ink), ink)


@pytest.mark.parametrize(("side", "ruled"), [(20, False), (28, False), (32, True)])
def test_in_a_picture_of_mnists_size_a_line_is_a_stroke(side, ruled):
    ink = np.zeros((side, side), np.uint8)
    ink[10] = 255
    assert remove_rulings(ink).any() != ruled


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90))
def test_nothing_is_added(seed, height, width):
    ink = np.random.default_rng(seed).integers(0, 2, (height, width)).astype(np.uint8) * 255
    bare = remove_rulings(ink)
    assert bare.shape == ink.shape
    assert np.all((bare == ink) | (bare == 0))


def test_a_digit_on_ruled_paper_gives_its_own_glyph():
    page = np.full((240, 320), 235, np.uint8)
    cv2.ellipse(page, (160, 120), (18, 28), 0, 0, 360, 40, 5)
    plain = find_candidates(page).primary
    for y in range(45, 240, 60):  # one of them goes through the digit
        cv2.line(page, (0, y), (319, y + 4), 150, 2)
    ruled = find_candidates(page).primary
    assert np.abs(np.subtract(ruled.box, plain.box)).max() <= 2
    assert np.abs(crop(ruled.glyph).astype(int) - crop(plain.glyph)).mean() < 6


def test_a_tight_crop_keeps_a_stem_from_edge_to_edge():
    """A 4 cut out to its ink: the stem reaches both edges, and the bar the left one."""
    four = np.full((60, 44), 255, np.uint8)
    cv2.line(four, (30, 0), (30, 59), 0, 4)
    cv2.line(four, (0, 40), (43, 40), 0, 4)
    cv2.line(four, (30, 0), (0, 40), 0, 4)
    assert find_candidates(four).primary.box == (0, 0, 44, 60)
