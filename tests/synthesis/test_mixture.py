from dataclasses import FrozenInstanceError, replace

import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.mixture import Mixture

DIGITS = ("scenes", "written", "printed", "plain")
REFUSED = ("symbols", "letters", "scribbles", "several", "turned", "textures")


def test_counts_go_by_kind_in_a_fixed_order():
    # Each kind's place is part of its seed: another order would give other glyphs.
    assert tuple(Mixture(scenes=1).counts) == (*DIGITS[:3], *REFUSED, "plain")
    assert Mixture(several=3, scenes=2).counts == dict.fromkeys(DIGITS + REFUSED, 0) | {"several": 3, "scenes": 2}


@pytest.mark.parametrize("kind", DIGITS)
def test_digits_alone_refuse_nothing(kind):
    assert not Mixture(**{kind: 5}).refuses


@pytest.mark.parametrize("kind", REFUSED)
def test_one_glyph_that_is_no_digit_is_enough_to_refuse(kind):
    assert Mixture(scenes=5, **{kind: 1}).refuses


def test_what_is_no_digit_is_counted():
    assert Mixture(scenes=5, symbols=2, textures=3).no_digits == 5


def test_a_scaled_mixture_has_its_share_of_each_kind():
    assert Mixture(scenes=1000, symbols=34, letters=35).scaled(0.1) == Mixture(scenes=100, symbols=3, letters=4)


def test_a_scaled_mixture_keeps_its_kinds_and_adds_none():
    small = Mixture(scenes=2, textures=1).scaled(0.01)
    assert small == Mixture(scenes=1, textures=1)


def test_a_mixture_can_be_copied_but_not_changed():
    mixture = Mixture(scenes=5)
    assert replace(mixture, scenes=6).scenes == 6
    with pytest.raises(FrozenInstanceError):
        mixture.scenes = 6  # type: ignore[misc]


def test_a_count_below_0_is_refused():
    with pytest.raises(SettingError, match=r"Expected counts of 0 or more. Received: .*'letters': -1.*Leave a kind"):
        Mixture(scenes=5, letters=-1)


def test_a_mixture_of_nothing_is_refused():
    with pytest.raises(SettingError, match=r"Expected a mixture of at least one glyph. Received: 0 of every kind"):
        Mixture()
