"""The bench of AutoAttack without PyTorch: which digits, the cache, the tables, the check of the attacks themselves."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import autoattack as bench

ARRAYS = {"glyphs": np.zeros((4, 28, 28), np.uint8), "labels": np.arange(4), "logits": np.zeros((4, 10)),
          "logits/bias": np.zeros(10)}  # fmt: skip


def answer(*rights):
    return {"logits_difference": 0.0, "lines": [{"attack": f"{n}", "right": right} for n, right in enumerate(rights)]}


def test_the_digits_are_taken_evenly_from_the_split():
    assert (bench.digits_of("test", 1000).glyphs[1] == load_mnist("test").glyphs[10]).all()
    training = load_mnist("train")
    validation = training.subset(split_training(training).validation)
    assert (bench.digits_of("validation", 2500).glyphs == validation.glyphs).all()


def test_a_pixel_above_half_ink_is_binarized_to_full():
    digits = bench.digits_of("test", 10)
    digits.glyphs[0, 0, :2] = 127, 128
    assert bench.binarized(digits).glyphs[0, 0, :2].tolist() == [0, 255]


def test_the_attacks_get_their_digits_and_their_answer_is_read(tmp_path, monkeypatch):
    def run(command, check):
        with np.load(command[2]) as file:
            assert file["labels"].tolist() == [0, 3]  # two of four, taken evenly
            assert file["logits/bias"].shape == (10,)
        assert command[-4:] == ["--only", "apgd-ce", "--skip", "fab-t"]
        Path(command[3]).write_text(json.dumps(answer([True, False])), encoding="utf-8")

    monkeypatch.setattr(bench, "python_of", lambda _: "python")
    monkeypatch.setattr(bench.subprocess, "run", run)
    job = bench.Job("two", "Linf", 0.3, 2, "apgd-ce")
    assert bench.attack(ARRAYS, job, tmp_path, "fab-t") == answer([True, False])


def test_other_weights_digits_or_attacks_have_another_place_in_the_cache():
    first, second = bench.JOBS[:2]
    heavier = {**ARRAYS, "logits/bias": np.ones(10)}
    darker = {**ARRAYS, "glyphs": np.ones((4, 28, 28), np.uint8)}
    keys = [bench.cache_key(*one) for one in [(ARRAYS, first), (ARRAYS, second), (heavier, first), (darker, first)]]
    assert len(set(keys)) == 4


def test_the_worst_case_is_what_all_attacks_leave_right():
    found = {"robust": [answer([True] * 4, [True] * 3 + [False]), answer([True] * 4, [True, False, False, False])]}
    assert bench.summary_rows(found) == [["robust", "100.0% [51.0, 100.0]", "75.0% [30.1, 95.4]", "25.0% [4.6, 69.9]"]]
    assert bench.part_rows(found) == [["0", "4"], ["1", "3"]]


def test_attacks_that_leave_digits_right_without_a_bound_are_broken():
    right, none = answer([True, True], [True, False]), answer([True, True], [False, False])
    bench.check_unbounded({"robust": [right, right, none]})
    with pytest.raises(SystemExit, match="no digit right under an unbounded attack. Received: 1, robust"):
        bench.check_unbounded({"robust": [right, right, right]})
