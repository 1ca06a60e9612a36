"""The picture bench: a gate on what the reader reaches in every condition, and proof that each does what it says."""

import csv
import io
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from inkdigits.errors import SettingError
from inkdigits.recognizer import Recognizer

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import pages  # noqa: E402
import pictures  # noqa: E402
from conditions import CONDITIONS, Subject  # noqa: E402

GATE_COUNT = 64  # eight of each of EXIF's turns
FLOORS = {  # at least four standard errors of 64 pictures below what 1000 gave
    "mnist": 0.96,
    "inverted": 0.96,
    "large": 0.95,
    "small": 0.95,
    "shadow": 0.94,
    "exif": 0.95,
    "ruled": 0.93,
    "squared": 0.92,
    "pencil": 0.92,
    "rotated": 0.92,
    "corners": 0.93,
    "faint": 0.95,
    "thin": 0.91,
    "underlined": 0.93,
    "neighbors": 0.93,
    "chalk": 0.95,
}


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load("default")


def make(name: str, count: int = 4, *, seed: int = 1) -> list[bytes]:
    return pictures.make_pictures(name, count, seed, split="validation")[0]


def gray(picture: bytes) -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(picture))).convert("L"))


def rgb(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def parts(picture: bytes) -> np.ndarray:
    """Boxes of the dark parts of an evenly lit page, `(left, top, width, height)`, specks left out."""
    _, dark = cv2.threshold(gray(picture), 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    stats = cv2.connectedComponentsWithStats(dark)[2][1:]
    return stats[stats[:, 4] > 30][:, :4]


def rules_crossed(strip: np.ndarray) -> int:
    """Lines that cross a narrow strip, shape `(length, breadth)`, of bare paper."""
    profile = cv2.GaussianBlur(np.median(strip, axis=1).astype(np.float32)[:, None], (0, 0), 1)[:, 0]
    paper = cv2.medianBlur(profile[:, None], 5)[:, 0]
    paper = np.array([np.median(paper[max(0, at - 25) : at + 25]) for at in range(len(paper))])
    dark = profile < paper - 7
    return int(np.count_nonzero(dark[1:] & ~dark[:-1]))


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_reader_reaches_its_floor(recognizer, name):
    made, labels = pictures.make_pictures(name, GATE_COUNT, pictures.SEED, split="validation")
    readings = list(Recognizer(recognizer.model, min_confidence=0).read_many(made))
    right = np.array([page.text == label for page, label in zip(readings, labels, strict=True)])
    assert right.mean() >= FLOORS[name]
    if name == "exif":
        assert min(right[turn::8].sum() for turn in range(8)) >= 6


def test_every_condition_has_a_floor():
    assert list(FLOORS) == list(CONDITIONS)
    assert len(CONDITIONS) >= 10


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_same_seed_gives_the_same_bytes_and_fewer_are_the_first_of_more(name):
    made, labels = pictures.make_pictures(name, 3, 1, split="validation")
    more, more_labels = pictures.make_pictures(name, 5, 1, split="validation")
    assert (len(made), len(more)) == (3, 5)
    assert (more[:3], more_labels[:3]) == (made, labels)
    assert make(name, 3, seed=2) != made


@pytest.mark.parametrize("split", ["validation", "test"])
def test_mnist_itself_is_each_glyph_once_with_its_label(split):
    made, labels = pictures.make_pictures("mnist", 200, 1, split=split)
    source = pictures.digits(split)
    known = {glyph.tobytes(): str(label) for glyph, label in zip(source.glyphs, source.labels, strict=True)}
    found = [gray(picture).tobytes() for picture in made]
    assert [known[glyph] for glyph in found] == labels
    assert len(set(found)) == 200


def test_conditions_do_not_share_their_digits():
    assert make("mnist", 50) != [pages.png(255 - gray(picture)) for picture in make("inverted", 50)]


def test_black_on_white_is_a_glyph_inverted():
    known = {glyph.tobytes() for glyph in pictures.digits("validation").glyphs}
    assert all((255 - gray(picture)).tobytes() in known for picture in make("inverted"))


def test_a_large_digit_fills_its_canvas():
    for picture in make("large"):
        boxes = parts(picture)
        size = (boxes[:, :2] + boxes[:, 2:]).max(axis=0) - boxes[:, :2].min(axis=0)
        assert gray(picture).shape == (400, 400)
        assert 340 <= size.max() <= 395


def test_a_small_digit_is_40_to_90_pixels_long():
    for picture in make("small", 12):
        boxes = parts(picture)
        size = (boxes[:, :2] + boxes[:, 2:]).max(axis=0) - boxes[:, :2].min(axis=0)
        assert gray(picture).shape == (480, 640)
        assert 38 <= size.max() <= 93


def test_a_shadow_lies_on_the_page_and_the_ink_is_blue():
    for picture in make("shadow"):
        light = cv2.GaussianBlur(cv2.dilate(gray(picture), np.ones((41, 41))), (0, 0), 20)
        colors = rgb(picture)
        ink = colors[gray(picture) <= np.percentile(gray(picture), 1)]
        assert int(light.min()) < 0.8 * int(light.max())
        assert ink[:, 2].mean() > ink[:, 0].mean() + 15


def test_exif_turns_cycle_through_all_eight():
    tags = [Image.open(io.BytesIO(picture)).getexif()[pages.ORIENTATION] for picture in make("exif", 9)]
    assert tags == [1, 2, 3, 4, 5, 6, 7, 8, 1]


def test_every_turn_stores_the_same_upright_picture():
    source = pictures.digits("validation")

    def upright(index: int) -> np.ndarray:
        subject = Subject(source.glyphs[3], index, source.glyphs, np.random.default_rng(5))
        return gray(CONDITIONS["exif"].draw(subject)).astype(int)

    stored = [upright(index) for index in range(8)]
    assert {picture.shape for picture in stored} == {stored[0].shape}
    assert max(np.abs(picture - stored[0]).mean() for picture in stored) < 3


def test_ruled_paper_has_lines_and_squared_paper_has_them_both_ways():
    for picture in make("ruled", 8):
        assert rules_crossed(gray(picture)[:, -9:-1]) >= 2
    for picture in make("squared", 8):
        assert rules_crossed(gray(picture)[:, -9:-1]) >= 3
        assert rules_crossed(gray(picture)[1:9].T) >= 3
    for picture in make("rotated", 8):
        assert rules_crossed(gray(picture)[:, -9:-1]) == 0


def test_pencil_is_gray_on_off_white():
    for picture in make("pencil"):
        levels = gray(picture)
        darkest, paper = np.percentile(levels, 0.5), np.median(levels)
        assert 40 < darkest < paper - 25
        assert np.ptp(rgb(picture)[levels <= darkest].mean(axis=0)) < 30


def test_a_turned_digit_stays_whole():
    coverage = pages.strokes(pictures.digits("validation").glyphs[0], 100)
    turned = pages.turn(coverage, 20)
    assert turned.sum() == pytest.approx(coverage.sum(), rel=0.01)
    assert turned.shape != coverage.shape


def test_filled_corners_are_darker_than_the_paper():
    for picture in make("corners"):
        levels = gray(picture)
        assert max(levels[y, x] for y in (0, -1) for x in (0, -1)) <= 165
        assert np.median(levels) >= 220


def test_low_contrast_is_25_to_40_levels():
    for picture in make("faint", 8):
        levels = cv2.GaussianBlur(gray(picture), (0, 0), 1.5).astype(float)
        paper = cv2.medianBlur(gray(picture), 255).astype(float)
        assert 17 <= np.percentile(paper - levels, 99.8) <= 45


@pytest.mark.parametrize("pen", [3, 8])
def test_a_pen_draws_strokes_as_wide_as_it_is(pen):
    glyph = np.zeros((28, 28), np.uint8)
    glyph[4:24, 12:16] = 255
    coverage = pages.strokes(glyph, 200, pen=pen)
    assert coverage[coverage.shape[0] // 2].sum() == pytest.approx(pen, abs=1)
    assert pages.strokes(glyph, 200)[coverage.shape[0] // 2].sum() == pytest.approx(40, abs=3)


def test_a_thin_pen_leaves_a_filled_loop_a_blot():
    glyph = np.zeros((28, 28), np.uint8)
    cv2.line(glyph, (14, 4), (14, 20), 255, 3)
    bare = pages.strokes(glyph, 200, pen=4)
    cv2.circle(glyph, (14, 20), 5, 255, -1)
    filled = pages.strokes(glyph, 200, pen=4)
    assert bare.sum(axis=1).max() < 8
    assert filled.sum(axis=1).max() > 15
    assert np.median(filled.sum(axis=1)[: len(filled) // 2]) == pytest.approx(4, abs=1)


def test_thin_strokes_take_less_ink_than_mnists_own():
    inks = [np.mean([(gray(picture) < 120).mean() for picture in make(name, 12)]) for name in ("thin", "exif")]
    assert inks[0] < 0.5 * inks[1]


def test_an_underline_is_long_flat_and_the_lowest():
    for picture in make("underlined", 6):
        boxes = parts(picture)
        lowest = boxes[np.argmax(boxes[:, 1] + boxes[:, 3])]
        assert len(boxes) >= 2
        assert lowest[2] > 2.5 * lowest[3]


def test_neighbors_come_in_over_the_edge_and_the_digit_does_not():
    for picture in make("neighbors", 6):
        boxes, width = parts(picture), gray(picture).shape[1]
        at_edge = (boxes[:, 0] == 0) | (boxes[:, 0] + boxes[:, 2] == width)
        middle = (boxes[:, 0] < width / 2) & (boxes[:, 0] + boxes[:, 2] > width / 2)
        assert at_edge.any()
        assert (middle & ~at_edge).any()


def test_chalk_is_light_on_a_dark_board():
    for picture in make("chalk"):
        assert np.median(gray(picture)) < 100
        assert np.percentile(gray(picture), 99.5) > np.median(gray(picture)) + 60


@pytest.mark.parametrize(
    ("condition", "count", "split", "message"),
    [
        ("sepia", 1, "test", "Expected a condition of mnist, inverted"),
        ("mnist", 0, "test", "Expected 1 to 10000 pictures. Received: 0."),
        ("mnist", 2501, "validation", "Expected 1 to 2500 pictures. Received: 2501."),
        ("mnist", 1, "train", "Expected a split of 'validation' or 'test'. Received: 'train'."),
    ],
)
def test_what_cannot_be_made_is_refused(condition, count, split, message):
    with pytest.raises(SettingError, match=message):
        pictures.make_pictures(condition, count, 1, split=split)


def test_a_row_says_what_was_counted():
    score = pictures.Score((True, True, True, False), (True, True, False, True))
    assert score.row("chalk") == "| chalk | 4 | 75.0 % [30.1 %, 95.4 %] | 75.0 % | 66.7 % |"


def test_a_score_that_keeps_nothing_has_no_share_of_it():
    assert pictures.Score((True,), (False,)).row("chalk").endswith("| 0.0 % | – |")


def test_the_bench_prints_saves_and_draws(tmp_path, capsys):
    page, sheet, folder = tmp_path / "page.md", tmp_path / "sheet.png", tmp_path / "made"
    page.write_text(f"# Page\n\n<!-- {pictures.PART} -->\n<!-- /{pictures.PART} -->\n")
    options = ["--count", "8", "--conditions", "mnist,exif", "--docs", page, "--sheet", sheet, "--save", folder]
    pictures.main([str(option) for option in options])
    printed = capsys.readouterr().out
    assert "| MNIST itself | 8 | " in printed
    assert "validation digits" in printed
    assert all(f"{turn}: " in printed.splitlines()[-1] for turn in range(1, 9))
    assert printed.strip() in page.read_text()
    with Image.open(sheet) as drawn:
        assert drawn.width > 500
    with (folder / "exif" / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(folder / "exif" / row["file"]).read_bytes() for row in rows] == make("exif", 8)
    assert [row["file"] for row in rows][:2] == ["00000.jpg", "00001.jpg"]
    assert sorted(path.suffix for path in (folder / "mnist").iterdir()) == [".csv", *[".png"] * 8]


def test_the_page_of_the_docs_tells_of_every_condition():
    page = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")
    table = page.partition(f"<!-- {pictures.PART} -->")[2].partition("<!-- /")[0]
    assert [title for title in (each.title for each in CONDITIONS.values()) if f"| {title} | " not in table] == []
    assert [about for about in (each.about for each in CONDITIONS.values()) if about not in page] == []
    assert (ROOT / "docs" / "pictures.png").stat().st_size < 400_000
