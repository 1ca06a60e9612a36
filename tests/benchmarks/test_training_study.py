"""The parallelization study: one real trial; what is tried, recommended and written, from made-up outcomes."""

import json
import os
from dataclasses import replace
from itertools import count

import pytest
import tensorflow as tf

from inkdigits.benchmarks import training_study as studies
from inkdigits.benchmarks.environment import Environment, measure_environment, product_gflops
from inkdigits.benchmarks.training_study import TrainingStudy, settings, study_training
from inkdigits.benchmarks.training_trial import Outcome, Setting, measure
from inkdigits.cli import run
from inkdigits.errors import TrainingError
from inkdigits.reporting.training_speed import write_report

MACHINE = Environment(
    cpu="A CPU",
    cores=2,
    flags=("avx2",),
    memory_gb=8.0,
    gpus=(),
    system="Linux",
    tensorflow="2",
    float32_gflops=100.0,
    bfloat16_gflops=200.0,
)
SPEEDS = {"fit on tf.data": 10, "fit": 20, "a call a step": 40, "loop": 80}


def outcome(setting, **changes):
    """What a machine would give on which a second worker costs a third, and a second core gains half."""
    speed = SPEEDS.get(setting.way, 30) * 1000
    speed *= 1.5 if setting.cores == 2 else 1
    speed *= 2 / 3 if setting.workers == 2 else 1
    speed *= 1.6 if setting.precision == "bfloat16" else 1
    speed *= 3 if setting.batch_size > 1000 else 1
    accuracy = 0.95 if setting.batch_size > 1000 else 0.98
    given = {"glyphs_per_second": speed, "gflops": speed / 4000, "cpu_share": 1.8, "accuracy": accuracy}
    return Outcome(setting=setting, **given | changes)


@pytest.fixture
def done(monkeypatch):
    monkeypatch.setattr(studies, "measure_environment", lambda: MACHINE)
    monkeypatch.setattr(studies, "measure", outcome)
    return study_training(["mlp-128", "convnet"], listener=lambda *_: None)


TRIAL = """
import json, os
from dataclasses import asdict
from inkdigits.benchmarks.training_trial import Setting, measure
if __name__ == "__main__":
    before = os.sched_getaffinity(0)
    result = measure(Setting(recipe="mlp-128", cores=1, batch_size=512))
    assert os.sched_getaffinity(0) == before
    with open("outcome.json", "w") as file:
        json.dump(asdict(result), file)
"""


def test_a_trial_measures_in_a_process_of_its_own_that_imports_nothing_from_the_current_folder(run_among_planted):
    result = json.loads((run_among_planted(TRIAL) / "outcome.json").read_text())
    assert result["setting"]["batch_size"] == 512
    assert result["glyphs_per_second"] > 1000
    assert result["gflops"] == pytest.approx(3 * 2 * (784 * 128 + 1280) * result["glyphs_per_second"] / 1e9)
    assert 0.2 < result["cpu_share"] < 1.2
    assert 0.85 < result["accuracy"] < 0.99


def test_a_trial_that_fails_says_why():
    with pytest.raises(TrainingError, match="Expected a recipe among"):
        measure(Setting(recipe="none", cores=1))


def test_everything_the_page_promises_is_tried():
    tried = settings("convnet", MACHINE)
    assert len(set(tried)) == len(tried)
    assert {setting.way for setting in tried} == {
        "loop", "loop, threaded operations", "a call a step", "fit", "fit on tf.data"}  # fmt: skip
    assert {setting.cores for setting in tried} == {1, 2}
    assert {setting.workers for setting in tried} == {1, 2}
    assert {setting.precision for setting in tried} == {"float32", "bfloat16"}
    assert {setting.batch_size for setting in tried} == {32, 128, 512, 2048}
    many = settings("convnet", replace(MACHINE, cores=12))
    assert {setting.cores for setting in many} == {1, 2, 4, 8, 12}


def test_the_fastest_that_is_as_accurate_is_recommended(done):
    chosen = done.recommended("convnet")
    assert chosen.accuracy == 0.98
    assert (chosen.setting.way, chosen.setting.precision, chosen.setting.workers) == ("loop", "bfloat16", 1)
    good = [result for result in done.of("convnet") if result.accuracy == 0.98]
    assert chosen.glyphs_per_second >= 0.95 * max(result.glyphs_per_second for result in good)


def test_of_two_that_are_nearly_as_fast_the_simpler_is_recommended():
    simple, special = Setting(recipe="convnet", way="fit", cores=2), Setting(recipe="convnet", cores=2)
    outcomes = (outcome(simple, glyphs_per_second=96.0), outcome(special, glyphs_per_second=100.0))
    assert TrainingStudy(MACHINE, outcomes).recommended("convnet").setting == simple


def test_the_report_has_its_sections_and_says_when_parallelism_loses(done, tmp_path):
    write_report(done, tmp_path)
    page = (tmp_path / "training.md").read_text()
    sections = [line for line in page.splitlines() if line.startswith("## ")]
    assert sections == ["## Testing environment", "## Method", "## Results", "## Recommendation"]
    assert "| CPU | A CPU |" in page
    assert "2 workers at a batch of 128 cost 33%." in page
    assert "2 cores give 1.50 times one." in page
    assert page.count("\n| loop | bfloat16 | 128 | 2 | 1 |") == 2
    assert len(json.loads((tmp_path / "training.json").read_text())["outcomes"]) == len(done.outcomes)
    assert (tmp_path / "training.png").stat().st_size > 20_000


def test_the_command_writes_the_report(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(studies, "measure_environment", lambda: MACHINE)
    monkeypatch.setattr(studies, "measure", outcome)
    assert run(["bench", "training", "--recipes", "mlp-128", "-o", str(tmp_path / "report")]) == 0
    out, err = capfd.readouterr()
    assert out.strip() == str(tmp_path / "report" / "training.md")
    assert "mlp-128, fit, float32, batch 128, 2 cores, 1 workers: 30,000 glyphs/s" in err
    assert run(["bench", "training", "--recipes", "none"]) == 3


def test_this_machine_is_described():
    machine = measure_environment()
    assert machine.cores == len(os.sched_getaffinity(0))
    assert machine.cpu
    assert machine.tensorflow == tf.__version__
    assert machine.memory_gb == round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)


def test_products_are_counted_as_two_operations_each_and_the_median_is_taken(monkeypatch):
    """At a clock that ticks a second, twice for each product, one product of 64 × 64 takes a second."""
    ticks = count(step=1.0)
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks))
    assert product_gflops(tf.float32, side=64) == pytest.approx(2 * 64**3 / 1e9)
