"""Rules as tables of texts, and against independent definitions: regular expressions, sums of weights, remainders."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.decoding.grammar import Grammar, compile_grammar, parse_length
from inkdigits.decoding.lattice import CHARACTERS
from inkdigits.decoding.pattern import parse_pattern
from inkdigits.errors import SettingError

BOOKS = "0123456789X-"  # a model that reads the X of an ISBN


@pytest.mark.parametrize(
    ("rules", "accepted", "refused"),
    [
        ({}, "0 7 00 4711 123456789012345", "-1 1.5 1- 1/2"),
        ({"length": 6}, "123456 000000", "12345 1234567 12345- 12.3456"),
        ({"length": "4-8"}, "1234 12345678", "123 123456789"),
        ({"length": "1"}, "0 9", "10"),
        ({"characters": "01-"}, "0 1-1 ---", "2 12"),
        ({"pattern": "dd/dd/dddd"}, "27/11/2026 99/99/9999", "7/11/2026 27/11/26 27.11.2026 27/11/20266"),
        ({"pattern": "dd?.dd?.d{2,4}"}, "1.1.26 27.11.2026 1.12.026", "1.1.6 .1.26 127.1.26 1.1.20266"),
        ({"pattern": "+d{3}"}, "+123", "123 +12 +1234"),
        ({"pattern": "(ddd)?d"}, "(123)4 (1234", "1234 (123)"),
        ({"pattern": "-?d{1,2}%"}, "5% -50%", "50 --5% 500%"),
        ({"pattern": "d{0,2}-"}, "- 1- 12-", "123- 1"),
        ({"pattern": "d?d?5?5"}, "5 55 15 155 1255 125", "51 12345 1"),
        ({"pattern": "d{1,9},dd", "length": "4-5"}, "12,50 123,50", "1,50 1234,50"),
        ({"one_of": ("12", "123", "9-9")}, "12 123 9-9", "1 1234 9-"),
        ({"one_of": ("12", "123", "9-9"), "length": 2}, "12 9-9", "123"),
        ({"one_of": ("79927398713", "79927398714"), "checksum": "luhn"}, "79927398713", "79927398714"),
        ({"checksum": "luhn"}, "79927398713 4111111111111111 00 18", "79927398710 4111111111111112 0 1 19"),
        ({"checksum": "luhn", "pattern": "d{4} d{4} d{4} d{4}"}, "", "4111111111111111"),
        ({"checksum": "mod97"}, "79444 001", "79443 79445 1 98 01 097"),
        ({"checksum": "mod97", "length": "4-5"}, "0098 9895", "098 9894"),
        ({"checksum": "ean"}, "4006381333931 73513537 00000000", "4006381333930 73513536 123456789012"),
        ({"checksum": "ean", "length": 8}, "73513537", "4006381333931"),
        ({"checksum": "isbn"}, "9783161484100 9791034304387 0306406152", "9773161484106 0306406153 4006381333931"),
        (
            {"decimals": 2},
            "0.00 1,50 1234.50 1.234,50 1,234.50 12.345.678,90",
            "1 1.5 .50 1.2345,00 1,2,34.50 1.234.50",
        ),
        ({"decimals": 2}, "123.456,78", "1234.567,80 1.234,567,80 1,234,567,80 123.456 12,34,56"),
        ({"decimals": 3}, "1.234 1,234,567.890 1.000,234", "1.23 1.234.567 1"),
        ({"decimals": 0}, "0 1234 1,234 1.234.567", "1.23 1234,567 1,234.567 1, ,1"),
        ({"decimals": 2, "length": "4-5"}, "12.50 123.50", "1.50 1234.50"),
        ({"decimals": 1, "characters": "0123456789,"}, "1,5 12,5", "1.5"),
    ],
)
def test_what_a_grammar_accepts(rules, accepted, refused):
    automaton = compile_grammar(Grammar(**rules))
    assert {text: automaton.accepts(text) for text in accepted.split()} == dict.fromkeys(accepted.split(), True)
    assert {text: automaton.accepts(text) for text in refused.split()} == dict.fromkeys(refused.split(), False)
    assert not automaton.accepts("")


def test_spaces_group_too():
    automaton = compile_grammar(Grammar(decimals=2))
    assert automaton.accepts("1 234 567,80")
    assert not automaton.accepts("1 234.567,80")
    assert not automaton.accepts("1234 567,80")
    card = compile_grammar(Grammar(checksum="luhn", pattern="d{4} d{4} d{4} d{4}"))
    assert card.accepts("4111 1111 1111 1111")
    assert not card.accepts("4111 1111 1111 1112")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("978-3-16-148410-0", True),
        ("978-3-16-148410-1", False),
        ("080442957X", True),
        ("0-8044-2957-X", True),
        ("0-8044-2957-0", False),
        ("X804429570", False),
        ("08044295X7", False),
        ("9783161484X", False),
    ],
)
def test_isbn_with_marks_and_x(text, expected):
    assert compile_grammar(Grammar(checksum="isbn", characters=BOOKS), BOOKS).accepts(text) == expected


def test_the_x_of_an_isbn_is_read_if_the_model_reads_it():
    assert compile_grammar(Grammar(checksum="isbn"), BOOKS).accepts("080442957X")
    assert "X" not in compile_grammar(Grammar(checksum="isbn")).characters
    ten = compile_grammar(Grammar(checksum="isbn", length=10), BOOKS)
    assert ten.accepts("080442957X")  # the X counts
    assert not ten.accepts("9783161484100")
    assert not compile_grammar(Grammar(checksum="luhn", characters=BOOKS), BOOKS).accepts("1X8")
    assert compile_grammar(Grammar(length=2), BOOKS).characters == "0123456789"


def luhn(text):
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(text))]
    return len(text) >= 2 and sum(sum(map(int, str(one))) for one in doubled) % 10 == 0


def mod97(text):
    return len(text) >= 3 and int(text) % 97 == 1


def weights(text):
    return sum(int(one) * (1, 3)[place % 2] for place, one in enumerate(reversed(text))) % 10 == 0


def ean(text):
    return len(text) in (8, 13) and weights(text)


def isbn(text):
    ten = len(text) == 10 and sum((10 - place) * int(one) for place, one in enumerate(text)) % 11 == 0
    return ten or (len(text) == 13 and text[:3] in ("978", "979") and weights(text))


def with_last_digits(text, holds):
    """Every text with other last two digits: about every tenth holds."""
    return [text[:-2] + f"{last:02d}" for last in range(100) if holds(text[:-2] + f"{last:02d}")]


CHECKS = {
    name: (holds, compile_grammar(Grammar(checksum=name)))
    for name, holds in {"luhn": luhn, "mod97": mod97, "ean": ean, "isbn": isbn}.items()
}


@pytest.mark.parametrize("name", CHECKS)
@given(
    st.one_of(
        st.text("0123456789", max_size=16),
        *(st.from_regex(f"(978|979)?[0-9]{{{size}}}", fullmatch=True) for size in (8, 10, 13)),
    )
)
@settings(deadline=None, derandomize=True)
def test_checksums_against_their_definitions(name, text):
    holds, automaton = CHECKS[name]
    assert automaton.accepts(text) == holds(text)
    for valid in with_last_digits(text, holds) if len(text) > 2 else []:
        assert automaton.accepts(valid)


@given(st.text("01,. ", max_size=12), st.integers(0, 3))
@settings(deadline=None, derandomize=True)
def test_decimals_against_regular_expressions(text, places):
    plain, ends = "[01]+", f"[01]{{{places}}}"
    grouped = [r"[01]{1,3}(\.[01]{3})+", r"[01]{1,3}(,[01]{3})+", r"[01]{1,3}( [01]{3})+"]
    wholes = [(plain, "[.,]"), (grouped[0], ","), (grouped[1], r"\."), (grouped[2], "[.,]")]
    expected = any(re.fullmatch(whole + (separator + ends if places else ""), text) for whole, separator in wholes)
    assert DECIMALS[places].accepts(text) == expected


DECIMALS = [compile_grammar(Grammar(decimals=places)) for places in range(4)]

ITEMS = st.tuples(st.sampled_from("d12/-"), st.sampled_from(["", "?", "{2}", "{0,1}", "{1,3}"]))


@given(st.lists(ITEMS, min_size=1, max_size=5), st.data())
@settings(deadline=None, derandomize=True)
def test_patterns_against_regular_expressions(items, data):
    pattern = "".join(map("".join, items))
    expression = "".join(re.escape(one).replace("d", "[0-9]") + count for one, count in items)
    automaton = compile_grammar(Grammar(pattern=pattern))
    near = data.draw(st.from_regex(expression, fullmatch=True))
    for text in (near, near[1:], near + "1", data.draw(st.text("0123/-", max_size=6))):
        if set(text) <= set(CHARACTERS):
            assert automaton.accepts(text) == bool(re.fullmatch(expression, text)), (pattern, text)


def test_a_backslash_makes_a_character_literal():
    assert parse_pattern(r"\d\?\\") == (("d", False), ("?", False), ("\\", False))
    assert compile_grammar(Grammar(pattern=r"\dd"), "0d").accepts("d0")


@pytest.mark.parametrize("text", ["4-8", "7", 7])
def test_lengths(text):
    assert parse_length(text) == {"4-8": (4, 8)}.get(text, (7, 7))


@pytest.mark.parametrize("text", [0, 101, -3, "", "a", "8-4", "4-", "-4", "0-4", "4-101", "4–8", " 4", "4.0"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(
        SettingError, match=f"Expected a length of 1 to 100, or a range such as 4-8. Received: {text!r}."
    ):
        Grammar(length=text)


@pytest.mark.parametrize(
    "pattern", ["?", "d{", "d{2", "d}", "{2}", "d??", "d{2}?", "d{,3}", "d{1,2,3}", "dd\\", "d{a}"]
)
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(SettingError, match="behind one of them. Received: .* in the pattern .* A date is dd/dd/dddd"):
        Grammar(pattern=pattern)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("d{4,2}", "Expected counts of at most 100, the smaller first. Received: 'd{4,2}' in the pattern"),
        ("d{101}", "Received: 'd{101}'"),
        ("", "Expected a pattern of 1 to 100 characters. Received: 0 in ''"),
        ("d{0}", "Received: 0 in 'd{0}'"),
        ("d{60}d{60}", "Received: 120"),
    ],
)
def test_counts_out_of_range_are_refused(pattern, message):
    with pytest.raises(SettingError, match=re.escape(message)):
        Grammar(pattern=pattern)
    assert len(parse_pattern("d{60}d{40}")) == len(parse_pattern("d{100}")) == 100


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"one_of": ()}, "Expected a list of one text or more, none of them empty. Received: 0 texts. Write one"),
        ({"one_of": ("1", "")}, "Received: 2 texts"),
        ({"checksum": "crc32"}, "Expected a checksum of luhn, mod97, isbn, ean. Received: 'crc32'"),
        ({"decimals": -1}, "Expected 0 to 20 decimals. Received: -1. Amounts of money have 2."),
        ({"decimals": 21}, "Received: 21"),
        ({"characters": ""}, "Expected one character or more. Received: none."),
    ],
)
def test_values_out_of_range_are_refused(rules, message):
    with pytest.raises(SettingError, match=message):
        Grammar(**rules)


@pytest.mark.parametrize(
    ("rules", "received"),
    [
        ({"length": 9, "checksum": "ean"}, "length 9, checksum ean"),
        ({"length": 5, "pattern": "dd/dd"}, "length 5, pattern dd/dd"),
        ({"length": 5, "decimals": 5}, "length 5, decimals 5"),
        ({"one_of": ("12", "13"), "checksum": "luhn"}, "one_of (2 texts), checksum luhn"),
        ({"pattern": "d-d", "characters": "01"}, "pattern d-d, characters 01"),
        ({"checksum": "isbn", "pattern": "1d{12}"}, "pattern 1d{12}, checksum isbn"),
    ],
)
def test_impossible_combinations_are_refused(rules, received):
    with pytest.raises(SettingError) as caught:
        compile_grammar(Grammar(**rules))
    assert caught.value.message == (
        f"Expected rules that a number can fulfill together. Received: {received}; no number fulfills them all."
    )
    assert caught.value.hint == "Correct one of them, or leave it out."


@pytest.mark.parametrize("rules", [{"pattern": "€d"}, {"one_of": ("1", "2€")}, {"characters": "1€"}])
def test_characters_that_the_model_does_not_read_are_refused(rules):
    with pytest.raises(SettingError, match="Expected characters that the model reads: .* Received: '€' in"):
        compile_grammar(Grammar(**rules))


def test_a_grammar_can_be_a_key():
    assert len({Grammar(length=6), Grammar(length=6), Grammar(length="6"), Grammar(one_of=("1",))}) == 3
