"""Ruled paper: where the primary candidate hangs on lines, a fallback is the digit."""

import cv2
import numpy as np
import pytest

from inkdigits.image.load import load
from inkdigits.layout.candidates import fallback_candidates, find_candidates
from inkdigits.layout.digit import WORK_SIDE
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


def boxes_near(candidates, box, *, atol):
    return [candidate for candidate in candidates if np.allclose(candidate.box, box, atol=atol)]


@pytest.mark.parametrize("lean", [0.2, -0.2])
def test_a_digit_on_lines_that_lean_too_much_is_a_fallback(five, glyph_distance, lean):
    plain = find_candidates(five).primary
    found = find_candidates(rule(five, lean=lean))
    assert found.primary.box[0] == 0
    assert found.primary.box[2] == SIDE  # the primary candidate holds lines
    assert found.fallback == "ruled"
    near = boxes_near(fallback_candidates(found), plain.box, atol=4)
    assert near
    assert min(glyph_distance(candidate.glyph, plain.glyph) for candidate in near) < 8
    assert glyph_distance(found.primary.glyph, plain.glyph) > 25


@pytest.mark.parametrize("gap", [2, 10])
def test_a_digit_on_broken_lines_is_a_fallback(five, gap):
    found = find_candidates(rule(five, gap=gap))
    assert found.fallback == "ruled"
    assert boxes_near(fallback_candidates(found), find_candidates(five).primary.box, atol=4)


def test_rulings_that_were_removed_are_known(five):
    found = find_candidates(rule(five))
    assert found.work.is_ruled
    assert found.primary.unruled
    assert found.work.bare.sum() < found.work.ink.sum()
    plain = find_candidates(five)
    assert (plain.work.is_ruled, plain.primary.unruled) == (False, False)


@pytest.mark.parametrize("label", [0, 1, 2, 3, 4, 5, 7])
def test_a_picture_without_lines_has_no_fallbacks(draw_digit, label):
    page = draw_digit(label)
    grain = np.random.default_rng(label).normal(0, 4, page.shape)
    for picture in (page, 255 - page, (page + grain).clip(0, 255).astype(np.uint8)):
        assert find_candidates(picture).fallback is None
    assert find_candidates(np.full((50, 50), 200, np.uint8)).fallback is None


@pytest.mark.parametrize("name", [name for name in sample_names() if name != "mnist"])
def test_a_sample_has_no_fallbacks(name):
    (path,) = SAMPLES.glob(f"{name}.*")
    assert find_candidates(load(path)).fallback in ("shaded", None)


def test_a_digit_from_edge_to_edge_may_hang_on_a_line():
    page = np.full((180, 180), 230, np.uint8)
    page[15:165, 84:102] = 40
    assert find_candidates(page).fallback is None
    page[120:129] = 40
    found = find_candidates(page)
    assert found.fallback == "ruled"
    assert (84, 15, 18, 150) in [seen.box for seen in (found.primary, *fallback_candidates(found))]


def test_a_crop_is_no_page():
    crop = np.full((100, 160), 230, np.uint8)
    crop[10:90, 74:84] = 40
    crop[70:74] = 40
    assert find_candidates(crop).fallback is None


@pytest.mark.parametrize("lean", [0, 0.05, 0.12, 0.2])
@pytest.mark.parametrize("gap", [0, 10])
def test_fallbacks_are_four_at_most_and_touch_no_edge(five, lean, gap):
    found = fallback_candidates(find_candidates(rule(five, lean=lean, gap=gap)))
    assert len(found) <= 4
    assert len({candidate.box for candidate in found}) == len(found)
    assert {candidate.origin for candidate in found} <= {"inside", "darker", "unruled", "darker unruled"}
    for candidate in found:
        left, top, width, height = candidate.box
        assert min(left, top) > 0
        assert max(left + width, top + height) < SIDE
        assert candidate.glyph.shape == (28, 28)
        assert candidate.unruled == ("unruled" in candidate.origin)


def test_where_everything_touches_the_edges_there_is_no_fallback():
    page = np.full((180, 180), 230, np.uint8)
    page[:, 84:102] = 40
    found = find_candidates(page)
    assert (found.primary.box, found.fallback) == ((84, 0, 18, 180), "ruled")
    assert fallback_candidates(found) == []


@pytest.mark.parametrize("side", [800, 2000])
def test_the_box_of_a_fallback_is_in_pixels_of_the_picture(draw_digit, side):
    page = draw_digit(5, side=side, size=0.4, shift=(side // 10, -side // 12))
    rows, columns = np.nonzero(page < 125)
    found = find_candidates(rule(page, lean=0.2, step=side // 4, width=side // 70))
    assert max(found.work.gray.shape) == min(side, WORK_SIDE)
    expected = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert boxes_near(fallback_candidates(found), expected, atol=side / 50)
