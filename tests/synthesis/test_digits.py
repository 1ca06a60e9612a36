"""Handwritten digits and the table of the ways in which they are written."""

import cv2
import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.deform import deform
from inkdigits.synthesis.digits import variant_names, write_digit
from inkdigits.synthesis.notation import load_skeletons
from inkdigits.synthesis.pen import Pen, draw

ALL = [(label, name) for label in range(10) for name in variant_names(label)]


BALLPOINT = Pen(tip="round", flow="even", width=0.03, change=0.0, taper=0.0, angle=0.0, wash=0.0)


def parts(label, variant, seed):
    """How many pieces of ink a writing has, and how many pieces of paper."""
    rng = np.random.default_rng(seed)
    ink = draw(write_digit(label, rng, variant=variant), rng, height=120, pen=BALLPOINT)
    dark = (ink > 100).astype(np.uint8)
    return cv2.connectedComponents(dark)[0] - 1, cv2.connectedComponents(1 - dark, connectivity=4)[0] - 1


@pytest.mark.parametrize(("label", "name"), ALL)
def test_every_variant_is_about_one_high_and_leaves_ink(label, name):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        strokes = write_digit(label, rng, variant=name)
        points = np.concatenate(strokes)
        assert all(stroke.dtype == np.float64 and len(stroke) >= 5 for stroke in strokes)
        assert 0.75 < np.ptp(points[:, 1]) < 1.5
        assert np.ptp(points[:, 0]) < 1.6
        ink = draw(deform(strokes, rng), rng)
        assert ink.dtype == np.uint8
        assert (ink > 127).sum() > 15


def test_the_same_generator_writes_the_same_digit():
    for label in range(10):
        first, again, other = (
            np.concatenate(write_digit(label, np.random.default_rng(s))).tobytes() for s in (1, 1, 2)
        )
        assert first == again
        assert first != other


def test_every_digit_has_many_variants_of_different_names():
    for label in range(10):
        names = variant_names(label)
        assert len(names) >= 14
        assert len(set(names)) == len(names)


def test_common_variants_come_more_often():
    rng = np.random.default_rng(0)
    counts = [len(write_digit(7, rng)) for _ in range(600)]
    variants = load_skeletons("digits")["7"].variants
    two = sum(v.weight for v in variants if len(v.parts) == 2) / sum(v.weight for v in variants)
    assert abs(counts.count(2) - 600 * two) < 4 * np.sqrt(600 * two * (1 - two))


@pytest.mark.parametrize(
    ("label", "name", "count"),
    [(0, "plain", 1), (0, "slashed", 2), (1, "flag and foot", 2), (4, "open", 2), (5, "hat attached", 2),
     (6, "plain", 1), (7, "crossed", 2), (7, "plain", 1), (8, "two rings", 2)],
)  # fmt: skip
def test_a_variant_has_the_strokes_of_its_name(label, name, count):
    assert len(write_digit(label, np.random.default_rng(0), variant=name)) == count


@pytest.mark.parametrize(
    ("label", "name"), [(0, "dotted"), (1, "foot apart"), (4, "in two parts"), (5, "hat apart"), (8, "rings apart")]
)
def test_what_is_written_apart_is_apart(label, name):
    pieces = [parts(label, name, seed)[0] for seed in range(40)]
    assert np.mean([count == 2 for count in pieces]) >= 0.85


@pytest.mark.parametrize(
    ("label", "name", "holes"), [(4, "closed", 1), (6, "loop across the stem", 1), (8, "two rings", 2), (1, "bare", 0)]
)
def test_loops_are_closed_where_they_should_be(label, name, holes):
    papers = [parts(label, name, seed)[1] - 1 for seed in range(40)]
    assert np.median(papers) == holes


def test_a_seven_has_a_level_top_and_the_flag_of_a_one_is_steep():
    for seed in range(60):
        flag = write_digit(1, np.random.default_rng(seed), variant="long flag")[0]
        top = flag[:, 1].argmin()
        start = 0 if abs(flag[0, 0] - flag[top, 0]) > 0.1 else 1
        rise = (flag[start, 1] - flag[top, 1]) / max(flag[top, 0] - flag[start, 0], 1e-9)
        assert rise > 0.5
        bar = write_digit(7, np.random.default_rng(seed), variant="plain")[0]
        right = bar[:, 0].argmax()
        assert abs(bar[2, 1] - bar[right, 1]) < 0.4 * (bar[right, 0] - bar[2, 0])


def test_unknown_digits_and_variants_are_refused():
    with pytest.raises(SettingError, match="Expected a digit. Received: 10"):
        write_digit(10, np.random.default_rng(0))
    with pytest.raises(SettingError, match="Expected a digit"):
        variant_names(-1)
    with pytest.raises(SettingError, match="There are: plain, open at the top"):
        write_digit(0, np.random.default_rng(0), variant="crossed")
