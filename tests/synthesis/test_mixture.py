from dataclasses import FrozenInstanceError, replace

import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.mixture import Mixture

DIGITS = ("mnist", "pen", "font", "plain")
REFUSED = ("symbols", "letters", "scribbles", "several", "turned", "textures")


def test_counts_go_by_kind_in_a_fixed_order():
    # Each kind's place is part of its seed: another order would give other glyphs.
    assert tuple(Mixture(mnist=1).counts) == (*DIGITS[:3], *REFUSED, "plain")
    assert Mixture(several=3, mnist=2).counts == dict.fromkeys(DIGITS + REFUSED, 0) | {"several": 3, "mnist": 2}


@pytest.mark.parametrize("kind", DIGITS)
def test_digits_alone_refuse_nothing(kind):
    assert not Mixture(**{kind: 5}).rejects


@pytest.mark.parametrize("kind", REFUSED)
def test_one_glyph_that_is_no_digit_is_enough_to_refuse(kind):
    assert Mixture(mnist=5, **{kind: 1}).rejects


def test_what_is_no_digit_is_counted():
    assert Mixture(mnist=5, symbols=2, textures=3).non_digits == 5


def test_the_digits_of_a_mixture_are_what_is_left_without_its_non_digits():
    assert Mixture(mnist=5, plain=4, symbols=2).digits == Mixture(mnist=5, plain=4)
    assert Mixture(symbols=2).digits is None


def test_a_scaled_mixture_has_its_share_of_each_kind():
    assert Mixture(mnist=1000, symbols=34, letters=35).scaled(0.1) == Mixture(mnist=100, symbols=3, letters=4)


def test_a_scaled_mixture_keeps_its_kinds_and_adds_none():
    small = Mixture(mnist=2, textures=1).scaled(0.01)
    assert small == Mixture(mnist=1, textures=1)


def test_a_mixture_can_be_copied_but_not_changed():
    mixture = Mixture(mnist=5)
    assert replace(mixture, mnist=6).mnist == 6
    with pytest.raises(FrozenInstanceError):
        mixture.mnist = 6  # type: ignore[misc]


def test_a_count_below_0_is_refused():
    with pytest.raises(SettingError, match=r"Expected counts of 0 or more. Received: .*'letters': -1.*Leave a kind"):
        Mixture(mnist=5, letters=-1)


def test_a_mixture_of_nothing_is_refused():
    with pytest.raises(SettingError, match=r"Expected a mixture of at least one glyph. Received: 0 of every kind"):
        Mixture()
