"""The benches of training compare like with like: made-up outcomes, and the graph of `fit` built before its clock."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from inkdigits.benchmarks.environment import Environment
from inkdigits.benchmarks.training_study import TrainingStudy
from inkdigits.benchmarks.training_trial import Outcome, Setting
from inkdigits.data.mnist import load_mnist

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "bench"))
import loop_steps
import sprint
import training_loop
import training_ways

MACHINE = Environment(cpu="A CPU", cores=2, flags=(), memory_gb=8.0, gpus=(), system="Linux", tensorflow="2",
                      float32_gflops=100.0, bfloat16_gflops=200.0)  # fmt: skip
FIT = Setting(recipe="mlp-128", way="fit", cores=2)
LOOP = Setting(recipe="mlp-128", precision="bfloat16", cores=2)


def outcome(setting, speed, accuracy=0.97):
    return Outcome(setting=setting, glyphs_per_second=speed, gflops=speed / 1000, cpu_share=1.5, accuracy=accuracy)


def test_the_graph_of_fit_is_built_once_and_training_starts_from_the_first_weights(monkeypatch):
    model = sprint.stock_model(0)
    traces = []
    traced = model.compute_loss
    monkeypatch.setattr(model, "compute_loss", lambda *given, **named: traces.append(1) or traced(*given, **named))
    digits = load_mnist("train").subset(np.arange(200))
    x, labels = digits.glyphs[..., None] / np.float32(255), keras.utils.to_categorical(digits.labels, 10)
    before = model.get_weights()
    sprint.build_graph(model, x, labels)
    assert all(np.array_equal(first, now) for first, now in zip(before, model.get_weights(), strict=True))
    assert int(model.optimizer.iterations) == 0
    built = len(traces)
    assert built > 0
    model.fit(x, labels, batch_size=128, epochs=2, verbose=0)  # 200 = 128 + 72: a smaller batch needs no other graph
    assert len(traces) == built
    assert int(model.optimizer.iterations) == 4


def test_fit_is_compared_with_sprint_with_the_graph_on_both_sides_and_on_neither():
    runs = [{"seconds": 0.5, "seconds_with_graph": 4.0, "test": 0.99} for _ in range(3)]
    fits = [{"seconds": s, "seconds_with_graph": s + 2, "test": 0.99, "epochs": 9} for s in (50.0, 60.0, 70.0)]
    row, ratios = sprint.compare_with_fit(fits, runs)
    assert row[1] == "stock `fit`, 9, 9, 9 epochs"
    assert ratios[4:6] == ["120 (100 to 140)", "16 (13 to 18)"]
    assert len(row) == len(ratios) == len(sprint.HEADS)


def test_a_ratio_of_the_loop_is_that_of_its_round():
    speeds = ((1000, 2000, 4000), (500, 1500, 3000), (1000, 4000, 5000))
    rounds = [[outcome(setting, speed) for setting, speed in zip((FIT, LOOP, LOOP), of, strict=True)] for of in speeds]
    row = training_loop.summarize("mlp-128", rounds, peak=20.0)
    assert row == ["`mlp-128`", "128.00", "64.00", "3.0× (2.0 to 4.0)", "32.00", "5.0× (4.0 to 6.0)", "20%", "3"]
    assert len(row) == len(training_loop.HEADS)


def test_ways_are_shown_with_the_median_and_the_range_of_the_rounds():
    pairs = ((100, 300), (200, 500), (100, 400))
    rounds = [TrainingStudy(MACHINE, (outcome(FIT, fit), outcome(LOOP, loop))) for fit, loop in pairs]
    study = training_ways.middle(rounds)
    assert [result.glyphs_per_second for result in study.outcomes] == [100, 400]
    row = training_ways.ways_row(study.outcomes[1], rounds)
    assert row[5:7] == ["400 (300 to 500)", "3.0"]
    assert len(row) == len(training_ways.HEADS)
    assert training_ways.summary_row("mlp-128", study, 3)[2:] == ["400", "4.0", "3"]


@pytest.mark.parametrize("slow", [False, True])
def test_a_way_that_was_too_slow_in_one_round_has_no_accuracy(slow):
    rounds = [TrainingStudy(MACHINE, (outcome(FIT, 100, right),)) for right in (0.97, None if slow else 0.99)]
    (result,) = training_ways.middle(rounds).outcomes
    assert result.accuracy == (None if slow else pytest.approx(0.98))


def test_each_step_is_compared_with_the_first_of_its_round():
    first = [loop_steps.Result(10.0, 1.0, 97.0), loop_steps.Result(20.0, 2.0, 97.2)]
    results = [loop_steps.Result(5.0, 0.25, 97.0), loop_steps.Result(5.0, 0.25, 97.0)]
    row = loop_steps.summarize("`step`", results, first)
    assert row[2] == "3.0 (2.0 to 4.0)"
    assert row[4:] == ["6.0 (4.0 to 8.0)", "97.00", "2"]
