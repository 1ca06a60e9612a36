import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.decoding import automaton as module
from inkdigits.decoding.automaton import (
    Rule,
    anything,
    both,
    compile_list,
    compile_rule,
    either,
    one_text,
    only,
)
from inkdigits.errors import SettingError


def texts(characters, longest):
    return ["".join(one) for size in range(longest + 1) for one in itertools.product(characters, repeat=size)]


def divisible(number):
    """Binary numbers that a number divides."""
    return Rule(0, lambda rest, one: (2 * rest + int(one)) % number, lambda rest: rest == 0)


def is_divisible(text, number):
    return int(text or "0", 2) % number == 0


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7])
def test_a_compiled_rule_accepts_what_the_rule_accepts(number):
    automaton = compile_rule(divisible(number), "01")
    for text in texts("01", 6):
        assert automaton.accepts(text) == is_divisible(text, number)


@pytest.mark.parametrize(("number", "states"), [(1, 1), (2, 2), (3, 3), (4, 3), (6, 4), (8, 4)])
def test_the_automaton_is_the_smallest(number, states):
    """Numbers divisible by 4 need three states: no, ends in one 0, ends in two."""
    assert compile_rule(divisible(number), "01").states == states


def test_product_and_union():
    product = compile_rule(both([divisible(2), divisible(3)]), "01")
    union = compile_rule(either(divisible(2), divisible(3)), "01")
    for text in texts("01", 6):
        assert product.accepts(text) == is_divisible(text, 6)
        assert union.accepts(text) == (is_divisible(text, 2) or is_divisible(text, 3))
    assert product.states == 4


def test_a_union_goes_on_when_one_side_ends():
    automaton = compile_rule(either(one_text("12"), one_text("134")), "1234")
    assert [text for text in texts("1234", 3) if automaton.accepts(text)] == ["12", "134"]


def test_dead_ends_are_removed():
    automaton = compile_rule(both([one_text("12"), only("123")]), "0123")
    assert (automaton.states, automaton.characters) == (3, "12")
    rule = Rule("", lambda past, one: past + one if len(past) < 3 else None, lambda past: past == "1")
    assert compile_rule(rule, "12").states == 2


def test_a_rule_that_accepts_nothing_is_empty():
    nothing = compile_rule(both([one_text("1"), one_text("2")]), "12")
    assert nothing.empty
    assert nothing.states == 1
    assert not any(nothing.accepts(text) for text in texts("12", 2))
    assert not compile_rule(one_text(""), "12").empty
    assert compile_rule(one_text(""), "12").accepts("")


def test_only_needs_one_character():
    automaton = compile_rule(only("12"), "123")
    assert [text for text in texts("123", 2) if automaton.accepts(text)] == ["1", "2", "11", "12", "21", "22"]


def test_anything_accepts_the_empty_text_too():
    assert all(anything("12").accepts(text) for text in texts("12", 3))
    assert not anything("12").accepts("3")


@given(st.sets(st.text("012", max_size=4), min_size=1))
@settings(deadline=None, derandomize=True)
def test_a_list_accepts_its_texts_only(entries):
    automaton = compile_list([*entries, *entries], "0123")
    assert {text for text in texts("0123", 4) if automaton.accepts(text)} == entries
    assert automaton.states == len({entry[:size] for entry in entries for size in range(len(entry) + 1)})
    assert set(automaton.characters) == set("".join(entries))
    assert automaton.is_tree
    assert not compile_rule(divisible(3), "01").is_tree


def test_too_many_states_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_STATES", 20)
    assert compile_rule(divisible(20), "01").states <= 20
    with pytest.raises(SettingError, match="Expected rules with at most 20 states. Received: more. Allow fewer"):
        compile_rule(divisible(21), "01")


def test_the_types_are_those_of_the_table():
    automaton = compile_rule(divisible(3), "01")
    assert automaton.transitions.dtype == np.int32
    assert automaton.accepting.dtype == np.bool_
