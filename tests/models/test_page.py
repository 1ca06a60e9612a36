"""A model's card as a page."""

from dataclasses import replace

import pytest

from inkdigits.models.card import load_card
from inkdigits.models.page import model_page
from inkdigits.models.zoo import ZOO, model_names


def test_the_page_says_what_goes_in_and_comes_out_and_where_it_fails():
    card = load_card(ZOO / "default")
    text = model_page(card, 347_296)
    assert f"default, version {card.version}" in text
    assert "347 kB" in text
    assert "(N, 28, 28) uint8, 0 is paper and 255 full ink" in text
    assert "(N, 11) float32 logits: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, not_a_digit" in text
    assert f"softmax(logits / {card.temperature:.4g} - {card.not_a_digit_offset:.4g} for not_a_digit)" in text
    assert "rejects what it takes for a non-digit" in text
    assert f"{card.scores['validation']['accuracy']:.2%} of 2,500 held-out training digits" in text
    assert [line.split()[0] for line in text.splitlines()[-2:]] == ["1", "0.5"]


@pytest.mark.parametrize("name", model_names())
def test_every_model_that_ships_has_a_page_of_short_lines(name):
    text = model_page(load_card(ZOO / name), 1000)
    assert len(text.splitlines()) <= 20
    assert max(map(len, text.splitlines())) <= 110


def test_a_model_without_points_and_class_for_non_digits_says_so():
    card = replace(load_card(ZOO / "tiny-2k"), operating_points=(), license="")
    text = model_page(card, 1000)
    assert "no class for non-digits" in text
    assert text.endswith("this model cannot guarantee an error rate")
    assert "license" not in text
