from itertools import pairwise

import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis import symbols
from inkdigits.synthesis.letters import CHINESE, CYRILLIC, GREEK, LATIN
from inkdigits.synthesis.pen import WIDTHS, draw
from inkdigits.synthesis.signs import ARROWS, MATHEMATICS, SKETCHES, WRITING
from inkdigits.synthesis.symbols import LOOK_ALIKES, SYMBOLS, symbol_names, write_symbol

TABLES = (GREEK, LATIN, CYRILLIC, CHINESE, MATHEMATICS, WRITING, ARROWS, SKETCHES)
EVERY = symbol_names(look_alikes=True)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", EVERY)
def test_every_symbol_leaves_ink_and_keeps_its_size(name):
    for seed in range(8):
        strokes = write_symbol(name, rng(seed))
        points = np.concatenate(strokes)
        assert np.isfinite(points).all()
        assert np.abs(points - 0.5).max() < 1.3
    assert draw(strokes, rng(), height=24).max() == 255


def test_all_variants_come_by_chance():
    counts = {len(write_symbol("stick-figure", rng(seed))) for seed in range(20)}
    assert counts == {5, 6}


def test_a_hand_stands_between_two_variants(monkeypatch):
    monkeypatch.setattr(symbols, "JITTER", 0)
    monkeypatch.setattr(symbols, "MIXED", 0)
    ends = {tuple(write_symbol("greek-zeta", rng(seed))[0][0].round(6)) for seed in range(20)}
    assert ends == {(0.22, 0.02), (0.1, 0.0)}  # where the two begin
    monkeypatch.setattr(symbols, "MIXED", 1)
    monkeypatch.setattr(symbols, "WAY", (0.25, 0.25))
    between = {tuple(write_symbol("greek-zeta", rng(seed))[0][0].round(6)) for seed in range(20)}
    assert between == {(0.19, 0.015), (0.13, 0.005)}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("0,0 1,1", "2,2 3,3 4,4", True),
        ("0,0 1,1|2,2 3,3", "0,0 1,1", False),
        ("@50,50,40,50", "@50,50,40,48", False),  # it may be drawn the other way round
        ("0,0 1,1", "@50,50,40,48", False),
    ],
)
def test_variants_of_as_many_strokes_and_no_ellipse_are_mixed(one, other, alike):
    assert symbols._alike(one, other) == alike


@pytest.mark.parametrize("name", EVERY[::10])
def test_the_same_chance_writes_the_same_symbol(name):
    first, again, other = (write_symbol(name, rng(seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(np.concatenate(first)[:3], np.concatenate(other)[:3])


def test_names_are_sorted_and_of_one_table_each():
    assert list(EVERY) == sorted(set(EVERY))
    assert len(EVERY) == sum(len(table) for table in TABLES)


@pytest.mark.parametrize(
    ("letter", "digit"),
    [("o", 0), ("l", 1), ("z", 2), ("s", 5), ("b", 6), ("g", 9), ("q", 9)]
    + [(f"capital-{letter}", digit) for letter, digit in (("o", 0), ("d", 0), ("i", 1), ("g", 6), ("b", 8))],
)
def test_what_looks_like_a_digit_is_flagged_and_left_out(letter, digit):
    name = f"latin-{letter}"
    assert digit in SYMBOLS[name].look_alike
    assert name in EVERY
    assert name not in symbol_names()


def test_only_look_alikes_are_left_out():
    assert set(EVERY) - set(symbol_names()) == set(LOOK_ALIKES)
    assert all(digits and digits <= set(range(10)) for digits in LOOK_ALIKES.values())


def test_a_line_beside_no_line_is_not_called_no_digit():
    # A finder of one thing keeps the larger part of these: a stroke that is a 1.
    assert not {"exclamation", "parallel", "quotes", "semicolon", "brackets"} & set(symbol_names())


def test_a_slash_in_the_notation_is_a_corner():
    (triangle,) = write_symbol("nabla", rng())
    steps = np.diff(triangle, axis=0)
    steps = steps[np.hypot(*steps.T) > 1e-9]
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    turns = np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi)
    assert (turns > 1.5).sum() == 2
    assert np.median(turns) < 0.01


def test_an_ellipse_is_closed():
    ring = write_symbol("double-circle", rng())[0]
    assert np.hypot(*(ring - ring[0])[-3:].T).min() < 0.2


def test_the_finest_pen_fills_a_dot():
    (dot,) = write_symbol("multiply-dot", rng())
    middle, radius = (dot.min(axis=0) + dot.max(axis=0)) / 2, np.ptp(dot[:, 0]) / 2
    places = [start + share * (end - start) for start, end in pairwise(dot) for share in np.linspace(0, 1, 9)]
    for distance in np.linspace(0, 0.95 * radius, 8):
        for angle in np.linspace(0, 6, 12):
            inside = middle + distance * np.array([np.cos(angle), np.sin(angle)])
            assert np.hypot(*(np.array(places) - inside).T).min() < WIDTHS[0] / 2


def test_an_unknown_symbol_is_refused_with_a_hint():
    with pytest.raises(SettingError, match=r"Received: 'seven'\. symbol_names\(\) lists them"):
        write_symbol("seven", rng())
