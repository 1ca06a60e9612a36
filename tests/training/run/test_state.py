"""The state of a run: written and read again, also that of runs of before there were typed states."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inkdigits.checksum import with_checksum
from inkdigits.errors import MissingModelError, SettingError, TrainingError
from inkdigits.training.recipe import Convnet
from inkdigits.training.run.folder import can_resume, is_run, open_run, start_run
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


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"recipe": 3}', '{"recipe', "[" * 100_000])
def test_a_damaged_state_is_named_and_is_new_only_without_a_checkpoint(damage, mlp, tmp_path):
    (tmp_path / "run.json").write_text(damage)
    with pytest.raises(TrainingError, match=r"Expected the state of a run in .*run\.json.*start it again"):
        open_run(tmp_path)
    assert not can_resume(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.npz").write_bytes(b"weights")
    for ask in (open_run, can_resume):
        with pytest.raises(TrainingError, match=r"Expected the state of a run in .*Copy run\.json from a backup"):
            ask(tmp_path)
    (tmp_path / "checkpoints" / "last.npz").unlink()
    start_run(tmp_path, mlp, RunOptions(), source="mnist")
    assert can_resume(tmp_path)


@pytest.mark.parametrize(
    "left",
    [
        (),
        ("run.lock",),
        ("checkpoints/",),
        ("run.part.json", "history.part.jsonl"),
        ("run.part-0123abcd.json", "checkpoints/last.part-0123abcd.npz", "checkpoints/best.part.npz"),
    ],
)
def test_what_a_training_leaves_that_was_killed_at_its_start_is_as_good_as_empty(left, mlp, tmp_path):
    for name in left:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    assert not can_resume(tmp_path)
    hint = "start it again" if left else "Check the path"
    with pytest.raises(MissingModelError, match=rf"Expected a run's folder.*no run\.json.*{hint}"):
        open_run(tmp_path)
    start_run(tmp_path, mlp, RunOptions(), source="mnist")
    assert can_resume(tmp_path)


@pytest.mark.parametrize("other", ["thesis.part-0123abcd.json", "thesis.txt", "checkpoints/mine.npz"])
def test_a_folder_with_something_else_in_it_is_not_taken(other, mlp, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / other).touch()
    with pytest.raises(TrainingError, match=r"Expected a new or empty folder"):
        start_run(tmp_path, mlp, RunOptions(), source="mnist")
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["checkpoints", Path(other).name])


@pytest.mark.parametrize(
    ("options", "said"), [({"seed": -1}, "Expected a seed of 0"), ({"patience": 0}, "Expected patience of 1")]
)
def test_options_out_of_range_are_refused(options, said):
    with pytest.raises(SettingError, match=said):
        RunOptions(**options)


def flipped(content):
    """The content with each of its bits flipped in turn."""
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            yield bytes(changed)


def test_no_flipped_bit_of_a_state_is_believed(mlp, tmp_path):
    run = start_run(tmp_path, mlp, RunOptions(seed=5), source="mnist")
    content = (tmp_path / "run.json").read_bytes()
    refused = 0
    for changed in flipped(content):
        (tmp_path / "run.json").write_bytes(changed)
        try:
            state = open_run(tmp_path).state
        except TrainingError:
            refused += 1
        else:
            assert state == run.state
    assert refused > 7 * len(content)  # the rest are spaces, and the checksum's own name


HISTORY = [{"epoch": 1.0, "step": 20, "loss": 0.25}, {"epoch": 2.0, "step": 40, "loss": 0.125}]


def test_no_flipped_bit_of_a_history_is_believed(mlp, tmp_path):
    run = start_run(tmp_path, mlp, RunOptions(), source="mnist")
    content = b"".join(json.dumps(with_checksum(line)).encode() + b"\n" for line in HISTORY)
    (tmp_path / "history.jsonl").write_bytes(content)
    assert run.history() == HISTORY
    refused = 0
    for changed in flipped(content):
        (tmp_path / "history.jsonl").write_bytes(changed)
        try:
            history = run.history()
        except TrainingError as error:
            refused += 1
            said = error.message
        else:
            assert [{name: line[name] for name in HISTORY[0]} for line in history] == HISTORY
    assert refused > 7 * len(content)
    assert "history.jsonl. Received: line 2, " in said


@pytest.mark.parametrize(
    "line", ["3", "null", '{"loss": "0.1"}', '{"loss": true}', "{", "[" * 100_000, "{}\n7", "\xff"]
)
def test_a_damaged_history_is_one_line(mlp, tmp_path, line):
    run = start_run(tmp_path, mlp, RunOptions(), source="mnist")
    (tmp_path / "history.jsonl").write_bytes(line.encode("latin-1"))
    with pytest.raises(TrainingError, match=r"Expected one line of JSON per epoch in .*Received: line [12], .") as info:
        run.history()
    assert "\n" not in str(info.value)
