from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageChops

from inkdigits.data.contact_sheet import CAPTION_HEIGHT, contact_sheet
from inkdigits.data.dataset import Dataset
from inkdigits.errors import DataError, SettingError


def test_each_glyph_stands_in_its_place_white_on_black(digits: Dataset) -> None:
    sheet = np.array(contact_sheet(digits.glyphs[:6], columns=3))
    assert sheet.shape == (2 * 62 + 6, 3 * 62 + 6, 3)
    for index, glyph in enumerate(digits.glyphs[:6]):
        left, top = 6 + index % 3 * 62, 6 + index // 3 * 62
        cell = sheet[top : top + 56 : 2, left : left + 56 : 2]
        assert (cell[glyph == 0] == 0).all()
        assert (cell[glyph == 255] == 255).all()


def test_the_default_is_about_square(digits: Dataset) -> None:
    width, height = contact_sheet(digits.glyphs[:36]).size
    assert width == height


def test_fewer_glyphs_than_columns_leave_no_empty_columns(digits: Dataset) -> None:
    assert contact_sheet(digits.glyphs[:2], columns=10).size == (2 * 62 + 6, 62 + 6)


def test_a_caption_is_drawn_under_its_own_glyph_alone(digits: Dataset) -> None:
    plain = contact_sheet(digits.glyphs[:4], ["", "", "", ""], columns=2)
    named = contact_sheet(digits.glyphs[:4], ["", "", "", "4 → 9"], columns=2)
    assert plain.size[1] == contact_sheet(digits.glyphs[:4], columns=2).size[1] + 2 * CAPTION_HEIGHT
    box = ImageChops.difference(plain, named).getbbox()
    assert box is not None
    left, top, right, bottom = box
    cell_left, cell_bottom = 6 + 62, 6 + (62 + CAPTION_HEIGHT) + 56
    assert cell_left <= left < right <= cell_left + 56
    assert cell_bottom <= top < bottom <= cell_bottom + CAPTION_HEIGHT + 1


def test_a_long_caption_does_not_reach_its_neighbor(digits: Dataset) -> None:
    plain = contact_sheet(digits.glyphs[:2], ["", ""], columns=2)
    named = contact_sheet(digits.glyphs[:2], ["a very long caption\nin two lines", ""], columns=2)
    box = ImageChops.difference(plain, named).getbbox()
    assert box is not None
    assert box[2] <= 6 + 62


@pytest.mark.parametrize(
    "glyphs", [np.zeros((0, 28, 28), np.uint8), np.zeros((2, 28, 28)), np.zeros((28, 28), np.uint8)]
)
def test_what_is_no_batch_of_glyphs_is_refused(glyphs: NDArray[Any]) -> None:
    with pytest.raises(DataError, match="glyphs of shape"):
        contact_sheet(glyphs)


def test_captions_of_another_number_are_refused(digits: Dataset) -> None:
    with pytest.raises(SettingError, match="Received: 1 captions, 60 glyphs"):
        contact_sheet(digits.glyphs, ["7"])


@pytest.mark.parametrize(("columns", "zoom"), [(0, 2), (3, 0)])
def test_columns_and_zoom_below_1_are_refused(digits: Dataset, columns: int, zoom: int) -> None:
    with pytest.raises(SettingError, match=rf"Received: columns {columns}, zoom {zoom}"):
        contact_sheet(digits.glyphs, columns=columns, zoom=zoom)
