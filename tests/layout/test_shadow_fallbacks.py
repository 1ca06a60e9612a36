"""Fallbacks of a page on which the edge of a shadow crosses the digit: the picture without what may be shadows."""

import cv2
import numpy as np
import pytest

from inkdigits.layout.candidates import LEAST_SHADED, fallback_candidates, find_candidates

ARM = (np.array([[0, 270], [260, 190], [300, 270], [0, 410]]), 0.45)  # across the foot of the digit


def shaded(page, edge=4.0):
    """The page with a dark arm on it, whose edge is soft."""
    corners, light = ARM
    mask = np.zeros(page.shape, np.uint8)
    cv2.fillPoly(mask, [corners.astype(np.int32)], 255)
    dark = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), edge)
    return np.rint(page * (1 - dark * light)).astype(np.uint8)


def overlap(found, true):
    left, top = max(found[0], true[0]), max(found[1], true[1])
    right = min(found[0] + found[2], true[0] + true[2])
    bottom = min(found[1] + found[3], true[1] + true[3])
    shared = max(right - left, 0) * max(bottom - top, 0)
    return shared / (found[2] * found[3] + true[2] * true[3] - shared)


@pytest.fixture
def page(draw_digit):
    return draw_digit(7, side=520, size=0.5)


def test_a_digit_that_a_shadow_crosses_is_found_without_the_shadow(page, recognizer):
    true = find_candidates(page).primary.box
    found = find_candidates(shaded(page))
    assert overlap(found.primary.box, true) < 0.8
    lit = [one for one in fallback_candidates(found) if one.origin == "lit evenly"]
    assert max(overlap(one.box, true) for one in lit) > 0.9
    boxes = [found.primary.box, *(one.box for one in lit)]
    assert len(set(boxes)) == len(boxes)
    read = recognizer.read(shaded(page))
    assert (read.text, read.status) == ("7", "ok")
    assert read.record.chosen.candidate.origin == "lit evenly"
    assert recognizer.explain(shaded(page)).warnings == ()  # the shadow is no second shape


def test_small_pictures_and_pictures_with_a_symbol_beside_the_digit_have_no_such_candidates(page):
    small = cv2.resize(shaded(page), (LEAST_SHADED - 1,) * 2, interpolation=cv2.INTER_AREA)
    assert not [one for one in fallback_candidates(find_candidates(small)) if one.origin == "lit evenly"]
    pair = np.hstack([page, page])
    found = find_candidates(pair)
    assert found.primary.beside
    assert not fallback_candidates(found)


def test_many_pictures_that_wait_keep_no_ink(page):
    from inkdigits.reading.preparing import prepare

    kept = prepare(shaded(page), max_megapixels=1, keep="nothing").found
    assert (kept.work.ink.size, kept.work.bare.size) == (0, 0)
    again = fallback_candidates(kept)
    assert [one.box for one in again] == [one.box for one in fallback_candidates(find_candidates(shaded(page)))]
