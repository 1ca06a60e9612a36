import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkdigits.geometry import Frame

zooms = st.floats(0.05, 20)
offsets = st.floats(-500, 500)
frames = st.builds(lambda *values: Frame(values[:2], values[2:]), zooms, zooms, offsets, offsets)
places = st.floats(-100, 100)


@given(frame=frames, x=places, y=places)
def test_the_inverse_goes_back(frame, x, y):
    assert frame.inverse().point(*frame.point(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(first=frames, second=frames, x=places, y=places)
def test_one_frame_after_another_is_one_frame(first, second, x, y):
    assert first.then(second).point(x, y) == pytest.approx(second.point(*first.point(x, y)), rel=1e-9, abs=1e-6)


def test_a_fitting_frame_lays_one_region_on_another():
    frame = Frame.fitting((4, 2, 10, 20), (100, 50, 30, 40))
    assert frame.region((4, 2, 10, 20)) == (100, 50, 30, 40)
    assert frame.outward((4, 2, 5, 10)) == (100, 50, 15, 20)
    assert frame.inverse().outward((100, 50, 30, 40)) == (4, 2, 10, 20)


@given(frame=frames, left=st.integers(-50, 50), width=st.integers(1, 50))
def test_a_box_has_a_pixel_at_least_and_its_edges_in_place(frame, left, width):
    x, _, across, down = frame.outward((left, 3, width, 1))
    assert (across >= 1, down >= 1) == (True, True)
    assert x == round(frame.point(left, 3)[0])
    assert x + across == max(x + 1, round(frame.point(left + width, 3)[0]))


def test_the_coefficients_move_pixels_as_pillow_does():
    page = np.zeros((40, 40), np.uint8)
    page[10:20, 20:30] = 255
    frame = Frame.fitting((0, 0, 10, 10), (20, 10, 10, 10))
    cut = Image.fromarray(page).transform((10, 10), Image.Transform.AFFINE, frame.coefficients)
    assert np.asarray(cut).min() == 255
