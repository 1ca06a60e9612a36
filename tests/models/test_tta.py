"""Views of a glyph."""

import numpy as np

from inkdigits.models.tta import VIEWS, views


def bar():
    glyph = np.zeros((28, 28), np.uint8)
    glyph[4:24, 13:15] = 255
    return glyph


def lean(glyph):
    """Columns that the ink moves to the right a row down."""
    rows, columns = np.nonzero(glyph > 127)
    return np.polyfit(rows, columns, 1)[0]


def test_there_is_a_view_for_each_turn_and_slant():
    shown = views(bar())
    assert shown.shape == (len(VIEWS), 28, 28)
    assert shown.dtype == np.uint8


def test_turns_and_slants_go_to_both_sides_by_their_amounts():
    leans = [lean(view) for view in views(bar())]
    np.testing.assert_allclose(leans, [-0.123, 0.123, 0.15, -0.15], atol=0.03)


def test_ink_stays_where_it_was_and_as_much():
    for view in views(bar()):
        rows, columns = np.nonzero(view)
        assert abs(rows.mean() - 13.5) < 0.7
        assert abs(columns.mean() - 13.5) < 0.7
        assert abs(int(view.sum()) / int(bar().sum()) - 1) < 0.03
