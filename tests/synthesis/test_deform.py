"""How writers vary a character: strokes, drawn ink and its size."""

import cv2
import numpy as np
import pytest

from inkdigits.image.glyph import crop
from inkdigits.synthesis.curve import smooth
from inkdigits.synthesis.deform import deform, deform_bitmap, pose, scale_ink
from inkdigits.synthesis.fonts import load_handwriting

SIX = smooth([(0.5, 0), (0.2, 0.2), (0, 0.6), (0.1, 0.9), (0.3, 1), (0.5, 0.8), (0.3, 0.6), (0.05, 0.75)])


def generator(seed=0):
    return np.random.default_rng(seed)


def test_every_stroke_is_bent_and_keeps_its_points():
    strokes = (SIX, smooth([(0, 0), (1, 0)]))
    bent = deform(strokes, generator())
    assert [stroke.shape for stroke in bent] == [stroke.shape for stroke in strokes]
    assert not np.allclose(bent[0], strokes[0], atol=0.01)


def test_an_amount_of_0_bends_nothing():
    (same,) = deform((SIX,), generator(), amount=0.0)
    assert np.allclose(same, SIX)
    assert deform((), generator()) == ()


def test_bending_keeps_the_height_about_the_same():
    heights = [np.ptp(deform((SIX,), generator(seed))[0][:, 1]) for seed in range(200)]
    assert min(heights) > 0.7
    assert max(heights) < 1.45


def test_more_writers_lean_to_the_right_than_to_the_left():
    stem = smooth([(0, 0), (0, 1)])
    leans = [bent[0, 0] - bent[-1, 0] for (bent,) in (deform((stem,), generator(seed)) for seed in range(300))]
    assert np.mean(np.array(leans) > 0) > 0.6
    assert min(leans) < -0.1
    assert max(leans) > 0.4


def test_a_pose_stretches_slants_to_the_right_and_turns_clockwise():
    top, right = np.array([0.0, -1.0]), np.array([1.0, 0.0])
    assert pose(turn=0.0, slant=0.3, width=2.0, height=1.5) @ right == pytest.approx([2, 0])
    assert pose(turn=0.0, slant=0.3, width=2.0, height=1.5) @ top == pytest.approx([0.3, -1.5])
    assert pose(turn=np.pi / 2, slant=0.0, width=1.0) @ top == pytest.approx([1, 0])


@pytest.mark.parametrize("character", "0a?")
def test_a_bitmap_is_another_each_time_and_cut_to_its_box(character):
    fonts = load_handwriting()
    bitmap = fonts.bitmaps[fonts.indices_of(character)[0]]
    bent = [deform_bitmap(bitmap, generator(seed)) for seed in range(20)]
    assert len({ink.tobytes() for ink in bent}) == 20
    assert all(ink.shape == crop(ink).shape for ink in bent)
    parts = [cv2.connectedComponents((ink > 127).astype(np.uint8))[0] for ink in bent]
    assert set(parts) <= {2, 3}  # the paper and one or two pieces: nothing breaks into more
    np.testing.assert_array_equal(deform_bitmap(bitmap, generator(1)), bent[1])


@pytest.mark.parametrize(("shape", "longer", "expected"), [((20, 10), 40, (40, 20)), ((50, 100), 25.4, (13, 25)),
                                                           ((60, 1), 20, (20, 1)), ((7, 7), 7, (7, 7))])  # fmt: skip
def test_scaling_keeps_the_shape(shape, longer, expected):
    scaled = scale_ink(np.full(shape, 255, np.uint8), longer)
    assert scaled.dtype == np.uint8
    assert scaled.shape == expected
    assert scaled.min() >= 250


def test_ink_that_is_enlarged_stays_sharp():
    ink = np.full((28, 20), 0, np.uint8)
    ink[4:24, 4:16] = 255
    soft = cv2.GaussianBlur(ink, (0, 0), 1)
    large = scale_ink(soft, 6 * max(soft.shape))
    plain = cv2.resize(soft, large.shape[::-1], interpolation=cv2.INTER_CUBIC)

    def gray_share(picture):
        return ((picture > 30) & (picture < 225)).mean()

    assert gray_share(large) < 0.5 * gray_share(plain)
    assert (large > 127).mean() == pytest.approx((plain > 127).mean(), abs=0.01)
