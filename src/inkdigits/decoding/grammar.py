"""The grammar of a line: all that is known about a number before it is read, compiled to one automaton."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import get_args

from inkdigits.decoding.automaton import Automaton, Rule, both, compile_list, compile_rule, only
from inkdigits.decoding.check_digits import Checksum, checksum
from inkdigits.decoding.lattice import CHARACTERS, known
from inkdigits.decoding.pattern import matches, parse_pattern
from inkdigits.decoding.rules import DIGITS, decimals, length
from inkdigits.errors import SettingError

LONGEST = 100  # digits of a line
MOST_DECIMALS = 20
LENGTH = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """Rules that a number fulfills, all of them at once. Without rules: any number of digits.

    Attributes:
        length: Number of digits: `6`, `"6"`, or a range, `"4-8"`. Marks and spaces are not counted.
        pattern: The form of the whole line, such as `"dd/dd/dddd"`: see `inkdigits.decoding.pattern`.
        one_of: The possible texts. Entries that break another rule are left out.
        checksum: `"luhn"`, `"mod97"`, `"isbn"` or `"ean"`: see `inkdigits.decoding.check_digits`.
        decimals: Number of digits behind a comma or a point, 0 to 20.
        characters: The characters that may occur. None: all that `pattern`, `one_of` or `decimals` allow; digits only
            if none of these three is given (with the checksum of an ISBN, X too).

    Raises:
        SettingError: A value is out of its range.
    """

    length: int | str | None = None
    pattern: str | None = None
    one_of: tuple[str, ...] | None = None
    checksum: Checksum | None = None
    decimals: int | None = None
    characters: str | None = None

    def __post_init__(self) -> None:
        if self.length is not None:
            parse_length(self.length)
        if self.pattern is not None:
            parse_pattern(self.pattern)
        if self.one_of is not None and not (self.one_of and all(self.one_of)):
            raise SettingError(
                f"Expected a list of one text or more, none of them empty. Received: {len(self.one_of)} texts.",
                hint="Write one text per line, without blank lines.",
            )
        if self.checksum is not None and self.checksum not in get_args(Checksum):
            raise SettingError(
                f"Expected a checksum of {', '.join(get_args(Checksum))}. Received: {self.checksum!r}.",
                hint="Leave it out if the numbers have another one.",
            )
        if self.decimals is not None and not 0 <= self.decimals <= MOST_DECIMALS:
            raise SettingError(
                f"Expected 0 to {MOST_DECIMALS} decimals. Received: {self.decimals}.", hint="Amounts of money have 2."
            )
        if self.characters is not None and not self.characters:
            raise SettingError(
                "Expected one character or more. Received: none.", hint="Leave characters out: digits are read."
            )


def parse_length(text: int | str) -> tuple[int, int]:
    """The smallest and the largest length.

    Raises:
        SettingError: It is no length and no range, or out of 1 to 100.

    Example:
        >>> parse_length("4-8")
        (4, 8)
    """
    found = LENGTH.fullmatch(str(text))
    least, most = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= least <= most <= LONGEST:
        raise SettingError(
            f"Expected a length of 1 to {LONGEST}, or a range such as 4-8. Received: {text!r}.",
            hint="Give the number of digits.",
        )
    return least, most


def compile_grammar(grammar: Grammar, characters: str = CHARACTERS) -> Automaton:
    """Compiles a grammar for a model. Once per grammar: a line then takes milliseconds.

    Args:
        grammar: The rules.
        characters: The characters of the model, without the blank.

    Returns:
        The automaton of all texts that fulfill every rule.

    Raises:
        SettingError: The model does not read a character of the grammar, no text fulfills all rules, or the automaton
            is too large.

    Example:
        >>> compile_grammar(Grammar(length=16, checksum="luhn")).accepts("4111111111111111")
        True
    """
    rule = both(_rules(grammar, characters))
    if grammar.one_of is None:
        automaton = compile_rule(rule, characters)
        if not automaton.empty:
            return automaton
    else:
        for text in grammar.one_of:
            known(text, characters)
        fitting = [text for text in grammar.one_of if _accepts(rule, text)]
        if fitting:
            return compile_list(fitting, characters)
    given = [f"{field.name} {_shown(getattr(grammar, field.name))}" for field in fields(grammar)]
    raise SettingError(
        "Expected rules that a number can fulfill together. Received: "
        f"{', '.join(one for one in given if not one.endswith(' None'))}; no number fulfills them all.",
        hint="Correct one of them, or leave it out.",
    )


def _rules(grammar: Grammar, characters: str) -> Iterator[Rule]:
    if grammar.characters is not None:
        yield only(known(grammar.characters, characters))
    elif grammar.pattern is None and grammar.one_of is None and grammar.decimals is None:
        yield only(DIGITS + ("X" if grammar.checksum == "isbn" else ""))
    if grammar.length is not None:
        yield length(*parse_length(grammar.length))
    if grammar.pattern is not None:
        known("".join(one for one, _ in parse_pattern(grammar.pattern) if one != DIGITS), characters)
        yield matches(grammar.pattern)
    if grammar.checksum is not None:
        yield checksum(grammar.checksum)
    if grammar.decimals is not None:
        yield decimals(grammar.decimals)


def _accepts(rule: Rule, text: str) -> bool:
    state = rule.start
    for one in text:
        state = rule.step(state, one)
        if state is None:
            return False
    return rule.accepts(state)


def _shown(value: object) -> str:
    return f"({len(value)} texts)" if isinstance(value, tuple) else str(value)
