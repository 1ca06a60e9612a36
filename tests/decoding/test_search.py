"""Searches of real size. Against all paths of tiny lattices: test_brute_force.py."""

import math

import numpy as np
import pytest

from inkdigits.decoding import search as module
from inkdigits.decoding.completion import best_path, completions
from inkdigits.decoding.ctc import log_probability
from inkdigits.decoding.decode import decode
from inkdigits.decoding.grammar import Grammar, compile_grammar
from inkdigits.decoding.lattice import CHARACTERS, LEAST, make_lattice
from inkdigits.decoding.search import search
from inkdigits.errors import SettingError


def line(text, *, frames=64, sharpness=9.0, seed=0, confused=None):
    """A lattice like a trained network's: one spike per character. `confused`: place → a more probable character."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(frames, len(CHARACTERS) + 1))
    starts = [int((place + 0.3) * frames / max(1, len(text))) for place in range(len(text))]
    written = np.zeros(frames, int)
    written[starts] = [CHARACTERS.index(one) + 1 for one in text]
    logits[range(frames), written] += np.where(written > 0, sharpness, 12)
    for place, other in (confused or {}).items():
        logits[starts[place], CHARACTERS.index(other) + 1] = logits[starts[place], written[starts[place]]] + 1
    return make_lattice(logits)


@pytest.fixture(scope="module")
def ids():
    numbers = np.random.default_rng(0).integers(0, 10**8, 10_000)
    return tuple(sorted({f"{number:08d}" for number in numbers}))


@pytest.fixture(scope="module")
def listed(ids):
    return compile_grammar(Grammar(one_of=ids))


@pytest.mark.parametrize(
    ("rules", "written", "confused", "free"),
    [
        ({"length": 6}, "473920", {}, "473920"),
        ({"length": 6}, "4739200", {6: "-"}, "473920-"),
        ({"pattern": "dd/dd/dddd"}, "27/11/2026", {2: "1", 5: "1"}, "2711112026"),
        ({"decimals": 2}, "1.239,50", {5: "1"}, "1.239150"),
        ({"checksum": "luhn"}, "79927398713", {3: "3"}, "79937398713"),
        ({"checksum": "luhn", "length": "8-14"}, "79927398713", {10: "8"}, "79927398718"),
        ({"checksum": "mod97"}, "79444", {0: "1"}, "19444"),
        ({"checksum": "isbn"}, "9783161484100", {5: "7"}, "9783171484100"),
        ({"checksum": "ean", "length": 13}, "4006381333931", {0: "9"}, "9006381333931"),
    ],
)
def test_a_grammar_repairs_what_is_misread(rules, written, confused, free):
    lattice = line(written, confused=confused)
    automaton = compile_grammar(Grammar(**rules))
    assert decode(lattice).text == free
    read = decode(lattice, automaton)
    assert automaton.accepts(read.text)
    assert read.exact
    assert read.probability <= read.confidence <= 1
    if not automaton.accepts(free):
        assert read.text != free
    if len(written) == len(free) and written != free and "length" not in rules:
        assert read.text == written
    for other in read.alternatives:
        assert automaton.accepts(other.text)
        assert other.probability <= read.probability


def test_the_most_probable_entry_of_ten_thousand_is_found(ids, listed):
    for seed in range(20):
        written = ids[seed * 499]
        other = str(9 - int(written[3]))
        lattice = line(written, seed=seed, sharpness=5.0, confused={3: other})
        result = search(lattice, listed, most=3)
        scores = {text: log_probability(lattice, text) for text in ids if sum(map(str.__ne__, text, written)) <= 3}
        best = max(scores, key=scores.get)
        assert result.exact
        assert result.hypotheses[0].text == best
        assert result.hypotheses[0].log_probability == pytest.approx(scores[best])


def test_a_list_that_does_not_hold_the_text_is_read_with_little_probability(listed, ids):
    foreign = next(text for text in ("47392015", "11111111", "12121212") if text not in ids)
    read = decode(line(foreign), listed)
    assert listed.accepts(read.text)
    assert read.probability < 0.01
    assert decode(line(foreign)).text == foreign


@pytest.mark.parametrize("rules", [{"checksum": "luhn", "length": 11}, {"checksum": "ean"}, {"length": "9-12"}])
@pytest.mark.parametrize("sharpness", [4.0, 9.0])
def test_with_and_without_completions_the_proved_text_is_the_same(rules, sharpness, monkeypatch):
    automaton = compile_grammar(Grammar(**rules))
    lattice = line("79927398713", sharpness=sharpness, confused={4: "2"})
    with_table = search(lattice, automaton, beams=(8, 300))
    monkeypatch.setattr(module, "MOST_NODES", 0)
    without = search(lattice, automaton, beams=(300,))
    assert with_table.exact
    assert without.log_total >= with_table.log_total - 1e-9
    assert with_table.log_total == pytest.approx(completions(lattice, automaton).total, abs=0.011)
    if without.exact:
        assert without.hypotheses[0].text == with_table.hypotheses[0].text
        assert without.hypotheses[0].log_probability == pytest.approx(with_table.hypotheses[0].log_probability)


def test_a_wider_beam_is_tried_if_the_first_proves_nothing():
    lattice = line("4739201", sharpness=2.5)
    narrow = search(lattice, beams=(1,))
    assert not narrow.exact
    wide = search(lattice, beams=(1, 200))
    assert wide.log_missed < narrow.log_missed
    assert wide.hypotheses[0].log_probability >= narrow.hypotheses[0].log_probability
    assert search(line("4739201"), beams=(8, 0)).exact  # the second is not needed


@pytest.mark.parametrize(("most", "levels"), [(1, 7), (10_000, 12)])
def test_a_clear_line_is_searched_little_deeper_than_its_text(most, levels, monkeypatch):
    emits = []
    emit = module.emit
    monkeypatch.setattr(module, "emit", lambda *tables: emits.append(len(tables[0])) or emit(*tables))
    assert search(line("4739201"), most=most).hypotheses[0].text == "4739201"
    assert 7 <= np.count_nonzero(emits) / 2 <= levels


def test_an_unproved_text_is_searched_again_even_if_little_was_dropped(monkeypatch):
    monkeypatch.setattr(module, "CLEAR", 0.0)
    unclear = line("473920", sharpness=3.0)
    automaton = compile_grammar(Grammar(length=6))
    assert not search(unclear, automaton, beams=(1,)).exact
    assert search(unclear, automaton, beams=(1, 500)).exact


def test_a_grammar_needs_as_many_frames_as_its_texts():
    automaton = compile_grammar(Grammar(one_of=("111",)))
    for frames, fits in ((4, False), (5, True)):
        lattice = make_lattice(np.zeros((frames, len(CHARACTERS) + 1)))
        assert bool(search(lattice, automaton).hypotheses) is fits
        assert best_path(lattice, automaton)[0] == ("111" if fits else "")
        read = decode(lattice, automaton)
        assert (read.text, read.exact) == (("111", True) if fits else ("", False))
        assert read.confidence == pytest.approx(float(fits))


def test_a_longer_list_entry_does_not_hide_one_that_fits():
    automaton = compile_grammar(Grammar(one_of=("11", "2222222")))
    lattice = make_lattice(np.log(np.array([[0.1, 0.1, 0.8], [0.1, 0.1, 0.8], [0.1, 0.1, 0.8]])), "12")
    read = decode(lattice, automaton)
    assert (read.text, read.exact) == ("11", True)
    assert read.confidence == pytest.approx(1)


def test_a_completion_beside_a_far_more_probable_one_is_not_lost():
    """Thirty frames spell one text. If its first character is excluded, e^-829 remains: no double, but a logarithm."""
    texts = "01" * 15, "23" * 15
    automaton = compile_grammar(Grammar(one_of=texts))
    logits = np.full((30, len(CHARACTERS) + 1), -np.inf)
    logits[range(30), [CHARACTERS.index(one) + 1 for one in texts[0]]] = 0
    table = completions(make_lattice(logits), automaton)
    assert table.total == pytest.approx(0, abs=1e-6)
    excluded = table.after_character[0, automaton.characters.index("0"), 0]
    assert excluded == pytest.approx(30 * np.log(LEAST), rel=1e-6)


def test_a_list_is_searched_without_completions(ids, monkeypatch):
    monkeypatch.setattr(module, "completions", None)
    assert decode(line(ids[77], sharpness=2.0), compile_grammar(Grammar(one_of=ids[:200]))).text in ids
    with pytest.raises(TypeError):  # only if no entry is found without them
        decode(make_lattice(np.zeros((4, len(CHARACTERS) + 1))), compile_grammar(Grammar(one_of=("12345", "123456"))))


def test_a_list_is_searched_with_a_wider_beam_if_nothing_is_proved(ids):
    automaton = compile_grammar(Grammar(one_of=ids[:200]))
    unclear = line(ids[77], sharpness=3.0)
    assert not search(unclear, automaton, beams=(1,)).exact
    result = search(unclear, automaton, beams=(1, 200))
    assert result.exact
    assert result.hypotheses[0].text == max(ids[:200], key=lambda text: log_probability(unclear, text))


def test_the_best_path_needs_a_blank_between_repeated_characters():
    """Without the blank, 11 would fit in two frames and be the better path."""
    lattice = make_lattice(np.log([[0.05, 0.05, 0.9], [0.1, 0.3, 0.6]]), "01")
    text, score = best_path(lattice, compile_grammar(Grammar(one_of=("10", "11")), "01"))
    assert (text, np.exp(score)) == ("10", pytest.approx(0.27))


def test_an_automaton_too_large_for_completions_is_searched_without(monkeypatch):
    automaton = compile_grammar(Grammar(length=6))
    unclear = line("473920", sharpness=1.0)
    exact = search(unclear, automaton)
    assert exact.log_total == pytest.approx(completions(unclear, automaton).total)
    monkeypatch.setattr(module, "MOST_NODES", (unclear.frames + 1) * automaton.transitions.size)
    assert search(unclear, automaton) == exact
    monkeypatch.setattr(module, "MOST_NODES", (unclear.frames + 1) * automaton.transitions.size - 1)
    assert search(unclear, automaton).log_total > exact.log_total + 0.1


@pytest.mark.parametrize("sharpness", [0.0, 30.0])
def test_extreme_lines_stay_numbers(sharpness):
    lattice = line("1234", frames=256, sharpness=sharpness)
    for automaton in (None, compile_grammar(Grammar(length=60)), compile_grammar(Grammar(checksum="luhn"))):
        result = search(lattice, automaton)
        assert result.hypotheses
        assert all(math.isfinite(one.log_probability) for one in result.hypotheses)
        assert result.log_total <= 1e-9
        for one in result.hypotheses:
            assert one.log_probability == pytest.approx(log_probability(lattice, one.text), rel=1e-9)


def test_a_grammar_of_another_model_is_refused():
    automaton = compile_grammar(Grammar(pattern="d/d"))
    with pytest.raises(SettingError, match="Expected characters that the model reads"):
        search(make_lattice(np.zeros((3, 11)), "0123456789"), automaton)


def test_a_model_without_marks_reads_digits():
    automaton = compile_grammar(Grammar(length=2), "0123456789")
    assert decode(make_lattice(np.eye(11)[[3, 0, 8]] * 9, "0123456789"), automaton).text == "27"


@pytest.mark.parametrize(("sharpness", "exact"), [(9.0, True), (1.0, False)])
def test_a_line_says_whether_its_text_is_proved(sharpness, exact):
    unclear = line("4739201739", sharpness=sharpness)
    assert search(unclear).exact is exact
    assert decode(unclear).exact is exact


def test_number_of_alternatives():
    for count in (0, 1, 7):
        assert len(decode(line("12", sharpness=4.0), alternatives=count).alternatives) == count
