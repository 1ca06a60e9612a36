import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from inkdigits.reading.result import Page
from inkdigits.reading.writers import (
    Tally,
    file_name,
    save_glyphs,
    write_csv,
    write_json,
    write_jsonl,
    write_text,
)
from inkdigits.robustness.corruptions import corrupt

ERROR = Page(status="error", path="c.png", error="Expected a picture.", hint="Look.")
BLANK = Page(status="rejected", reason="blank", path="b, b.png")


@pytest.fixture(scope="module")
def pages(recognizer):
    return [recognizer.read("sample:chalk"), BLANK, ERROR]


def written(write, *arguments, **options):
    out = io.StringIO()
    write(*arguments, out, **options)
    return out.getvalue()


def test_text_is_a_line_per_answer(pages):
    assert written(write_text, pages) == "sample:chalk: 5\nb, b.png: \n"
    assert written(write_text, pages[:1], alone=True) == "5\n"


def test_csv_is_a_row_per_page(pages):
    five, blank, error = csv.DictReader(io.StringIO(written(write_csv, pages)))
    assert (five["path"], five["text"], five["status"], float(five["confidence"]) > 0.9) == (
        "sample:chalk", "5", "ok", True,
    )  # fmt: skip
    assert (blank["path"], blank["reason"], blank["confidence"]) == ("b, b.png", "blank", "")
    assert error["error"] == "Expected a picture."


def test_an_interrupted_array_is_valid_and_holds_what_was_done():
    def interrupted():
        yield {"text": "7"}
        raise KeyboardInterrupt

    out = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        write_json(interrupted(), out)
    assert json.loads(out.getvalue()) == [{"text": "7"}]


HOSTILE = Page(status="ok", path="=cmd|' /C calc'!A0\n\x1b[2J\u202e.png")


def test_a_name_adds_no_line_to_a_text_and_steers_no_terminal():
    assert written(write_text, [HOSTILE]) == "=cmd|' /C calc'!A0\\n\\x1b[2J\\u202e.png: \n"


def test_json_gives_the_exact_name_with_nothing_that_steers_a_terminal():
    for write in (write_json, write_jsonl):
        text = written(write, [HOSTILE.to_dict()])
        assert not {"\x1b", "\u202e"} & set(text)
        (item,) = json.loads(text) if write is write_json else [json.loads(text)]
        assert item["path"] == HOSTILE.path


def test_a_formula_in_csv_is_quoted_unless_it_is_wanted_raw():
    for raw, path in ((False, f"'{HOSTILE.path}"), (True, HOSTILE.path)):
        (row,) = csv.DictReader(io.StringIO(written(write_csv, [HOSTILE], raw=raw)))
        assert row["path"] == path


def test_json_and_json_lines_hold_the_same_objects(pages):
    objects = [page.to_dict() for page in pages]
    assert json.loads(written(write_json, objects)) == objects
    assert [json.loads(line) for line in written(write_jsonl, objects).splitlines()] == objects
    assert written(write_json, []) == "[]\n"
    assert written(write_jsonl, []) == ""


def test_the_tally_counts_statuses_and_reasons(pages):
    tally = Tally()
    for page in (*pages, BLANK, Page(status="uncertain", reason="ambiguous")):
        tally.add(page)
    assert str(tally) == "5 pictures: 1 ok, 1 uncertain, 2 rejected (2 blank), 1 could not be read"
    one = Tally()
    one.add(BLANK)
    assert str(one) == "1 picture: 1 rejected (1 blank)"


def test_the_glyphs_that_counted_are_saved(recognizer, mnist_test, tmp_path):
    page = recognizer.read("sample:mnist")
    save_glyphs(page, tmp_path, 3)
    (saved,) = tmp_path.iterdir()
    assert saved.name == "00003_sample_mnist.png"
    np.testing.assert_array_equal(np.asarray(Image.open(saved)), page.lines[0].digits[0].glyph)
    save_glyphs(BLANK, tmp_path, 4)
    assert len(list(tmp_path.iterdir())) == 1


def test_several_glyphs_that_counted_are_all_saved(recognizer, mnist_test, tmp_path):
    pages = recognizer.read_many(list(corrupt(mnist_test.glyphs[:60], "stripe", seed=1)), keep_records=True)
    page = next(page for page in pages if page.record.decision.combination == "mean")
    save_glyphs(page, tmp_path, 0)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["00000_picture.png", *(f"00000_picture_{number}.png" for number in range(2, len(names) + 1))]
    assert len(names) == len(page.record.counted) > 1


def test_a_file_is_named_by_place_and_stem():
    assert file_name("a/b.c.jpg", 12, "_x") == "00012_b.c_x.png"
    assert file_name(None, 0) == "00000_picture.png"
    assert file_name("sample:chalk", 1) == "00001_sample_chalk.png"
    assert len(file_name("é" * 300, 0).encode()) <= 120
