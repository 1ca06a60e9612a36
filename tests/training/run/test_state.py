"""The state of a run: written and read again, also that of runs of before there were typed states."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inkdigits.errors import SettingError, TrainingError
from inkdigits.training.recipe import Convnet
from inkdigits.training.run.folder import is_run, open_run, start_run
from inkdigits.training.run.state import (
    NetworkInfo,
    RunData,
    RunOptions,
    RunProgress,
    RunState,
    Teacher,
    state_from_dict,
)

OLD = Path(__file__).parent / "data" / "run_of_before_typed_states.json"


def test_a_state_is_the_same_after_json(convnet):
    state = RunState(
        recipe=convnet,
        options=RunOptions(seed=3, patience=2, teachers=("a", "b")),
        source="digits.npz",
        versions={"python": "3.11"},
        status="packing",
        data=RunData("digits", "0" * 64, 1000, 100, 100),
        teachers=(Teacher("teacher", "1" * 64),),
        network=NetworkInfo(123, "bfloat16", {"bfloat16": 0.1, "float32": 0.2}),
        progress=RunProgress(40, 2.0, 1.5, 3.0),
        scores={"validation": {"accuracy": 0.9}},
    )
    assert state_from_dict(json.loads(json.dumps(state.to_dict()))) == state


def test_a_run_of_before_typed_states_is_read(tmp_path):
    (tmp_path / "run.json").write_bytes(OLD.read_bytes())
    state = open_run(tmp_path).state
    assert isinstance(state.recipe.network, Convnet)
    assert (state.recipe.name, state.source, state.status) == ("tiny-2k", "mnist", "finished")
    assert (state.data.training, state.data.validation, state.data.calibration) == (55_000, 5_000, 0)
    assert (state.progress.step, state.network.parameters) == (20, 1841)
    assert state.scores["validation"]["count"] == 5_000


def test_a_new_run_can_be_opened_at_once(mlp, tmp_path):
    start_run(tmp_path / "run", mlp, RunOptions(seed=5), source="mnist")
    assert is_run(tmp_path / "run")
    run = open_run(tmp_path / "run")
    assert (run.state.status, run.options.seed, run.recipe) == ("created", 5, mlp)
    assert run.history() == []


def test_a_run_that_has_no_checkpoint_may_be_started_again(mlp, tmp_path):
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)  # as older versions left it when they were killed at once
    start_run(folder, mlp, RunOptions(), source="mnist")
    start_run(folder, mlp, RunOptions(seed=1), source="mnist")
    assert open_run(folder).options.seed == 1
    (folder / "checkpoints" / "last.npz").write_bytes(b"weights")
    with pytest.raises(TrainingError, match=r"Expected a new or empty folder.*not empty.*resume the run"):
        start_run(folder, mlp, RunOptions(), source="mnist")


def test_another_worker_writes_nothing(mlp, tmp_path):
    start_run(tmp_path / "run", mlp, RunOptions(), source="mnist", chief=False)
    assert not (tmp_path / "run").exists()


def test_saving_changes_only_what_is_named(mlp, tmp_path):
    run = start_run(tmp_path / "run", mlp, RunOptions(), source="mnist")
    before = run.state
    run.save(status="running")
    assert run.state == replace(before, status="running") == open_run(run.folder).state


@pytest.mark.parametrize("damage", ["{}", "[]", '{"recipe": 3}', '{"recipe'])
def test_a_damaged_state_is_named(damage, tmp_path):
    (tmp_path / "run.json").write_text(damage)
    with pytest.raises(TrainingError, match=r"Expected a run in .*Name a run's folder"):
        open_run(tmp_path)


@pytest.mark.parametrize(
    ("options", "said"), [({"seed": -1}, "Expected a seed of 0"), ({"patience": 0}, "Expected patience of 1")]
)
def test_options_out_of_range_are_refused(options, said):
    with pytest.raises(SettingError, match=said):
        RunOptions(**options)
