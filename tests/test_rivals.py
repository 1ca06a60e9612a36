"""The comparison with other readers, with none of them installed: decoding, pictures, CSV, the table."""

import argparse
import csv
import hashlib
import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.errors import SettingError

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))
sys.path.insert(0, str(ROOT / "bench" / "rivals"))

import compare  # noqa: E402
import environments  # noqa: E402
import rapidocr_digits  # noqa: E402
import runner  # noqa: E402
import scores  # noqa: E402
import tesseract_digits  # noqa: E402
from scores import Answers, PictureSet  # noqa: E402


def every_alignment(probabilities, character):
    """The probability of a text of one character, by adding up every path through the matrix."""
    total = 0.0
    for path in itertools.product(range(probabilities.shape[1]), repeat=len(probabilities)):
        text = [step for step, _ in itertools.groupby(path) if step]
        if text == [character]:
            total += float(np.prod([row[step] for row, step in zip(probabilities, path, strict=True)]))
    return total


def test_a_single_digit_has_the_probability_of_all_its_alignments():
    probabilities = np.random.default_rng(3).dirichlet(np.ones(4), size=5)
    best, confidence = rapidocr_digits.single_digit(probabilities, [1, 2, 3])
    expected = [every_alignment(probabilities, character) for character in (1, 2, 3)]
    assert best == str(np.argmax(expected))
    assert confidence == pytest.approx(max(expected))


def test_decoding_is_limited_to_the_columns_asked_for():
    # blank, "O", "0", "5": the letter wins without the limit, "0" with it
    probabilities = np.array([[0.9, 0.05, 0.03, 0.02], [0.01, 0.79, 0.15, 0.05], [0.9, 0.05, 0.03, 0.02]])
    best, confidence = rapidocr_digits.single_digit(probabilities, [2, 3])
    assert best == "0"
    assert confidence < 0.25  # of the whole output, which says "O"
    assert rapidocr_digits.single_digit(probabilities, [1, 2, 3])[0] == "0"


def test_decoding_takes_the_one_digit_where_free_decoding_would_find_two():
    probabilities = np.array([[0.1, 0.6, 0.3], [0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [0.1, 0.2, 0.7]])
    assert rapidocr_digits.single_digit(probabilities, [1, 2])[0] == "1"
    assert rapidocr_digits.greedy_text(probabilities, [1, 2])[0] == "01"


def test_usual_decoding_leaves_out_blanks_and_repetitions():
    steps = [[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.2, 0.2, 0.6], [0.9, 0.0, 0.1], [0.1, 0.1, 0.8]]
    assert rapidocr_digits.greedy_text(np.array(steps), [1, 2]) == ("11", pytest.approx(0.75))
    assert rapidocr_digits.greedy_text(np.array(steps[:1]), [1, 2]) == ("", 0.0)


def test_decoding_survives_probabilities_of_zero():
    probabilities = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    best, confidence = rapidocr_digits.single_digit(probabilities, [1, 2])
    assert best in ("0", "1")
    assert 0 <= confidence < 1e-9


def test_a_runner_answers_every_path_in_order_and_survives_a_bad_picture(tmp_path, capsys):
    Image.new("L", (5, 9), 200).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    listing, answers = tmp_path / "list.txt", tmp_path / "answers.csv"
    asked = [tmp_path / name for name in ("bad.png", "good.png", "missing.png")]
    listing.write_text("".join(f"{path}\n" for path in asked), encoding="utf-8")
    runner.run(lambda picture: (str(picture.width), 0.75), argparse.Namespace(pictures=listing, answers=answers))
    with answers.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [str(path) for path in asked]
    assert [row["answer"] for row in rows] == ["", "5", ""]
    assert [row["confidence"] for row in rows] == ["", "0.750000", ""]
    assert "bad.png: UnidentifiedImageError" in capsys.readouterr().err
    read = compare.read_answers(answers, asked)
    assert read.digits == ("", "5", "")
    assert read.confidences == (None, 0.75, None)
    assert read.seconds >= 0


def test_answers_without_confidence_are_read_and_other_pictures_are_refused(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("path,answer\na.png,3\nb.png,\n", encoding="utf-8")
    answers = compare.read_answers(path, [Path("a.png"), Path("b.png")])
    assert answers == Answers(("3", ""), (None, None), 0.0)
    assert answers.sure() is None
    assert Answers(("", ""), (None, None), 0.0).sure() == 0
    with pytest.raises(SettingError, match=r"Expected 2 answers in the order asked\. Received: 2"):
        compare.read_answers(path, [Path("b.png"), Path("a.png")])


@pytest.mark.parametrize(("ink", "paper"), [((0, 0, 0), 255), ((250, 250, 250), 0)])
def test_transparent_pictures_are_put_on_paper_that_shows_the_ink(tmp_path, ink, paper):
    picture = Image.new("RGBA", (8, 8), (*ink, 0))
    picture.putpixel((3, 3), (*ink, 255))
    picture.save(tmp_path / "clear.png")
    shown = runner.upright(tmp_path / "clear.png")
    assert shown.mode == "RGB"
    assert shown.getpixel((0, 0)) == (paper,) * 3
    assert shown.getpixel((3, 3)) == ink


def test_pictures_are_turned_upright_and_deep_ones_keep_their_brightness(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (12, 4)).save(tmp_path / "turned.jpg", exif=exif)
    assert runner.upright(tmp_path / "turned.jpg").size == (4, 12)
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(tmp_path / "deep.png")
    assert runner.upright(tmp_path / "deep.png").getpixel((0, 0)) == (156, 156, 156)


def test_tesseract_gets_dark_ink_on_light_paper_with_a_margin():
    light_ink = Image.new("L", (20, 30), 10)
    light_ink.paste(240, (8, 5, 12, 25))
    page = tesseract_digits.prepare(light_ink)
    assert page.size == (40 + 60, 60 + 60)
    assert page.getpixel((0, 0)) == 245
    assert page.getpixel((50, 60)) < 40


def test_tesseracts_table_gives_the_first_character_of_each_page():
    def row(level, page, confidence, text):
        return "\t".join([str(level), str(page), *["0"] * 8, confidence, text])

    lines = [
        row("level", "page_num", "conf", "text"),
        row(1, 1, "-1", ""),
        row(5, 1, "91.5", "7"),
        row(5, 1, "40", "1"),
    ]
    table = "\n".join([*lines, row(1, 2, "-1", ""), row(5, 3, "12.25", "4")])
    assert tesseract_digits.answers(table, 3) == [("7", 0.915), ("", None), ("4", 0.1225)]


def systems_of_two():
    digits = PictureSet("own_digits", (Path("a"), Path("b"), Path("c"), Path("d")), ("1", "2", "3", "4"))
    ours = {
        "own_digits": Answers(("1", "2", "3", "9"), (0.99, 0.95, 0.9, 0.4), 0.002),
        "not_digits": Answers(("8", "8"), (0.95, 0.5), 0.5),
    }
    silent = {
        "own_digits": Answers(("", "", "", "4"), (None,) * 4, 0.0204),
        "not_digits": Answers(("1", ""), (None, None), 0.5),
    }
    return {"ours": ours, "silent": silent}, digits


def test_the_tables_have_a_row_per_system_and_a_column_per_set():
    systems, digits = systems_of_two()
    assert scores.accuracy(systems, [digits]) == (
        ["% right [95 % interval]", "own_digits (n = 4)"],
        [["ours", "75.0 [30.1, 95.4]"], ["silent", "25.0 [4.6, 69.9]"]],
    )
    assert scores.accuracy_by_set(systems, [digits]) == (["right", "n", "ours", "silent"], [["own_digits", 4, 3, 1]])
    assert scores.non_digits(systems, [digits])[1] == [["ours", "50.0 %", "75.0 %"], ["silent", "–", "–"]]
    assert scores.non_digits(systems, [])[0] == ["at a confidence of 0.9 or more", "non-digits accepted"]
    assert scores.times(systems, [digits])[1] == [["ours", "2.0"], ["silent", "20.4"]]


def one_set(answers):
    labels = ("1",) * 20
    return PictureSet("dida", (Path("a"),) * 20, labels), {
        title: {"dida": Answers(digits, (None,) * 20, 0.0)} for title, digits in answers.items()
    }


def test_the_paired_test_counts_the_pictures_that_only_one_reads_right():
    # 10 pictures that only the other reads: exact p = 2 / 1024, times 3 rivals; 11 means two digits, which is wrong
    answers = {
        "ours": ("1",) * 10 + ("7",) * 10,
        "better": ("1",) * 20,
        "same": ("1",) * 10 + ("11",) * 10,
        "worse": ("",) * 20,
    }
    part, systems = one_set(answers)
    heads, rows = scores.paired(systems, [part])
    assert heads == ["pictures: other reader", "only ours right", "only the other right", "p, Holm", "better"]
    assert rows == [
        ["dida: better", 0, 10, "0.0059", "better"],
        ["dida: same", 0, 0, "1", "not shown"],
        ["dida: worse", 10, 0, "0.0059", "ours"],
    ]


def test_sets_are_pooled_picture_by_picture():
    systems, digits = systems_of_two()
    other = PictureSet("other", (Path("e"),), ("5",))
    for answers in systems.values():
        answers["other"] = Answers(("5",), (0.5,), 0.01)
    merged, whole = scores.pooled(systems, [digits, other])
    assert whole == PictureSet("all", (*digits.paths, Path("e")), ("1", "2", "3", "4", "5"))
    assert merged["ours"]["all"].right(whole.labels) == 4
    assert merged["ours"]["all"].seconds == pytest.approx((4 * 0.002 + 0.01) / 5)


def test_the_tiny_network_is_found_inside_a_compiled_module(monkeypatch):
    graph = bytes(range(200))
    model = rapidocr_digits.MODEL_START + bytes([200, 1]) + graph + b"B\x04\n\x00\x10\x10"  # 200 as a varint
    monkeypatch.setattr(rapidocr_digits, "TINY_SHA256", hashlib.sha256(model).hexdigest())
    other = rapidocr_digits.MODEL_START + bytes([3]) + b"abc" + b"B\x04\n\x00\x10\x10"
    assert rapidocr_digits.tiny_model(b"code" + other + model + b"more code") == model
    with pytest.raises(ValueError, match=r"Received: another version"):
        rapidocr_digits.tiny_model(b"code" + other)


def test_arrays_become_files_and_few_pictures_are_spread_over_the_set(tmp_path):
    (tmp_path / "arrays").mkdir()
    images = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((16, 16), np.uint8)
    np.savez(tmp_path / "arrays" / "usps_2000.npz", images=images, labels=np.arange(5))
    (usps,) = compare.real_sets(tmp_path, ["usps"], 3, tmp_path / "scratch")
    assert usps.labels == ("0", "2", "4")
    assert [int(np.asarray(Image.open(path))[0, 0]) for path in usps.paths] == [0, 2, 4]


def test_simulated_pictures_become_files_with_their_labels(tmp_path):
    (part,) = compare.simulated_sets(["mnist"], 3, tmp_path)
    assert part.name == "mnist"
    assert len(part.labels) == 3
    assert all(path.is_file() for path in part.paths)


def test_our_own_answers_are_read_with_our_own_confidence(tmp_path):
    (part,) = compare.simulated_sets(["mnist"], 5, tmp_path)
    blank = tmp_path / "blank.png"
    Image.new("L", (40, 40), 255).save(blank)
    answers = compare.own_answers(compare.Recognizer.load("default"), [*part.paths, blank])
    assert answers.right([*part.labels, ""]) >= 5
    assert answers.digits[-1] == ""
    assert answers.confidences[-1] == 0
    assert answers.seconds > 0


def test_every_rival_has_a_runner_and_exact_versions():
    for rival in environments.RIVALS.values():
        assert (ROOT / "bench" / "rivals" / rival.script).is_file()
        assert all(package.count("==") == 1 for package in rival.packages)


def test_runners_know_nothing_of_inkdigits():
    for rival in environments.RIVALS.values():
        source = (ROOT / "bench" / "rivals" / rival.script).read_text(encoding="utf-8")
        assert "import inkdigits" not in source
        assert "from inkdigits" not in source


def test_a_program_that_fails_is_told_with_its_last_words(tmp_path):
    with pytest.raises(SettingError, match=r"Expected the program to install and run\. Received: exit code 3: why"):
        environments._call(
            [sys.executable, "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)"], "the program"
        )


def test_either_a_folder_or_conditions_are_asked_for(capsys):
    with pytest.raises(SystemExit):
        compare.parse([])
    assert "expected either a folder or --conditions" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        compare.parse(["folder", "--rivals", "nobody"])
    assert "received nobody" in capsys.readouterr().err


def test_answers_in_the_cache_are_taken_again_where_asked_for(tmp_path, monkeypatch):
    part = PictureSet("own_digits", (Path("a.png"),), ("3",))
    calls = []

    def run(_rival, listing, answers, _cache, *, threads):
        calls.append((listing.read_text(encoding="utf-8"), threads))
        answers.write_text("path,answer\na.png,3\n", encoding="utf-8")

    monkeypatch.setattr(compare, "run_rival", run)
    options = compare.parse(["FOLDER", "--cache", str(tmp_path), "--threads", "2"])
    again = compare.parse(["FOLDER", "--cache", str(tmp_path), "--reuse"])
    for each in (options, again, again):
        assert compare.ask("tesseract", part, each).digits == ("3",)
    assert calls == [("a.png\n", 2)]
