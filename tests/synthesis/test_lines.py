from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.line_settings import LABEL_CHARACTERS, LineSettings
from inkdigits.synthesis.lines import make_line

NUMBERS = LineSettings(non_numbers=0)
PLAIN = LineSettings(
    mnist=0, pen=1, font=0, old_hands=0, marks=0, touching=0, non_numbers=0, patterns=0, clutter=0, scans=0, pages=0
)


def test_a_line_depends_on_seed_and_index_only():
    before = [make_line(index, seed=3) for index in range(12)]
    after = [make_line(index, seed=3) for index in reversed(range(12))][::-1]
    for one, other in zip(before, after, strict=True):
        assert one.label == other.label
        assert one.boxes == other.boxes
        np.testing.assert_array_equal(one.gray, other.gray)
    assert [line.label for line in before] != [make_line(index, seed=4).label for index in range(12)]


def test_pictures_labels_and_boxes_have_their_forms():
    for index in range(150):
        line = make_line(index, seed=5)
        height, width = line.gray.shape
        assert line.gray.dtype == np.uint8
        assert min(height, width) >= 8
        assert set(line.label) <= set(LABEL_CHARACTERS)
        assert len(line.boxes) in (0, len(line.label))
        for x, y, w, h in line.boxes:
            assert min(x, y, w, h) >= 0
            assert x + w <= width
            assert y + h <= height


@pytest.mark.parametrize("source", ["mnist", "pen", "font"])
def test_the_box_of_each_character_holds_its_ink(source):
    weights = {name: float(name == source) for name in ("mnist", "pen", "font")}
    settings = replace(PLAIN, **weights)
    clear = 0
    for index in range(30):
        line = make_line(index, seed=6, settings=settings)
        detail = np.abs(line.gray - cv2.GaussianBlur(line.gray, (0, 0), 8).astype(float))
        inside = np.zeros(line.gray.shape, bool)
        for x, y, w, h in line.boxes:
            inside[y : y + h, x : x + w] = True
        clear += bool(inside.mean() > 0.8 or detail[inside].mean() > 1.5 * detail[~inside].mean())
    assert clear >= 22


def test_characters_stand_from_left_to_right():
    for index in range(40):
        line = make_line(index, seed=7, settings=NUMBERS)
        middles = [x + w / 2 for x, _, w, _ in line.boxes]
        assert all(after > before - 3 for before, after in pairwise(middles)), line.label


def test_without_marks_and_non_numbers_there_are_only_digits():
    labels = [make_line(index, seed=8, settings=PLAIN).label for index in range(60)]
    assert all(label.isdigit() for label in labels)
    assert {len(label) for label in labels} >= {1, 2, 3, 4, 5}
    assert max(map(len, labels)) <= 12


def test_lines_without_a_number_are_labeled_as_other_writing_or_blank():
    settings = LineSettings(non_numbers=1)
    labels = [make_line(index, seed=9, settings=settings).label for index in range(60)]
    assert set(labels) == {"", "?"}


def test_ingredients_can_be_left_out():
    plain = make_line(0, seed=10, settings=PLAIN).gray
    printed = make_line(0, seed=10, settings=replace(PLAIN, patterns=1.0)).gray
    assert plain.shape == printed.shape
    assert np.abs(plain.astype(int) - printed).mean() > 1


def test_other_splits_of_mnist_make_other_lines():
    settings = replace(PLAIN, mnist=1, pen=0)
    one, other = (make_line(3, seed=11, settings=settings, split=split) for split in ("training", "calibration"))
    assert one.gray.shape != other.gray.shape or (one.gray != other.gray).any()


@pytest.mark.parametrize(("seed", "index"), [(-1, 0), (0, -1)])
def test_seed_and_index_below_0_are_refused(seed, index):
    with pytest.raises(SettingError, match="seed and an index of 0 or more"):
        make_line(index, seed=seed)
