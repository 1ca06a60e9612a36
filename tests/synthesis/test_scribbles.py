import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.pen import draw
from inkdigits.synthesis.scribbles import CROSSINGS, STRAIGHTNESS, count_crossings, scribble_names, write_scribble


def rng(seed=0):
    return np.random.default_rng(seed)


def extent(strokes):
    width, height = np.ptp(np.concatenate(strokes), axis=0)
    return width, height


@pytest.mark.parametrize("kind", scribble_names())
def test_every_kind_leaves_ink_of_a_bearable_size(kind):
    for seed in range(12):
        strokes = write_scribble(rng(seed), kind=kind)
        width, height = extent(strokes)
        assert np.isfinite(np.concatenate(strokes)).all()
        assert width < 12
        assert height < 4
        assert draw(strokes, rng(seed), height=24).max() == 255


@pytest.mark.parametrize("kind", scribble_names())
def test_the_same_chance_scribbles_the_same(kind):
    first, again, other = (np.concatenate(write_scribble(rng(seed), kind=kind)) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other)


def test_kinds_are_sorted_and_all_come_by_chance():
    names = scribble_names()
    assert list(names) == sorted(set(names))
    chance = rng()
    counts = {len(np.concatenate(write_scribble(chance))) for _ in range(60)}
    assert len(counts) > 40


def test_no_kind_given_is_drawn_from_the_same_chance():
    first, again = (np.concatenate(write_scribble(rng(9))) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("kind", ["word", "signature", "coil", "underline", "wave-lines", "crossed-out"])
def test_writing_is_wider_than_any_digit(kind):
    ratios = [np.divide(*extent(write_scribble(rng(seed), kind=kind))) for seed in range(40)]
    assert np.median(ratios) > 1.2


@pytest.mark.parametrize("kind", ["tangle", "doodle"])
def test_a_single_curve_crosses_itself_more_often_than_a_digit(kind):
    for seed in range(40):
        (stroke,) = write_scribble(rng(seed), kind=kind)
        assert count_crossings(stroke) >= CROSSINGS
        assert abs(np.corrcoef(stroke.T)[0, 1]) < STRAIGHTNESS


def testcount_crossings_are_counted():
    pentagram = np.array([[np.sin(2 * angle), np.cos(2 * angle)] for angle in 2 * np.pi * np.arange(6) / 5])
    assert count_crossings(pentagram) == 5
    assert count_crossings(np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])) == 1
    assert count_crossings(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.5], [3.0, 2.0]])) == 0


def test_an_unknown_kind_is_refused_with_a_hint():
    with pytest.raises(SettingError, match="blob, burst.*Received: 'seven'. Leave kind out"):
        write_scribble(rng(), kind="seven")
