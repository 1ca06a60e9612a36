import cv2
import numpy as np
import pytest

from inkdigits.image.borders import cover, find_border
from inkdigits.image.ink import paper_is_light, to_ink
from inkdigits.image.load import Gray

SIDE = 120


def cell() -> Gray:
    """A 7 on white paper."""
    page = np.full((SIDE, SIDE), 230, np.uint8)
    cv2.polylines(page, [np.array([[42, 35], [80, 35], [58, 88]])], False, 30, 5, cv2.LINE_AA)
    return page


def found_in(page: Gray) -> np.ndarray:
    border = find_border(page, to_ink(page), light=paper_is_light(page))
    assert border is not None
    return border


@pytest.mark.parametrize("width", [1, 2, 5, 9])
@pytest.mark.parametrize("margin", [0, 4, 12])
def test_a_closed_border_is_found_and_covering_it_leaves_the_digit_alone(width, margin):
    page = cell()
    near, far = margin + width // 2, SIDE - 1 - margin - width // 2
    cv2.rectangle(page, (near, near), (far, far), 40, width)
    covered = cover(page, found_in(page), to_ink(page))
    np.testing.assert_allclose(covered.astype(int), cell(), atol=3)


def test_a_border_in_other_shapes_is_found():
    rounded, skewed, dashed, doubled, circle = (cell() for _ in range(5))
    corners = np.array([[12, 20], [102, 12], [109, 101], [18, 108]])
    cv2.polylines(skewed, [corners], True, 40, 3, cv2.LINE_AA)
    cv2.ellipse(rounded, (60, 60), (54, 50), 0, 0, 360, 40, 3, cv2.LINE_AA)
    for start in range(8, 108, 10):
        for line in (8, 108):
            cv2.line(dashed, (start, line), (start + 5, line), 40, 3)
            cv2.line(dashed, (line, start), (line, start + 5), 40, 3)
    for margin in (5, 11):
        cv2.rectangle(doubled, (margin, margin), (119 - margin, 119 - margin), 40, 2)
    cv2.circle(circle, (60, 62), 45, 40, 3, cv2.LINE_AA)
    for page in (rounded, skewed, dashed, doubled, circle):
        border = found_in(page)
        assert not (border & (cell() < 200)).any()
        assert not ((border == 0) & (page < 130) & (cell() > 220)).any()


@pytest.mark.parametrize("sides", ["t", "l", "br", "tlr", "tlbr"])
def test_a_border_that_the_crop_has_cut_is_found(sides):
    page = cell()
    for side in sides:
        {"t": page[:5], "b": page[-6:], "l": page[:, :4], "r": page[:, -7:]}[side][:] = 40
    border = find_border(page, to_ink(page), light=paper_is_light(page))
    assert border is not None
    np.testing.assert_allclose(cover(page, border, to_ink(page)).astype(int), cell(), atol=3)


def test_the_borders_of_the_next_cells_go_too():
    page = cell()
    page[12:15] = page[104:107] = 60
    page[:, 14:17] = page[:, 103:106] = 60
    page[:10, :10] = 0  # ink of the next cell
    np.testing.assert_allclose(cover(page, found_in(page), to_ink(page)).astype(int), cell(), atol=3)


def test_an_empty_border_stays_for_it_may_be_a_0():
    page = np.full((SIDE, SIDE), 230, np.uint8)
    cv2.rectangle(page, (20, 10), (90, 110), 30, 6)
    assert find_border(page, to_ink(page), light=paper_is_light(page)) is None
    cv2.circle(page, (55, 60), 6, 30, -1)  # a dot in a 0
    assert find_border(page, to_ink(page), light=paper_is_light(page)) is None


@pytest.mark.parametrize(
    "lines",
    [
        [[(30, 20), (90, 20)], [(30, 20), (28, 55), (80, 60), (80, 95), (30, 100)]],  # a 5 and its hat
        [[(20, 10), (20, 110)], [(60, 10), (60, 110)], [(100, 10), (100, 110)]],  # three 1s
        [[(10, 100), (110, 100)], [(60, 20), (60, 80)]],  # an underlined 1
        [[(0, 4), (119, 4)], [(60, 0), (60, 119)]],  # a 1 from edge to edge, crossed
    ],
)
def test_strokes_are_no_border(lines):
    page = np.full((SIDE, SIDE), 230, np.uint8)
    for line in lines:
        cv2.polylines(page, [np.array(line)], False, 30, 5, cv2.LINE_AA)
    assert find_border(page, to_ink(page), light=paper_is_light(page)) is None


def test_a_picture_of_a_glyphs_size_has_no_border():
    page = np.zeros((28, 28), np.uint8)
    cv2.rectangle(page, (1, 1), (26, 26), 255, 1)
    page[8:20, 13:15] = 255
    assert find_border(255 - page, page, light=False) is None


@pytest.mark.parametrize("width", [2, 8, 20])
def test_a_dark_border_all_round_does_not_make_the_paper_dark(width):
    page = cell()
    page[:width] = page[-width:] = 20
    page[:, :width] = page[:, -width:] = 20
    assert paper_is_light(page)
    assert not paper_is_light(255 - cell())


@pytest.mark.parametrize("shade", [30, 110])
@pytest.mark.parametrize("at", [35, 30, 26])
def test_a_digit_that_touches_its_border_stays(at, shade):
    """The 7's bar meets the left side; what is inside the border stays, and no border is left."""
    page, digit = (np.full((SIDE, SIDE), 230, np.uint8) for _ in range(2))
    cv2.rectangle(page, (21, 14), (98, 105), shade, 6)
    for drawn in (page, digit):
        cv2.polylines(drawn, [np.array([[at - 10, 35], [80, 35], [58, 88]])], False, 30, 5, cv2.LINE_AA)
    covered = cover(page, found_in(page), to_ink(page)).astype(int)
    np.testing.assert_allclose(covered[20:100, 27:93], digit[20:100, 27:93], atol=8)
    assert min(covered[:, 100:].min(), covered[:12].min()) > 200


@pytest.mark.parametrize("spacing", [15, 30, 60])
def test_squared_paper_is_no_border(spacing):
    page = cell()
    page[::spacing] = page[:, ::spacing] = 150
    page[cell() < 100] = 30
    covered = find_border(page, to_ink(page), light=paper_is_light(page))
    assert covered is None or not (covered & (cell() < 100)).any()


def test_a_0_that_overlaps_itself_is_no_border():
    page = np.full((SIDE, SIDE), 230, np.uint8)
    cv2.rectangle(page, (22, 12), (98, 108), 30, 7)
    cv2.line(page, (25, 14), (25, 70), 30, 7)
    assert find_border(page, to_ink(page), light=paper_is_light(page)) is None
