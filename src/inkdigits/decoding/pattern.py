r"""Patterns of numbers: "dd/dd/dddd".

The language::

    d         one digit, 0 to 9
    other     the character itself: / . , - : + ( ) % and the space
    \         the next character itself, for characters that the language uses: \d
    ?         the character before it is optional
    {n}       the character before it occurs n times
    {m,n}     the character before it occurs m to n times

A pattern describes the whole line. Examples: `dd?/dd?/dddd` (dates), `+d{6,14}` (phone numbers), `d{1,6},dd` (amounts).
"""

from __future__ import annotations

import re

from inkdigits.decoding.automaton import Rule, State
from inkdigits.decoding.rules import DIGITS, nondeterministic
from inkdigits.errors import SettingError

MOST_PLACES = 100  # a line of writing is shorter
ITEM = re.compile(
    r"(?:\\(?P<escaped>.)|(?P<plain>[^\\?{}]))(?:(?P<optional>\?)|\{(?P<least>\d+)(?:,(?P<most>\d+))?\})?"
)

Place = tuple[str, bool]  # the characters that may stand here, and whether the place may stay empty


def parse_pattern(pattern: str) -> tuple[Place, ...]:
    """The places of a pattern: the characters of each, and whether it may stay empty.

    Raises:
        SettingError: The pattern is empty, too long, or `?`, `{` or `}` stand where they mean nothing.

    Example:
        >>> parse_pattern("d?/")
        (('0123456789', True), ('/', False))
    """
    places: list[Place] = []
    position = 0
    while position < len(pattern):
        item = ITEM.match(pattern, position)
        if item is None:
            raise SettingError(
                f"Expected d, a character, ? or {{m,n}} behind one of them. Received: {pattern[position:]!r} in the "
                f"pattern {pattern!r}.",
                hint="A date is dd/dd/dddd, an amount is d{1,6},dd.",
            )
        position = item.end()
        characters = DIGITS if item["plain"] == "d" else item["plain"] or item["escaped"]
        least = 0 if item["optional"] else int(item["least"] or 1)
        most = int(item["most"] or item["least"] or 1)
        if least > most or most > MOST_PLACES:
            raise SettingError(
                f"Expected counts of at most {MOST_PLACES}, the smaller first. Received: {item[0]!r} in the pattern "
                f"{pattern!r}.",
                hint="Four to eight digits are d{4,8}.",
            )
        places += [(characters, False)] * least + [(characters, True)] * (most - least)
    if not 0 < len(places) <= MOST_PLACES:
        raise SettingError(
            f"Expected a pattern of 1 to {MOST_PLACES} characters. Received: {len(places)} in {pattern!r}.",
            hint="A date is dd/dd/dddd.",
        )
    return tuple(places)


def matches(pattern: str) -> Rule:
    """Accepts the texts that a pattern describes. A state is the number of places passed.

    Raises:
        SettingError: As of `parse_pattern`.
    """
    places = parse_pattern(pattern)

    def step(passed: State, one: str) -> set[State]:
        following: set[State] = set()
        for number in range(int(passed), len(places)):
            characters, optional = places[number]
            if one in characters:
                following.add(number + 1)
            if not optional:
                break
        return following

    def accepts(passed: State) -> bool:
        return all(optional for _, optional in places[int(passed) :])

    return nondeterministic(0, step, accepts)
