"""Decoding of one line: a lattice in; the text, its confidence, its characters and the alternatives out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkdigits.decoding.automaton import Automaton
from inkdigits.decoding.ctc import Character, align
from inkdigits.decoding.lattice import Lattice
from inkdigits.decoding.search import search


@dataclass(frozen=True)
class TextAlternative:
    """A text that a line may hold.

    Attributes:
        text: The text.
        probability: The model's probability of the text: the sum over all its paths, 0 to 1.
        confidence: The same, given that the line holds a text of the grammar: the probability divided by the
            probability of all texts of the grammar. Without a grammar it equals `probability`. If the search dropped
            texts, the divisor counts all of them, so the true quotient is never smaller. Not calibrated.
    """

    text: str
    probability: float
    confidence: float


@dataclass(frozen=True)
class DecodedLine:
    """The most probable text of a line.

    Attributes:
        text: The text; empty if the line is empty, or if no text of the grammar fits in its frames (`confidence` 0).
        probability: As of `TextAlternative`.
        confidence: As of `TextAlternative`: that of the whole text, never a product of its characters'.
        characters: Each character, its frames and its own confidence.
        alternatives: The next most probable texts, the best first.
        exact: Whether it is proved that no other text is more probable.
    """

    text: str
    probability: float
    confidence: float
    characters: tuple[Character, ...]
    alternatives: tuple[TextAlternative, ...]
    exact: bool


def decode(lattice: Lattice, automaton: Automaton | None = None, *, alternatives: int = 3) -> DecodedLine:
    """Decodes a line.

    Args:
        lattice: The line.
        automaton: The allowed texts, from `compile_grammar`. None: all texts.
        alternatives: Number of further texts, 0 or more.

    Raises:
        SettingError: The model does not know a character of the automaton.

    Example:
        >>> from inkdigits.decoding.lattice import make_lattice
        >>> line = make_lattice(np.log([[0.1, 0.6, 0.3], [0.8, 0.1, 0.1], [0.1, 0.2, 0.7]]), "01")
        >>> [decode(line).text, *(other.text for other in decode(line).alternatives)]
        ['01', '11', '1', '00']
    """
    result = search(lattice, automaton, most=alternatives + 1)
    total = 0.0 if automaton is None else result.log_total
    texts = tuple(
        TextAlternative(
            one.text,
            _probability(one.log_probability),
            _probability(one.log_probability - total),
        )
        for one in result.hypotheses
    )
    if not texts:
        return DecodedLine("", 0.0, 0.0, (), (), exact=False)
    best, *others = texts
    return DecodedLine(
        best.text, best.probability, best.confidence, align(lattice, best.text), tuple(others), exact=result.exact
    )


def _probability(logarithm: float) -> float:
    return min(1.0, float(np.exp(logarithm)))
