"""The bench of algorithms: what was measured is kept, and is not measured again."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import comparison
from inkdigits.benchmarks.algorithm_trial import Outcome


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Names and seeds of what is measured, without measuring: each seed has one wrong answer more."""
    calls = []

    def measure(algorithm, folder, data, seed):
        calls.append((algorithm.name, seed))
        answers = comparison.LABELS.astype(int)
        answers[: seed + 1] = (answers[: seed + 1] + 1) % 10
        costs = dict.fromkeys(comparison.COSTS_OF, 0.5)
        return Outcome(name=algorithm.name, answers=answers.tolist(), **costs)

    monkeypatch.setattr(comparison, "measure", measure)
    monkeypatch.setattr(comparison, "FOLDER", tmp_path / "comparison")
    monkeypatch.setattr("tables.RESULTS", tmp_path)
    return calls


def bench(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["comparison.py", *arguments])
    comparison.main()


def test_what_is_known_is_not_measured_again_and_what_has_no_chance_once(measured, monkeypatch, tmp_path):
    bench(monkeypatch, "--only", "sprint,SVM", "--seeds", "2")
    bench(monkeypatch, "--only", "sprint,SVM", "--seeds", "3")
    assert measured == [("sprint", 0), ("sprint", 1), ("SVM", 0), ("sprint", 2)]
    published = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert published["heads"] == ["algorithm", "settings", "right, %", "seeds", "p against the best"]
    assert [row[0] for row in published["rows"]] == ["SVM", "sprint"]
    assert published["rows"][1][2:] == ["99.98 ± 0.01", "3", "0.29"]
    assert published["rows"][0][2:] == ["99.99", "1", "–"]


def test_costs_are_measured_only_when_asked_for(measured, monkeypatch, tmp_path):
    monkeypatch.setattr(comparison, "plot", lambda *_: None)
    bench(monkeypatch, "--only", "SVM", "--times")
    assert measured == [("SVM", 0), ("SVM", 0)]
    published = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert dict(zip(published["heads"], published["rows"][0], strict=True))["one digit, median, ms"] == "500"
