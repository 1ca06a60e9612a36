from collections.abc import Callable

import cv2
import numpy as np
import pytest

from inkdigits.layout.digit import find_digit


def page() -> np.ndarray:
    """A 7, 100 pixels tall."""
    ink = np.zeros((240, 400), np.uint8)
    cv2.polylines(ink, [np.array([[170, 70], [230, 70], [195, 170]])], False, 255, 9)
    return ink


def is_beside(ink: np.ndarray) -> bool:
    found = find_digit(ink)
    assert found is not None
    return found.beside


def line(*points: tuple[int, int], width: int = 9) -> Callable[[np.ndarray], object]:
    return lambda ink: cv2.polylines(ink, [np.array(points)], False, 255, width)


def ring(x: int, y: int, *, level: int = 255, end: int = 360) -> Callable[[np.ndarray], object]:
    return lambda ink: cv2.ellipse(ink, (x, y), (22, 35), 0, 0, end, level, 9)


def dot(x: int, y: int, radius: int = 7) -> Callable[[np.ndarray], object]:
    return lambda ink: cv2.circle(ink, (x, y), radius, 255, -1)


SYMBOLS = {
    "another digit": [ring(300, 120)],
    "point and digit": [dot(250, 168), line((280, 70), (275, 170))],
    "small letter": [line((265, 120), (265, 170)), line((265, 125), (290, 122), (291, 170))],
    "minus": [line((100, 122), (145, 120))],
}
MARKS = {
    "alone": [],
    "full stop": [dot(250, 168)],
    "comma": [line((252, 160), (243, 205), width=8)],
    "dash behind": [line((255, 122), (300, 120))],
    "dashes on both sides": [line((100, 122), (145, 120)), line((255, 122), (300, 120))],
    "underline": [line((120, 200), (290, 200))],
    "dust": [line((280, 100), (284, 112), width=3), dot(120, 90, 4)],
    "cut by the crop": [ring(399, 120)],
    "faint": [ring(300, 120, level=90)],
    "a line of the paper": [line((300, 20), (303, 225), width=6)],
    "above": [lambda ink: cv2.ellipse(ink, (200, 25), (20, 20), 0, 0, 360, 255, 9)],
}


def with_ink(parts: list[Callable[[np.ndarray], object]]) -> np.ndarray:
    ink = page()
    for draw in parts:
        draw(ink)
    return ink


@pytest.mark.parametrize("parts", SYMBOLS.values(), ids=SYMBOLS)
def test_another_symbol_beside_the_digit_is_seen(parts):
    assert is_beside(with_ink(parts))


@pytest.mark.parametrize("parts", MARKS.values(), ids=MARKS)
def test_marks_dust_and_lines_are_no_symbols(parts):
    assert not is_beside(with_ink(parts))


def test_strokes_of_one_digit_are_no_symbols():
    ink = np.zeros((240, 400), np.uint8)  # a 4 whose strokes do not meet
    line((190, 80), (140, 140), (205, 140))(ink)
    line((219, 70), (219, 180))(ink)
    assert not is_beside(ink)
