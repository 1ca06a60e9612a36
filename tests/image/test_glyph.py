from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdigits.errors import PictureError
from inkdigits.image.glyph import CENTER, GLYPH_SIDE, INK_SIDE, crop, to_glyph


def ink_size(glyph: Any) -> tuple[int, int]:
    """Height and width of the ink."""
    rows, columns = np.nonzero(glyph)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


labels = st.sampled_from([0, 1, 2, 3, 4, 5, 7])
margins = st.tuples(*[st.integers(0, 60)] * 4)


def ink_of(draw_digit: Any, label: int, side: int = 200) -> Any:
    return draw_digit(label, side=side, ink=255, paper=0)


def test_every_mnist_glyph_is_its_own_glyph(mnist_glyphs):
    same = [np.array_equal(to_glyph(glyph), glyph) for glyph in mnist_glyphs]
    assert len(same) == 10_000
    assert all(same)


@given(label=labels, side=st.integers(30, 400))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_glyph_is_its_own_glyph(draw_digit, label, side):
    glyph = to_glyph(ink_of(draw_digit, label, side))
    np.testing.assert_array_equal(to_glyph(glyph), glyph)


@given(label=labels, margin=margins)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_paper_around_the_ink_does_not_matter(draw_digit, label, margin):
    ink = ink_of(draw_digit, label)
    top, bottom, left, right = margin
    part: Any = crop(ink)
    padded = np.pad(part, ((top, bottom), (left, right)))
    np.testing.assert_array_equal(to_glyph(padded), to_glyph(ink))


@given(index=st.integers(0, 9999), margin=margins)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_paper_around_a_mnist_glyph_does_not_matter(mnist_glyphs, index, margin):
    glyph = mnist_glyphs[index]
    top, bottom, left, right = margin
    part: Any = crop(glyph)
    np.testing.assert_array_equal(to_glyph(np.pad(part, ((top, bottom), (left, right)))), glyph)


@given(label=labels, scale=st.integers(2, 5))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_size_of_the_ink_hardly_matters(draw_digit, glyph_distance, label, scale):
    ink = ink_of(draw_digit, label)
    larger = np.repeat(np.repeat(ink, scale, axis=0), scale, axis=1)
    assert glyph_distance(to_glyph(larger), to_glyph(ink)) < 6


@given(
    ink=arrays.arrays(
        np.uint8,
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=90),
        elements=st.just(0) | st.integers(32, 255),  # fainter ink may vanish at the edge when it is scaled down
    )
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_ink_fits_and_is_centered(ink):
    if not ink.any():
        with pytest.raises(PictureError, match="no ink"):
            to_glyph(ink)
        return
    glyph = to_glyph(ink)
    assert glyph.shape == (GLYPH_SIDE, GLYPH_SIDE)
    assert glyph.dtype == np.uint8
    height, width = ink_size(glyph)
    assert max(height, width) <= INK_SIDE
    mass = glyph / glyph.sum()
    for axis, size in ((1, height), (0, width)):
        middle = float(mass.sum(axis) @ np.arange(GLYPH_SIDE))
        room = GLYPH_SIDE - size  # ink whose mass lies at one end of it may touch the edge instead
        assert abs(middle - CENTER) <= 0.5 + 1e-9 or room < INK_SIDE


@pytest.mark.parametrize("shape", [(200, 20), (20, 200), (1, 300), (300, 1), (100, 100)])
def test_ink_keeps_its_shape_and_fills_20_pixels(shape):
    glyph = to_glyph(np.full(shape, 255, np.uint8))
    height, width = ink_size(glyph)
    assert max(height, width) == INK_SIDE
    assert min(height, width) == pytest.approx(max(1, 20 * min(shape) / max(shape)), abs=2)


def test_a_hairline_does_not_fade():
    ink = np.zeros((400, 400), np.uint8)
    ink[:, 200] = 255
    assert to_glyph(ink).max() == 255
    assert (to_glyph(ink) > 127).sum(axis=1).max() <= 3


def test_the_mass_is_in_the_middle_not_the_box():
    flag = np.zeros((20, 20), np.uint8)
    flag[:, 0] = flag[:8] = 255
    rows, columns = np.nonzero(to_glyph(flag))
    # Its mass lies in row 4.20 and column 8.84: they would go to 14, if the last row had not to stay inside.
    assert (rows.min(), columns.min()) == (8, 5)


@pytest.mark.parametrize("side", [28, 56, 40])
def test_other_sides_keep_the_proportion(side):
    glyph = to_glyph(np.full((90, 30), 255, np.uint8), side=side)
    assert glyph.shape == (side, side)
    assert ink_size(glyph)[0] == round(side * 20 / 28)


def test_crop_cuts_to_the_ink():
    ink = np.zeros((9, 9), np.uint8)
    ink[2:5, 3:8] = 1
    np.testing.assert_array_equal(crop(ink), np.ones((3, 5)))
    assert crop(np.zeros((9, 9), np.uint8)) is None


def test_no_ink_has_no_glyph():
    with pytest.raises(PictureError, match=r"no ink. Check for None from find_digit\(\)"):
        to_glyph(np.zeros((28, 28), np.uint8))


@pytest.mark.parametrize("ink", [np.ones((28, 28)), np.ones((2, 28, 28), np.uint8), np.ones(28, np.uint8)])
def test_what_is_no_ink_is_refused(ink):
    with pytest.raises(PictureError, match=r"shape \(H, W\), uint8.*Call to_ink\(\) first"):
        to_glyph(ink)
