import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageColor

from inkdigits.errors import PictureError, SettingError
from inkdigits.geometry import Box
from inkdigits.image.load import load
from inkdigits.reading.drawing import COLORS, LEAST_SIDE, LONGEST_SIDE
from inkdigits.reading.result import Alternative, Digit, Line, ModelInfo, Page
from inkdigits.reading.source import find_sample

BOX = (80, 60, 100, 120)  # left, top, width, height
ABOUT = ModelInfo(name="small", version="1", preparation="2")


def a_digit(text="7", confidence=0.5, box: Box = BOX, status="ok", reason=None) -> Digit:
    alternatives = (Alternative(text, confidence), Alternative("8", 0.9 - confidence))
    return Digit(
        text=text, status=status, reason=reason, confidence=confidence, box=box, alternatives=alternatives,
        not_a_digit=0.1,
    )  # fmt: skip


def a_line(*digits: Digit, status="ok", reason=None) -> Line:
    return Line(
        text="".join(digit.text for digit in digits), status=status, reason=reason, confidence=digits[0].confidence,
        box=digits[0].box, alternatives=digits[0].alternatives, digits=digits,
    )  # fmt: skip


def a_page(status="ok", *, box: Box = BOX, confidence=0.887, reason=None) -> Page:
    digit = a_digit(confidence=confidence, box=box, status=status, reason=reason)
    line = a_line(digit, status=status, reason=reason)
    return Page(status=status, reason=reason, confidence=confidence, lines=(line,), model=ABOUT)


BLANK = Page(status="rejected", reason="blank")


def test_the_text_of_a_page_is_its_accepted_lines():
    first, second = a_line(a_digit("4"), a_digit("2")), a_line(a_digit("7"), status="uncertain", reason="ambiguous")
    third = a_line(a_digit("1"), status="rejected", reason="not_a_digit")
    page = Page(status="uncertain", lines=(first, third, second))
    assert page.text == "42\n7"
    assert third.text == "1"  # the best guess
    assert page.alternatives == ()


@pytest.mark.parametrize("status", ["rejected", "error"])
def test_a_page_without_an_answer_has_no_text_and_keeps_the_best_guess(status):
    page = a_page(status, reason="ambiguous")
    assert page.text == ""
    assert page.lines[0].text == "7"
    assert (page.confidence, page.alternatives[0].text) == (0.887, "7")


def test_the_box_of_a_page_holds_those_of_its_lines():
    lines = a_line(a_digit(box=(10, 20, 5, 8))), a_line(a_digit(box=(18, 17, 6, 9)))
    assert Page(status="ok", lines=lines).box == (10, 17, 14, 11)
    assert a_page().box == BOX


def test_a_page_on_which_nothing_was_found_has_neither_text_nor_confidence_nor_box():
    assert (BLANK.text, BLANK.confidence, BLANK.box, BLANK.alternatives) == ("", None, None, ())


def test_results_can_be_hashed_and_compared():
    assert len({a_page(), a_page(), a_page(confidence=0.5)}) == 2
    assert len({BLANK, replace(BLANK, path="a.png")}) == 2


def test_glyph_and_record_are_not_part_of_what_is_compared_or_shown():
    digit = replace(a_digit(), glyph=np.zeros((28, 28), np.uint8))
    assert digit == a_digit()
    assert "glyph" not in repr(digit)
    assert "glyph" not in digit.to_dict()


def test_a_page_becomes_the_json_of_the_contract():
    digit = a_digit("4", 1 / 3, (1, 2, 3, 4))
    page = Page(status="ok", confidence=1 / 3, lines=(a_line(digit),), path="a.png", model=ABOUT)
    alternatives = [["4", 0.333333], ["8", 0.566667]]
    expected = {
        "schema": 1,
        "path": "a.png",
        "kind": "digit",
        "text": "4",
        "status": "ok",
        "reason": None,
        "confidence": 0.333333,
        "lines": [
            {
                "text": "4",
                "status": "ok",
                "reason": None,
                "confidence": 0.333333,
                "box": [1, 2, 3, 4],
                "alternatives": alternatives,
                "digits": [
                    {
                        "text": "4",
                        "confidence": 0.333333,
                        "box": [1, 2, 3, 4],
                        "alternatives": alternatives,
                        "not_a_digit": 0.1,
                    }
                ],
            }
        ],
        "model": {"name": "small", "version": "1", "preparation": "2"},
    }
    assert page.to_dict() == expected
    assert list(page.to_dict()) == list(expected)
    assert json.loads(json.dumps(page.to_dict())) == expected


def test_what_went_wrong_is_in_the_json_only_if_something_did():
    assert "error" not in BLANK.to_dict()
    broken = Page(status="error", error="It is no picture.", hint="Look.").to_dict()
    assert (broken["status"], broken["error"], broken["hint"]) == ("error", "It is no picture.", "Look.")
    assert (broken["text"], broken["confidence"], broken["lines"], broken["path"]) == ("", None, [], None)


def test_a_page_shows_itself_in_one_short_line():
    assert repr(a_page()) == "Page(text='7', status='ok', confidence=0.8870)"
    assert repr(replace(BLANK, path="a.png")) == "Page(text='', status='rejected', reason='blank', path='a.png')"
    assert len(repr(Page(status="error", error="no such file"))) < 80


def test_a_notebook_shows_a_table_in_which_names_are_harmless():
    table = replace(a_page("uncertain", reason="ambiguous"), path="<script>.png")._repr_html_()
    assert "<td>7</td><td>uncertain (ambiguous)</td><td>88.7%</td>" in table
    assert "&lt;script&gt;" in table
    assert "<script" not in table


def as_array(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


@pytest.fixture
def gray() -> np.ndarray:
    return np.random.default_rng(0).integers(100, 200, (300, 400)).astype(np.uint8)


def test_only_the_frame_around_the_digit_is_drawn_on_the_picture(gray):
    drawn = as_array(a_page().draw(gray))[:300, :400]
    changed = (drawn != gray[:, :, None]).any(axis=2)
    left, top, width, height = BOX
    frame = np.zeros_like(changed)
    frame[top - 2 : top + height + 2, left - 2 : left + width + 2] = True
    frame[top : top + height, left : left + width] = False
    np.testing.assert_array_equal(changed, frame)
    assert (drawn[frame] == ImageColor.getrgb(COLORS["ok"])).all()


def test_a_caption_is_added_below_the_picture(gray):
    caption = as_array(a_page().draw(gray))[300:]
    assert 20 <= len(caption) <= 60
    assert (caption == 255).all(axis=2).mean() > 0.5
    assert (caption == ImageColor.getrgb(COLORS["ok"])).all(axis=2).any()


@pytest.mark.parametrize(
    "page",
    [
        a_page(box=(0, 0, 1, 1), confidence=0.9),
        a_page("uncertain", box=(0, 0, 1, 1), confidence=0.888, reason="ambiguous"),
        a_page("rejected", box=(0, 0, 1, 1), confidence=0.3, reason="ambiguous"),
        a_page("rejected", box=(0, 0, 1, 1), reason="low_contrast"),
        BLANK,
        Page(status="error", error="no picture"),
    ],
)
@pytest.mark.parametrize("shape", [(28, 28), (300, 400), (400, 20), (20, 400), (1, 1)])
def test_every_caption_fits_whole_below_the_picture_whatever_its_size(page, shape):
    drawn = as_array(page.draw(np.full(shape, 255, np.uint8)))
    below = (drawn != 255).any(axis=2)[-20:]  # the frame, 2 pixels beyond the picture at most, does not reach there
    assert below.any()
    assert not below[:, -1].any()
    assert not below[-1].any()


def test_the_color_tells_the_status(gray):
    left, top = BOX[0] - 2, BOX[1] - 2
    for status in ("ok", "uncertain", "rejected"):
        drawn = as_array(a_page(status, reason=None if status == "ok" else "ambiguous").draw(gray))
        assert tuple(drawn[top, left]) == ImageColor.getrgb(COLORS[status])
    assert len({COLORS[status] for status in ("ok", "uncertain", "rejected")}) == 3


def test_answers_and_confidence_change_the_caption(gray):
    pages = [a_page(), a_page(confidence=0.5), a_page("uncertain"), BLANK, replace(BLANK, reason="too_small")]
    assert len({as_array(page.draw(gray))[300:].tobytes() for page in pages}) == len(pages)


@pytest.mark.parametrize("shape", [(2000, 3000), (3000, 2000), (5000, 10), (10, 5000)])
def test_a_large_picture_is_scaled_down(shape):
    drawn = a_page(box=(0, 0, 10, 10)).draw(np.full(shape, 200, np.uint8))
    height, width = (max(1, round(side * LONGEST_SIDE / max(shape))) for side in shape)
    assert width <= drawn.width <= LONGEST_SIDE
    assert 20 <= drawn.height - height <= LONGEST_SIDE / 8  # the caption


def test_the_frame_follows_the_picture_when_it_is_scaled():
    page = a_page(box=(1000, 500, 2000, 1500))
    drawn = as_array(page.draw(np.full((3000, 4000), 255, np.uint8)))[:1200]
    rows, columns = np.nonzero((drawn != 255).any(axis=2))
    assert (columns.min(), columns.max() + 1) == (400 - 2, 1200 + 2)  # 0.4 of the box, and the frame around it
    assert (rows.min(), rows.max() + 1) == (200 - 2, 800 + 2)


def test_a_small_picture_is_enlarged_without_blur():
    glyph = load(find_sample("mnist"))
    drawn = as_array(BLANK.draw(glyph))[:LEAST_SIDE, :LEAST_SIDE]
    assert set(np.unique(drawn)) == set(np.unique(glyph))
    assert drawn.shape[:2] == (LEAST_SIDE, LEAST_SIDE)


def test_every_kind_of_picture_can_be_drawn_on_and_stays_as_it_is():
    path = find_sample("turned")
    expected = as_array(a_page().draw(path))
    array = load(path)
    before = array.copy()
    for picture in (str(path), "sample:turned", path.read_bytes(), array, Image.fromarray(array)):
        np.testing.assert_array_equal(as_array(a_page().draw(picture)), expected)
    np.testing.assert_array_equal(array, before)


def test_without_a_picture_there_is_nothing_to_draw_on():
    with pytest.raises(SettingError, match="Give the picture that was read"):
        a_page().draw()
    with pytest.raises(PictureError, match="Expected"):
        a_page().draw(b"no picture")
