"""The attack finds what it looks for: each fault that is planted, and none where there is none."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parent.parent / "bench"
sys.path.insert(0, str(BENCH))
import attack  # noqa: E402
import attack_corpus as corpus  # noqa: E402


@pytest.mark.slow
def test_planted_faults_are_found_and_a_journal_is_not_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(attack, "SILENT_SECONDS", 20.0)
    journal = attack.Journal(tmp_path / "journal.jsonl")
    result = attack.mutants("faults", 10, 0, "", journal)
    found = {one["index"]: one["what"] for one in result["found"]}
    assert found == {1: "crash", 2: "too much CPU", 3: "too much memory", 4: "foreign exception", 5: "flip believed",
                     7: "hang"}  # fmt: skip
    assert result["n"] == 10
    assert result["whats"]["refused"] == 1
    (foreign,) = (one for one in result["found"] if one["index"] == 4)
    assert foreign["detail"] == "KeyError: 'stumble'"
    monkeypatch.setattr(attack, "run_child", None)  # another try would fail
    again = attack.mutants("faults", 10, 0, "", attack.Journal(journal.path))
    assert json.dumps(again) == json.dumps(result)
    monkeypatch.setitem(attack.NAMES, "faults", "faults")
    assert attack.row("faults", again)[:8] == ["faults", 10, 1, 2, 1, 1, 1, 1]


@pytest.mark.parametrize("kind", ["pictures", "data", "cards"])
def test_what_is_sound_withstands_and_mutants_are_refused_or_read(tmp_path, kind):
    result = attack.mutants(kind, 60, 1, "", attack.Journal(tmp_path / "journal.jsonl"))
    assert result["found"] == []
    assert result["n"] == 60
    assert 0 < result["whats"]["refused"] <= 60


def test_an_answer_that_changes_and_memory_that_grows_are_found(monkeypatch):
    sizes = iter(np.linspace(100, 200, 10))
    monkeypatch.setattr(attack, "resident_mb", lambda: float(next(sizes)))
    said = iter(range(10**9))
    monkeypatch.setattr(attack, "mixed", lambda _seed: [b"a", b"b"])
    monkeypatch.setattr(attack, "answer", lambda _recognizer, data: f"{{{data}{next(said) < 5000}")
    result = attack.soak(10_000, 0)
    whats = {one["what"] for one in result["found"]}
    assert whats == {"other answer", "memory grows"}


def test_mutants_are_of_the_seed_and_differ_from_what_they_are_made_of():
    files = corpus.pictures()
    assert len(files) == len(corpus.FORMATS) + len(corpus.TEXT_PNM)
    for file in files:
        first, again, other = (corpus.mutate(file, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert first == again
        assert other != first != file
        flipped = corpus.flip_bit(file, np.random.default_rng(3))
        assert sum(one != two for one, two in zip(file, flipped, strict=True)) == 1
