"""Everything that sums or compares paths, against the list of all paths of tiny lattices."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdigits.decoding import search as search_module
from inkdigits.decoding.automaton import Automaton, anything
from inkdigits.decoding.completion import best_path, completions
from inkdigits.decoding.ctc import align, character_confidences, greedy, log_probability
from inkdigits.decoding.decode import decode
from inkdigits.decoding.lattice import make_lattice
from inkdigits.decoding.search import search


@st.composite
def lattices(draw, frames=5, characters="0-1"):
    """A lattice of few frames and characters, flat or peaked, with zero probabilities."""
    used = characters[: draw(st.integers(1, len(characters)))]
    shape = (draw(st.integers(1, frames)), len(used) + 1)
    scale = draw(st.sampled_from([0.5, 3.0, 9.0]))
    values = draw(arrays.arrays(np.float64, shape, elements=st.floats(-1, 1, width=32))) * scale
    zeros = draw(arrays.arrays(np.bool_, shape, elements=st.sampled_from([False, False, False, True])))
    zeros[:, draw(st.integers(0, shape[1] - 1))] = False
    return make_lattice(np.where(zeros, -np.inf, values), used)


@st.composite
def automata(draw, characters):
    """Any automaton of up to three states, with circles and dead ends."""
    states = draw(st.integers(1, 3))
    shape = (states, len(characters))
    transitions = draw(arrays.arrays(np.int32, shape, elements=st.integers(-1, states - 1)))
    return Automaton(characters, transitions, draw(arrays.arrays(np.bool_, states)))


def paths(lattice):
    """Per text, the probabilities of all its paths, and its best path."""
    sums, best = {}, {}
    for path in itertools.product(range(len(lattice.characters) + 1), repeat=lattice.frames):
        text = "".join(lattice.characters[one - 1] for one, _ in itertools.groupby(path) if one)
        score = float(lattice.log_probabilities[list(path), range(lattice.frames)].sum())
        sums[text] = sums.get(text, 0) + math.exp(score)
        best[text] = max(best.get(text, -math.inf), score)
    return sums, best


def close(logarithm, probability):
    return math.exp(logarithm) == pytest.approx(probability, rel=1e-9, abs=0)


@given(lattices())
@settings(deadline=None, derandomize=True)
def test_the_probability_of_every_text_is_the_sum_of_its_paths(lattice):
    sums, _ = paths(lattice)
    assert sum(sums.values()) == pytest.approx(1)
    for text, probability in sums.items():
        assert close(log_probability(lattice, text), probability)
    for text in map("".join, itertools.product(lattice.characters, repeat=lattice.frames)):
        assert text in sums or log_probability(lattice, text) == -math.inf
    assert log_probability(lattice, lattice.characters[0] * (lattice.frames + 1)) == -math.inf


@given(lattices())
@settings(deadline=None, derandomize=True)
def test_greedy_takes_the_best_path(lattice):
    _, best = paths(lattice)
    assert best[greedy(lattice)] == pytest.approx(max(best.values()))


@given(lattices())
@settings(deadline=None, derandomize=True)
def test_the_confidence_of_a_character_compares_it_with_all_others_in_its_place_and_with_none(lattice):
    sums, _ = paths(lattice)
    for text, probability in sums.items():
        confidences = character_confidences(lattice, text)
        assert len(confidences) == len(text)
        for place, confidence in enumerate(confidences):
            rest = [text[:place] + one + text[place + 1 :] for one in ["", *lattice.characters]]
            assert confidence == pytest.approx(probability / sum(sums.get(one, 0) for one in rest), rel=1e-9, abs=0)


@given(lattices())
@settings(deadline=None, derandomize=True)
def test_the_frames_of_the_characters_are_those_of_the_best_path(lattice):
    _, best = paths(lattice)
    for text, score in best.items():
        characters = align(lattice, text)
        assert "".join(one.text for one in characters) == text
        path = np.zeros(lattice.frames, int)
        for one in characters:
            assert 0 <= one.start < one.end <= lattice.frames
            assert not path[one.start : one.end].any()
            path[one.start : one.end] = lattice.characters.index(one.text) + 1
        assert "".join(lattice.characters[one - 1] for one, _ in itertools.groupby(path) if one) == text
        assert lattice.log_probabilities[path, range(lattice.frames)].sum() == pytest.approx(score, rel=1e-9)


@given(st.data())
@settings(deadline=None, derandomize=True)
def test_sum_and_best_of_all_accepted_paths(data):
    lattice = data.draw(lattices())
    automaton = data.draw(automata(lattice.characters))
    sums, best = paths(lattice)
    accepted = [text for text in sums if automaton.accepts(text)]
    assert close(completions(lattice, automaton).total, sum(sums[text] for text in accepted))
    text, score = best_path(lattice, automaton)
    if accepted:
        assert text in accepted
        assert score == pytest.approx(max(best[one] for one in accepted), rel=1e-9)
        assert best[text] == pytest.approx(score, rel=1e-9)
    else:
        assert (text, score) == ("", -math.inf)


@given(st.data())
@settings(deadline=None, derandomize=True)
def test_completions_of_every_node(data):
    """Forward times completion, summed over the nodes of any frame, is the total."""
    lattice = data.draw(lattices(frames=4))
    automaton = data.draw(automata(lattice.characters))
    table = completions(lattice, automaton)
    middle = data.draw(st.integers(0, lattice.frames))
    scores = []
    for path in itertools.product(range(len(lattice.characters) + 1), repeat=middle):
        state = 0
        for one, _ in itertools.groupby(path):
            state = automaton.transitions[state, one - 1] if one and state >= 0 else state
        if state >= 0:
            node = table.after_character[middle, path[-1] - 1, state] if path and path[-1] else None
            score = lattice.log_probabilities[list(path), range(middle)].sum()
            scores.append(score + (table.after_blank[middle, state] if node is None else node))
    assert close(np.logaddexp.reduce(scores) if scores else -math.inf, math.exp(table.total))


def check_search(result, sums, most):
    """The texts are in order, their probabilities exact, and the bounds hold for everything else."""
    found = [(one.text, one.log_probability) for one in result.hypotheses]
    assert len(found) <= most
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert len({text for text, _ in found}) == len(found)
    for text, score in found:
        assert close(score, sums[text])
    for text in set(sums) - {text for text, _ in found}:
        assert sums[text] <= math.exp(result.log_missed) * (1 + 1e-9)
    assert sum(sums.values()) <= math.exp(result.log_total) * (1 + 1e-9)
    assert result.log_dropped <= result.log_total + 1e-9
    if result.exact:
        assert close(found[0][1], max(sums.values()))


@given(lattices(), st.integers(1, 5), st.sampled_from([(1,), (2,), (8, 24)]))
@settings(deadline=None, derandomize=True)
def test_search_among_all_texts(lattice, most, beams):
    sums, _ = paths(lattice)
    result = search(lattice, most=most, beams=beams)
    check_search(result, sums, most)
    assert close(result.log_total, 1)
    assert result.exact or beams[0] < 8


@given(st.data(), st.integers(1, 5), st.sampled_from([(1,), (2,), (8, 24)]), st.booleans())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_search_among_the_texts_of_an_automaton(data, most, beams, table):
    lattice = data.draw(lattices())
    automaton = data.draw(automata(lattice.characters))
    sums, _ = paths(lattice)
    accepted = {text: score for text, score in sums.items() if automaton.accepts(text)}
    assume(accepted)
    with pytest.MonkeyPatch.context() as patch:
        if not table:
            patch.setattr(search_module, "MOST_NODES", 0)
        result = search(lattice, automaton, most=most, beams=beams)
    check_search(result, accepted, most)
    if table and not automaton.is_tree:
        assert result.hypotheses
        assert math.exp(result.log_total) * 0.99 <= sum(accepted.values()) * (1 + 1e-9)
    if beams[0] == 8 and table and not automaton.is_tree:  # else the beam may drop the only text that is accepted
        assert result.exact


@given(st.data())
@settings(deadline=None, derandomize=True)
def test_confidence_is_the_share_of_the_text_among_all_accepted(data):
    lattice = data.draw(lattices())
    automaton = data.draw(automata(lattice.characters))
    sums, _ = paths(lattice)
    accepted = {text: score for text, score in sums.items() if automaton.accepts(text)}
    line = decode(lattice, automaton, alternatives=2)
    for one in [line, *line.alternatives] if accepted else []:
        share = sums[one.text] / sum(accepted.values())
        assert 0.99 * share * (1 - 1e-9) <= one.confidence <= share * (1 + 1e-9)
        assert one.probability == pytest.approx(sums[one.text], rel=1e-9)
    if not accepted:
        assert (line.text, line.confidence, line.characters, line.exact) == ("", 0, (), False)
    free = decode(lattice, alternatives=0)
    assert free.confidence == free.probability == pytest.approx(max(sums.values()), rel=1e-9)
    assert free.alternatives == ()


def prefix_beam(lattice):
    """Hannun's prefix beam search by frame, with a beam that keeps every prefix: another way to the same sums."""
    beam = {"": (1.0, 0.0)}
    for scores in np.exp(lattice.log_probabilities).T:
        following = {}
        for prefix, (blank, last) in beam.items():
            for column, score in enumerate(scores):
                one = lattice.characters[column - 1] if column else ""
                if not column:
                    new = {prefix: ((blank + last) * score, 0.0)}
                elif prefix.endswith(one):
                    new = {prefix: (0.0, last * score), prefix + one: (0.0, blank * score)}
                else:
                    new = {prefix + one: (0.0, (blank + last) * score)}
                for text, (first, second) in new.items():
                    old = following.get(text, (0.0, 0.0))
                    following[text] = (old[0] + first, old[1] + second)
        beam = following
    return {text: blank + last for text, (blank, last) in beam.items()}


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 4.0, 10.0]))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_search_finds_what_a_prefix_beam_search_by_frame_finds(seed, sharpness):
    values = np.random.default_rng(seed).normal(size=(8, 4)) * sharpness
    lattice = make_lattice(values, "01-")
    sums = prefix_beam(lattice)
    assert sum(sums.values()) == pytest.approx(1)
    for automaton in (None, anything("01-")):
        result = search(lattice, automaton, most=4, beams=(500,))
        check_search(result, {text: score for text, score in sums.items() if score}, 4)
        assert result.exact
