from itertools import pairwise

import cv2
import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.synthesis.curve import resample
from inkdigits.synthesis.line_clutter import Place, add_line_clutter
from inkdigits.synthesis.line_hands import FontHand, MnistHand, PenHand, measure_styles
from inkdigits.synthesis.line_ink import draw_layout
from inkdigits.synthesis.line_layout import lay_out
from inkdigits.synthesis.line_marks import WRITERS, write_mark
from inkdigits.synthesis.line_paper import PATTERNS, add_bleed_through, add_dark_margin, add_pattern, add_stamp
from inkdigits.synthesis.line_pieces import distance, from_bitmap, from_strokes
from inkdigits.synthesis.line_settings import LABEL_CHARACTERS, LineSettings
from inkdigits.synthesis.line_words import draw_scribbles, draw_words
from inkdigits.synthesis.notation import load_skeletons
from inkdigits.synthesis.pen import Pen

PEN = Pen("round", "even", 0.08, 0.0, 0.0, 0.0, 0.0)


def rng(*seed):
    return np.random.default_rng(seed)


def bar(x=0.0, top=0.0, bottom=1.0):
    return from_strokes("1", (np.linspace((x, top), (x, bottom), 30),))


def test_distance_is_that_of_the_nearest_rows():
    lower = from_strokes(".", (np.linspace((0.0, 0.9), (0.2, 0.9), 8),))
    arm = from_strokes("7", (np.linspace((0.0, 0.0), (0.6, 0.0), 20), np.linspace((0.6, 0.0), (0.1, 1.0), 40)))
    assert distance(bar().profile, bar().profile) == pytest.approx(0.0)
    assert distance(arm.profile, bar().profile) == pytest.approx(-0.6, abs=0.03)
    assert -0.35 < distance(arm.profile, lower.profile) < -0.1  # the point is below the bar of the 7
    assert distance(bar(bottom=0.2).profile, lower.profile) == np.inf


def test_a_bitmap_takes_the_width_it_is_given():
    piece = from_bitmap("0", np.full((20, 10), 255, np.uint8), width=0.5)
    assert piece.box == (0.0, 0.0, 0.5, 1.0)
    assert piece.width == 0.5


@pytest.mark.parametrize("character", list(WRITERS))
def test_marks_stand_where_they_belong(character):
    for seed in range(20):
        points = np.concatenate(write_mark(character, rng(1, seed)))
        top, bottom = points[:, 1].min(), points[:, 1].max()
        assert np.isfinite(points).all()
        assert -0.6 < top < bottom < 1.6
        if character == ",":
            assert bottom > 0.9
        if character == "-":
            assert bottom - top < 0.4


@pytest.mark.parametrize("kind", ["pen", "old", "mnist", "font"])
def test_each_hand_writes_every_character(kind):
    make = {
        "pen": lambda: PenHand(rng(2), old=False),
        "old": lambda: PenHand(rng(2), old=True),
        "mnist": lambda: MnistHand(rng(2), "validation"),
        "font": lambda: FontHand(rng(2)),
    }
    hand = make[kind]()
    for character in LABEL_CHARACTERS.replace(" ", ""):
        piece = hand.piece(character, rng(3))
        assert piece.character == character
        assert bool(piece.strokes) != (piece.ink is not None)
        assert 0 <= piece.width < 8


def test_a_hand_keeps_its_way_to_write_a_digit():
    shapes = np.empty((12, 6, 60))
    for seed in range(len(shapes)):
        hand, generator = PenHand(rng(4, seed), old=False), rng(5, seed)
        for index in range(6):
            shapes[seed, index] = resample(np.concatenate(hand.piece("3", generator).strokes), 30).ravel()
    within, between = shapes.std(axis=1).mean(), shapes[:, 0].std(axis=0).mean()
    assert 0 < within < 0.6 * between


def test_mnist_hands_have_one_slant():
    glyphs = load_mnist("train").glyphs[:2000]
    styles = measure_styles(glyphs)
    leaning = cv2.warpAffine(glyphs[0], np.array([[1, -0.4, 5.6], [0, 1.0, 0]]), (28, 28))
    assert measure_styles(leaning[None])[0, 0] > styles[0, 0] + 1
    thick = cv2.dilate(glyphs[0], np.ones((3, 3), np.uint8))
    assert measure_styles(thick[None])[0, 1] > styles[0, 1] + 0.5


def test_touching_lines_are_narrower():
    def width(touching):
        settings = LineSettings(touching=touching)
        boxes = [lay_out("258963", PenHand(rng(6, i), old=False), rng(7, i), settings).box for i in range(30)]
        return np.mean([right - left for left, _, right, _ in boxes])

    assert width(1.0) < 0.85 * width(0.0)


def test_spaces_are_wider_than_other_gaps():
    for seed in range(30):
        layout = lay_out("12 34", PenHand(rng(8, seed), old=False), rng(9, seed), LineSettings(touching=0))
        if layout.spaces:
            assert layout.spaces == (2,)
            boxes = [placed.box for placed in layout.placed]
            gaps = [after[0] - before[2] for before, after in pairwise(boxes)]
            assert gaps[1] > max(gaps[0], gaps[2])


def test_ink_lies_in_the_boxes():
    for make in (lambda g: PenHand(g, old=True), lambda g: MnistHand(g, "validation"), FontHand):
        hand = make(rng(10))
        layout = lay_out("4071", hand, rng(11), LineSettings(touching=0))
        left, top, right, bottom = layout.box
        size = round(40 * (bottom - top + 1)), round(40 * (right - left + 1))
        layer, boxes = draw_layout(layout, rng(12), pen=PEN, height=40, origin=(0.5 - left, 0.5 - top), size=size)
        assert layer.shape == size
        assert len(boxes) == 4
        outside = layer.copy()
        for x, y, w, h in boxes:
            assert layer[y : y + h, x : x + w].max() > 0.6
            outside[max(y - 3, 0) : y + h + 3, max(x - 3, 0) : x + w + 3] = 0
        if not layout.links:
            assert outside.max() < 0.3


@pytest.mark.parametrize("number", range(len(PATTERNS)))
def test_patterns_are_from_0_to_1(number):
    pattern = PATTERNS[number]((40, 150), 30, rng(13, number))
    assert pattern.shape == (40, 150)
    assert 0 <= pattern.min() < pattern.max() <= 1.3


def test_clutter_and_paper_only_add_ink():
    def row(shape, height):
        return draw_words(shape, height, rng(14))

    for seed in range(40):
        layer = np.zeros((70, 240), np.float32)
        layer[25:50, 60:180] = 0.8
        place = Place((60, 25, 120, 25), 25, 24.0 * (seed % 2), 60.0, 50.0)
        generator = rng(15, seed)
        for change in (
            lambda sheet, g=generator, p=place: add_line_clutter(sheet, p, g, row),
            lambda sheet, g=generator: add_pattern(sheet, 25, g),
            lambda sheet, g=generator: add_stamp(sheet, 25, g),
            lambda sheet, g=generator: add_bleed_through(sheet, row(sheet.shape, 25), g),
            lambda sheet, g=generator: add_dark_margin(sheet, (60, 25, 60, 20), g),
        ):
            before = layer.copy()
            change(layer)
            assert (layer >= before - 1e-6).all()


def test_a_dark_margin_leaves_the_line_free():
    for seed in range(30):
        layer = np.zeros((70, 240), np.float32)
        add_dark_margin(layer, (60, 25, 60, 20), rng(16, seed))
        assert not layer[25:50, 60:180].any()


def test_words_and_scribbles_have_ink():
    for draw in (draw_words, draw_scribbles):
        for seed in range(10):
            ink = draw((40, 200), 25, rng(17, seed))
            assert ink.shape == (40, 200)
            assert ink.max() > 0.5


@pytest.mark.parametrize("file", ["line_digits", "old_hands"])
def test_skeletons_of_lines_hold_every_digit_with_named_variants(file):
    skeletons = load_skeletons(file)
    assert set(skeletons) == set("0123456789")
    names = [variant.name for character in skeletons.values() for variant in character.variants]
    assert all(names)
