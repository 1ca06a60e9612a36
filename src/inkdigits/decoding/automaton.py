"""Deterministic finite automata: the texts that a rule accepts.

A `Rule` is written as a start state, a step function and an acceptance test. `compile_rule` explores it and returns
an `Automaton`: the table of transitions with as few states as possible. Every state leads to an accepted text.

Source:
    E. F. Moore, "Gedanken-experiments on sequential machines", 1956 (partition refinement).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import SettingError

State = Any  # of a rule: any hashable value but None

MOST_STATES = 200_000  # explored; above, a grammar is refused: 200,000 states take seconds
NONE = -1  # no transition


@dataclass(frozen=True)
class Rule:
    """Which texts are allowed, one character at a time.

    Attributes:
        start: The state before the first character.
        step: The state after one more character; None if no text continues so.
        accepts: Whether a text may end in a state.
    """

    start: State
    step: Callable[[State, str], State | None]
    accepts: Callable[[State], bool]


@dataclass(frozen=True, eq=False)
class Automaton:
    """A deterministic automaton. State 0 is the start.

    Attributes:
        characters: The character of each column; the automaton accepts no others.
        transitions: Shape `(S, characters)`, int32: the next state, or -1.
        accepting: Shape `(S,)`, bool: whether a text may end here.
    """

    characters: str
    transitions: NDArray[np.int32]
    accepting: NDArray[np.bool_]

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.accepting)

    @property
    def empty(self) -> bool:
        """Whether no text at all is accepted."""
        return not self.accepting.any()

    @property
    def is_tree(self) -> bool:
        """Whether each state but the start has one way in, as in a list of texts."""
        return int(np.count_nonzero(self.transitions != NONE)) == self.states - 1

    def accepts(self, text: str) -> bool:
        """Whether a text is accepted.

        Example:
            >>> compile_rule(one_text("42"), "0123456789").accepts("42")
            True
        """
        state = 0
        for one in text:
            column = self.characters.find(one)
            state = int(self.transitions[state, column]) if column >= 0 else NONE
            if state == NONE:
                return False
        return bool(self.accepting[state])


def anything(characters: str) -> Automaton:
    """The automaton that accepts every text of these characters, the empty one too."""
    return Automaton(characters, np.zeros((1, len(characters)), np.int32), np.ones(1, np.bool_))


def one_text(text: str) -> Rule:
    """Accepts one text only."""
    return Rule(
        0,
        lambda place, one: place + 1 if place < len(text) and text[place] == one else None,
        lambda place: place == len(text),
    )


def only(characters: str) -> Rule:
    """Accepts every text of one or more of these characters."""
    return Rule(0, lambda _, one: 1 if one in characters else None, lambda state: state == 1)


def both(rules: Iterable[Rule]) -> Rule:
    """Accepts what all rules accept (the product of their automata)."""
    parts = tuple(rules)

    def step(states: State, one: str) -> State | None:
        following = []
        for rule, state in zip(parts, states, strict=True):
            following.append(rule.step(state, one))
            if following[-1] is None:
                return None
        return tuple(following)

    return Rule(
        tuple(rule.start for rule in parts),
        step,
        lambda states: all(rule.accepts(state) for rule, state in zip(parts, states, strict=True)),
    )


def either(first: Rule, second: Rule) -> Rule:
    """Accepts what one of two rules accepts."""
    parts = (first, second)

    def step(states: State, one: str) -> State | None:
        following = tuple(
            None if state is None else rule.step(state, one) for rule, state in zip(parts, states, strict=True)
        )
        return None if following == (None, None) else following

    return Rule(
        (first.start, second.start),
        step,
        lambda states: any(
            state is not None and rule.accepts(state) for rule, state in zip(parts, states, strict=True)
        ),
    )


def compile_rule(rule: Rule, characters: str) -> Automaton:
    """Explores a rule: all states that a text of these characters reaches, without those that no text leaves.

    Returns:
        The smallest automaton. It is `empty` if the rule accepts nothing. Characters that it never uses are left out.

    Raises:
        SettingError: The rule has more than `MOST_STATES` states.

    Example:
        >>> compile_rule(both([only("01"), one_text("10")]), "0123456789").characters
        '01'
    """
    numbers: dict[State, int] = {rule.start: 0}
    rows: list[list[int]] = []
    todo = [rule.start]
    for state in todo:  # grows while it is read
        row = []
        for one in characters:
            following = rule.step(state, one)
            if following is not None and following not in numbers:
                numbers[following] = len(todo)
                todo.append(following)
            row.append(NONE if following is None else numbers[following])
        rows.append(row)
        if len(todo) > MOST_STATES:
            raise SettingError(
                f"Expected rules with at most {MOST_STATES:,} states. Received: more.",
                hint="Allow fewer lengths, or leave one rule out.",
            )
    transitions = np.array(rows, np.int32).reshape(len(todo), len(characters))
    accepting = np.array([rule.accepts(state) for state in todo], np.bool_)
    return _smallest(*_useful(transitions, accepting), characters)


def compile_list(texts: Iterable[str], characters: str) -> Automaton:
    """The automaton of a list of texts: a trie, whose states are the different prefixes.

    Args:
        texts: One or more, of these characters. Order and repetitions do not matter.
        characters: The character of each column.

    Example:
        >>> compile_list(["10", "11", "2"], "012").states
        5
    """
    column = {one: number for number, one in enumerate(characters)}
    rows: list[list[int]] = [[NONE] * len(characters)]
    ends: set[int] = set()
    for text in texts:
        state = 0
        for one in text:
            number = column[one]
            if rows[state][number] == NONE:
                rows[state][number] = len(rows)
                rows.append([NONE] * len(characters))
            state = rows[state][number]
        ends.add(state)
    accepting = np.zeros(len(rows), np.bool_)
    accepting[list(ends)] = True
    return _used(np.array(rows, np.int32), accepting, characters)


def _useful(
    transitions: NDArray[np.int32], accepting: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Removes the states from which no accepting state is reached. The start stays."""
    useful = accepting.copy()
    while True:
        wider = useful | (useful[transitions] & (transitions != NONE)).any(axis=1)
        if (wider == useful).all():
            break
        useful = wider
    useful[0] = True
    numbers = np.where(useful, np.cumsum(useful) - 1, NONE)
    kept = transitions[useful]
    return np.where(kept == NONE, NONE, numbers[kept]).astype(np.int32), accepting[useful]


def _smallest(transitions: NDArray[np.int32], accepting: NDArray[np.bool_], characters: str) -> Automaton:
    """Merges states that accept the same continuations."""
    classes = accepting.astype(np.int32)
    count = 0
    while True:
        following = np.where(transitions == NONE, NONE, classes[transitions])
        rows = np.concatenate([classes[:, None], following], axis=1)
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        classes = inverse.reshape(-1).astype(np.int32)
        if len(first) == count:
            break
        count = len(first)
    order = np.argsort(first)  # the start, the first state of all, stays state 0
    numbers = np.argsort(order)[classes]
    merged = transitions[first[order]]
    return _used(np.where(merged == NONE, NONE, numbers[merged]).astype(np.int32), accepting[first[order]], characters)


def _used(transitions: NDArray[np.int32], accepting: NDArray[np.bool_], characters: str) -> Automaton:
    """Leaves out the columns that no state uses."""
    used = (transitions != NONE).any(axis=0)
    kept = "".join(one for one, keep in zip(characters, used, strict=True) if keep)
    return Automaton(kept, np.ascontiguousarray(transitions[:, used]), accepting)
