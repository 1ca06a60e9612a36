"""The most probable texts of a line, among all or among those that an automaton accepts.

The search goes through the prefixes by length. For each it knows the exact probability of the text that ends there and
a bound: the probability of all texts that begin with it. Prefixes of a low bound are dropped, and what was dropped is
counted, so the result says whether a better text may have been missed.

Source:
    A. Graves et al., "Connectionist temporal classification", 2006, section 3.2 (prefix search). A. Hannun et al.,
    "First-pass large vocabulary continuous speech recognition using bi-directional recurrent DNNs", 2014, search the
    same prefixes frame by frame. That search does not bound what it drops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inkdigits.decoding.automaton import NONE, Automaton, anything
from inkdigits.decoding.completion import Completions, completions, log_sum
from inkdigits.decoding.ctc import emit
from inkdigits.decoding.lattice import Array, Lattice

BEAMS = (8, 24)  # prefixes of one length that are continued; the second, if the first leaves the best text unproved
LEAST_SHARE = np.log(1e-6)  # a prefix with a smaller share of the best one's probability is dropped
MOST_NODES = 3_000_000  # frames × states × characters of a table of completions: 24 MB
CLEAR = np.log(1e-2)  # the largest share of the probability that may be dropped before completions are computed


@dataclass(frozen=True)
class Hypothesis:
    """A text and its log probability, the sum over all its paths."""

    text: str
    log_probability: float


@dataclass(frozen=True)
class Search:
    """The result of a search.

    Attributes:
        hypotheses: The most probable texts found, the best first. None if no accepted text fits in the frames.
        log_total: Log probability that a text is accepted, or an upper bound of it: all texts found and all dropped.
        log_dropped: The part of `log_total` that is not found but dropped.
        log_missed: Upper bound of the log probability of each text that is not among the hypotheses.
    """

    hypotheses: tuple[Hypothesis, ...]
    log_total: float
    log_dropped: float
    log_missed: float

    @property
    def exact(self) -> bool:
        """Whether the first hypothesis is proved to be the most probable text."""
        return bool(self.hypotheses) and self.hypotheses[0].log_probability >= self.log_missed


@dataclass(eq=False)
class _Progress:
    """Texts found so far, and the bounds of what was dropped."""

    most: int
    found: list[Hypothesis] = field(default_factory=list)
    dropped: list[Array] = field(default_factory=list)

    def best(self, rank: int) -> float:
        """Log probability of the text of a rank; `-inf` if there are not so many."""
        scores = sorted((one.log_probability for one in self.found), reverse=True)
        return scores[rank - 1] if len(scores) >= rank else -np.inf

    def result(self) -> Search:
        ranked = sorted(self.found, key=lambda one: (-one.log_probability, one.text))
        scores = np.array([one.log_probability for one in ranked])
        dropped = np.concatenate([*self.dropped, [-np.inf]])
        return Search(
            tuple(ranked[: self.most]),
            log_total=float(np.logaddexp.reduce(np.append(dropped, scores))),
            log_dropped=float(np.logaddexp.reduce(dropped)),
            log_missed=float(max(dropped.max(), scores[self.most :].max(initial=-np.inf))),
        )


@dataclass(frozen=True, eq=False)
class _Prefixes:
    """Prefixes of one length: their columns and states, and two prefix tables, shape `(K, T + 1)`.

    The last frame is a blank; the last frame is anything.
    """

    columns: NDArray[np.intp]
    states: NDArray[np.intp]
    blank: Array
    either: Array


def search(
    lattice: Lattice, automaton: Automaton | None = None, *, most: int = 5, beams: Sequence[int] = BEAMS
) -> Search:
    """Finds the most probable texts.

    The first try bounds a prefix by the probability of all its continuations, accepted or not. It is repeated if the
    best text is unproved or more than 1 % of the probability is dropped. The bounds are then the exact sums over the
    automaton. A list of texts is searched without them, and so is an automaton that is too large (`MOST_NODES`).

    Args:
        lattice: The line.
        automaton: The accepted texts. None: all texts.
        most: Number of texts to find, 1 or more.
        beams: Prefixes of one length that are continued: the next value is tried if one leaves the best text unproved.

    Returns:
        The texts and what may have been missed.

    Raises:
        SettingError: The model does not know a character of the automaton.
    """
    if automaton is None:
        return _widened(lattice, anything(lattice.characters), None, most, beams)
    too_large = (lattice.frames + 1) * automaton.transitions.size > MOST_NODES
    bounded_by_beam = automaton.is_tree or too_large
    result = _widened(lattice, automaton, None, most, beams if bounded_by_beam else beams[:1])
    enough = result.hypotheses if automaton.is_tree else result.exact and result.log_dropped <= result.log_total + CLEAR
    if enough or too_large:
        return result
    return _widened(lattice, automaton, completions(lattice, automaton), most, beams)


def _widened(
    lattice: Lattice, automaton: Automaton, table: Completions | None, most: int, beams: Sequence[int]
) -> Search:
    """Searches with one beam after the other until the best text is proved."""
    for beam in beams:
        result = _search(lattice, automaton, table, most, beam)
        if result.exact:
            break
    return result


def _search(lattice: Lattice, automaton: Automaton, table: Completions | None, most: int, beam: int) -> Search:
    classes = lattice.classes(automaton.characters)
    blank = lattice.cumulative[:1]
    prefixes = _Prefixes(np.zeros((1, 0), np.intp), np.zeros(1, np.intp), blank, blank)
    progress = _Progress(most)
    while len(prefixes.states):
        ended = automaton.accepting[prefixes.states]
        for columns, score in zip(prefixes.columns[ended], prefixes.either[ended, -1], strict=True):
            text = "".join(automaton.characters[column] for column in columns)
            progress.found.append(Hypothesis(text, float(score)))
        bounds = _bounds(lattice, automaton, classes, prefixes, table)
        rows, columns = _kept(bounds, progress, beam)
        prefixes = _continued(lattice, automaton, classes, prefixes, rows, columns)
    return progress.result()


def _kept(bounds: Array, progress: _Progress, beam: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the continuations with the largest bounds; counts the others as dropped."""
    flat = bounds.ravel()
    threshold = max(progress.best(1), flat.max(initial=-np.inf)) + LEAST_SHARE
    threshold = max(threshold, progress.best(progress.most))
    order = np.argsort(-flat, kind="stable")
    order = order[: np.count_nonzero(flat > -np.inf)]
    count = min(beam, np.count_nonzero(flat[order] > threshold))
    progress.dropped.append(flat[order[count:]])
    rows, columns = np.unravel_index(order[:count], bounds.shape)
    return rows, columns


def _bounds(
    lattice: Lattice,
    automaton: Automaton,
    classes: NDArray[np.intp],
    prefixes: _Prefixes,
    table: Completions | None,
) -> Array:
    """Log probability of all texts that continue each prefix with each character, shape `(K, characters)`.

    It is summed over the frame in which the character begins: the paths before, the character, all ways to go on.
    Without a table all frames behind are free and sum to 1; with it they must lead to an accepted text.
    """
    following = automaton.transitions[prefixes.states]
    own = lattice.log_probabilities[classes]
    before = prefixes.either[:, :-1]
    if table is None:
        bounds = _log_product(before, own)
    else:
        completed = table.after_character[1:, np.arange(len(classes)), following].transpose(1, 2, 0)  # (K, C, T)
        bounds = log_sum(before[:, None] + own + completed)
    if prefixes.columns.shape[1]:  # a repeated character needs a blank before it
        rows, columns = np.arange(len(before)), prefixes.columns[:, -1]
        terms = prefixes.blank[:, :-1] + own[columns]
        bounds[rows, columns] = log_sum(terms if table is None else terms + completed[rows, columns])
    bounds[following == NONE] = -np.inf
    return bounds


def _log_product(before: Array, own: Array) -> Array:
    """`log(exp(before) @ exp(own.T))`. No probability is below `LEAST`: the largest term of a sum cannot underflow."""
    most = before.max(axis=1, keepdims=True)
    most[most == -np.inf] = 0
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(before - most) @ np.exp(own.T)) + most)


def _continued(
    lattice: Lattice,
    automaton: Automaton,
    classes: NDArray[np.intp],
    prefixes: _Prefixes,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
) -> _Prefixes:
    """The prefixes of these rows, each with one character more."""
    source = prefixes.either[rows]
    if prefixes.columns.shape[1]:
        repeated = prefixes.columns[rows, -1] == columns
        source[repeated] = prefixes.blank[rows[repeated]]
    last = emit(lattice.cumulative[classes[columns]], source[:, :-1])
    blank = emit(np.broadcast_to(lattice.cumulative[0], last.shape), last[:, :-1])
    return _Prefixes(
        np.concatenate([prefixes.columns[rows], columns[:, None]], axis=1),
        automaton.transitions[prefixes.states[rows], columns].astype(np.intp),
        blank,
        np.logaddexp(blank, last),
    )
