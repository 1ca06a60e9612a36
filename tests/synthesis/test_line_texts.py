from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.line_settings import CHARACTERS, LABEL_CHARACTERS, LineSettings
from inkdigits.synthesis.line_texts import choose_text, is_number


def texts(count, **settings):
    return [choose_text(np.random.default_rng((1, index)), LineSettings(**settings)) for index in range(count)]


def test_digits_are_uniform():
    counts = Counter("".join(texts(3000, marks=0)))
    total = sum(counts.values())
    assert set(counts) == set("0123456789")
    assert all(abs(count / total - 0.1) < 0.012 for count in counts.values())


def test_each_length_up_to_the_longest_is_made():
    lengths = Counter(map(len, texts(3000, marks=0)))
    assert set(lengths) == set(range(1, 13))
    assert min(lengths.values()) > 60
    assert max(map(len, texts(300, marks=0, longest=4))) == 4


def test_every_character_is_used_and_every_text_has_a_digit():
    some = texts(2000, marks=1)
    assert set("".join(some)) == set(LABEL_CHARACTERS)
    assert all(is_number(text) for text in some)
    assert not any(text.startswith(" ") or text.endswith(" ") or "  " in text for text in some)


def test_some_digits_stand_twice_in_a_row():
    some = texts(2000, marks=0)
    repeated = sum(any(a == b for a, b in pairwise(text)) for text in some)
    assert repeated > 0.3 * len(some)


def test_characters_are_those_of_numbers():
    assert CHARACTERS == "0123456789.,-/:+()% "


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mnist": -1.0}, "weights of 0 or more"),
        ({"mnist": 0.0, "pen": 0.0, "font": 0.0}, "not all 0"),
        ({"clutter": 1.5}, "clutter from 0 to 1"),
        ({"longest": 0}, "longest of 1 or more"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        LineSettings(**settings)
