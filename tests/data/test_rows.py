import numpy as np
import pytest

from inkdigits.data.rows import glyphs_from_rows
from inkdigits.errors import DataError


def test_a_row_of_784_is_the_glyph_that_it_says():
    rows = np.random.default_rng(0).integers(0, 256, (3, 784), np.uint8)
    assert np.array_equal(glyphs_from_rows(rows), rows.reshape(3, 28, 28))


@pytest.mark.parametrize("side", [1, 8, 16, 32, 56])
def test_other_squares_are_scaled(side):
    left = np.zeros((side, side), np.uint8)
    left[:, : (side + 1) // 2] = 200
    (glyph,) = glyphs_from_rows(left.reshape(1, -1))
    assert glyph.shape == (28, 28)
    assert glyph[:, :10].mean() > 150
    assert side == 1 or glyph[:, -8:].mean() < 50


def test_what_does_not_fill_a_square_is_followed_by_paper():
    (glyph,) = glyphs_from_rows(np.full((1, 3), 255, np.uint8))
    assert glyph[:6].min() == glyph[:, :6].min() == 255
    assert glyph[-5:, -5:].max() == 0
    assert glyphs_from_rows(np.zeros((0, 3), np.uint8)).shape == (0, 28, 28)


@pytest.mark.parametrize("rows", [np.zeros((2, 0), np.uint8), np.zeros(784, np.uint8), np.zeros((2, 784))])
def test_what_is_no_rows_is_refused(rows):
    with pytest.raises(DataError, match="Expected rows of shape"):
        glyphs_from_rows(rows)
