import json

import numpy as np
import pytest
from PIL import Image

from inkdigits.explaining.text import explanation_text
from inkdigits.recognizer import training_examples

PAGE_KEYS = ["schema", "path", "kind", "text", "status", "reason", "confidence", "lines", "model"]


@pytest.fixture(scope="module")
def seven(recognizer):
    return recognizer.explain("sample:photo")


def test_a_picture_is_explained_in_words(inkdigits, seven):
    outcome = inkdigits("explain", "sample:photo")
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (0, "")
    assert lines[0].startswith("sample:photo: 7, ")
    assert lines[0].endswith(" %, ok")
    assert sum("█" in line for line in lines) > 5
    assert "Nearest training digits: 7 7 7 7 7 (distance 0." in outcome.out
    assert any(line.startswith(("Most depends on the ", "No single place decides")) for line in lines)
    assert max(map(len, lines)) <= 100
    assert outcome.out == explanation_text(seven)


def test_the_probabilities_stand_beside_the_glyph(seven):
    text = explanation_text(seven)
    rows = [line[28:].split() for line in text.splitlines()[1:] if line.endswith("%")]
    labels = [row[0] for row in rows]
    assert labels == [*"0123456789", "no"]
    assert rows[7][1].startswith("█" * 22)


def test_an_output_without_blocks_gets_plain_characters(seven):
    text = explanation_text(seven, encoding="ascii")
    assert text.isascii()
    assert "#" * 20 in text


def test_several_pictures_are_explained_and_the_unreadable_one_is_named(inkdigits, scans):
    outcome = inkdigits("explain", scans / "a.png", scans / "none.png", "sample:blank")
    assert outcome.code == 1
    assert f"{scans / 'a.png'}: 7, " in outcome.out
    assert "\n\nsample:blank: rejected (blank)\nwarning: blank: No ink stands out" in outcome.out
    message, hint = outcome.error
    assert message == f"{scans / 'none.png'}: Expected a picture file. Received: {scans / 'none.png'}, no such file."
    assert hint == "Check the name, or try the sample that ships: sample:photo."


def test_a_folder_without_pictures_does_not_keep_the_others_from_being_explained(inkdigits, tmp_path):
    (tmp_path / "empty").mkdir()
    outcome = inkdigits("explain", tmp_path / "empty", "sample:chalk")
    assert outcome.code == 1
    assert "sample:chalk: 5, " in outcome.out
    assert outcome.error[0].endswith("Received: none.")


def test_json_is_the_page_of_read_with_its_explanation(inkdigits, scans):
    names = (scans / "a.png", scans / "none.png", "sample:blank")
    explained = inkdigits("explain", *names, "--format", "json")
    pages = json.loads(explained.out)
    read = json.loads(inkdigits("read", *names, "--format", "json").out)
    seven, broken, blank = (page.pop("explanation") for page in pages)
    assert pages == read
    assert (explained.code, broken) == (1, None)
    assert seven["answer"] == "7"
    assert np.array(seven["glyph"]).shape == np.array(seven["saliency"]).shape == (28, 28)
    assert len(seven["nearest"]) == 5
    assert [warning["code"] for warning in blank["warnings"]] == ["blank"]


def test_jsonl_is_one_object_a_picture(inkdigits):
    outcome = inkdigits("explain", "sample:chalk", "sample:photo", "--format", "jsonl")
    objects = [json.loads(line) for line in outcome.out.splitlines()]
    assert [list(found) for found in objects] == [[*PAGE_KEYS, "explanation"]] * 2
    assert [found["explanation"]["answer"] for found in objects] == ["5", "7"]


def test_a_sheet_is_written_to_the_file_named(inkdigits, tmp_path):
    outcome = inkdigits("explain", "sample:photo", "-o", tmp_path / "new" / "why.png")
    assert outcome.code == 0
    assert outcome.out.startswith("sample:photo: 7")
    with Image.open(tmp_path / "new" / "why.png") as sheet:
        assert sheet.width == 1280


def test_sheets_are_written_to_a_folder_in_the_order_of_the_pictures(inkdigits, tmp_path):
    inkdigits("explain", "sample:photo", tmp_path / "none.png", "sample:blank", "-o", tmp_path / "sheets")
    names = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert names == ["00000_sample_photo.png", "00002_sample_blank.png"]


def test_one_file_for_several_sheets_is_wrong_usage(inkdigits, scans, tmp_path):
    for pictures in (("sample:photo", "sample:chalk"), (scans,), (scans / "*.png",)):
        outcome = inkdigits("explain", *pictures, "-o", tmp_path / "why.png")
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.error[0].startswith("Expected a folder for the sheets of several pictures.")
        assert not (tmp_path / "why.png").exists()


def test_a_missing_model_and_a_wrong_limit_have_their_exit_codes(inkdigits):
    assert inkdigits("explain", "sample:chalk", "--model", "none").code == 3
    assert inkdigits("explain", "sample:chalk", "--max-megapixels", "0").code == 2
    limited = inkdigits("explain", "sample:photo", "--max-megapixels", "0.01")
    assert limited.code == 1
    assert "at most 0.01 megapixels" in limited.error[0]


def test_read_says_why_on_stderr_and_keeps_its_answer(inkdigits):
    outcome = inkdigits("read", "sample:photo", "--explain")
    assert (outcome.code, outcome.out) == (0, "7\n")
    assert outcome.err == inkdigits("explain", "sample:photo").out
    rejected = inkdigits("read", "sample:blank", "sample:chalk", "--explain", "--format", "csv")
    assert len(rejected.out.splitlines()) == 3
    assert rejected.err.startswith("sample:blank: rejected (blank)\nwarning: blank: ")


def test_read_puts_the_explanation_into_its_objects(inkdigits, scans):
    names = (scans / "a.png", scans / "none.png")
    for form in ("json", "jsonl"):
        outcome = inkdigits("read", *names, "--explain", "--format", form)
        assert outcome.out == inkdigits("explain", *names, "--format", form).out
        assert outcome.error[0].endswith("no such file.")


def test_a_stricter_reading_is_explained_as_it_was_judged(inkdigits):
    outcome = inkdigits("read", "sample:photo", "--explain", "--min-confidence", 1)
    assert outcome.out == "\n"
    assert outcome.err.startswith("sample:photo: 7, ")
    assert outcome.err.splitlines()[0].endswith("rejected (ambiguous)")


def test_a_sheet_is_a_png_file(inkdigits, tmp_path):
    outcome = inkdigits("explain", "sample:photo", "-o", tmp_path / "why.jpg")
    assert (outcome.code, outcome.out) == (2, "")
    assert "Name why.png or a folder" in outcome.error[1]
    assert not (tmp_path / "why.jpg").exists()


def test_read_explains_and_annotates_by_decoding_once(inkdigits, monkeypatch, scans, tmp_path):
    opened = []
    Image.preinit()
    reader, accepts = Image.OPEN["JPEG"]
    monkeypatch.setitem(Image.OPEN, "JPEG", (lambda *a: opened.append(a) or reader(*a), accepts))
    folders = ("--annotate", tmp_path / "drawn", "--save-glyphs", tmp_path / "seen")
    outcome = inkdigits("read", scans / "b.JPG", "--explain", *folders)
    assert (outcome.code, outcome.out) == (0, "2\n")
    assert len(opened) == 1
    assert len(list((tmp_path / "drawn").iterdir())) == len(list((tmp_path / "seen").iterdir())) == 1


def test_without_training_digits_the_rest_is_explained(recognizer, monkeypatch, tmp_path):
    monkeypatch.setattr("inkdigits.data.mnist.EMBEDDED", tmp_path)
    training_examples.cache_clear()
    found = recognizer.explain("sample:chalk")
    training_examples.cache_clear()
    assert (found.answer, found.nearest) == ("5", ())
    assert "Nearest" not in explanation_text(found)
