"""CTC for one text: the best path, the probability of a text, its frames, the probability of its characters.

A *prefix table* has shape `(T + 1,)`. Its entry t is the log probability of all paths over the first t frames whose
text is the prefix. There are two per prefix: the last frame is a blank, or it is the prefix's last character.

Source:
    A. Graves et al., "Connectionist temporal classification", 2006, sections 3 and 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.decoding.lattice import Array, Lattice

Tables = tuple[Array, Array]  # last frame blank, last frame the last character


@dataclass(frozen=True)
class Character:
    """One character of a text and where it stands.

    Attributes:
        text: The character.
        start: First frame of the character on the text's most probable path.
        end: The frame after its last one.
        confidence: Probability of this character among all that could stand in its place, 0 to 1: other characters,
            or none. The rest of the text stays as it is.
    """

    text: str
    start: int
    end: int
    confidence: float


def greedy(lattice: Lattice) -> str:
    """The text of the most probable path: the most probable class of each frame.

    Example:
        >>> from inkdigits.decoding.lattice import make_lattice
        >>> greedy(make_lattice(np.log([[0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1]]), "01"))
        '00'
    """
    best = lattice.log_probabilities.argmax(axis=0)
    first = np.concatenate([[True], best[1:] != best[:-1]])
    return "".join(lattice.characters[one - 1] for one in best[first & (best > 0)])


def emit(cumulative: Array, source: Array) -> Array:
    """Log probability of all paths that begin one class at any frame and stay with it.

    Args:
        cumulative: Cumulative log probabilities of the class, shape `(..., T + 1)`.
        source: Log probability of the paths before: the class begins at frame t, shape `(..., T)`.

    Returns:
        Shape `(..., T + 1)`: `out[t + 1] = p[t] + logaddexp(out[t], source[t])`, `out[0] = -inf`.
    """
    out = np.full(cumulative.shape, -np.inf)
    # p[s] + ... + p[t] = cumulative[t + 1] - cumulative[s]
    out[..., 1:] = cumulative[..., 1:] + np.logaddexp.accumulate(source - cumulative[..., :-1], axis=-1)
    return out


def log_probability(lattice: Lattice, text: str) -> float:
    """Log probability of a text: the sum over all its paths. `-inf`: it needs more frames than there are.

    Args:
        lattice: The line.
        text: Any text of the model's characters.

    Raises:
        SettingError: The model does not know a character.

    Example:
        >>> from inkdigits.decoding.lattice import make_lattice
        >>> line = make_lattice(np.log([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]), "01")
        >>> round(float(np.exp(log_probability(line, "0"))), 4)  # "0-", "-0" and "00"
        0.3125
    """
    return _total(_prefixes(lattice.cumulative, lattice.classes(text))[-1])


def align(lattice: Lattice, text: str) -> tuple[Character, ...]:
    """Finds the frames of each character of a text, and its probability.

    Returns:
        The characters in order; empty if the text is empty or needs more frames than there are.

    Raises:
        SettingError: The model does not know a character.
    """
    classes = lattice.classes(text)
    spans = _best_spans(lattice, classes)
    if not spans:
        return ()
    confidences = character_confidences(lattice, text)
    return tuple(
        Character(one, start, end, float(confidence))
        for one, (start, end), confidence in zip(text, spans, confidences, strict=True)
    )


def character_confidences(lattice: Lattice, text: str) -> Array:
    """Probability of each character among all that could stand in its place.

    It is `P(text) / (P(text without it) + sum over all characters of P(text with that one in its place))`. Inserted
    characters are not considered. All are exact sums over paths, from the tables before and behind the character.

    Returns:
        Shape `(len(text),)`, 0 to 1; 0 where the text needs more frames than there are.
    """
    classes = lattice.classes(text)
    before = _prefixes(lattice.cumulative, classes)
    turned = lattice.cumulative[:, -1:] - lattice.cumulative[:, ::-1]  # the line read from its end
    behind = [(blank[::-1], last[::-1]) for blank, last in _prefixes(turned, classes[::-1])][::-1]
    shares = np.zeros(len(text))
    for place, own in enumerate(classes):
        scores = np.append(
            _replaced(lattice, classes, place, before, behind), _left_out(classes, place, before, behind)
        )
        if np.isfinite(scores[own - 1]):
            shares[place] = 1 / np.exp(scores - scores[own - 1]).sum()
    return shares


def _prefixes(cumulative: Array, classes: NDArray[np.intp]) -> list[Tables]:
    """The prefix tables of each prefix of a text, from the empty one on."""
    blank, last = cumulative[0], np.full(cumulative.shape[1], -np.inf)
    tables = [(blank, last)]
    for place, own in enumerate(classes):
        repeated = place > 0 and own == classes[place - 1]
        last = emit(cumulative[own], (blank if repeated else np.logaddexp(blank, last))[:-1])
        blank = emit(cumulative[0], last[:-1])
        tables.append((blank, last))
    return tables


def _total(tables: Tables) -> float:
    return float(np.logaddexp(tables[0][-1], tables[1][-1]))


def _replaced(
    lattice: Lattice, classes: NDArray[np.intp], place: int, before: list[Tables], behind: list[Tables]
) -> Array:
    """Log probability of the text with each character of the model in one place, shape `(characters,)`."""
    blank, last = before[place]
    source = np.tile(np.logaddexp(blank, last), (len(lattice.characters), 1))
    if place > 0:
        source[classes[place - 1] - 1] = blank  # a repeated character needs a blank before it
    reached = emit(lattice.cumulative[1:], source[:, :-1])
    blank, last = behind[place + 1]
    follow = np.tile(np.logaddexp(blank, last), (len(lattice.characters), 1))
    if place + 1 < len(classes):
        follow[classes[place + 1] - 1] = blank
    return np.asarray(np.logaddexp.reduce(reached + follow, axis=1))


def _left_out(classes: NDArray[np.intp], place: int, before: list[Tables], behind: list[Tables]) -> float:
    """Log probability of the text without one character: split where the next character begins."""
    if place + 1 == len(classes):
        return _total(before[place])
    blank, last = before[place]
    repeated = place > 0 and classes[place - 1] == classes[place + 1]
    source = blank if repeated else np.logaddexp(blank, last)
    return float(np.logaddexp.reduce(source + behind[place + 1][1]))


def _best_spans(lattice: Lattice, classes: NDArray[np.intp]) -> list[tuple[int, int]]:
    """First frame and frame after the last of each character on the most probable path; empty if there is none."""
    cumulative = lattice.cumulative
    blank, last = cumulative[0], np.full(lattice.frames + 1, -np.inf)
    begins, ends, direct = [], [], []  # per character: score of its begin, of the blank behind it, of no blank before
    for place, own in enumerate(classes):
        repeated = place > 0 and own == classes[place - 1]
        direct.append(np.full(len(last), False) if repeated else last > blank)
        begins.append((np.where(direct[-1], last, blank) - cumulative[own])[:-1])
        last = np.append(-np.inf, cumulative[own, 1:] + np.maximum.accumulate(begins[-1]))
        ends.append((last - cumulative[0])[:-1])
        blank = np.append(-np.inf, cumulative[0, 1:] + np.maximum.accumulate(ends[-1]))
    if max(blank[-1], last[-1]) == -np.inf:
        return []
    spans: list[tuple[int, int]] = []
    limit, after_blank = lattice.frames, blank[-1] > last[-1]
    for place in range(len(classes) - 1, -1, -1):
        end = int(ends[place][:limit].argmax()) if after_blank else limit
        limit = int(begins[place][:end].argmax())
        after_blank = not direct[place][limit]
        spans.append((limit, end))
    return spans[::-1]
