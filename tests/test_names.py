import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.names import inert_cell, printable, printable_json

STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_shown_is_one_line_that_steers_nothing(text):
    shown = printable(text)
    assert {unicodedata.category(sign) for sign in shown if sign not in "\u200c\u200d"}.isdisjoint(STEERING)
    assert shown == text or not text.isprintable()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("seven.png", "seven.png"),
        ("two  spaces, \xa0 and \u3000.png", "two  spaces, \xa0 and \u3000.png"),
        ("\x1b]0;title\x07.png", r"\x1b]0;title\x07.png"),
        ("fake.png: 9\nother.png", r"fake.png: 9\nother.png"),
        ("\x9b2J", r"\x9b2J"),
        ("gnp.\u202egpj", r"gnp.\u202egpj"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("👩\u200d🏫", "👩\u200d🏫"),
        ("no text: \udcff", r"no text: \udcff"),
    ],
)
def test_names_are_shown_as_they_are_but_for_what_steers(name, shown):
    assert printable(name) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_json_keeps_the_exact_text_and_steers_nothing(text):
    for ascii_only in (False, True):
        encoded = printable_json(json.dumps([text], ensure_ascii=ascii_only))
        assert json.loads(encoded) == [text]
        assert not any(unicodedata.bidirectional(sign)[:2] in ("LR", "RL", "PD") and not sign.isalpha()
                       and unicodedata.category(sign) == "Cf" for sign in encoded)  # fmt: skip
        assert not any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in encoded)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '"=1', "'=1", ' "=1', " =1", "\uff1d1", "\uff0b1",
     "\uff0d1", "\uff20A", "=HYPERLINK(A1).png", "-2+3+cmd|' /C calc'!A0", "--help.png", "+.png"],
)  # fmt: skip
def test_what_a_spreadsheet_would_execute_is_quoted(cell):
    assert inert_cell(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["", "-", "=", "seven.png", "a=b.png", "-5", "-5.25", "+3", "-1e-9", "3", "scans/-7.png", "'7'"]
)
def test_other_cells_and_plain_numbers_stay(cell):
    assert inert_cell(cell) == cell
