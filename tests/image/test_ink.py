import doctest

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdigits.errors import PictureError
from inkdigits.image import ink as ink_module
from inkdigits.image.ink import full_contrast, otsu, paper_is_light, shrink, to_darker_ink, to_ink

labels = st.sampled_from([0, 1, 2, 3, 4, 5, 7])


def test_the_ink_of_a_mnist_glyph_is_the_glyph(mnist_glyphs):
    sample = mnist_glyphs[::10]
    assert np.mean([np.array_equal(to_ink(glyph), glyph) for glyph in sample]) >= 0.98  # measured: 0.994 of all


def test_the_ink_of_a_mnist_glyph_is_the_same_dark_on_light_and_light_on_dark(mnist_glyphs):
    sample = mnist_glyphs[::10]
    assert np.mean([np.array_equal(to_ink(255 - glyph), to_ink(glyph)) for glyph in sample]) >= 0.99


@given(label=labels, ink=st.integers(0, 90), paper=st.integers(130, 255))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_ink_is_where_the_strokes_are_and_nowhere_else(draw_digit, label, ink, paper):
    page = draw_digit(label, ink=ink, paper=paper)
    found = to_ink(page)
    assert found[page == ink].min() >= 225
    assert found[page == paper].max() == 0


@given(label=labels, ink=st.integers(0, 90), paper=st.integers(130, 255))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_light_ink_on_dark_paper_is_the_same_ink(draw_digit, label, ink, paper):
    page = draw_digit(label, ink=ink, paper=paper)
    np.testing.assert_array_equal(to_ink(255 - page), to_ink(page))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dark", [False, True])
def test_a_shadow_is_no_ink(draw_digit, axis, dark):
    page = draw_digit(2)
    light = np.linspace(1, 0.5, len(page))
    page = (255 - page if dark else page) * (light if axis else light[:, None])
    found = to_ink(page.astype(np.uint8))
    away = draw_digit(2) == 210
    assert np.mean(found[away] == 0) > 0.98
    assert found[draw_digit(2) == 40].min() > 127


def test_grain_is_no_ink(draw_digit):
    page = draw_digit(3) + np.random.default_rng(0).normal(0, 4, (200, 200))
    found = to_ink(page.clip(0, 255).astype(np.uint8))
    assert np.mean(found[draw_digit(3) == 210] == 0) > 0.99


@given(level=st.integers(1, 255), shape=st.tuples(st.integers(1, 200), st.integers(1, 200)))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_an_even_picture_has_no_ink(level, shape):
    assert not to_ink(np.full(shape, level, np.uint8)).any()


def test_a_black_picture_has_no_ink():
    assert not to_ink(np.zeros((60, 60), np.uint8)).any()


def test_the_grain_of_a_large_picture_is_told_from_some_of_its_rows(monkeypatch):
    contrast = np.abs(np.random.default_rng(0).normal(0, 12, (600, 800))).astype(np.uint8)
    some = ink_module.measure_grain(contrast)
    monkeypatch.setattr(ink_module, "ENOUGH_PIXELS", 2 * contrast.size)
    assert some == pytest.approx(ink_module.measure_grain(contrast), rel=0.15)
    assert some > 5


def test_noise_alone_is_no_ink():
    page = np.random.default_rng(0).normal(200, 3, (100, 100))
    assert not to_ink(page.astype(np.uint8)).any()


@given(gray=arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=150)))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_gray_has_ink_of_its_shape(gray):
    before = gray.copy()
    ink = to_ink(gray)
    assert ink.shape == gray.shape
    assert ink.dtype == np.uint8
    np.testing.assert_array_equal(gray, before)


@pytest.mark.parametrize("gray", [np.ones((5, 5)), np.ones((5, 5, 3), np.uint8), np.ones((0, 5), np.uint8)])
def test_what_is_no_gray_is_refused(gray):
    for separate in (to_ink, to_darker_ink):
        with pytest.raises(PictureError, match=r"shape \(H, W\), uint8.*Call load\(\) first"):
            separate(gray)


def test_paper_is_what_the_border_is_made_of(draw_digit):
    for label in (0, 1, 2, 3, 4, 5, 7):
        assert paper_is_light(draw_digit(label))
        assert not paper_is_light(255 - draw_digit(label))


def test_a_digit_over_half_the_page_does_not_change_the_paper():
    page = np.full((100, 100), 220, np.uint8)
    page[5:95, 5:95] = 30
    assert paper_is_light(page)
    assert not paper_is_light(255 - page)


def test_full_contrast_is_that_of_the_strokes():
    counts = np.zeros(256, np.int64)
    counts[[0, 140]] = 2200, 300
    assert full_contrast(counts) == 140
    counts[140] = 0
    assert full_contrast(counts) == 0


@pytest.mark.parametrize(("shape", "small"), [((100, 400), (16, 64)), ((3000, 2), (64, 1)), ((64, 64), (64, 64))])
def test_shrinking_keeps_the_proportion(shape, small):
    assert shrink(np.full(shape, 9, np.uint8), 64).shape == small


def test_a_small_picture_is_not_enlarged():
    picture = np.ones((9, 9), np.uint8)
    assert shrink(picture, 64) is picture


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("step", [20, 25, 90])
def test_darker_ink_holds_the_strokes_and_not_the_lighter_lines(draw_digit, dark, step):
    page = draw_digit(2)
    strokes, lines = page == 40, page == 210
    lines[(np.arange(200) - 15) % step > 1] = False
    page[lines] = 150
    shown = 255 - page if dark else page
    assert to_ink(shown)[lines].min() > 60
    found = to_darker_ink(shown)
    assert found[strokes].min() >= 225
    assert found[page >= 150].max() == 0


@pytest.mark.parametrize("label", [0, 1, 2, 3, 4, 5, 7])
def test_darker_ink_of_a_drawing_without_lines_is_still_its_strokes(draw_digit, label):
    page = draw_digit(label)
    found = to_darker_ink(page)
    assert found[page == 40].min() >= 225
    assert found[page == 210].max() == 0


def test_paper_has_no_darker_ink():
    grain = np.random.default_rng(0).normal(200, 4, (100, 100)).astype(np.uint8)
    for page in (np.full((1, 1), 9, np.uint8), np.full((50, 80), 200, np.uint8), np.zeros((30, 30), np.uint8), grain):
        assert not to_darker_ink(page).any()


@given(gray=arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=150)))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_any_gray_has_darker_ink_of_its_shape(gray):
    before = gray.copy()
    ink = to_darker_ink(gray)
    assert (ink.shape, ink.dtype) == (gray.shape, np.uint8)
    np.testing.assert_array_equal(gray, before)


def test_marks_of_a_single_shade_are_full_ink():
    page = np.full((40, 40), 200, np.uint8)
    page[10:30, 18:22] = 120
    np.testing.assert_array_equal(to_darker_ink(page), np.where(page == 120, 255, 0))


def test_the_examples_in_the_docstrings_hold():
    results = doctest.testmod(ink_module, extraglobs={"np": np})
    assert results.attempted >= 6
    assert results.failed == 0


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_otsu_parts_as_opencv_does(seed, modes):
    rng = np.random.default_rng(seed)
    levels = np.clip(rng.normal(rng.integers(0, 256, modes), 12, (400, modes)), 0, 255).astype(np.uint8)
    expected, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    threshold = otsu(np.bincount(levels.ravel(), minlength=256))
    assert np.array_equal(levels > threshold, levels > expected)
