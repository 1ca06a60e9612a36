import io
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits.image.load import load
from inkdigits.layout.candidates import fallback_candidates, find_candidates
from inkdigits.layout.digit import find_digit

LABELS = [0, 1, 2, 3, 4, 5, 7]
NEAR = 13.0  # levels of 255; a width that rounds to the next pixel costs 11, different drawn digits are 19 apart
labels = st.sampled_from(LABELS)


def prepare(gray: Any) -> Any:
    """The primary candidate, which is looked into without asking first whether it is there."""
    return find_candidates(gray).primary


def find(ink: Any) -> Any:
    """Ink and box of `find_digit`, in the same way."""
    found: Any = find_digit(ink)
    return found.ink, found.box


def box_of(strokes: Any) -> tuple[int, int, int, int]:
    """`(left, top, width, height)` of what is true."""
    rows, columns = np.nonzero(strokes)
    return int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def test_different_digits_are_further_apart_than_what_counts_as_near(draw_digit, glyph_distance):
    glyphs = [prepare(draw_digit(label)).glyph for label in LABELS]
    pairs = [(first, second) for i, first in enumerate(glyphs) for second in glyphs[:i]]
    assert min(glyph_distance(*pair) for pair in pairs) > 1.3 * NEAR


def test_a_picture_of_a_mnist_digit_gives_back_its_own_glyph(mnist_glyphs):
    sample = mnist_glyphs[::20]
    glyphs = [prepare(np.pad(255 - glyph, 6, constant_values=255)).glyph for glyph in sample]
    same = [np.array_equal(found, glyph) for found, glyph in zip(glyphs, sample, strict=True)]
    assert np.mean(same) >= 0.95


@given(label=labels, ink=st.integers(0, 90), paper=st.integers(130, 255))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_inverting_a_picture_does_not_change_the_glyph(draw_digit, label, ink, paper):
    page = draw_digit(label, ink=ink, paper=paper)
    digit, inverted = prepare(page), prepare(255 - page)
    np.testing.assert_array_equal(inverted.glyph, digit.glyph)
    assert inverted.box == digit.box


@given(label=labels, shift=st.tuples(st.integers(-30, 30), st.integers(-30, 30)))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_shifting_the_digit_moves_its_box_and_not_its_glyph(draw_digit, glyph_distance, label, shift):
    still, moved = prepare(draw_digit(label)), prepare(draw_digit(label, shift=shift))
    assert glyph_distance(moved.glyph, still.glyph) < 1
    expected = np.add(still.box, (*shift, 0, 0))
    np.testing.assert_allclose(moved.box, expected, atol=1)


@given(label=labels, margin=st.tuples(*[st.integers(0, 80)] * 4))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_more_paper_around_a_digit_does_not_change_its_glyph(draw_digit, glyph_distance, label, margin):
    top, bottom, left, right = margin
    page = draw_digit(label)
    digit = prepare(page)
    padded = prepare(np.pad(page, ((top, bottom), (left, right)), constant_values=210))
    assert glyph_distance(padded.glyph, digit.glyph) < 1
    np.testing.assert_allclose(padded.box, np.add(digit.box, (left, top, 0, 0)), atol=1)


@given(label=labels, scale=st.floats(0.5, 2))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_rescaling_a_large_drawing_hardly_changes_the_glyph(draw_digit, glyph_distance, label, scale):
    page = draw_digit(label, side=800)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(page, None, fx=scale, fy=scale, interpolation=method)
    assert glyph_distance(prepare(scaled).glyph, prepare(page).glyph) < NEAR


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(("orientation", "stored"), [(6, np.rot90), (3, lambda page: page[::-1, ::-1])])
def test_a_photo_turned_by_exif_gives_the_same_glyph(draw_digit, label, orientation, stored):
    page = draw_digit(label)
    tags, file = Image.Exif(), io.BytesIO()
    tags[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored(page))).save(file, "PNG", exif=tags)
    turned, upright = prepare(load(file.getvalue())), prepare(page)
    np.testing.assert_array_equal(turned.glyph, upright.glyph)
    assert turned.box == upright.box


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("darkest", [0.65, 0.35])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_shadow_hardly_changes_the_glyph(draw_digit, glyph_distance, label, darkest, axis):
    page = draw_digit(label)
    light = np.linspace(1, darkest, len(page))
    shaded = (page * (light if axis else light[:, None])).astype(np.uint8)
    assert glyph_distance(prepare(shaded).glyph, prepare(page).glyph) < NEAR


def test_a_mild_shadow_hardly_changes_the_glyph(draw_digit, glyph_distance):
    page = draw_digit(0)
    shaded = (page * np.linspace(1, 0.8, len(page))[:, None]).astype(np.uint8)
    assert glyph_distance(prepare(shaded).glyph, prepare(page).glyph) < NEAR


@pytest.mark.parametrize("label", LABELS)
def test_grain_hardly_changes_the_glyph(draw_digit, glyph_distance, label):
    page = draw_digit(label)
    grainy = (page + np.random.default_rng(label).normal(0, 4, page.shape)).clip(0, 255).astype(np.uint8)
    assert glyph_distance(prepare(grainy).glyph, prepare(page).glyph) < NEAR


@pytest.mark.parametrize("label", LABELS)
def test_dust_is_dropped(draw_digit, glyph_distance, label):
    page = draw_digit(label)
    dusty = page.copy()
    for row, column in np.random.default_rng(label).integers(0, 198, (15, 2)):
        if (page[row - 4 : row + 6, column - 4 : column + 6] == 210).all():  # not on the digit itself
            dusty[row : row + 2, column : column + 2] = 60
    assert (dusty != page).any()
    assert glyph_distance(prepare(dusty).glyph, prepare(page).glyph) < 1
    np.testing.assert_allclose(prepare(dusty).box, prepare(page).box, atol=1)


@pytest.mark.parametrize("label", LABELS)
def test_the_filled_corners_of_a_turned_page_are_dropped(draw_digit, glyph_distance, label):
    page = draw_digit(label)
    cornered = page.copy()
    for x, y in ((0, 0), (199, 0), (0, 199), (199, 199)):
        corner = [(x, y), (abs(x - 40), y), (x, abs(y - 40))]
        cv2.fillPoly(cornered, [np.array(corner, np.int32)], 0)
    assert glyph_distance(prepare(cornered).glyph, prepare(page).glyph) < NEAR
    np.testing.assert_allclose(prepare(cornered).box, prepare(page).box, atol=2)


def test_a_stroke_apart_from_the_rest_belongs_to_the_digit():
    ink = np.zeros((100, 100), np.uint8)
    ink[40:80, 40:60] = 255
    ink[30:34, 45:60] = 255  # a 5's hat
    part, box = find(ink)
    assert box == (40, 30, 20, 50)
    np.testing.assert_array_equal(part, ink[30:80, 40:60])


def test_a_neighbour_inside_the_box_is_cut_out_of_it():
    ink = np.zeros((100, 100), np.uint8)
    ink[20:80, 30:34] = ink[76:80, 30:70] = 255  # an L
    ink[40, 60] = 255  # and dust in its corner
    part, box = find(ink)
    assert box == (30, 20, 40, 60)
    assert part[20, 30] == 0
    assert part[0, 0] == 255


def test_no_ink_is_no_digit():
    assert find_digit(np.zeros((50, 50), np.uint8)) is None


@pytest.mark.parametrize("side", [100, 1024, 1100, 2500])
@pytest.mark.parametrize("label", [1, 4])
def test_the_box_is_in_pixels_of_the_picture_whatever_its_size(draw_digit, side, label):
    page = draw_digit(label, side=side, size=0.4, shift=(side // 8, -side // 10))
    digit = prepare(page)
    np.testing.assert_allclose(digit.box, box_of(page < 125), atol=2 + side / 250)
    assert all(type(value) is int for value in digit.box)


def test_the_box_of_a_wide_picture_is_in_its_own_pixels(draw_digit):
    page = np.full((300, 3000), 210, np.uint8)
    page[50:250, 2000:2200] = draw_digit(0)
    np.testing.assert_allclose(prepare(page).box, box_of(page < 125), atol=8)


@given(level=st.integers(1, 255), shape=st.tuples(st.integers(1, 120), st.integers(1, 120)))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_an_even_picture_is_blank(level, shape):
    found = find_candidates(np.full(shape, level, np.uint8))
    assert (found.primary, found.fallback) == (None, None)


def test_a_black_picture_is_blank():
    assert prepare(np.zeros((60, 60), np.uint8)) is None


def test_grainy_paper_is_blank():
    page = np.random.default_rng(0).normal(200, 3, (100, 100)).astype(np.uint8)
    assert prepare(page) is None


@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_a_digit_of_a_few_pixels_is_too_small(side):
    page = np.full((60, 60), 210, np.uint8)
    page[30 : 30 + side, 30 : 30 + side] = 40
    digit = prepare(page)
    assert (digit.reason, digit.box) == ("too_small", (30, 30, side, side))
    assert digit.glyph is not None


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (2, 300), (4, 60), (8, 4000)])
def test_a_picture_too_narrow_for_any_shape_is_too_small(shape):
    stripes = np.full(shape, 210, np.uint8)
    middle = [slice(side // 3, side - side // 3) for side in shape]
    stripes[middle[0], middle[1]] = 40
    digit = prepare(stripes)
    assert digit.reason == "too_small"
    assert digit.glyph is not None


def test_a_picture_just_wide_enough_is_not_too_small():
    page = np.full((40, 5), 210, np.uint8)
    page[5:35, 2] = 40
    assert prepare(page).reason is None


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("contrast", [3, 8, 15])
def test_faint_ink_is_of_low_contrast_or_none(draw_digit, label, contrast):
    digit = prepare(draw_digit(label, ink=200 - contrast, paper=200))
    assert digit is None or digit.reason == "low_contrast"


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("contrast", [40, 100, 200])
def test_ink_that_stands_out_has_no_reason_against_it(draw_digit, label, contrast):
    digit = prepare(draw_digit(label, ink=220 - contrast, paper=220))
    assert digit.reason is None
    assert (digit.glyph.shape, digit.glyph.dtype, digit.glyph.max()) == ((28, 28), np.uint8, 255)


@st.composite
def pages(draw):
    """A few dark bars on paper of any shape, the thinnest and the smallest included."""
    height, width = draw(st.tuples(st.integers(1, 60), st.integers(1, 60)))
    page = np.full((height, width), draw(st.integers(150, 255)), np.uint8)
    for _ in range(draw(st.integers(0, 4))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
        page[top:bottom, left:right] = draw(st.integers(0, 120))
    return np.repeat(page, draw(st.sampled_from([1, 1, 40])), axis=draw(st.integers(0, 1)))


@given(page=pages())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_box_lies_in_its_picture_whatever_the_picture(page):
    found = find_candidates(page)
    primary = [] if found.primary is None else [found.primary]
    for candidate in (*primary, *fallback_candidates(found)):
        left, top, width, height = candidate.box
        assert min(left, top) >= 0
        assert min(width, height) >= 1
        assert left + width <= page.shape[1]
        assert top + height <= page.shape[0]


def test_a_box_that_begins_in_the_middle_of_a_large_picture_ends_at_its_edge():
    page = np.full((500, 1027), 230, np.uint8)  # scaled to 1024: both halves end between two pixels
    cv2.rectangle(page, (514, 200), (1026, 300), 30, 9)
    left, _, width, _ = prepare(page).box
    assert left == pytest.approx(510, abs=3)
    assert left + width == 1027


def bars(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Ink filled in these boxes, `(left, top, width, height)`, on 200 x 200."""
    ink = np.zeros((200, 200), np.uint8)
    for left, top, width, height in boxes:
        ink[top : top + height, left : left + width] = 255
    return ink


BODY = (80, 60, 40, 80)
SIDE_BY_SIDE = {
    "two of a height": [(60, 60, 30, 80), (105, 60, 30, 80)],
    "one half as tall": [(60, 60, 30, 80), (105, 100, 30, 40)],
    "three": [(55, 60, 20, 80), (90, 58, 20, 84), (125, 60, 20, 80)],
    "two and a dot": [(60, 60, 30, 80), (105, 60, 30, 80), (94, 130, 8, 8)],
}
ONE_SHAPE = {
    "one alone": [BODY],
    "a 5 whose hat begins beside its body": [BODY, (124, 60, 30, 8)],
    "a 4 whose stem is broken off its bar": [(60, 60, 8, 50), (60, 110, 60, 8), (100, 60, 8, 46), (100, 122, 8, 30)],
    "an i": [(95, 80, 10, 80), (92, 55, 16, 16)],
    "a colon's dots": [(90, 60, 30, 30), (90, 95, 30, 30)],
    "a point beside it": [BODY, (125, 128, 12, 12)],
    "one a third as tall": [(60, 60, 30, 80), (105, 113, 30, 27)],
}


@pytest.mark.parametrize("shapes", SIDE_BY_SIDE.values(), ids=SIDE_BY_SIDE)
def test_shapes_side_by_side_are_several(shapes):
    digit = prepare(255 - bars(*shapes))
    assert digit.several
    assert digit.box == box_of(bars(*shapes))


@pytest.mark.parametrize("shapes", ONE_SHAPE.values(), ids=ONE_SHAPE)
def test_the_pieces_of_one_shape_are_not_several(shapes):
    digit = prepare(255 - bars(*shapes))
    assert not digit.several
    assert digit.box == box_of(bars(*shapes))


@pytest.mark.parametrize("label", LABELS)
def test_a_digit_alone_is_not_several_and_two_are(draw_digit, label):
    assert not prepare(draw_digit(label)).several
    pair = np.minimum(draw_digit(label, size=0.4, shift=(-27, 0)), draw_digit(2, size=0.4, shift=(27, 0)))
    assert prepare(pair).several


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("share", [1, 1.6])
def test_a_line_under_a_digit_is_no_part_of_it(draw_digit, label, share):
    page = draw_digit(label, size=0.5)
    plain = prepare(page)
    left, top, width, height = plain.box
    start, length = round(left + (1 - share) / 2 * width), round(share * width)
    page[top + height + 8 : top + height + 13, start : start + length] = 40
    underlined = prepare(page)
    np.testing.assert_array_equal(underlined.glyph, plain.glyph)
    assert underlined.box == plain.box
    assert not underlined.several


@pytest.mark.parametrize(
    "dash",
    [(80, 44, 40, 8), (80, 44, 55, 8), (85, 146, 30, 7)],
    ids=["a 5's hat", "a wide hat", "the foot of a 2, narrower than it"],
)
def test_a_dash_that_is_no_underline_stays(dash):
    _, box = find(bars(BODY, dash))
    assert box == box_of(bars(BODY, dash))


def test_the_foot_of_a_digit_is_told_from_an_underline_by_its_width():
    for width, stays in ((31, True), (32, False), (60, False)):  # 80 % of 40
        _, box = find(bars(BODY, (100 - width // 2, 146, width, 6)))
        assert (box != BODY) == stays


def test_inside_nothing_is_taken_that_touches_the_edges_and_no_dash():
    ink = bars(BODY, (0, 50, 200, 4), (70, 145, 60, 6))
    ink[150:, 125:130] = 255  # comes up from below
    assert find_digit(ink, inside=True).box == BODY  # type: ignore[union-attr]
    assert find(ink)[1] != BODY


def test_inside_the_edges_there_may_be_nothing_to_speak_of():
    ink = bars((0, 60, 150, 80), (160, 60, 20, 80))
    assert find_digit(ink, inside=True) is None  # the part inside is a seventh of the other
    assert find_digit(bars((0, 60, 50, 80), (60, 60, 20, 80)), inside=True) is not None
    assert find_digit(bars((10, 100, 180, 6)), inside=True) is None
    assert find_digit(np.zeros((9, 9), np.uint8), inside=True) is None
