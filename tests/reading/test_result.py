import json

import numpy as np
import pytest

from inkdigits.geometry import Box
from inkdigits.reading.result import Digit, Line, Page


def digit(text: str, confidence: float = 0.5, box: Box = (0, 0, 10, 10)) -> Digit:
    return Digit(text, confidence, box, ((text, confidence), ("8", 1 - confidence)))


LINE = Line((digit("4", 0.5, (10, 20, 5, 8)), digit("2", 0.9, (18, 17, 6, 9))))
ABOUT = {"name": "small", "version": "1", "preparation": "1"}


def test_the_text_of_a_line_is_its_digits():
    assert LINE.text == "42"


def test_the_confidence_of_a_line_is_the_product_of_its_digits():
    assert LINE.confidence == pytest.approx(0.45)


def test_the_box_of_a_line_holds_those_of_its_digits():
    assert LINE.box == (10, 17, 14, 11)
    assert Line((digit("7", box=(3, 4, 5, 6)),)).box == (3, 4, 5, 6)


def test_the_text_of_a_page_is_its_lines():
    page = Page("ok", lines=(LINE, Line((digit("7", 0.8),))))
    assert page.text == "42\n7"
    assert page.confidence == pytest.approx(0.45 * 0.8)


@pytest.mark.parametrize("status", ["rejected", "error"])
def test_a_page_without_an_answer_has_no_text_and_keeps_the_best_guess(status):
    page = Page(status, lines=(LINE,), reason="ambiguous")
    assert page.text == ""
    assert page.lines[0].text == "42"
    assert page.confidence == pytest.approx(0.45)


def test_an_uncertain_page_still_has_its_text():
    assert Page("uncertain", lines=(LINE,), reason="ambiguous").text == "42"


def test_a_page_on_which_nothing_was_found_has_no_confidence():
    assert Page("rejected", reason="blank").confidence is None
    assert Page("rejected", reason="blank").text == ""


def test_the_glyph_is_not_part_of_what_is_compared_or_shown():
    with_glyph = Digit("7", 0.9, (0, 0, 1, 1), (("7", 0.9),), glyph=np.zeros((28, 28), np.uint8))
    assert with_glyph == Digit("7", 0.9, (0, 0, 1, 1), (("7", 0.9),))
    assert "glyph" not in repr(with_glyph)
    assert "glyph" not in with_glyph.to_dict()


def test_a_page_becomes_the_json_of_the_contract():
    page = Page("ok", lines=(Line((digit("4", 0.5, (1, 2, 3, 4)),)),), path="a.png", model=ABOUT)
    expected = {
        "path": "a.png",
        "kind": "digit",
        "text": "4",
        "status": "ok",
        "reason": None,
        "confidence": 0.5,
        "lines": [
            {
                "text": "4",
                "confidence": 0.5,
                "box": [1, 2, 3, 4],
                "digits": [
                    {
                        "text": "4",
                        "confidence": 0.5,
                        "box": [1, 2, 3, 4],
                        "alternatives": [["4", 0.5], ["8", 0.5]],
                    }
                ],
            }
        ],
        "model": {"name": "small", "version": "1", "preparation": "1"},
    }
    assert page.to_dict() == expected
    assert list(page.to_dict()) == list(expected)
    assert json.loads(json.dumps(page.to_dict())) == expected


def test_what_went_wrong_is_in_the_json_only_if_something_did():
    assert "error" not in Page("rejected", reason="blank").to_dict()
    broken = Page("error", path="a.png", error="It is no picture.").to_dict()
    assert (broken["status"], broken["error"], broken["text"]) == ("error", "It is no picture.", "")
    assert broken["confidence"] is None
    assert broken["lines"] == []
