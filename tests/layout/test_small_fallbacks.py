import cv2
import numpy as np

from inkdigits.data.mnist import load_mnist
from inkdigits.layout.candidates import SMALL_PAGE, fallback_candidates, find_candidates
from inkdigits.recognizer import Recognizer
from inkdigits.robustness.corruptions import corrupt


def test_only_small_pictures_have_blurred_fallbacks() -> None:
    glyph = load_mnist("test").glyphs[0]
    assert find_candidates(glyph).fallback == "small"
    assert find_candidates(cv2.resize(glyph, (SMALL_PAGE, SMALL_PAGE))).fallback is None


def test_a_picture_of_a_glyphs_size_may_be_a_glyph_already() -> None:
    glyph = load_mnist("test").glyphs[0]
    found = fallback_candidates(find_candidates(glyph))
    assert [candidate.origin for candidate in found] == ["blurred", "as glyph", "as glyph, blurred"]
    assert [candidate.glyph.shape for candidate in found] == [(28, 28)] * 3
    assert np.array_equal(found[1].glyph, glyph)
    assert found[1].glyph_frame.outward((3, 4, 5, 6)) == (3, 4, 5, 6)
    other = fallback_candidates(find_candidates(cv2.resize(glyph, (32, 40))))
    assert [candidate.origin for candidate in other] == ["blurred"]


def test_a_blur_that_takes_all_ink_is_no_fallback() -> None:
    speck = np.full((40, 40), 255, np.uint8)
    speck[20, 20:26] = 200
    found = find_candidates(speck)
    assert found.fallback == "small"
    assert fallback_candidates(found) == []


def test_grain_and_panels_mislead_less() -> None:
    """Of 100 digits each, as many and more than without fallbacks, which read 88 and 43 % of these right."""
    digits = load_mnist("train").subset(np.arange(100))
    recognizer = Recognizer("default", min_confidence=0)
    for kind, least in (("impulse noise", 0.92), ("stripe", 0.8)):
        pages = recognizer.read_many(list(corrupt(digits.glyphs, kind, seed=1)))
        right = np.mean([page.text == str(label) for page, label in zip(pages, digits.labels, strict=True)])
        assert right >= least, (kind, right)


def test_light_and_dark_paper_look_the_same() -> None:
    digits = load_mnist("train").subset(np.arange(60)).glyphs
    recognizer = Recognizer("default", min_confidence=0)
    struck = corrupt(digits, "zigzag", seed=1)
    dark, light = (recognizer.read_many(list(some)) for some in (struck, 255 - struck))
    assert [page.text for page in dark] == [page.text for page in light]
