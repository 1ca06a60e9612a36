import numpy as np
import pytest

from inkdigits.benchmarks.deskew import deskew


def stroke(slant, left=14):
    """A vertical stroke that leans to the left with growing row."""
    image = np.zeros((28, 28), np.float32)
    for row in range(4, 24):
        column = round(left - slant * (row - 14))
        image[row, column : column + 2] = 1
    return image


def lean(image):
    rows, columns = np.nonzero(image > 0.3)
    return np.polyfit(rows, columns, 1)[0]


@pytest.mark.parametrize("slant", [-0.4, 0.2, 0.5])
def test_a_leaning_stroke_becomes_upright_in_the_middle(slant):
    before = stroke(slant, left=12)
    assert abs(lean(before)) > 0.15
    after = deskew(before.reshape(1, -1)).reshape(28, 28)
    assert abs(lean(after)) < 0.05
    rows, columns = np.nonzero(after > 0.3)
    assert columns.mean() == pytest.approx(13.5, abs=0.3)
    assert rows.mean() == pytest.approx(13.5, abs=0.6)


def test_paper_and_a_single_row_of_ink_are_left_alone():
    row = np.zeros((28, 28), np.float32)
    row[5, 3:20] = 1
    both = np.stack([np.zeros(784, np.float32), row.ravel()])
    assert np.array_equal(deskew(both), both)
