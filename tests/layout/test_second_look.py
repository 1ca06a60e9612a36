"""Lined paper: when the first look fails, another one finds the digit."""

import cv2
import numpy as np
import pytest

from inkdigits.image.load import load
from inkdigits.layout.digit import WORK_SIDE, look_again, prepare_digit
from inkdigits.reading.source import SAMPLES, sample_names

SIDE = 200


def rule(page, *, lean=0.0, gap=0, step=50, shade=130, width=3):
    """Lines over a page: `lean` pixels down a pixel along, with a gap of so many pixels after each 40."""
    height, across = page.shape
    lines = np.full_like(page, 255)
    for y in range(step // 2, height, step):
        start = y - lean * across / 2
        cv2.line(lines, (0, round(start)), (across - 1, round(start + lean * (across - 1))), shade, width)
    for x in range(20, across - 40, 40):  # whole at both edges
        lines[:, x : x + gap] = 255
    return np.minimum(page, lines)


@pytest.fixture
def five(draw_digit):
    return draw_digit(5, side=SIDE, size=0.5)


def boxes_near(looks, box, *, atol):
    return [look for look in looks if np.allclose(look.box, box, atol=atol)]


@pytest.mark.parametrize("lean", [0.2, -0.2])
def test_a_digit_on_lines_that_lean_too_much_is_found_at_the_second_look(five, glyph_distance, lean):
    plain = prepare_digit(five)
    first = prepare_digit(rule(five, lean=lean))
    assert first.box is not None
    assert first.box[0] == 0
    assert first.box[2] == SIDE  # the first look takes lines for strokes
    assert first.sheet is not None
    found = boxes_near(look_again(first.sheet), plain.box, atol=4)
    assert found
    assert min(glyph_distance(look.glyph, plain.glyph) for look in found) < 8
    assert glyph_distance(first.glyph, plain.glyph) > 25


@pytest.mark.parametrize("gap", [2, 10])
def test_a_digit_on_broken_lines_is_found_at_the_second_look(five, gap):
    ruled = rule(five, gap=gap)
    first = prepare_digit(ruled)
    assert first.sheet is not None
    assert boxes_near(look_again(first.sheet), prepare_digit(five).box, atol=4)


@pytest.mark.parametrize("label", [0, 1, 2, 3, 4, 5, 7])
def test_a_picture_without_lines_is_not_kept_for_a_second_look(draw_digit, label):
    page = draw_digit(label)
    grain = np.random.default_rng(label).normal(0, 4, page.shape)
    for picture in (page, 255 - page, (page + grain).clip(0, 255).astype(np.uint8)):
        assert prepare_digit(picture).sheet is None
    assert prepare_digit(np.full((50, 50), 200, np.uint8)).sheet is None


@pytest.mark.parametrize("name", [name for name in sample_names() if name != "mnist"])
def test_a_sample_is_not_kept_for_a_second_look(name):
    (path,) = SAMPLES.glob(f"{name}.*")
    assert prepare_digit(load(path)).sheet is None


def test_a_digit_from_edge_to_edge_may_hang_on_a_line():
    page = np.full((180, 180), 230, np.uint8)
    page[15:165, 84:102] = 40
    assert prepare_digit(page).sheet is None
    page[120:129] = 40
    first = prepare_digit(page)
    assert first.sheet is not None
    assert (84, 15, 18, 150) in [look.box for look in look_again(first.sheet)] or first.box == (84, 15, 18, 150)


def test_a_crop_is_no_page():
    crop = np.full((100, 160), 230, np.uint8)
    crop[10:90, 74:84] = 40
    crop[70:74] = 40
    assert prepare_digit(crop).sheet is None


@pytest.mark.parametrize("lean", [0, 0.05, 0.12, 0.2])
@pytest.mark.parametrize("gap", [0, 10])
def test_second_looks_are_four_at_most_and_touch_no_edge(five, lean, gap):
    first = prepare_digit(rule(five, lean=lean, gap=gap))
    looks = [] if first.sheet is None else look_again(first.sheet)
    assert len(looks) <= 4
    assert len({look.box for look in looks}) == len(looks)
    for look in looks:
        left, top, width, height = look.box
        assert min(left, top) > 0
        assert max(left + width, top + height) < SIDE
        assert look.glyph.shape == (28, 28)
        assert look.sheet is None


def test_where_everything_touches_the_edges_there_is_no_second_look():
    page = np.full((180, 180), 230, np.uint8)
    page[:, 84:102] = 40
    first = prepare_digit(page)
    assert first.sheet is not None
    assert first.box == (84, 0, 18, 180)
    assert look_again(first.sheet) == []


@pytest.mark.parametrize("side", [800, 2000])
def test_the_box_of_a_second_look_is_in_pixels_of_the_picture(draw_digit, side):
    page = draw_digit(5, side=side, size=0.4, shift=(side // 10, -side // 12))
    rows, columns = np.nonzero(page < 125)
    first = prepare_digit(rule(page, lean=0.2, step=side // 4, width=side // 70))
    assert first.sheet is not None
    assert max(first.sheet.gray.shape) == min(side, WORK_SIDE)
    expected = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert boxes_near(look_again(first.sheet), expected, atol=side / 50)
