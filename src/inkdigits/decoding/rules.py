"""Rules of numbers: how many digits, and how many of them behind the decimal separator."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from inkdigits.decoding.automaton import Rule, State

DIGITS = "0123456789"
DECIMAL_SEPARATORS = ".,"
GROUP_SEPARATORS = "., "  # between groups of three digits
GROUP = 3


def counts(one: str) -> bool:
    """Whether a character counts as a digit: digits and letters do (ISBN's X), marks and spaces do not."""
    return one.isalnum()


def length(least: int, most: int) -> Rule:
    """Accepts texts of `least` to `most` digits. Marks are not counted."""

    def step(count: State, one: str) -> State | None:
        following = int(count) + counts(one)
        return following if following <= most else None

    return Rule(0, step, lambda count: count >= least)


def decimals(places: int) -> Rule:
    """Accepts numbers with so many digits behind a comma or a point.

    One digit or more stand before the separator. Groups of three digits may be separated by the other separator or by
    a space: "1.234,50", "1,234.50", "1 234.50". With 0 places there is no decimal separator: "1234", "1,234".
    """

    def step(state: State, one: str) -> set[State]:
        kind, separator, count = state
        if one in DIGITS:
            most = {"whole": GROUP + 1, "group": GROUP, "decimal": places}[kind]
            if kind == "whole":
                return {("whole", "", min(count + 1, most))}  # 4: too many for a first group
            return {(kind, separator, count + 1)} if count < most else set()
        following: set[State] = set()
        complete = count >= 1 if kind == "whole" else count == GROUP
        if kind == "decimal" or not complete:
            return following
        if one in DECIMAL_SEPARATORS and one != separator:
            following.add(("decimal", "", 0))
        if one in GROUP_SEPARATORS and count <= GROUP and separator in ("", one):
            following.add(("group", one, 0))
        return following

    def accepts(state: State) -> bool:
        kind, _, count = state
        if places:
            return bool(kind == "decimal" and count == places)
        return bool(count >= 1 if kind == "whole" else count == GROUP)

    return nondeterministic(("whole", "", 0), step, accepts)


def nondeterministic(start: State, step: Callable[[State, str], set[State]], accepts: Callable[[State], bool]) -> Rule:
    """A rule whose step has several results: its states are the sets of states (subset construction)."""

    def steps(states: State, one: str) -> State | None:
        following = frozenset(chain.from_iterable(step(state, one) for state in states))
        return following or None

    return Rule(frozenset([start]), steps, lambda states: any(map(accepts, states)))
