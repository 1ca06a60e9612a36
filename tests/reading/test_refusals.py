"""What is refused, with which reason, by which promise, and when a picture on lined paper is looked at twice."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkdigits.errors import SettingError
from inkdigits.explaining.explanation import explain
from inkdigits.layout.digit import look_again, prepare_digit
from inkdigits.models.card import load_card
from inkdigits.models.classifier import PackedModel
from inkdigits.models.zoo import find_model
from inkdigits.reading.options import ReadingOptions
from inkdigits.reading.recognizer import Recognizer, read


def page_of(*strokes, ink=30, pen=8):
    page = Image.new("L", (200, 200), 220)
    for stroke in strokes:
        ImageDraw.Draw(page).line(stroke, fill=ink, width=pen, joint="curve")
    return np.asarray(page)


SEVEN = [(75, 60), (125, 62), (95, 140)]
ONE_SHAPE = page_of(SEVEN)
TWO_SHAPES = page_of([(60, 60), (60, 140)], [(90, 60), (125, 62), (105, 140)])
LINES = [[(0, y), (200, y + 40)] for y in range(-20, 200, 40)]
ON_LINES = np.minimum(page_of(SEVEN), page_of(*LINES, ink=120, pen=3))


def with_limit(folder, limit):
    """The model that ships, but it refuses what is more probably no digit than `limit`."""
    shutil.copytree(find_model("default"), folder)
    replace(load_card(folder), no_digit_limit=limit).save(folder)
    return PackedModel(folder)


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    """A recognizer that refuses only what is likelier no digit than its best answer."""
    return Recognizer(with_limit(tmp_path_factory.mktemp("models") / "patient", 1.0))


class Sure(Recognizer):
    """Takes every glyph for a 7 with one probability, for a 1 with another, and for no digit with the rest."""

    def __init__(self, model, seven, one):
        super().__init__(model)
        self.row = np.zeros(10)
        self.row[[7, 1]] = seven, one

    def classify(self, glyphs):
        return np.tile(self.row, (len(glyphs), 1))


class Careful(Recognizer):
    """Takes what is wider than high for no digit, more likely than not; keeps what it was shown."""

    def __init__(self, model):
        super().__init__(model)
        self.shown = []

    def classify(self, glyphs):
        self.shown += list(glyphs)
        wide = [np.ptp(np.nonzero(glyph.any(axis=0))) > np.ptp(np.nonzero(glyph.any(axis=1))) for glyph in glyphs]
        return super().classify(glyphs) * np.where(wide, 0.4, 1)[:, None]


@pytest.mark.parametrize(
    ("picture", "seven", "one", "reason"),
    [
        (ONE_SHAPE, 0.48, 0.45, "ambiguous"),
        (ONE_SHAPE, 0.48, 0.0, "not_a_digit"),
        (ONE_SHAPE, 0.05, 0.0, "not_a_digit"),
        (TWO_SHAPES, 0.48, 0.45, "ambiguous"),
        (TWO_SHAPES, 0.48, 0.0, "several"),
        (TWO_SHAPES, 0.05, 0.0, "several"),
    ],
)
def test_a_rejected_reading_says_what_else_it_may_be(recognizer, picture, seven, one, reason):
    sure = Sure(recognizer.model, seven, one)
    page = sure.read_one(picture)
    assert (page.status, page.reason, page.text) == ("rejected", reason, "")
    assert page.lines[0].text == "7"
    assert page.confidence == seven
    guess = sure.read_one(picture, min_confidence=0)
    assert (guess.status, guess.reason, guess.text) == ("uncertain", reason, "7")


def test_a_guess_that_is_asked_for_is_never_surer_than_the_reading(tmp_path):
    strict = Sure(with_limit(tmp_path / "strict", 0.02), 0.97, 0.0)
    assert strict.read_one(ONE_SHAPE).status == "rejected"
    assert strict.read_one(ONE_SHAPE, min_confidence=0).status == "uncertain"


def test_on_lined_paper_a_sure_answer_that_is_refused_is_looked_at_again(tmp_path):
    class Wary(Careful):
        def classify(self, glyphs):
            return super().classify(glyphs) * 0.97

    strict = with_limit(tmp_path / "strict", 0.02)
    wary = Wary(strict)
    assert wary.read_one(ON_LINES).status == "rejected"
    assert len(wary.shown) > 1


def test_what_may_be_no_digit_is_rejected_beyond_the_limit_of_the_card(tmp_path):
    strict = with_limit(tmp_path / "strict", 0.2)
    sure, doubtful = Sure(strict, 0.81, 0.0), Sure(strict, 0.79, 0.0)
    assert sure.read_one(ONE_SHAPE).status == "uncertain"
    page = doubtful.read_one(ONE_SHAPE)
    assert (page.status, page.reason, page.confidence) == ("rejected", "not_a_digit", 0.79)
    assert doubtful.read_one(TWO_SHAPES).reason == "several"
    assert doubtful.read_one(ONE_SHAPE, min_confidence=0.3).status == "rejected"
    guess = Sure(strict, 0.79, 0.0).read_one(ONE_SHAPE, min_confidence=0)
    assert (guess.text, guess.status, guess.reason) == ("7", "uncertain", "not_a_digit")
    other = Sure(strict, 0.6, 0.4)
    assert other.read_one(ONE_SHAPE).reason == "ambiguous"


@pytest.mark.parametrize("picture", [ONE_SHAPE, TWO_SHAPES], ids=["one", "two"])
def test_a_sure_reading_has_no_reason_and_an_uncertain_one_has(recognizer, picture):
    sure = Sure(recognizer.model, 0.9, 0.1).read_one(picture)
    assert (sure.status, sure.reason, sure.text) == ("ok", None, "7")
    uncertain = Sure(recognizer.model, 0.89, 0.11).read_one(picture)
    assert (uncertain.status, uncertain.reason, uncertain.text) == ("uncertain", "ambiguous", "7")


@pytest.mark.parametrize(("row", "reason"), [((0.95, 0.0), "low_contrast"), ((0.05, 0.0), "low_contrast")])
def test_what_is_wrong_with_the_picture_comes_before_what_the_model_thinks(recognizer, row, reason):
    faint = (200 + (TWO_SHAPES.astype(int) - 220) // 13).astype(np.uint8)
    assert Sure(recognizer.model, *row).read_one(faint).reason == reason


def test_on_lined_paper_a_doubtful_digit_is_looked_at_again(recognizer):
    first = prepare_digit(ON_LINES)
    assert first.sheet is not None
    assert first.box[2] == 200  # from edge to edge: the lines hang together with the digit
    careful = Careful(recognizer.model)
    page = careful.read_one(ON_LINES)
    (digit,) = page.lines[0].digits
    assert page.text == "7"
    assert digit.box in [look.box for look in look_again(first.sheet)]
    np.testing.assert_allclose(digit.box, prepare_digit(ONE_SHAPE).box, atol=4)
    np.testing.assert_array_equal(careful.shown[0], first.glyph)
    assert any(np.array_equal(digit.glyph, glyph) for glyph in careful.shown[1:])
    assert careful.read([ON_LINES, ONE_SHAPE])[0] == page
    assert explain(careful, ON_LINES).box == digit.box


def test_a_digit_that_is_sure_or_not_on_lined_paper_is_looked_at_once(recognizer):
    class Counting(Sure):
        asked = 0

        def classify(self, glyphs):
            self.asked += len(glyphs)
            return super().classify(glyphs)

    for picture, seven, looks in ((ON_LINES, 0.9, 1), (ON_LINES, 0.89, 2), (ONE_SHAPE, 0.1, 1), (TWO_SHAPES, 0.1, 1)):
        counting = Counting(recognizer.model, seven, 0.0)
        counting.read_one(picture)
        assert counting.asked == looks
    counting = Counting(recognizer.model, 0.49, 0.0)
    page = counting.read_one(ON_LINES)
    assert counting.asked > 1
    assert page.lines[0].digits[0].box == prepare_digit(ON_LINES).box  # none was surer: the first look stays


def point(threshold, kept, wrong, bound):
    return {"threshold": threshold, "kept": kept, "coverage": kept / 1000, "wrong": wrong, "error": wrong / kept,
            "error_bound": bound}  # fmt: skip


POINTS = [
    point(0.0, 1000, 6, 0.0118), point(0.44, 990, 6, 0.0119), point(0.6, 970, 4, 0.0094), point(0.98, 900, 1, 0.0053),
]  # fmt: skip


@pytest.fixture
def promising(tmp_path):
    """Makes a packed model whose card has these operating points."""

    def make(points):
        folder = shutil.copytree(find_model("default"), tmp_path / "copy", dirs_exist_ok=True)
        replace(load_card(folder), name="mine", operating_points=points, no_digit_limit=1.0).save(folder)
        return folder

    return make


def test_a_promise_reads_from_its_threshold_on(promising):
    model = PackedModel.load(promising(POINTS))
    for max_error, threshold in ((0.01, 0.6), (0.006, 0.98)):
        above, below = Sure(model, threshold, 0.0), Sure(model, threshold - 0.001, 0.0)
        for recognizer, rejected in ((above, False), (below, True)):
            pages = [
                recognizer.read_one(ONE_SHAPE, max_error=max_error),
                *recognizer.read([ONE_SHAPE], max_error=max_error),
                *recognizer.stream([ONE_SHAPE], max_error=max_error),
            ]
            assert [page.status == "rejected" for page in pages] == [rejected] * 3
            assert [page.text for page in pages] == ["" if rejected else "7"] * 3


@pytest.mark.parametrize(
    ("max_error", "threshold", "coverage"), [(0.006, 0.98, 0.9), (0.01, 0.6, 0.97), (0.05, 0.5, 0.97)]
)
def test_a_promise_never_reads_what_is_less_sure_than_by_default(promising, max_error, threshold, coverage):
    recognizer = Recognizer.load(promising(POINTS))
    promise = recognizer.promise(max_error)
    assert (promise.threshold, promise.coverage, promise.max_error) == (threshold, coverage, max_error)
    assert promise.error_bound <= max_error
    for seven, status in ((threshold - 0.01, "rejected"), (threshold, "uncertain" if threshold < 0.9 else "ok")):
        assert Sure(recognizer.model, seven, 0.0).read_one(ONE_SHAPE, max_error=max_error).status == status


def test_a_promise_whose_every_answer_is_sure_keeps_its_coverage(promising):
    promise = Recognizer.load(promising(POINTS[:1])).promise(0.05)
    assert (promise.threshold, promise.coverage) == (0.5, 1)


def test_each_way_of_reading_says_that_a_model_without_operating_points_promises_nothing(promising):
    folder = promising([])
    recognizer = Recognizer.load(folder)
    for ask in (
        lambda: recognizer.read([ONE_SHAPE], max_error=0.01),
        lambda: recognizer.stream([ONE_SHAPE], max_error=0.01),
        lambda: recognizer.read_one(ONE_SHAPE, max_error=0.01),
        lambda: recognizer.promise(0.01),
        lambda: read(ONE_SHAPE, model=folder, max_error=0.01),
    ):
        with pytest.raises(SettingError, match=r"'mine', packed without any\. .*set --min-confidence"):
            ask()


def test_a_promise_that_cannot_be_made_is_answered_with_one_that_can(promising):
    recognizer = Recognizer.load(promising(POINTS))
    with pytest.raises(SettingError, match=r"The nearest that it can promise is --max-error 0\.0053\."):
        recognizer.read([ONE_SHAPE], max_error=0.001)


@pytest.mark.parametrize("max_error", [0, 1, -1, float("nan")])
def test_a_maximal_error_is_a_share(promising, max_error):
    recognizer = Recognizer.load(promising(POINTS))
    with pytest.raises(SettingError, match="above 0 and below 1"):
        recognizer.read([ONE_SHAPE], max_error=max_error)


def test_a_blank_is_rejected_whatever_is_promised(promising):
    page = Recognizer.load(promising(POINTS)).read_one(np.full((50, 50), 255, np.uint8), max_error=0.5)
    assert (page.status, page.reason) == ("rejected", "blank")


def test_a_minimal_confidence_and_a_maximal_error_exclude_each_other(promising):
    with pytest.raises(SettingError, match=r"not both\. Received: 0\.8 and 0\.01\. Leave one out"):
        ReadingOptions(min_confidence=0.8, max_error=0.01)
    with pytest.raises(SettingError, match="not both"):
        Recognizer.load(promising(POINTS)).read_one(ONE_SHAPE, min_confidence=0, max_error=0.01)
    assert ReadingOptions(max_error=0.01).max_error == 0.01
