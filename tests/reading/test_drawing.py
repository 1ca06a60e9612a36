import numpy as np
import pytest
from PIL import Image, ImageColor

from inkdigits.errors import PictureError
from inkdigits.image.load import load
from inkdigits.reading.drawing import COLORS, LEAST_SIDE, LONGEST_SIDE, annotate_picture
from inkdigits.reading.result import Digit, Line, Page
from inkdigits.reading.source import find_sample

BOX = (80, 60, 100, 120)  # left, top, width, height


def a_page(status="ok", *, box=BOX, confidence=0.987, reason=None) -> Page:
    digit = Digit("7", confidence, box, (("7", confidence),))
    return Page(status, lines=(Line((digit,)),), reason=reason)


def as_array(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


@pytest.fixture
def gray() -> np.ndarray:
    return np.random.default_rng(0).integers(100, 200, (300, 400)).astype(np.uint8)


def test_only_the_frame_around_the_digit_is_drawn_on_the_picture(gray):
    annotated = as_array(annotate_picture(gray, a_page()))[:300, :400]
    changed = (annotated != gray[:, :, None]).any(axis=2)
    left, top, width, height = BOX
    frame = np.zeros_like(changed)
    frame[top - 2 : top + height + 2, left - 2 : left + width + 2] = True
    frame[top : top + height, left : left + width] = False
    np.testing.assert_array_equal(changed, frame)
    assert (annotated[frame] == ImageColor.getrgb(COLORS["ok"])).all()


def test_a_caption_is_added_below_the_picture(gray):
    annotated = as_array(annotate_picture(gray, a_page()))
    caption = annotated[300:]
    assert 20 <= len(caption) <= 60
    assert (caption == 255).all(axis=2).mean() > 0.5
    assert (caption == ImageColor.getrgb(COLORS["ok"])).all(axis=2).any()


@pytest.mark.parametrize(
    "page",
    [
        a_page(box=(0, 0, 1, 1), confidence=1.0),
        a_page("uncertain", box=(0, 0, 1, 1), confidence=0.888, reason="ambiguous"),
        a_page("rejected", box=(0, 0, 1, 1), confidence=0.3, reason="ambiguous"),
        a_page("rejected", box=(0, 0, 1, 1), reason="low_contrast"),
        Page("rejected", reason="blank"),
    ],
)
@pytest.mark.parametrize("shape", [(28, 28), (300, 400), (400, 20), (20, 400), (1, 1)])
def test_every_caption_fits_whole_on_the_sheet_whatever_the_picture(page, shape):
    annotated = as_array(annotate_picture(np.full(shape, 255, np.uint8), page))
    inked = (annotated != 255).any(axis=2)
    below = inked[-20:]  # the frame, 2 pixels beyond the picture at most, does not reach that far down
    assert below.any()
    assert not below[:, -1].any()
    assert not below[-1].any()


def test_the_color_tells_the_status(gray):
    seen = {status: as_array(annotate_picture(gray, a_page(status))) for status in ("ok", "uncertain", "rejected")}
    left, top = BOX[0] - 2, BOX[1] - 2
    for status, annotated in seen.items():
        assert tuple(annotated[top, left]) == ImageColor.getrgb(COLORS[status])
    assert len({COLORS[status] for status in seen}) == 3


def test_answers_and_confidence_change_the_caption(gray):
    pages = [a_page(), a_page(confidence=0.5), a_page("uncertain")]
    pages += [Page("rejected", reason=reason) for reason in ("blank", "too_small")]
    captions = {as_array(annotate_picture(gray, page))[300:].tobytes() for page in pages}
    assert len(captions) == len(pages)


def test_a_blank_picture_gets_a_caption_and_no_frame(gray):
    annotated = as_array(annotate_picture(gray, Page("rejected", reason="blank")))
    np.testing.assert_array_equal(annotated[:300, :400], np.repeat(gray[:, :, None], 3, axis=2))
    assert (annotated[300:] != 255).any()


@pytest.mark.parametrize("shape", [(2000, 3000), (3000, 2000), (5000, 10), (10, 5000)])
def test_a_large_picture_is_scaled_down(shape):
    annotated = annotate_picture(np.full(shape, 200, np.uint8), a_page(box=(0, 0, 10, 10)))
    height, width = (max(1, round(side * LONGEST_SIDE / max(shape))) for side in shape)
    assert width <= annotated.width <= LONGEST_SIDE
    assert 20 <= annotated.height - height <= LONGEST_SIDE / 8  # the caption


def test_the_frame_follows_the_picture_when_it_is_scaled():
    large = np.full((3000, 4000), 255, np.uint8)
    annotated = as_array(annotate_picture(large, a_page(box=(1000, 500, 2000, 1500))))[:1200]
    rows, columns = np.nonzero((annotated != 255).any(axis=2))
    assert (columns.min(), columns.max() + 1) == (400 - 2, 1200 + 2)  # 0.4 of the box, and the frame around it
    assert (rows.min(), rows.max() + 1) == (200 - 2, 800 + 2)


def test_a_small_picture_is_enlarged_without_blur():
    glyph = load(find_sample("mnist"))
    annotated = as_array(annotate_picture(glyph, Page("rejected", reason="blank")))[:LEAST_SIDE, :LEAST_SIDE]
    assert set(np.unique(annotated)) == set(np.unique(glyph))
    assert annotated.shape[:2] == (LEAST_SIDE, LEAST_SIDE)


def test_every_kind_of_picture_can_be_annotated():
    path = find_sample("turned")
    expected = as_array(annotate_picture(path, a_page()))
    for picture in (str(path), path.read_bytes(), load(path), Image.fromarray(load(path))):
        np.testing.assert_array_equal(as_array(annotate_picture(picture, a_page())), expected)


def test_the_original_is_left_alone(gray):
    before = gray.copy()
    annotate_picture(gray, a_page())
    np.testing.assert_array_equal(gray, before)


def test_a_picture_that_cannot_be_read_or_is_too_large_is_an_error(gray):
    with pytest.raises(PictureError, match="Expected"):
        annotate_picture(b"no picture", a_page())
    with pytest.raises(PictureError, match="megapixels"):
        annotate_picture(gray, a_page(), max_megapixels=0.1)
