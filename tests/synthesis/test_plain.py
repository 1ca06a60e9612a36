"""Plain digits: straight bars, wide rings, the same for the same seed."""

import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.digits import variant_names
from inkdigits.synthesis.pen import draw
from inkdigits.synthesis.plain import VARIANTS, choose_plain_pen, write_plain_digit


def test_plain_digits_are_written_in_variants_that_exist():
    for label, names in enumerate(VARIANTS):
        assert set(names) <= set(variant_names(label))


@pytest.mark.parametrize("label", range(10))
def test_plain_digits_are_about_one_high_leave_ink_and_follow_the_seed(label):
    for seed in range(20):
        strokes, again = (write_plain_digit(label, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(np.concatenate(strokes), np.concatenate(again))
        assert 0.75 < np.ptp(np.concatenate(strokes)[:, 1]) < 1.6
        rng = np.random.default_rng(seed)
        assert draw(strokes, rng, pen=choose_plain_pen(rng)).max() == 255


def test_half_of_the_ones_are_straight_and_a_quarter_of_the_rings_are_wide():
    rng = np.random.default_rng(0)
    ones = [write_plain_digit(1, rng) for _ in range(200)]
    assert 60 < sum(len(strokes) == 1 and len(strokes[0]) == 2 for strokes in ones) < 140
    upright = [np.ptp(strokes[0][:, 0]) == 0 for strokes in ones if len(strokes[0]) == 2]
    assert 0.05 < np.mean(upright) < 0.4
    rings = [np.ptp(np.concatenate(write_plain_digit(0, rng)), axis=0) for _ in range(200)]
    assert 30 < sum(width > height for width, height in rings) < 100


def test_pens_are_thin_and_thick_but_the_same_along_a_stroke():
    pens = [choose_plain_pen(np.random.default_rng(seed)) for seed in range(100)]
    widths = [pen.width for pen in pens]
    assert min(widths) < 0.015
    assert max(widths) > 0.12
    assert all(pen.change == pen.taper == pen.wash == 0 for pen in pens)


def test_a_label_that_is_no_digit_is_an_error():
    with pytest.raises(SettingError, match="Give a whole number from 0 to 9"):
        write_plain_digit(10, np.random.default_rng(0))
