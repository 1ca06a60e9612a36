import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.decoding.agreement import Agreement, agree, upside_down
from inkdigits.decoding.decode import DecodedLine
from inkdigits.errors import SettingError


def read(text, probability, confidence=None, *, exact=True):
    return DecodedLine(text, probability, probability if confidence is None else confidence, (), (), exact)


@pytest.mark.parametrize(
    ("free", "constrained", "min_confidence", "status", "confidence"),
    [
        (read("123", 0.9), read("123", 0.9, 0.95), 0.95, "ok", 0.95),
        (read("123", 0.9), read("123", 0.9, 0.95), 0.96, "uncertain", 0.95),
        (read("123", 0.9), read("124", 0.05, 0.99), 0.5, "uncertain", 0.05),
        (read("123", 0.4), read("124", 0.3, 0.99), 0.0, "uncertain", 0.3),
        (read("123", 0.9), read("123", 0.9, 0.95, exact=False), 0.5, "uncertain", 0.95),
        (read("123", 0.9, exact=False), read("123", 0.9), 0.5, "ok", 0.9),
        (read("", 0.9), read("", 0.9), 0.0, "uncertain", 0.9),
        (read("123", 0.1), read("123", 0.1), 0.0, "ok", 0.1),
    ],
)
def test_the_rule(free, constrained, min_confidence, status, confidence):
    found = agree(free, constrained, min_confidence=min_confidence)
    assert found == Agreement(status, constrained.text, confidence, free.text, constrained.text)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_confidence_out_of_range_is_refused(value):
    with pytest.raises(SettingError, match=f"Expected a minimal confidence of 0 to 1. Received: {value}. 0.5 is usual"):
        agree(read("1", 1.0), read("1", 1.0), min_confidence=value)


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("6", "9"),
        ("9", "6"),
        ("1906", "9061"),
        ("0-86", "98-0"),
        ("(16)", "(91)"),
        ("+6:1/9%", "%6/1:9+"),
        ("8", None),
        ("69", None),
        ("1001", None),
        ("2", None),
        ("16.9", None),
        ("16,9", None),
        ("167", None),
        ("", None),
        ("-+", None),
        ("(-", None),
    ],
)
def test_upside_down(text, turned):
    assert upside_down(text) == turned


@given(st.text("01689-/+:%() 2.", max_size=8))
@settings(deadline=None, derandomize=True)
def test_turning_twice_gives_the_text(text):
    turned = upside_down(text)
    assert turned is None or (turned != text and upside_down(turned) == text)
