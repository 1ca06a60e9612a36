import cv2
import numpy as np
import pytest

from inkdigits.image.ink import to_ink
from inkdigits.image.quality import ImageQuality, assess_quality
from inkdigits.layout.candidates import find_candidates


def measure(page) -> ImageQuality:
    return assess_quality(page, to_ink(page), find_candidates(page).primary.box)


def paper(height=300, width=300, shade=230):
    return np.full((height, width), shade, np.uint8)


def seven(page, *, pen=16, ink=30):
    points = np.array([(100, 80), (200, 80), (140, 220)], np.int32)
    cv2.polylines(page, [points], False, ink, pen, cv2.LINE_AA)
    return page


def test_a_clean_digit_has_clean_traits():
    quality = measure(seven(paper()))
    assert (quality.shapes, quality.cut, quality.specks, quality.lines) == (1, (), 0, 0)
    assert quality.contrast == pytest.approx(200, abs=2)
    assert quality.stroke == pytest.approx(17 / 157, rel=0.15)
    assert quality.blur < 0.1
    assert quality.grain == 0


@pytest.mark.parametrize("pen", [4, 10, 20, 40])
def test_the_stroke_is_measured_in_shares_of_the_digit(pen):
    page = seven(paper(), pen=pen)
    longer = max(find_candidates(page).primary.box[2:])
    assert measure(page).stroke * longer == pytest.approx(pen + 1, rel=0.25, abs=1.5)


@pytest.mark.parametrize("scale", [0.25, 0.5, 2])
def test_the_stroke_does_not_depend_on_the_scale(scale):
    page = seven(paper())
    other = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert measure(other).stroke == pytest.approx(measure(page).stroke, rel=0.15)


@pytest.mark.parametrize(
    ("edge", "shift"), [("left", (0, -94)), ("right", (0, 94)), ("top", (-74, 0)), ("bottom", (72, 0))]
)
def test_the_edge_at_which_a_digit_is_cut_is_named(edge, shift):
    page = np.roll(seven(paper()), shift, (0, 1))
    wrapped = {"left": np.s_[:, 270:], "right": np.s_[:, :30], "top": np.s_[270:], "bottom": np.s_[:30]}[edge]
    page[wrapped] = 230
    assert measure(page).cut == (edge,)


def test_the_other_shapes_are_counted():
    page = paper(300, 700)
    seven(page)
    page[:, 400:] = page[:, :300]
    assert measure(page).shapes == 2


def test_a_hat_that_stands_apart_is_no_other_shape():
    page = paper()
    cv2.polylines(page, [np.array([(120, 90), (115, 140), (180, 160), (150, 220), (110, 215)])], False, 30, 14)
    cv2.line(page, (140, 80), (200, 76), 30, 14)
    assert measure(page).shapes == 1


def test_blur_makes_the_edges_wider():
    page = seven(paper())
    blurs = [measure(cv2.GaussianBlur(page, (0, 0), deviation)).blur for deviation in (0.5, 3, 6)]
    assert blurs == sorted(blurs)
    assert blurs[0] < 0.1
    assert blurs[-1] > 0.4


def test_grain_is_measured_against_the_contrast():
    noise = np.random.default_rng(3).normal(0, 20, (300, 300))
    page = (seven(paper(), ink=130).astype(float) + noise).clip(0, 255).astype(np.uint8)
    assert measure(page).grain == pytest.approx(20 / 100, rel=0.2)


@pytest.mark.parametrize("tilt", [-12, 0, 12])
@pytest.mark.parametrize("across", [True, False])
def test_ruled_lines_are_counted_across_and_down(tilt, across):
    page = paper()
    for y in (40, 120, 200, 260):
        cv2.line(page, (0, y), (299, y + tilt), 150, 2)
    page = page if across else np.ascontiguousarray(page.T)
    assert assess_quality(seven(page), to_ink(page), (92, 72, 116, 156)).lines == 4


def test_a_digit_of_straight_strokes_is_no_ruled_line():
    for points in ([(150, 2), (150, 297)], [(140, 0), (160, 299)], [(0, 30), (299, 30), (150, 290)]):
        page = paper()
        cv2.polylines(page, [np.array(points, np.int32)], False, 30, 4)
        assert assess_quality(page, to_ink(page), cv2.boundingRect((page < 200).astype(np.uint8))).lines == 0
        page[200:202] = page[100:102] = 150
        assert measure(page).lines >= 2


def test_the_smallest_picture_has_traits_too():
    page = np.array([[0]], np.uint8)
    quality = assess_quality(page, np.array([[255]], np.uint8), (0, 0, 1, 1))
    assert (quality.lines, quality.blur, quality.grain) == (0, 0.0, 0.0)
    assert quality.cut == ("left", "top", "right", "bottom")
