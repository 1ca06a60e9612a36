import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.notation import load_skeletons
from inkdigits.synthesis.pen import draw
from inkdigits.synthesis.symbols import FILES, symbol_names, symbols, write_symbol

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


@pytest.mark.parametrize("name", EVERY[::10])
def test_the_same_seed_writes_the_same_symbol(name):
    first, again, other = (write_symbol(name, rng(seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(np.concatenate(first)[:3], np.concatenate(other)[:3])


def test_names_are_sorted_and_of_one_file_each():
    assert list(EVERY) == sorted(set(EVERY))
    assert len(EVERY) == sum(len(load_skeletons(file)) for file in FILES) == 234


@pytest.mark.parametrize(
    ("letter", "digit"),
    [("o", 0), ("l", 1), ("z", 2), ("s", 5), ("b", 6), ("g", 9), ("q", 9)]
    + [(f"capital-{letter}", digit) for letter, digit in (("o", 0), ("d", 0), ("i", 1), ("g", 6), ("b", 8))],
)
def test_what_looks_like_a_digit_is_marked_and_left_out(letter, digit):
    name = f"latin-{letter}"
    assert digit in symbols()[name].look_alike
    assert name in EVERY
    assert name not in symbol_names()


def test_only_look_alikes_are_left_out():
    assert set(EVERY) - set(symbol_names()) == {name for name, symbol in symbols().items() if symbol.look_alike}
    assert len(symbol_names()) == 183


def test_a_line_beside_no_line_is_not_called_a_non_digit():
    # A finder of one thing keeps the larger part of these: a stroke that is a 1.
    assert not {"exclamation", "parallel", "quotes", "semicolon", "brackets"} & set(symbol_names())


def test_an_unknown_symbol_is_refused_with_a_hint():
    with pytest.raises(SettingError, match=r"Received: 'seven'\. symbol_names\(\) lists them"):
        write_symbol("seven", rng())
