"""Test-time augmentation of a glyph."""

import numpy as np

from inkdigits.models.tta import TRANSFORMATIONS, tta_copies


def bar():
    glyph = np.zeros((28, 28), np.uint8)
    glyph[4:24, 13:15] = 255
    return glyph


def lean(glyph):
    """Columns that the ink moves to the right a row down."""
    rows, columns = np.nonzero(glyph > 127)
    return np.polyfit(rows, columns, 1)[0]


def test_there_is_a_copy_for_each_rotation_and_shear():
    shown = tta_copies(bar())
    assert shown.shape == (len(TRANSFORMATIONS), 28, 28)
    assert shown.dtype == np.uint8


def test_rotations_and_shears_go_to_both_sides_by_their_amounts():
    leans = [lean(copy) for copy in tta_copies(bar())]
    np.testing.assert_allclose(leans, [-0.123, 0.123, 0.15, -0.15], atol=0.03)


def test_ink_stays_where_it_was_and_as_much():
    for copy in tta_copies(bar()):
        rows, columns = np.nonzero(copy)
        assert abs(rows.mean() - 13.5) < 0.7
        assert abs(columns.mean() - 13.5) < 0.7
        assert abs(int(copy.sum()) / int(bar().sum()) - 1) < 0.03
