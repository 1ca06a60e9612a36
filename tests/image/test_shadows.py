import cv2
import numpy as np
import pytest

from inkdigits.image.ink import to_ink
from inkdigits.image.load import Gray
from inkdigits.image.shadows import SHARP, SOFT, edge_sharpness, flatten_light

SHAPE = (480, 640)


def written(level: int = 220, ink: int = 40) -> Gray:
    """A small 7 on bare paper, as a camera sees it."""
    page = np.full(SHAPE, level, np.uint8)
    cv2.polylines(page, [np.array([[400, 300], [430, 300], [412, 345]])], False, ink, 4, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(page, (0, 0), 0.8), np.uint8)


def shaded(page: Gray, softness: float) -> Gray:
    """The shadow of an arm and a finger."""
    mask = np.zeros(SHAPE, np.float32)
    cv2.line(mask, (0, 200), (380, 260), 1.0, 110)
    cv2.line(mask, (380, 260), (520, 200), 1.0, 26)
    return np.asarray(page * (1 - 0.45 * cv2.GaussianBlur(mask, (0, 0), softness)), np.uint8)


@pytest.mark.parametrize("softness", [4, 12, 30])
@pytest.mark.parametrize("window", [0.12, 0.06])
def test_a_flattened_page_holds_the_writing_and_no_shadow(softness, window):
    flat = flatten_light(shaded(written(), softness), window)
    ink = to_ink(flat) > 127
    strokes = written() < 130
    near = cv2.dilate(strokes.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert ink[strokes].mean() > 0.9
    assert not ink[~near].any()


def test_light_ink_on_a_dark_board_becomes_dark_on_white():
    flat = flatten_light(shaded(written(80, 220), 12), 0.06)
    assert flat[300, 415] < 128
    assert flat[50, 50] == 255


def box_of(mask: np.ndarray) -> tuple[int, int, int, int]:
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return left, top, width, height


def sharpness(page: Gray, mask: np.ndarray) -> float:
    left, top, width, height = box = box_of(mask)
    ink = mask[top : top + height, left : left + width].astype(np.uint8) * 255
    return edge_sharpness(page, ink, box)


def test_ink_is_sharp_and_a_shadow_is_not():
    page = shaded(written(), 6)
    assert sharpness(written(), written() < 130) > SHARP
    shadow = shaded(np.full(SHAPE, 220, np.uint8), 6) < 160
    assert sharpness(page, shadow & (written() > 200)) < SOFT


def test_a_level_area_has_no_edges():
    page = np.full((50, 50), 100, np.uint8)
    assert edge_sharpness(page, np.full((10, 10), 255, np.uint8), (20, 20, 10, 10)) == 0
    assert edge_sharpness(page, np.zeros((10, 10), np.uint8), (20, 20, 10, 10)) == 0
