import io
import itertools
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import cv2
import numpy as np
import pytest
from PIL import Image

from inkdigits.errors import MissingModelError, PictureError, SettingError
from inkdigits.layout.candidates import find_candidates
from inkdigits.reading.decision import find_non_digits
from inkdigits.reading.result import ModelInfo
from inkdigits.recognizer import Recognizer, explain, read, read_many


def as_png(glyph: np.ndarray, zoom: int = 1) -> bytes:
    """A picture file of a glyph, dark on white with some paper around it."""
    picture = Image.fromarray(np.pad(255 - glyph, 8, constant_values=255))
    file = io.BytesIO()
    picture.resize((44 * zoom, 44 * zoom), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


BLANK = np.full((60, 60), 255, np.uint8)


@pytest.fixture(scope="module")
def guesser(recognizer):
    """Gives the best guess for all but a blank."""
    return Recognizer(recognizer.model, min_confidence=0)


@pytest.fixture(scope="module")
def sevens(mnist_test):
    """Pictures of clearly written sevens, each another file."""
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    return [as_png(glyph) for glyph in glyphs[:200][labels[:200] == 7][:5]]


@pytest.fixture(scope="module")
def doubtful(recognizer, mnist_test):
    """A picture of the test glyph that is accepted as a digit with the least probability of its best digit."""
    glyphs = mnist_test.glyphs
    probabilities = recognizer.model.probabilities(glyphs[:3000])
    accepted = ~find_non_digits(probabilities, recognizer.policy.not_a_digit_threshold)
    confidence = np.where(accepted, probabilities[:, :10].max(axis=1), 1)
    return 255 - glyphs[int(confidence.argmin())]


@pytest.mark.parametrize("zoom", [1, 5])
def test_pictures_of_mnist_digits_are_read(guesser, mnist_test, zoom):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    pages = guesser.read_many(as_png(glyph, zoom) for glyph in glyphs[:200])
    right = [page.text == str(label) for page, label in zip(pages, labels[:200], strict=True)]
    assert np.mean(right) >= 0.98


def test_a_good_a_blank_a_broken_and_a_missing_picture_each_get_their_page(recognizer, sevens, tmp_path):
    seven = tmp_path / "seven.png"
    seven.write_bytes(sevens[0])
    pictures = [str(seven), BLANK, sevens[1][:90], tmp_path / "missing.png", seven]
    good, blank, broken, missing, last = recognizer.read_many(pictures)

    assert (good.status, good.text, good.path, good.reason) == ("ok", "7", str(seven), None)
    assert (blank.status, blank.text, blank.reason, blank.lines) == ("rejected", "", "blank", ())
    assert (broken.status, broken.text, broken.path) == ("error", "", None)
    assert "Expected" in broken.error
    assert (missing.status, missing.path) == ("error", str(tmp_path / "missing.png"))
    assert "no such file" in missing.error
    assert last == good
    about = recognizer.model.card
    for page in (good, blank, broken, missing):
        assert page.model == ModelInfo(name=about.name, version=about.version, preparation=about.preparation)


def test_the_order_is_kept_over_several_batches(guesser, mnist_test):
    glyphs = mnist_test.glyphs
    pictures = [255 - glyph for glyph in glyphs[:150]]
    pictures[10] = pictures[70] = BLANK
    pictures[64] = np.zeros((2, 2, 2), np.uint8)  # no picture
    pages = list(guesser.read_many(pictures))
    assert [index for index, page in enumerate(pages) if page.status == "rejected"] == [10, 70]
    assert [index for index, page in enumerate(pages) if page.status == "error"] == [64]
    for index in (0, 9, 11, 63, 65, 127, 128, 149):
        alone = guesser.read(pictures[index])
        assert pages[index].text == alone.text
        assert pages[index].confidence == pytest.approx(alone.confidence, abs=1e-5)


def test_all_kinds_of_pictures_are_read_alike(recognizer, sevens, tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(sevens[0])
    image = Image.open(io.BytesIO(sevens[0]))
    pictures = [path, str(path), sevens[0], image, np.asarray(image), io.BytesIO(sevens[0])]
    pages = list(recognizer.read_many(pictures))
    assert [page.text for page in pages] == ["7"] * 6
    assert len({page.lines for page in pages}) == 1
    assert [page.path for page in pages] == [str(path), str(path), None, None, None, None]
    with path.open("rb") as file:
        assert recognizer.read(file).text == "7"


def test_no_pictures_give_no_pages(recognizer):
    assert list(recognizer.read_many([])) == []
    assert list(read_many(iter(()))) == []


def test_an_endless_stream_is_read_only_as_far_as_it_is_asked_for(recognizer, sevens):
    taken = itertools.count()
    pictures = (sevens[next(taken) % 5] for _ in itertools.count())
    pages = recognizer.read_many(pictures)
    assert [page.text for page in itertools.islice(pages, 3)] == ["7", "7", "7"]
    pages.close()
    assert next(taken) <= 4 * 64


def test_a_reading_holds_the_digit_where_it_is_and_every_alternative(recognizer, sevens):
    page = recognizer.read(sevens[0])
    (digit,) = page.lines[0].digits
    assert page.kind == "digit"
    assert page.confidence == digit.confidence == digit.alternatives[0][1]
    assert digit.text == digit.alternatives[0][0] == "7"
    assert sorted(text for text, _ in digit.alternatives) == list("0123456789")
    probabilities = [probability for _, probability in digit.alternatives]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) + digit.not_a_digit == pytest.approx(1)
    left, top, width, height = digit.box
    ink = np.argwhere(np.asarray(Image.open(io.BytesIO(sevens[0]))) < 128)
    rows, columns = ink[:, 0], ink[:, 1]
    np.testing.assert_allclose([left, left + width], [columns.min(), columns.max() + 1], atol=2)
    np.testing.assert_allclose([top, top + height], [rows.min(), rows.max() + 1], atol=2)
    assert digit.glyph.shape == (28, 28)


def test_a_picture_of_a_mnist_digit_is_seen_as_its_own_glyph(recognizer, mnist_test, sevens):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    seven = glyphs[:200][labels[:200] == 7][0]
    np.testing.assert_array_equal(recognizer.read(sevens[0]).lines[0].digits[0].glyph, seven)


@pytest.mark.parametrize("picture", ["a.png", b"b", np.zeros((9, 9), np.uint8), Image.new("L", (9, 9)), io.BytesIO()])
def test_one_picture_instead_of_several_is_refused_before_anything_is_read(recognizer, picture):
    for ask in (recognizer.read_many, read_many):
        with pytest.raises(PictureError, match=r"Received: one \(\w+\). Put it in a list, or call read"):
            ask(picture)


def test_read_raises_what_read_many_reports(recognizer):
    (page,) = recognizer.read_many([b"no picture"])
    with pytest.raises(PictureError, match="Check that the file is a picture") as info:
        recognizer.read(b"no picture")
    assert info.value.message in page.error


def test_a_blank_is_rejected_however_low_the_limit(recognizer):
    for limit in (0, 0.5, 1):
        page = Recognizer(recognizer.model, min_confidence=limit).read(BLANK)
        assert (page.status, page.reason, page.text, page.confidence) == ("rejected", "blank", "", None)


def test_without_a_limit_nothing_but_a_blank_is_rejected(guesser, doubtful):
    tiny = BLANK.copy()
    tiny[30:33, 30:32] = 0
    faint = np.where(np.pad(doubtful, 20, constant_values=255) < 128, 185, 200).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (50, 50)).astype(np.uint8)
    pages = list(guesser.read_many([tiny, faint, noise, doubtful, BLANK]))
    assert [page.status == "rejected" for page in pages] == [page.confidence is None for page in pages]
    assert [page.text != "" for page in pages] == [page.confidence is not None for page in pages]
    assert pages[0].text != ""
    assert pages[3].text != ""


def test_a_digit_of_a_few_pixels_is_rejected_with_its_reason(recognizer):
    tiny = BLANK.copy()
    tiny[30:33, 30:32] = 0
    page = recognizer.read(tiny)
    assert (page.status, page.reason, page.text) == ("rejected", "too_small", "")
    assert page.lines[0].text != ""


def test_a_doubtful_digit_is_rejected_above_its_confidence_and_uncertain_below(recognizer, doubtful):
    confidence = Recognizer(recognizer.model, min_confidence=0).read(doubtful).confidence
    assert confidence < 0.9
    limits = confidence - 0.01, confidence + 0.01
    below, above = (Recognizer(recognizer.model, min_confidence=limit).read(doubtful) for limit in limits)
    assert (below.status, below.reason) == ("uncertain", "ambiguous")
    assert (above.status, above.reason, above.text) == ("rejected", "ambiguous", "")
    assert below.text == above.lines[0].text
    assert below.confidence == above.confidence == confidence


def test_a_limit_on_megapixels_holds_for_each_picture(recognizer, sevens):
    limited = Recognizer(recognizer.model, max_megapixels=0.005)
    small, large = limited.read_many([sevens[0], np.full((100, 100), 255, np.uint8)])
    assert small.text == "7"
    assert "megapixels" in large.error


def test_several_threads_read_the_same(recognizer, sevens):
    pictures = [*sevens, BLANK, b"no picture"] * 3
    expected = list(recognizer.read_many(pictures))
    with ThreadPoolExecutor(3) as pool:
        for pages in pool.map(lambda some: list(recognizer.read_many(some)), [pictures] * 6):
            assert [(page.status, page.text, page.reason) for page in pages] == [
                (page.status, page.text, page.reason) for page in expected
            ]


@pytest.mark.parametrize("expect", ["line", "page"])
def test_lines_and_pages_are_said_to_come_later(recognizer, expect):
    with pytest.raises(SettingError, match=f"Received: '{expect}'. Lines and pages come in a later version"):
        Recognizer(recognizer.model, expect=expect)


def test_a_digit_may_be_expected_by_name(recognizer, sevens):
    assert Recognizer(recognizer.model, expect="digit").read(sevens[0]).text == "7"


@pytest.mark.parametrize("limit", [-0.1, 1.1, float("nan")])
def test_a_limit_on_confidence_is_a_probability(recognizer, limit):
    with pytest.raises(SettingError, match=r"minimal confidence of 0 to 1. Received: .*0\.5 is usual"):
        Recognizer(recognizer.model, min_confidence=limit)


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_limit_on_megapixels_lets_something_through(recognizer, limit):
    with pytest.raises(SettingError, match="above 0 megapixels"):
        Recognizer(recognizer.model, max_megapixels=limit)


@pytest.mark.parametrize("confidence", [0, 0.5, 0.8])
def test_a_minimal_confidence_and_a_maximal_error_exclude_each_other(recognizer, confidence):
    with pytest.raises(SettingError, match=rf"not both\. Received: {confidence} and 0\.01\. Leave one out"):
        Recognizer(recognizer.model, min_confidence=confidence, max_error=0.01)


def test_a_maximal_error_sets_the_threshold_of_the_card(recognizer):
    bounded = Recognizer(recognizer.model, max_error=0.01)
    assert bounded.policy.min_confidence == bounded.risk_bound.threshold >= 0.5
    assert recognizer.risk_bound is None


def test_read_is_the_recognizer_for_one_picture(recognizer, sevens):
    assert read(sevens[0]) == recognizer.read(sevens[0])
    assert read(BLANK, min_confidence=0).status == "rejected"
    with pytest.raises(PictureError):
        read(b"no picture")


def test_all_three_functions_take_the_same_arguments(recognizer, sevens):
    page = read(sevens[0], model="tiny-2k", min_confidence=1)
    assert page.status == "rejected"
    assert list(read_many(sevens[:1], model="tiny-2k", min_confidence=1)) == [page]
    assert explain(sevens[0], model="tiny-2k", min_confidence=1).page == page


@pytest.mark.parametrize("model", ["default", "no_such", None, 7])
def test_a_recognizer_takes_a_models_name(model, sevens):
    if model == "default":
        assert Recognizer(model).read(sevens[0]).text == "7"
        return
    with pytest.raises((MissingModelError, SettingError), match="Expected a packed model"):
        Recognizer(model)


@pytest.mark.parametrize("again", [lambda one: pickle.loads(pickle.dumps(one)), deepcopy], ids=["pickled", "copied"])
def test_a_recognizer_can_be_pickled_and_copied(recognizer, sevens, again):
    strict = Recognizer(recognizer.model, min_confidence=0.99)
    other = again(strict)
    assert (other.options, other.policy) == (strict.options, strict.policy)
    assert other.read(sevens[0]) == strict.read(sevens[0])


def test_a_missing_file_is_a_file_not_found_error(recognizer, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        recognizer.read(tmp_path / "none.png")


def test_the_pages_of_many_pictures_keep_their_records_only_if_asked(recognizer, sevens):
    (plain,), (kept,) = (list(recognizer.read_many(sevens[:1], keep_records=keep)) for keep in (False, True))
    assert plain.record is None
    np.testing.assert_array_equal(kept.record.chosen.candidate.glyph, kept.lines[0].digits[0].glyph)
    assert kept == plain == recognizer.read(sevens[0])
    with pytest.raises(SettingError, match="keep_records=True"):
        plain.draw()
    assert plain.draw(sevens[0]).tobytes() == kept.draw().tobytes()


class Unreadable:
    """A path that breaks when it is asked for."""

    def __fspath__(self):
        raise RuntimeError("no path")


def test_any_exception_in_one_picture_is_its_page(recognizer, sevens, monkeypatch):
    def break_down(gray):
        if gray.shape == (33, 33):
            raise cv2.error("assertion failed")
        return find_candidates(gray)

    monkeypatch.setattr("inkdigits.reading.preparing.find_candidates", break_down)
    pictures = [sevens[0], np.full((33, 33), 200, np.uint8), Unreadable(), object(), sevens[1]]
    good, broken, unreadable, nothing, last = recognizer.read_many(pictures)
    assert (good.text, last.text) == ("7", "7")
    assert "Received: error: " in broken.error
    assert (unreadable.status, nothing.status) == ("error", "error")
    with pytest.raises(PictureError, match="assertion failed"):
        recognizer.read(pictures[1])


def test_a_missing_model_is_named():
    with pytest.raises(MissingModelError, match=r"'no_such_model'.*Models that ship: .*default"):
        Recognizer.load("no_such_model")
    with pytest.raises(MissingModelError, match="default"):
        read(BLANK, model="no_such_model")


def test_reading_loads_neither_tensorflow_nor_keras_nor_matplotlib(sevens, tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(sevens[0])
    script = (
        "import sys; from inkdigits import read\n"
        f"print(read({str(path)!r}).text)\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sklearn', 'scipy', 'jax', 'torch'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["7", "[]"]


def test_samples_are_known_to_every_way_of_reading(recognizer):
    assert recognizer.read("sample:chalk").text == "5"
    assert [page.text for page in recognizer.read_many(["sample:chalk", "sample:photo"])] == ["5", "7"]
    assert next(recognizer.read_many(["sample:none"])).status == "error"
