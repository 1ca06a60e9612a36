"""Curves through control points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import SettingError
from inkdigits.synthesis.curve import path_length, resample, smooth, trace


def test_a_curve_begins_and_ends_at_its_ends_and_passes_between():
    points = [(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)]
    curve = smooth(points, count=41)
    assert curve[0] == pytest.approx(points[0])
    assert curve[-1] == pytest.approx(points[-1])
    assert curve[20] == pytest.approx(points[1], abs=0.02)


def test_a_point_given_twice_is_a_corner():
    round_turn = smooth([(0, 0), (1, 0), (1, 1)], count=60)
    corner = smooth([(0, 0), (1, 0), (1, 0), (1, 1)], count=60)
    assert np.abs(corner[:, 1] * (1 - corner[:, 0])).max() == pytest.approx(0)
    assert round_turn[:, 0].max() > 1.01


def test_one_point_stays_one_point():
    assert smooth([(0.3, 0.4)]).tolist() == [[0.3, 0.4]]
    assert smooth([(0.3, 0.4), (0.3, 0.4)]).tolist() == [[0.3, 0.4]]


@pytest.mark.parametrize("points", [[], [0.1, 0.2], [(1, 2, 3)]])
def test_what_is_no_row_of_points_is_refused(points):
    with pytest.raises(SettingError, match="Give x and y of each point"):
        smooth(points)


def test_a_length_is_that_of_the_straight_lines():
    assert path_length(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])) == 6
    assert path_length(np.array([[1.0, 2.0]])) == 0


@given(length=st.floats(0.1, 9), density=st.floats(5, 60))
def test_a_longer_path_has_more_points_between_the_least_and_the_most(length, density):
    line = np.array([[0.0, 0.0], [0.0, length]])
    assert len(trace(line, density=density)) == pytest.approx(max(2, density * length), abs=0.51)
    assert len(trace(line, density=density, least=40)) >= 40
    assert len(trace(line, density=density, most=30)) <= 30
    assert len(trace(line, density=density, extra=0.0)) <= max(2, density * length)


def test_resampling_keeps_the_ends_and_goes_evenly_along_the_numbering():
    points = np.array([[0.0, 0.0], [1.0, 10.0], [4.0, 10.0]])
    assert resample(points, 5).tolist() == [[0, 0], [0.5, 5], [1, 10], [2.5, 10], [4, 10]]
    assert resample(points[:, :1], 2).tolist() == [[0], [4]]
