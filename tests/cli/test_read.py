import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.models.classifier import PackedModel
from inkdigits.reading.source import SAMPLES, sample_names

KEYS = ["schema", "path", "kind", "text", "status", "reason", "confidence", "lines", "model"]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A mark of a few pixels: rejected, unless every answer is wanted."""
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[30:33, 30:32] = 0
    Image.fromarray(pixels).save(tmp_path / "tiny.png")
    return tmp_path / "tiny.png"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.png"
    path.write_bytes((SAMPLES / "mnist.png").read_bytes()[:60])
    return path


def test_one_picture_gives_just_its_digit(inkdigits, scans):
    for picture, digit in (
        (scans / "a.png", "7"),
        (scans / "b.JPG", "2"),
        ("sample:mnist", "2"),
        ("sample:chalk", "5"),
    ):
        outcome = inkdigits("read", picture)
        assert (outcome.code, outcome.out, outcome.err) == (0, f"{digit}\n", "")


def test_several_pictures_give_a_line_each_in_the_order_given(inkdigits, scans):
    names = [scans / "z.png", "sample:chalk", scans / "a.png", scans / "z.png"]
    outcome = inkdigits("read", *names)
    digits = ["0", "5", "7", "0"]
    assert outcome.out == "".join(f"{name}: {digit}\n" for name, digit in zip(names, digits, strict=True))
    assert (outcome.code, outcome.err) == (0, "4 pictures: 4 ok\n")


def test_the_order_is_kept_over_many_batches(inkdigits, scans):
    cycle = [(scans / "a.png", "7"), ("sample:mnist", "2"), ("sample:blank", ""), (scans / "more" / "c.bmp", "1")]
    many = cycle * 40
    outcome = inkdigits("read", *(name for name, _ in many))
    assert outcome.out.splitlines() == [f"{name}: {digit}" for name, digit in many]


def test_a_folder_is_searched_recursively_and_in_order(inkdigits, scans):
    outcome = inkdigits("read", scans)
    paths = [scans / name for name in ("a.png", "b.JPG", "more/c.bmp", "z.png")]
    assert outcome.out == "".join(f"{path}: {digit}\n" for path, digit in zip(paths, "7210", strict=True))
    assert outcome.code == 0


def test_a_folder_or_glob_of_one_picture_still_names_it(inkdigits, scans):
    expected = f"{scans / 'more' / 'c.bmp'}: 1\n"
    assert inkdigits("read", scans / "more").out == expected
    assert inkdigits("read", scans / "*" / "*.bmp").out == expected


def test_a_glob_gives_its_matches_in_order(inkdigits, scans):
    assert inkdigits("read", scans / "*.png").out == f"{scans / 'a.png'}: 7\n{scans / 'z.png'}: 0\n"


def test_a_picture_comes_through_standard_input(inkdigits, scans, monkeypatch):
    for form, expected in (("text", "7\n"), ("csv", "path,kind,text,status,reason,confidence,error\n-,digit,7,ok,")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((scans / "a.png").read_bytes())))
        outcome = inkdigits("read", "-", "--format", form)
        assert outcome.code == 0
        assert outcome.out.startswith(expected)


def test_an_empty_standard_input_is_an_error(inkdigits, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    outcome = inkdigits("read", "-")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.error[0] == "-: Expected a picture. Received: an empty file."


@pytest.mark.parametrize("name", sample_names())
def test_every_sample_is_read_without_an_error(inkdigits, name):
    outcome = inkdigits("read", f"sample:{name}")
    assert outcome.code == 0
    assert (outcome.out == "\n") == (name == "blank")
    assert outcome.err == ("sample:blank: rejected (blank)\n" if name == "blank" else "")


def test_jsonl_gives_one_object_a_picture_in_the_words_of_the_contract(inkdigits, scans):
    outcome = inkdigits("read", scans / "a.png", "sample:blank", "--format", "jsonl")
    seven, blank = map(json.loads, outcome.out.splitlines())
    assert list(seven) == list(blank) == KEYS
    assert (seven["path"], seven["kind"], seven["text"]) == (str(scans / "a.png"), "digit", "7")
    assert (seven["status"], seven["reason"]) == ("ok", None)
    (line,) = seven["lines"]
    (digit,) = line["digits"]
    assert list(line) == ["text", "status", "reason", "confidence", "box", "alternatives", "digits"]
    assert list(digit) == ["text", "confidence", "box", "alternatives", "not_a_digit"]
    assert (line["status"], line["reason"], line["alternatives"]) == ("ok", None, digit["alternatives"])
    assert line["text"] == digit["text"] == digit["alternatives"][0][0] == "7"
    assert seven["confidence"] == line["confidence"] == digit["confidence"] == digit["alternatives"][0][1]
    total = sum(probability for _, probability in digit["alternatives"]) + digit["not_a_digit"]
    assert total == pytest.approx(1, abs=1e-5)
    assert len(digit["box"]) == 4
    about = PackedModel.load("default").card
    assert seven["model"] == {"name": "default", "version": about.version, "preparation": about.preparation}
    assert (blank["path"], blank["text"], blank["status"]) == ("sample:blank", "", "rejected")
    assert (blank["reason"], blank["confidence"], blank["lines"]) == ("blank", None, [])
    assert (outcome.code, outcome.err) == (0, "2 pictures: 1 ok, 1 rejected (1 blank)\n")


def test_json_is_one_list_of_the_same_objects(inkdigits, scans, broken):
    lines = inkdigits("read", scans, broken, "--format", "jsonl").out.splitlines()
    assert json.loads(inkdigits("read", scans, broken, "--format", "json").out) == [json.loads(line) for line in lines]
    (alone,) = json.loads(inkdigits("read", "sample:mnist", "--format", "json").out)
    assert alone["text"] == "2"


def test_csv_gives_one_row_a_picture(inkdigits, tmp_path, scans, broken):
    (scans / "a.png").rename(tmp_path / 'seven, "mine".png')
    pictures = [tmp_path / 'seven, "mine".png', "sample:blank", broken]
    outcome = inkdigits("read", *pictures, "--format", "csv")
    seven, blank, error = csv.DictReader(io.StringIO(outcome.out))
    assert [row["path"] for row in (seven, blank, error)] == [str(picture) for picture in pictures]
    assert [row["text"] for row in (seven, blank, error)] == ["7", "", ""]
    assert [row["status"] for row in (seven, blank, error)] == ["ok", "rejected", "error"]
    assert 0.9 < float(seven["confidence"]) <= 1
    assert (blank["reason"], blank["confidence"], error["confidence"]) == ("blank", "", "")
    assert "Expected" in error["error"]


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_output_to_a_file_is_the_same_and_leaves_stdout_empty(inkdigits, tmp_path, scans, broken, form):
    arguments = ("read", scans, broken, "sample:blank", "--format", form)
    to_stdout = inkdigits(*arguments)
    to_file = inkdigits(*arguments, "-o", tmp_path / "new" / "answers")
    assert to_file.out == ""
    assert (tmp_path / "new" / "answers").read_bytes() == to_stdout.out.encode()
    assert (to_file.code, to_file.err) == (to_stdout.code, to_stdout.err)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_broken_picture_does_not_keep_the_others_from_being_read(inkdigits, scans, broken, position):
    names = [scans / "a.png", scans / "z.png"]
    names.insert(position, broken)
    outcome = inkdigits("read", *names)
    assert outcome.code == 1
    assert outcome.out == f"{scans / 'a.png'}: 7\n{scans / 'z.png'}: 0\n"
    message, hint = outcome.error
    assert message.startswith(f"{broken}: Expected")
    assert hint
    pages = [json.loads(line) for line in inkdigits("read", *names, "--format", "jsonl").out.splitlines()]
    assert [page["path"] for page in pages] == [str(name) for name in names]
    assert pages[position]["status"] == "error"
    assert pages[position]["text"] == ""
    assert f"{broken}: {pages[position]['error']}" == message
    assert pages[position]["hint"] == hint


def test_names_that_stand_for_no_picture_do_not_keep_the_others_from_being_read(inkdigits, scans, tmp_path):
    (tmp_path / "empty").mkdir()
    nothing = [tmp_path / "empty", tmp_path / "*.gif", "sample:nobody", tmp_path / "missing.png", "x" * 300 + ".png"]
    outcome = inkdigits("read", *nothing[:2], scans / "a.png", *nothing[2:], "sample:mnist", "--format", "jsonl")
    pages = [json.loads(line) for line in outcome.out.splitlines()]
    assert [page["path"] for page in pages if page["status"] == "error"] == [str(name) for name in nothing]
    assert {page["model"]["name"] for page in pages} == {"default"}
    assert [(index, page["text"]) for index, page in enumerate(pages) if page["text"]] == [(2, "7"), (6, "2")]
    assert outcome.code == 1
    assert outcome.err.count("error: ") == outcome.err.count("hint: ") == 5


def test_a_folder_without_pictures_is_an_error_that_says_so(inkdigits, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("")
    outcome = inkdigits("read", tmp_path / "empty")
    assert (outcome.code, outcome.out) == (1, "")
    message, hint = outcome.error
    assert f"Expected pictures in {tmp_path / 'empty'}. Received: none." in message
    assert ".png" in hint


def test_a_missing_model_is_said_before_anything_is_read(inkdigits, tmp_path):
    outcome = inkdigits("read", "missing.png", "--model", tmp_path, "-o", tmp_path / "answers")
    assert outcome.code == 3
    assert str(tmp_path) in outcome.error[0]
    assert "default" in outcome.error[1]
    assert not (tmp_path / "answers").exists()


@pytest.mark.parametrize("expect", ["line", "page"])
def test_lines_and_pages_are_said_to_come_later(inkdigits, expect):
    outcome = inkdigits("read", "sample:mnist", "--expect", expect)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"'{expect}' is not one of 'auto', 'digit'" in outcome.error[0]
    assert "Lines and pages come in a later version" in " ".join(inkdigits("read", "--help").out.split())


@pytest.mark.parametrize("expect", ["auto", "digit"])
def test_one_digit_may_be_expected_by_name(inkdigits, expect):
    assert inkdigits("read", "sample:mnist", "--expect", expect).out == "2\n"


def test_a_rejected_picture_gives_no_answer_and_its_reason_on_stderr(inkdigits, tiny):
    outcome = inkdigits("read", tiny)
    hint = "hint: inkdigits explain PICTURE says why; --min-confidence 0 gives the best guess.\n"
    assert (outcome.code, outcome.out, outcome.err) == (0, "\n", f"{tiny}: rejected (too_small)\n{hint}")


def test_several_pictures_are_summed_up(inkdigits, scans, tiny, broken):
    (scans / "scan.pdf").write_bytes(b"%PDF")
    (scans / "notes.docx").write_bytes(b"")
    outcome = inkdigits("read", scans, tiny, broken, "sample:blank", "--format", "csv")
    summary = "7 pictures: 4 ok, 2 rejected (1 too_small, 1 blank), 1 could not be read"
    *_, last, hint = outcome.err.splitlines()
    assert last == f"{summary}; 2 passed over (1 .docx, 1 .pdf)"
    assert hint.startswith("hint: make pictures of a PDF's pages")


def test_the_format_follows_from_the_ending_of_the_output(inkdigits, tmp_path):
    for form in ("csv", "json", "jsonl"):
        inkdigits("read", "sample:mnist", "-o", tmp_path / f"answers.{form}")
        expected = inkdigits("read", "sample:mnist", "--format", form).out
        assert (tmp_path / f"answers.{form}").read_text() == expected
    inkdigits("read", "sample:mnist", "-o", tmp_path / "answers.csv", "--format", "text")
    assert (tmp_path / "answers.csv").read_text() == "2\n"


def test_a_picture_is_not_written_over(inkdigits, scans):
    before = (scans / "a.png").read_bytes()
    for command in ("read", "explain"):
        outcome = inkdigits(command, scans / "a.png", "-o", scans / "a.png")
        assert outcome.code == 2
        assert "which is read, too" in outcome.error[0]
        assert (scans / "a.png").read_bytes() == before


@pytest.mark.parametrize("command", [("read", "--annotate"), ("read", "--save-glyphs"), ("explain", "-o")])
def test_a_picture_is_not_written_over_by_a_view_of_another(inkdigits, tmp_path, scans, command):
    verb, option = command
    shutil.copy(scans / "z.png", scans / "00000_a.png")
    before = (scans / "00000_a.png").read_bytes()
    outcome = inkdigits(verb, scans / "a.png", scans / "00000_a.png", option, scans)
    assert outcome.code == 2
    assert "which is read, too" in outcome.error[0]
    assert (scans / "00000_a.png").read_bytes() == before


def test_a_model_without_the_reject_class_says_so(inkdigits):
    outcome = inkdigits("read", "sample:mnist", "--model", "tiny-2k")
    assert outcome.err.startswith("note: tiny-2k has no class for non-digits") == (
        not PackedModel.load("tiny-2k").has_not_a_digit
    )


def test_a_minimal_confidence_of_0_rejects_nothing_but_a_blank(inkdigits, tiny):
    outcome = inkdigits("read", tiny, "sample:blank", "--min-confidence", "0", "--format", "jsonl")
    guess, blank = map(json.loads, outcome.out.splitlines())
    assert guess["status"] != "rejected"
    assert guess["text"] in set("0123456789")
    assert (blank["status"], blank["reason"], blank["text"]) == ("rejected", "blank", "")


def test_a_minimal_confidence_of_1_rejects_what_is_not_quite_sure(inkdigits):
    outcome = inkdigits("read", "sample:mnist", "--min-confidence", "1", "--format", "jsonl")
    page = json.loads(outcome.out)
    assert (page["status"], page["reason"], page["text"]) == ("rejected", "ambiguous", "")
    assert page["lines"][0]["text"] == "2"


def test_larger_pictures_than_allowed_are_refused(inkdigits):
    outcome = inkdigits("read", "sample:mnist", "sample:chalk", "--max-megapixels", "0.01")
    assert (outcome.code, outcome.out) == (1, "sample:mnist: 2\n")
    assert "megapixels" in outcome.error[0]


def test_the_saved_glyph_of_an_mnist_picture_is_the_picture_itself(inkdigits, tmp_path):
    assert inkdigits("read", "sample:mnist", "--save-glyphs", tmp_path / "new" / "seen").out == "2\n"
    (saved,) = (tmp_path / "new" / "seen").iterdir()
    assert saved.name == "00000_sample_mnist.png"
    with Image.open(saved) as glyph, Image.open(SAMPLES / "mnist.png") as sample:
        assert (glyph.mode, glyph.size) == ("L", (28, 28))
        np.testing.assert_array_equal(np.asarray(glyph), np.asarray(sample))


def test_glyphs_and_annotated_pictures_are_written_for_each_picture_that_has_one(inkdigits, tmp_path, scans, broken):
    seen, drawn = tmp_path / "seen", tmp_path / "drawn"
    names = [scans / "a.png", broken, "sample:blank", scans / "more", scans]
    outcome = inkdigits("read", *names, "--save-glyphs", seen, "--annotate", drawn)
    assert outcome.out == inkdigits("read", *names).out
    of_scans = ["00003_c.png", "00004_b.png", "00005_z.png"]
    assert sorted(path.name for path in seen.iterdir()) == ["00000_a.png", *of_scans]
    assert sorted(path.name for path in drawn.iterdir()) == ["00000_a.png", "00002_sample_blank.png", *of_scans]
    for path in drawn.iterdir():
        with Image.open(path) as picture:
            assert (picture.format, picture.mode) == ("PNG", "RGB")


@pytest.mark.parametrize("name", ["x" * 251, "x" + "é" * 125])
def test_the_longest_of_names_does_not_keep_its_files_from_being_written(inkdigits, tmp_path, name):
    (tmp_path / "pictures").mkdir()
    shutil.copy(SAMPLES / "mnist.png", tmp_path / "pictures" / f"{name}.png")
    seen, drawn = tmp_path / "seen", tmp_path / "drawn"
    outcome = inkdigits("read", tmp_path / "pictures", "sample:chalk", "--save-glyphs", seen, "--annotate", drawn)
    assert (outcome.code, outcome.err) == (0, "2 pictures: 2 ok\n")
    cut = name[: 100 if name.isascii() else 50]
    for folder in (seen, drawn):
        assert sorted(path.name for path in folder.iterdir()) == [f"00000_{cut}.png", "00001_sample_chalk.png"]


def test_a_photo_in_heic_is_an_error_with_a_hint_and_the_rest_of_its_folder_is_read(inkdigits, scans, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # the extra is not installed
    (scans / "photo.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    outcome = inkdigits("read", scans)
    assert (outcome.code, len(outcome.out.splitlines())) == (1, 4)
    assert outcome.error[0].startswith(f"{scans / 'photo.HEIC'}: ")
    assert "export the photo as JPEG" in outcome.error[1]


def test_a_picture_from_standard_input_can_be_annotated(inkdigits, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((SAMPLES / "mnist.png").read_bytes())))
    assert inkdigits("read", "-", "--annotate", tmp_path / "drawn").out == "2\n"
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["00000_-.png"]


def test_another_packed_model_is_named_by_its_folder_or_by_its_run(inkdigits, tmp_path):
    packed = tmp_path / "run" / "packed"
    packed.mkdir(parents=True)
    zoo = SAMPLES.parent / "zoo" / "default"
    (packed / "model.tflite").write_bytes((zoo / "model.tflite").read_bytes())
    (packed / "card.json").write_text((zoo / "card.json").read_text().replace('"default"', '"mine"', 1))
    for model in (packed, tmp_path / "run"):
        page = json.loads(inkdigits("read", "sample:mnist", "--model", model, "--format", "jsonl").out)
        assert (page["text"], page["model"]["name"]) == ("2", "mine")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_name_that_is_no_valid_text_is_written_in_escapes(tmp_path, form):
    (tmp_path / os.fsdecode(b"\xe9\xff.png")).write_bytes((SAMPLES / "mnist.png").read_bytes())
    command = [sys.executable, "-m", "inkdigits", "read", str(tmp_path), "--format", form]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    name = rb"\udce9\udcff.png"
    assert name in done.stdout
    subprocess.run([*command, "-o", tmp_path / "answers"], check=True)
    assert (tmp_path / "answers").read_bytes() == done.stdout
    if form == "jsonl":
        assert os.fsencode(json.loads(done.stdout)["path"]) == os.fsencode(tmp_path) + b"/\xe9\xff.png"


def test_digits_come_from_a_pipe_into_a_shell_variable():
    command = f"'{sys.executable}' -m inkdigits read - < '{SAMPLES / 'mnist.png'}'"
    done = subprocess.run(["sh", "-c", f'answer=$({command}); echo "[$answer]"'], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"[2]\n", b"")
