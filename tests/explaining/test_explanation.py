import dataclasses
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from inkdigits.errors import PictureError, SettingError
from inkdigits.explaining.explanation import Explanation, explain_page
from inkdigits.explaining.nearest import TrainingExamples
from inkdigits.explaining.occlusion import PATCH, occlude
from inkdigits.explaining.warnings import CODES, LOOK_ALIKES, Turned, percent, warn_of_answer, warn_of_picture
from inkdigits.geometry import Frame
from inkdigits.image.quality import ImageQuality
from inkdigits.models.card import load_card
from inkdigits.models.zoo import find_model
from inkdigits.reading.decision import average, decide
from inkdigits.reading.result import Alternative
from inkdigits.reading.source import sample_names
from inkdigits.recognizer import Recognizer
from inkdigits.robustness.corruptions import corrupt


def type_digit(digit, *, side=300, size=220, ink=30, paper=230, at=None, width=None):
    """A digit of a sans-serif face on a page."""
    page = Image.new("L", (width or side, side), paper)
    at = at or (page.width / 2, side / 2)
    ImageDraw.Draw(page).text(at, str(digit), fill=ink, font=ImageFont.load_default(size), anchor="mm")
    return page


def ruled(page, *, step=70, tilt=4):
    draw = ImageDraw.Draw(page)
    for y in range(step // 2, page.height, step):
        draw.line((0, y, page.width, y + tilt), fill=120, width=3)
    return page


def grainy(page, deviation=30):
    noise = np.random.default_rng(1).normal(0, deviation, (page.height, page.width))
    return Image.fromarray((np.asarray(page) + noise).clip(0, 255).astype(np.uint8))


def drawn(pen, *, side=600):
    page = Image.new("L", (side, side), 255)
    ImageDraw.Draw(page).line([(150, 100), (450, 100), (250, 500)], fill=0, width=pen, joint="curve")
    return page


def codes(explanation: Explanation) -> list[str]:
    return [code for code, _ in explanation.warnings]


BAD_PICTURES = {
    "blank": Image.new("L", (60, 40), 200),
    "several_shapes": type_digit("3  8", width=500, size=180),
    "faint": type_digit(5, ink=205),
    "touches_edge": type_digit(2, size=300, at=(60, 150)),
    "too_small": type_digit(7, side=40, size=10),
    "thin_stroke": drawn(1, side=600),
    "thick_stroke": drawn(160),
    "blurred": type_digit(8, side=400, size=300).filter(ImageFilter.GaussianBlur(16)),
    "noisy_paper": grainy(type_digit(6, ink=120)),
    "ruled_paper": ruled(type_digit("#", side=600, width=800, size=400), step=90, tilt=100),
}
ABOUT_ANSWER = {"turned", "look_alike", "unlike_training", "not_a_digit"}


def explain_with(recognizer, picture, examples=None):
    return explain_page(recognizer.read(picture), recognizer.model, recognizer.policy, examples=examples)


def test_every_code_but_those_about_the_answer_has_its_bad_picture():
    assert set(CODES) == set(BAD_PICTURES) | ABOUT_ANSWER


@pytest.mark.parametrize("code", BAD_PICTURES)
def test_a_bad_picture_is_warned_of_by_name_and_with_what_to_do(recognizer, code):
    found = dict(recognizer.explain(BAD_PICTURES[code]).warnings)
    assert code in found
    assert found[code].endswith(".")
    assert len(found[code].split(".")) >= 3  # what is wrong, and what to do


def test_a_good_picture_is_warned_of_nothing(recognizer):
    for digit in "23578":
        found = set(codes(recognizer.explain(type_digit(digit))))
        assert found & set(BAD_PICTURES) == set()


@pytest.mark.parametrize("name", [name for name in sample_names() if name != "blank"])
def test_a_sample_is_explained_by_the_digit_that_is_read(recognizer, name):
    explanation = recognizer.explain(f"sample:{name}")
    assert explanation.answer == recognizer.read(f"sample:{name}").text
    assert explanation.page.path == f"sample:{name}"
    assert explanation.answer in [near.label for near in explanation.nearest]
    assert explanation.probability == explanation.alternatives[0].probability
    assert len(explanation.alternatives) == 10
    assert set(codes(explanation)) & set(BAD_PICTURES) == set()


def test_a_picture_that_lies_on_its_side_is_told_how_to_turn(recognizer):
    turned = {d: dict(recognizer.explain(type_digit(d).rotate(90, fillcolor=230)).warnings) for d in "23457"}
    told = [digit for digit, found in turned.items() if f"quarter to the right it would be a {digit}" in str(found)]
    assert told
    assert all("turned" in turned[digit] for digit in told)


def test_between_two_digits_the_other_one_is_named(recognizer, mnist_test):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    four, nine = glyphs[labels == 4][0].astype(float), glyphs[labels == 9][0].astype(float)
    found = []
    for share in np.linspace(0.3, 0.7, 9):
        explanation = recognizer.explain(((1 - share) * four + share * nine).astype(np.uint8))
        found.append(dict(explanation.warnings).get("look_alike", ""))
        second, probability = explanation.alternatives[1]
        assert bool(found[-1]) == (probability >= 0.05)
        assert f"could also be a{'n' if second == '8' else ''} {second}" in found[-1] or not found[-1]
    assert any(found)


def test_a_picture_unlike_all_training_digits_is_warned_of(recognizer, mnist_test):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    ones = TrainingExamples(glyphs[labels == 1][:50], labels[labels == 1][:50])
    assert "unlike_training" in codes(explain_with(recognizer, "sample:transparent", ones))
    assert "unlike_training" not in codes(explain_with(recognizer, "sample:transparent"))


def test_a_rejection_by_the_threshold_of_the_card_is_said_as_such(tmp_path):
    folder = shutil.copytree(find_model("default"), tmp_path / "strict")
    replace(load_card(folder), not_a_digit_threshold=0.0).save(folder)
    explanation = Recognizer(folder).explain("sample:chalk")
    assert (explanation.page.status, explanation.page.reason) == ("rejected", "not_a_digit")
    text = dict(explanation.warnings)["not_a_digit"]
    assert text.startswith("It may be no digit, ")
    assert ": this model accepts up to below 0.1 %. " in text
    assert "turned" not in codes(explanation)


def test_a_blank_picture_has_no_glyph_and_says_so(recognizer):
    explanation = recognizer.explain("sample:blank")
    assert (explanation.glyph, explanation.box, explanation.decisive) == (None, None, None)
    assert (explanation.answer, explanation.probability, explanation.not_a_digit) == ("", 0.0, 1.0)
    assert (explanation.alternatives, explanation.nearest, codes(explanation)) == ((), (), ["blank"])
    assert explanation.saliency.shape == explanation.gray.shape
    assert not explanation.saliency.any()
    assert not explanation.ink.any()
    assert json.loads(json.dumps(explanation.to_dict()))["glyph"] is None


def test_the_map_lies_on_the_digit_in_the_photo(recognizer):
    page = type_digit(7, side=900, size=300, at=(650, 250))
    explanation = recognizer.explain(page)
    left, top, width, height = explanation.box
    strong = np.argwhere(np.abs(explanation.saliency) > 0.3 * np.abs(explanation.saliency).max())
    margin = 0.1 * height
    assert explanation.saliency.shape == (900, 900)
    assert explanation.saliency.dtype == np.float32
    assert len(strong)
    assert (strong.min(axis=0) >= (top - margin, left - margin)).all()
    assert (strong.max(axis=0) <= (top + height + margin, left + width + margin)).all()
    on_ink = np.asarray(page)[tuple(strong.T)] < 130
    assert on_ink.mean() > 0.8


def test_covering_the_decisive_spot_gives_the_probability_that_it_names(recognizer):
    explanation = recognizer.explain("sample:photo")

    def classify(variants):
        return recognizer.model.probabilities(variants[0])

    occlusion = occlude(classify, [explanation.glyph], [Frame()], int(explanation.answer))
    left, top = occlusion.corner
    covered = explanation.glyph.copy()
    covered[max(top, 0) : top + PATCH, max(left, 0) : left + PATCH] = 0
    (row,) = recognizer.model.probabilities(covered[None])
    spot = explanation.decisive
    assert spot.probability == pytest.approx(row[int(explanation.answer)])
    best = row[:10]
    assert (spot.answer, spot.answer_probability) == (str(best.argmax()), pytest.approx(best.max()))
    assert spot.probability < explanation.probability
    x, y, width, height = explanation.box
    assert x <= spot.box[0] <= spot.box[0] + spot.box[2] <= x + width + 1
    assert y <= spot.box[1] <= spot.box[1] + spot.box[3] <= y + height + 1


def test_ink_that_speaks_for_the_answer_is_above_0_and_against_it_below():
    glyph = np.zeros((28, 28), np.uint8)
    glyph[4:8, 4:24] = glyph[18:22, 4:24] = 255

    def upper_ink_is_a_7(variants):
        (glyphs,) = variants
        upper, lower = (glyphs[:, rows].mean(axis=(1, 2)) / 255 for rows in (slice(0, 14), slice(14, 28)))
        seven = np.clip(0.5 + upper - lower, 0.01, 0.99)
        probabilities = np.zeros((len(glyphs), 11))
        probabilities[:, 7], probabilities[:, 1] = seven, 1 - seven
        return probabilities

    occlusion = occlude(upper_ink_is_a_7, [glyph], [Frame()], 7)
    assert (occlusion.saliency[4:8, 4:24] > 0).all()
    assert (occlusion.saliency[18:22, 4:24] < 0).all()
    assert not occlusion.saliency[glyph == 0].any()
    assert occlusion.corner[1] < 14
    assert occlusion.probabilities.argmax() == 1


def test_the_dictionary_is_plain_and_small(recognizer):
    explanation = recognizer.explain("sample:photo")
    text = json.dumps(explanation.to_dict())
    found = json.loads(text)
    assert list(found) == [
        "answer",
        "probability",
        "not_a_digit",
        "alternatives",
        "box",
        "glyph",
        "combination",
        "candidates",
        "saliency",
        "decisive",
        "nearest",
        "warnings",
    ]
    assert np.array_equal(found["glyph"], explanation.glyph)
    assert np.allclose(found["saliency"], explanation.glyph_saliency, atol=1e-3)
    assert list(found["decisive"]) == ["where", "box", "probability", "answer", "answer_probability"]
    assert list(found["nearest"][0]) == ["label", "distance"]
    assert len(text) < 20_000


def test_all_kinds_of_pictures_are_explained_alike(recognizer, tmp_path):
    page = type_digit(3)
    page.save(tmp_path / "3.png")
    data = (tmp_path / "3.png").read_bytes()
    expected = recognizer.explain(page).to_dict()
    for picture in (tmp_path / "3.png", str(tmp_path / "3.png"), data, np.asarray(page), np.asarray(page) / 255):
        assert recognizer.explain(picture).to_dict() == expected


def test_a_nearly_black_picture_is_taken_as_it_is(recognizer):
    levels = np.zeros((40, 40), np.uint8)
    levels[10:30, 18:22] = 1  # as an array it would stand for black and white
    page = Image.fromarray(levels)
    assert recognizer.explain(page).page.lines == recognizer.read(page).lines == ()
    assert recognizer.explain(levels).page.lines == recognizer.read(levels).lines != ()


def test_a_rejected_picture_keeps_its_reason_among_the_warnings(recognizer):
    explanation = Recognizer(recognizer.model, min_confidence=1.0).explain(BAD_PICTURES["faint"])
    assert explanation.page.status == "rejected"
    assert explanation.answer
    assert "faint" in codes(explanation)


def test_a_colored_picture_is_shown_in_its_colors(recognizer):
    page = Image.new("RGB", (300, 300), (240, 230, 200))
    ImageDraw.Draw(page).text((150, 150), "5", fill=(20, 40, 160), font=ImageFont.load_default(200), anchor="mm")
    explanation = recognizer.explain(page)
    assert explanation.photo.getpixel((2, 2)) == (240, 230, 200)
    gray = recognizer.explain(page.convert("L")).photo
    assert len(set(gray.getpixel((2, 2)))) == 1


def test_a_picture_that_cannot_be_read_is_an_error(recognizer, tmp_path):
    with pytest.raises(PictureError, match="no such file"):
        recognizer.explain(tmp_path / "none.png")
    with pytest.raises(PictureError, match="at most 0.01 megapixels"):
        Recognizer(recognizer.model, max_megapixels=0.01).explain(BAD_PICTURES["faint"])
    (page,) = recognizer.read_many(["sample:chalk"])
    with pytest.raises(SettingError, match="keep_records=True"):
        explain_page(page, recognizer.model, recognizer.policy)


GOOD = ImageQuality(shapes=1, contrast=200, cut=(), stroke=0.1, blur=0.1, grain=0.01, specks=0, lines=0)


def test_lines_are_not_taken_for_strokes():
    crossed = dataclasses.replace(GOOD, lines=3, cut=("left", "right"), stroke=0.005)
    assert [code for code, _ in warn_of_picture(crossed, 100)] == ["ruled_paper"]
    assert list(warn_of_picture(GOOD, 100)) == []


def test_the_edges_are_named():
    ((_, text),) = warn_of_picture(dataclasses.replace(GOOD, cut=("left", "top")), 100)
    assert text.startswith("The digit ends at the left and the top edge")


def test_a_sure_answer_is_not_told_to_turn():
    turned = [Turned(90, "4", 0.99), Turned(180, "9", 0.999), Turned(270, "1", 0.2)]
    for probability, expected in ((0.95, []), (0.6, ["turned"])):
        ranked = [Alternative("6", probability), Alternative("0", 0.01), Alternative("8", 0.99 - probability)]
        assert [code for code, _ in warn_of_answer(ranked, 0.0, turned, ())] == expected


def test_the_look_alikes_name_two_different_digits_each():
    for (answer, other), text in LOOK_ALIKES.items():
        assert answer != other
        assert f" {answer} " in text
        assert f" {other}" in text
    for pair in ("17", "49", "35", "06", "56", "27", "38", "79", "23"):
        assert (pair[0], pair[1]) in LOOK_ALIKES
        assert (pair[1], pair[0]) in LOOK_ALIKES


@pytest.mark.parametrize(
    ("share", "words"), [(1, "over 99.9 %"), (0.9994, "99.9 %"), (0.5, "50.0 %"), (0.0001, "below 0.1 %")]
)
def test_a_probability_is_never_said_to_be_certain(share, words):
    assert percent(share) == words


def lined(page):
    """A page on which lines lean too much to be removed as rulings, and the digit hangs on them."""
    return ruled(page, step=90, tilt=160)


def small_and_striped(mnist_test):
    return list(corrupt(mnist_test.glyphs[:60], "stripe", seed=1))


def test_the_recorded_inputs_give_the_recorded_probabilities(recognizer, mnist_test):
    pictures = [*small_and_striped(mnist_test), ruled(type_digit(4)), lined(type_digit(7)), "sample:photo"]
    combinations = set()
    for picture in pictures:
        record = recognizer.read(picture).record
        decision = record.decision
        combinations.add(decision.combination)
        for tried in record.tried:
            np.testing.assert_array_equal(tried.prediction.glyph, tried.candidate.glyph)
            (row,) = recognizer.model.probabilities(tried.candidate.glyph[None])
            np.testing.assert_allclose(tried.prediction.probabilities, row, atol=1e-5)
        again = decide([tried.evidence for tried in record.tried], recognizer.policy)
        np.testing.assert_array_equal(again.probabilities, decision.probabilities)
        assert (again.status, again.reason, again.counted) == (decision.status, decision.reason, decision.counted)
    assert combinations == {"single", "best", "mean"}


def test_the_ink_is_the_ink_that_was_read(recognizer):
    page = ruled(type_digit(4, side=600, width=800, size=400), tilt=0)
    explanation = recognizer.explain(page)
    component = explanation.record.chosen.candidate.component
    left, top, width, height = component.box
    np.testing.assert_array_equal(explanation.ink[top : top + height, left : left + width], component.ink)
    assert explanation.ink.sum() == component.ink.sum()
    plain = recognizer.explain(type_digit(4, side=600, width=800, size=400)).ink
    assert abs((explanation.ink > 127).sum() / (plain > 127).sum() - 1) < 0.1  # the lines are not in it


def test_rulings_that_were_handled_are_not_warned_of(recognizer):
    explanation = recognizer.explain(ruled(type_digit(4, side=600, width=800, size=400), tilt=0))
    assert (explanation.answer, explanation.page.status) == ("4", "ok")
    assert explanation.record.chosen.candidate.unruled
    assert set(codes(explanation)) & {"ruled_paper", "touches_edge", "several_shapes"} == set()


def test_an_explanation_is_made_of_the_candidates_that_counted(recognizer, mnist_test):
    for picture in small_and_striped(mnist_test)[:12]:
        explanation = recognizer.explain(picture)
        decision = explanation.record.decision
        rows = np.stack([tried.prediction.probabilities for tried in explanation.counted])
        answer = rows[:, :10].mean(axis=0).argmax()
        assert explanation.answer == str(answer)
        assert explanation.probability == pytest.approx(decision.probabilities[answer])
        found = explanation.to_dict()["candidates"]
        assert [one["counted"] for one in found] == [index in decision.counted for index in range(len(found))]


def test_a_picture_is_decoded_once(recognizer, monkeypatch, tmp_path):
    type_digit(5).convert("RGB").save(tmp_path / "page.jpg")
    opened = []
    Image.preinit()
    reader, accepts = Image.OPEN["JPEG"]
    monkeypatch.setitem(Image.OPEN, "JPEG", (lambda *a: opened.append(a) or reader(*a), accepts))
    explanation = recognizer.explain(tmp_path / "page.jpg")
    explanation.draw()
    explanation.page.draw()
    explanation.to_dict()
    assert len(opened) == 1


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_picture_is_explained_by_the_gray_that_is_read(recognizer, ending, tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 60, (300, 300, 3))
    page = np.asarray(type_digit(5).convert("RGB")) - noise
    Image.fromarray(page.clip(0, 255).astype(np.uint8)).save(tmp_path / f"page.{ending}", quality=80)
    read, explained = recognizer.read(tmp_path / f"page.{ending}"), recognizer.explain(tmp_path / f"page.{ending}")
    np.testing.assert_array_equal(read.record.pixels.gray, explained.gray)
    assert read == explained.page


def test_of_averaged_candidates_all_are_covered(recognizer, mnist_test):
    explained = (recognizer.explain(picture) for picture in small_and_striped(mnist_test))
    explanation = next(one for one in explained if one.record.decision.combination == "mean")
    seen, label = [tried.candidate for tried in explanation.counted], int(explanation.answer)
    frames = [candidate.glyph_frame.then(seen[0].glyph_frame.inverse()) for candidate in seen]
    covered = []

    def classify(variants):
        covered.extend(variants)
        return average(np.stack([recognizer.model.probabilities(some) for some in variants]))

    occlusion = occlude(classify, [candidate.glyph for candidate in seen], frames, label)
    assert explanation.decisive.probability == pytest.approx(occlusion.probabilities[label], abs=1e-4)
    assert all(np.array_equal(some[0], candidate.glyph) for some, candidate in zip(covered, seen, strict=True))
    assert all((some[1:] != some[0]).any(axis=(1, 2)).mean() > 0.5 for some in covered)
