import cv2
import numpy as np
import pytest

from inkdigits.errors import PictureError
from inkdigits.layout.bands import find_bands, find_margins
from inkdigits.layout.line import (
    LINE_HEIGHT,
    LINE_PREPARATION,
    find_line_candidates,
    measure_slant,
    straighten,
)


def page(width=300, height=200, *, digits=((80, 90), (110, 90), (140, 90)), size=24, paper=220, ink=40):
    gray = np.full((height, width), paper, np.uint8)
    for x, y in digits:
        cv2.rectangle(gray, (x, y), (x + size // 2, y + size), ink, 4)
    return gray


def holds(outer, inner):
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[0] + outer[2] >= inner[0] + inner[2]
        and outer[1] + outer[3] >= inner[1] + inner[3]
    )


def test_the_version_is_on_record():
    assert LINE_PREPARATION == "1"


@pytest.mark.parametrize("dark", [False, True])
def test_the_band_holds_the_line_and_little_else(dark):
    gray = page()
    first, *others = find_line_candidates(255 - gray if dark else gray)
    assert first.origin == "band"
    assert holds(first.box, (80, 90, 72, 24))
    assert first.box[3] < 45
    assert [other.origin for other in others] == ["whole"]
    assert others[0].box == (0, 0, 300, 200)


def test_rows_have_the_height_and_dark_ink_becomes_255():
    candidate = find_line_candidates(page())[0]
    for rows in (candidate.rows(), candidate.ink_rows()):
        assert rows.shape[0] == LINE_HEIGHT
        assert rows.dtype == np.uint8
        assert abs(rows.shape[1] / LINE_HEIGHT - candidate.box[2] / candidate.box[3]) < 0.05
        assert rows.max() > 240
        assert rows.min() < 10
    assert candidate.rows(height=40).shape[0] == 40
    np.testing.assert_array_equal(find_line_candidates(255 - page())[0].rows(), candidate.rows())


def test_the_frame_places_rows_in_the_picture():
    candidate = find_line_candidates(page())[0]
    rows = candidate.rows()
    box = candidate.frame(rows).outward((0, 0, rows.shape[1], rows.shape[0]))
    assert box == candidate.box


def test_a_dark_margin_is_cut_off():
    gray = page()
    gray[:, :60] = 15
    assert find_margins(gray)[0] in range(60, 66)
    first, whole = find_line_candidates(gray)
    assert holds(first.box, (80, 90, 72, 24))
    assert first.box[3] < 45
    assert whole.box[0] in range(60, 66)


def test_a_picture_without_a_margin_is_not_cut():
    assert find_margins(page()) == (0, 0, 300, 200)
    assert find_margins(np.full((30, 40), 255, np.uint8)) == (0, 0, 40, 30)


def test_the_row_below_is_a_candidate_of_its_own():
    gray = page(digits=((80, 60), (110, 60), (140, 60), (80, 130), (110, 130)))
    origins = {candidate.origin: candidate.box for candidate in find_line_candidates(gray)}
    assert set(origins) == {"band", "whole", "second band"}
    assert holds(origins["band"], (80, 60, 72, 24))
    assert holds(origins["second band"], (80, 130, 42, 24))


def test_borders_and_rulings_are_not_in_the_band():
    gray = page()
    gray[150:152] = 90
    gray[:, 2:4] = 60
    band = find_bands(gray)[0]
    assert band[0] > 50
    assert band[1] + band[3] < 148


def test_a_wide_gap_is_bridged_and_a_point_belongs_to_the_line():
    gray = page(digits=((60, 90), (130, 90)))
    cv2.circle(gray, (150, 112), 2, 40, -1)
    assert holds(find_bands(gray)[0], (60, 90, 92, 24))


def test_a_tight_crop_is_one_candidate():
    gray = page()[88:117, 78:157]
    assert [candidate.origin for candidate in find_line_candidates(gray)] == ["band"]


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (28, 28), (40, 900)])
@pytest.mark.parametrize("shade", [0, 128, 255])
def test_blank_pictures_of_any_shape_are_prepared(shape, shade):
    (candidate,) = find_line_candidates(np.full(shape, shade, np.uint8))
    assert candidate.origin == "whole"
    rows = candidate.rows()
    assert rows.shape[0] == LINE_HEIGHT
    assert not rows.any()
    assert not candidate.ink_rows().any()


@pytest.mark.parametrize("slant", [-0.4, 0.3, 0.7])
def test_a_slant_is_measured_and_taken_out(slant):
    upright = np.zeros((32, 120), np.uint8)
    for x in (40, 60, 80):
        upright[4:28, x : x + 3] = 255
    leaning = straighten(upright, -slant)
    assert measure_slant(leaning) == pytest.approx(slant, abs=0.06)
    assert leaning.shape[1] == 120 + round(abs(slant) * 31)
    again = straighten(leaning, slant)
    columns = (again > 128).sum(axis=0)
    assert np.count_nonzero(columns) <= 18  # three bars of 3 columns, and soft edges
    assert measure_slant(np.zeros((32, 50), np.uint8)) == 0.0


def test_deslanted_rows_are_wider():
    candidate = find_line_candidates(page())[0]
    assert candidate.rows(slant=0.3).shape[1] == candidate.rows().shape[1] + round(0.3 * 31)


@pytest.mark.parametrize("gray", [np.zeros((4, 4, 3), np.uint8), np.zeros((0, 4), np.uint8), np.zeros((4, 4))])
def test_what_is_no_gray_picture_is_refused(gray):
    with pytest.raises(PictureError, match="gray of shape"):
        find_line_candidates(gray)
