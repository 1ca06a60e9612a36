"""Check digits: which numbers pass Luhn, ISO 7064 MOD 97-10, ISBN and EAN, read from the left by an automaton.

Each state is a residue. Marks between the digits are skipped, so "978-3-16-148410-0" passes as ISBN.

Source:
    ISO/IEC 7812-1 annex B (Luhn) · ISO/IEC 7064 (MOD 97-10) · ISO 2108 (ISBN) · GS1 General Specifications, section 7.9
    (EAN).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from inkdigits.decoding.automaton import Rule, State, either
from inkdigits.decoding.rules import DIGITS, counts

Checksum = Literal["luhn", "mod97", "isbn", "ean"]


def checksum(kind: Checksum) -> Rule:
    """The rule of a checksum.

    Args:
        kind: `"luhn"`: two digits or more, card numbers. `"mod97"`: three digits or more, the number modulo 97 is 1
            (ISO 7064: the last two digits are the check digits). `"isbn"`: ISBN-10 with a last digit of 0 to 9 or X, or
            ISBN-13 with 978 or 979. `"ean"`: EAN-8 and EAN-13.
    """
    rules: dict[Checksum, Callable[[], Rule]] = {"luhn": _luhn, "mod97": _mod97, "isbn": _isbn, "ean": _ean}
    return rules[kind]()


def _digits(start: State, step: Callable[[State, int], State | None], accepts: Callable[[State], bool]) -> Rule:
    """A rule of digits only: marks do not change the state, letters are refused."""

    def stepped(state: State, one: str) -> State | None:
        if one in DIGITS:
            return step(state, int(one))
        return None if counts(one) else state

    return Rule(start, stepped, accepts)


def _alternating(weigh: Callable[[int], int], most: int) -> Rule:
    """State (count, a, b): sums modulo 10 that weigh every second digit: not the last digit (a), the last digit (b).

    The weights count from the right, and the number is read from the left: with each digit the two sums change places.
    """

    def step(state: State, digit: int) -> State | None:
        count, plain, weighted = state
        return min(count + 1, most), (weighted + digit) % 10, (plain + weigh(digit)) % 10

    return _digits((0, 0, 0), step, lambda state: state[1] == 0)


def _luhn() -> Rule:
    rule = _alternating(lambda digit: 2 * digit - 9 * (digit > 4), most=2)
    return Rule(rule.start, rule.step, lambda state: state[0] >= 2 and rule.accepts(state))


def _ean() -> Rule:
    rule = _alternating(lambda digit: 3 * digit, most=14)
    return Rule(rule.start, rule.step, lambda state: state[0] in (8, 13) and rule.accepts(state))


def _mod97() -> Rule:
    """State (count, residue)."""
    return _digits(
        (0, 0),
        lambda state, digit: (min(state[0] + 1, 3), (10 * state[1] + digit) % 97),
        lambda state: state[0] >= 3 and state[1] == 1,
    )


def _isbn() -> Rule:
    return either(_isbn10(), _isbn13())


def _isbn10() -> Rule:
    """State (count, sum): weights 10, 9, ..., 1; the sum is 0 modulo 11; X is 10, in the last place only."""

    def step(state: State, one: str) -> State | None:
        count, total = state
        if not counts(one):
            return state
        if count == 10 or (one not in DIGITS and (one != "X" or count != 9)):
            return None
        return count + 1, (total + (10 - count) * (10 if one == "X" else int(one))) % 11

    return Rule((0, 0), step, lambda state: state == (10, 0))


def _isbn13() -> Rule:
    """State (count, sum): weights 1, 3, 1, ... from the left, the sum is 0 modulo 10; begins with 978 or 979."""

    def step(state: State, digit: int) -> State | None:
        count, total = state
        if count == 13 or (count < 3 and str(digit) not in ("9", "7", "89")[count]):
            return None
        return count + 1, (total + digit * (3 if count % 2 else 1)) % 10

    return _digits((0, 0), step, lambda state: state == (13, 0))
