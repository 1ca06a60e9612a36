"""Glyphs that are no digits: kinds, counts, and letters of print."""

import gzip
import struct

import numpy as np
import pytest

from inkdigits.image.glyph import INK_SIDE
from inkdigits.robustness import ood_sets as module
from inkdigits.robustness.ood_sets import ood_sets


@pytest.fixture(scope="module")
def made():
    return ood_sets(12, seed=3)


def test_each_kind_has_the_count_asked_for(made):
    assert {"letters", "printed letters", "noise"} <= set(made)
    for glyphs in made.values():
        assert glyphs.shape == (12, 28, 28)
        assert glyphs.dtype == np.uint8


def test_letters_of_print_are_glyphs_as_preparation_leaves_them_and_differ(made):
    letters = made["printed letters"]
    assert len({letter.tobytes() for letter in letters}) == 12
    for letter in letters:
        rows, columns = np.nonzero(letter > 100)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in range(INK_SIDE - 4, INK_SIDE + 2)


def test_the_seed_decides_them(made):
    again, other = ood_sets(12, seed=3), ood_sets(12, seed=4)
    for name in ("letters", "printed letters", "noise"):
        assert np.array_equal(again[name], made[name])
        assert not np.array_equal(other[name], made[name])


def test_clothes_are_there_if_they_are_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FASHION", tmp_path / "absent.gz")
    assert set(ood_sets(2)) == {"letters", "printed letters", "noise"}
    pictures = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28)
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(struct.pack(">IIII", 0x803, 3, 28, 28) + pictures.tobytes()))
    monkeypatch.setattr(module, "FASHION", path)
    assert np.array_equal(ood_sets(2)["clothes (Fashion-MNIST)"], pictures[:2])


def test_none_of_the_letters_looks_like_a_digit():
    assert not set(module.UNLIKE_DIGITS) & set("oOlIZSsBgq0123456789")
    assert len(module.UNLIKE_DIGITS) > 25
