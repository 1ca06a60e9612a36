import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from inkdigits.explaining.explanation import explain
from inkdigits.explaining.nearest import Gallery
from inkdigits.explaining.sheet import AGAINST, FOR, MARGIN, PANEL, PANELS_TOP, WIDTH, describe_decisive


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
def gallery(mnist_test):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    return Gallery(glyphs[:1000], labels[:1000])


@pytest.fixture(scope="module")
def explained(recognizer, gallery):
    """The explanation of each picture above."""
    return {name: explain(recognizer, picture, gallery=gallery) for name, picture in PICTURES.items()}


@pytest.mark.parametrize("name", PICTURES)
def test_any_picture_has_a_sheet_whose_margins_stay_empty(explained, name):
    sheet = explained[name].to_picture()
    pixels = np.asarray(sheet)
    assert (sheet.mode, sheet.width) == ("RGB", WIDTH)
    assert 400 < sheet.height < 1600
    for margin in (pixels[:, : MARGIN - 2], pixels[:, 2 - MARGIN :], pixels[: MARGIN // 2 - 4], pixels[4 - MARGIN :]):
        assert (margin == 255).all()


def test_a_sheet_without_training_digits_is_shorter(recognizer, explained):
    without = explain(recognizer, PICTURES["crowded"]).to_picture()
    assert without.height < explained["crowded"].to_picture().height


def panel(sheet, index):
    left = MARGIN + index * (WIDTH - 2 * MARGIN - PANEL) // 4
    return np.asarray(sheet.crop((left, PANELS_TOP, left + PANEL, PANELS_TOP + PANEL))).astype(int)


def test_the_panels_show_the_way_of_the_picture(recognizer):
    explanation = explain(recognizer, page_with("7", 300, 300, 220))
    sheet = explanation.to_picture()
    gray, ink = panel(sheet, 1), panel(sheet, 2)
    assert (gray[3, 3] == 230).all()
    assert (ink[3, 3] == 0).all()
    assert ((gray < 100).all(axis=2) == (ink > 150).all(axis=2)).mean() > 0.97
    glyph = np.asarray(Image.fromarray(explanation.glyph).resize((PANEL, PANEL), Image.Resampling.NEAREST))
    assert np.array_equal(panel(sheet, 3)[..., 0], glyph)


def test_ink_for_the_answer_is_blue_and_against_it_orange(recognizer):
    explanation = explain(recognizer, page_with("7", 300, 300, 220))
    for sign, color in ((1, FOR), (-1, AGAINST)):
        strength = np.where(explanation.glyph > 128, np.float32(5 * sign), np.float32(0))
        shown = panel(type(explanation)(**vars(explanation) | {"glyph_saliency": strength}).to_picture(), 4)
        near = np.abs(shown - np.array(color)).max(axis=2) < 40
        assert near.mean() > 0.05
        assert (np.abs(shown - 255).max(axis=2) < 8).mean() > 0.5  # the paper stays white


def test_a_long_name_leaves_room_for_the_size(recognizer, tmp_path):
    path = tmp_path / ("long " * 40 + "名前.png")
    page_with("3", 300, 300, 200).save(path)
    pixels = np.asarray(explain(recognizer, path).to_picture())
    assert (pixels[:, 2 - MARGIN :] == 255).all()


def test_what_decided_is_one_sentence(explained):
    for explanation in explained.values():
        words = describe_decisive(explanation)
        assert (words == "") == (explanation.glyph is None)
        assert words == "" or words.endswith((".", ")."))
        if words.startswith("Most depends on"):
            assert explanation.decisive.where in words
