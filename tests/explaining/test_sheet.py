from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from inkdigits.explaining.explanation import explain_page
from inkdigits.explaining.sheet import AGAINST, FOR, INPUT, INPUT_GAP, MARGIN, PANEL, PANELS_TOP, WIDTH
from inkdigits.robustness.corruptions import corrupt


def page_with(text, width, height, size):
    page = Image.new("L", (width, height), 230)
    font = ImageFont.load_default(size)
    ImageDraw.Draw(page).text((width / 2, height / 2), text, fill=30, font=font, anchor="mm")
    return page


PICTURES = {
    "mnist": "sample:mnist",
    "photo": "sample:photo",
    "blank": "sample:blank",
    "large": page_with("9", 4000, 3000, 400),
    "wide": page_with("1", 4000, 12, 11),
    "tall": page_with("7", 20, 3000, 20),
    "one pixel": Image.new("L", (1, 1), 0),
    "crowded": page_with("WWWW", 300, 300, 90),
}


@pytest.fixture(scope="module")
def explained(recognizer):
    """The explanation of each picture above."""
    return {name: recognizer.explain(picture) for name, picture in PICTURES.items()}


@pytest.mark.parametrize("name", PICTURES)
def test_any_picture_has_a_sheet_whose_margins_stay_empty(explained, name):
    sheet = explained[name].draw()
    pixels = np.asarray(sheet)
    assert (sheet.mode, sheet.width) == ("RGB", WIDTH)
    assert 400 < sheet.height < 1600
    for margin in (pixels[:, : MARGIN - 2], pixels[:, 2 - MARGIN :], pixels[: MARGIN // 2 - 4], pixels[4 - MARGIN :]):
        assert (margin == 255).all()


def test_a_sheet_without_training_digits_is_shorter(recognizer, explained):
    page = recognizer.read(PICTURES["crowded"])
    without = explain_page(page, recognizer.model, recognizer.policy).draw()
    assert without.height < explained["crowded"].draw().height


def panel(sheet, index):
    left = MARGIN + index * (WIDTH - 2 * MARGIN - PANEL) // 4
    return np.asarray(sheet.crop((left, PANELS_TOP, left + PANEL, PANELS_TOP + PANEL))).astype(int)


def test_the_panels_show_the_way_of_the_picture(recognizer):
    explanation = recognizer.explain(page_with("7", 300, 300, 220))
    sheet = explanation.draw()
    gray, ink = panel(sheet, 1), panel(sheet, 2)
    assert (gray[3, 3] == 230).all()
    assert (ink[3, 3] == 0).all()
    assert ((gray < 100).all(axis=2) == (ink > 150).all(axis=2)).mean() > 0.97
    glyph = np.asarray(Image.fromarray(explanation.glyph).resize((PANEL, PANEL), Image.Resampling.NEAREST))
    assert np.array_equal(panel(sheet, 3)[..., 0], glyph)


def test_ink_for_the_answer_is_blue_and_against_it_orange(recognizer):
    explanation = recognizer.explain(page_with("7", 300, 300, 220))
    for sign, color in ((1, FOR), (-1, AGAINST)):
        strength = np.where(explanation.glyph > 128, np.float32(5 * sign), np.float32(0))
        shown = panel(replace(explanation, glyph_saliency=strength).draw(), 4)
        near = np.abs(shown - np.array(color)).max(axis=2) < 40
        assert near.mean() > 0.05
        assert (np.abs(shown - 255).max(axis=2) < 8).mean() > 0.5  # the paper stays white


def test_a_long_name_leaves_room_for_the_size(recognizer, tmp_path):
    path = tmp_path / ("long " * 40 + "名前.png")
    page_with("3", 300, 300, 200).save(path)
    pixels = np.asarray(recognizer.explain(path).draw())
    assert (pixels[:, 2 - MARGIN :] == 255).all()


def test_what_decided_is_one_sentence(explained):
    for explanation in explained.values():
        words = explanation.decisive_sentence
        assert (words == "") == (explanation.glyph is None)
        assert words == "" or words.endswith((".", ")."))
        if words.startswith("Most depends on"):
            assert explanation.decisive.where in words


def test_every_input_that_was_averaged_is_on_the_sheet(recognizer, mnist_test):
    """The sheets of 15 striped pictures show the glyphs whose combination is the answer."""
    shown = 0
    for picture in corrupt(mnist_test.glyphs[:15], "stripe", seed=1):
        explanation = recognizer.explain(picture)
        tried = explanation.record.tried
        inputs = [glyph for one in tried for glyph in (one.candidate.glyph, *one.prediction.copies)]
        if len(inputs) == 1:
            continue
        sheet = np.asarray(explanation.draw().convert("L"))
        found = drawn_inputs(sheet)
        for glyph in inputs:
            thumb = Image.fromarray(glyph).resize((INPUT, INPUT), Image.Resampling.NEAREST)
            assert np.asarray(thumb).tobytes() in found
        shown += 1
    assert shown > 5


def drawn_inputs(sheet):
    """Every picture that stands in the columns of the inputs, at any height below the panels."""
    columns = range(MARGIN, WIDTH - MARGIN - INPUT + 1, INPUT + INPUT_GAP)
    rows = range(PANELS_TOP + PANEL, len(sheet) - INPUT)
    return {sheet[y : y + INPUT, x : x + INPUT].tobytes() for x in columns for y in rows}
