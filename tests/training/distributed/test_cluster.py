"""Several processes train as one: over loopback, started by `--workers` as a user starts them."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from inkdigits.cli import run
from inkdigits.errors import SettingError, TrainingError
from inkdigits.training.distributed import launch
from inkdigits.training.distributed.cluster import Workers, cluster_from_environment, single_process

EPOCHS = 2
RECIPE = ("--recipe", "convnet", "--epochs", str(EPOCHS), "--learning-rate", "1e-3", "--schedule", "constant")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Where a corner of MNIST is, 1,400 glyphs in a file."""
    from inkdigits.data.mnist import load_mnist

    dataset = load_mnist("train").subset(np.arange(1400))
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(path, x_train=dataset.glyphs, y_train=dataset.labels)
    return path


def command(data, folder, *more):
    return [sys.executable, "-m", "inkdigits", "train", "--data", str(data), "--precision", "float32",
            "--weights", "float32", "-o", str(folder), *more]  # fmt: skip


def history(folder):
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


PLANTED = "from inkdigits.cli import main\nif __name__ == '__main__': main({!r})"


@pytest.fixture(scope="module")
def one_alone(data, tmp_path_factory):
    """The history of a training by one worker."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert run(command(data, folder, *RECIPE)[3:]) == 0
    return history(folder)


def test_two_workers_give_the_loss_curve_of_one_and_import_nothing_from_the_current_folder(
    data, one_alone, run_among_planted
):
    arguments = command(data, "run", *RECIPE, "--workers", "2")[3:]
    folder = run_among_planted(PLANTED.format(arguments)) / "run"
    assert (folder / "packed" / "card.json").is_file()
    same_curve(history(folder), one_alone)


def test_three_workers_give_the_loss_curve_of_one(data, one_alone, tmp_path):
    """Of a batch of 128 glyphs each worker has 42 or 43."""
    several = command(data, tmp_path / "run", *RECIPE, "--workers", "3")
    result = subprocess.run(several, check=False, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert " with 3 workers" in result.stderr
    same_curve(history(tmp_path / "run"), one_alone)


def same_curve(together, alone):
    """With dropout and shifts.

    At a rate at which rounding stays rounding: at several times that a changed last bit grows tenfold in ten steps.
    """
    assert len(together) == len(alone) == EPOCHS
    for line, other in zip(together, alone, strict=True):
        assert line["step"] == other["step"]
        assert line["loss"] == pytest.approx(other["loss"], abs=1e-5)
        assert line["validation_loss"] == pytest.approx(other["validation_loss"], abs=1e-5)


DEVICES = """
import json
import numpy as np
import tensorflow as tf

processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 3)

from inkdigits.data.mnist import load_mnist
from inkdigits.training.network import build
from inkdigits.training.recipe import change
from inkdigits.training.recipes import find_recipe
from inkdigits.training.execution import Execution
from inkdigits.training.loop import Trainer
from inkdigits.training.distributed.cluster import Workers, single_process

recipe = change(find_recipe("convnet"), {"precision": "float32", "learning_rate": 1e-3, "schedule": "constant"})
data = load_mnist("train").subset(np.arange(1280))
curves = []
for workers in (single_process(), Workers(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1", "CPU:2"]))):
    with workers.strategy.scope():
        model = build(recipe.network)
    trainer = Trainer(model, recipe, data.glyphs, data.labels, seed=1, execution=Execution(workers=workers))
    curves.append([trainer.run(2).loss for _ in range(10)])
print(json.dumps(curves))
"""


def test_several_devices_of_one_process_give_the_loss_curve_of_one():
    """As several GPUs do, by `MirroredStrategy`; here one processor stands for three."""
    ran = subprocess.run([sys.executable, "-c", DEVICES], check=True, capture_output=True, timeout=300)
    curves = json.loads(ran.stdout)
    assert curves[1] == pytest.approx(curves[0], abs=1e-5)
    assert curves[0][-1] < curves[0][0] - 0.5


def workers_of(parent):
    """The processes that a launcher has started, the chief first."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=True)
    return [int(line) for line in children.stdout.split()]


def test_a_killed_worker_stops_the_others_and_nothing_is_lost(data, tmp_path):
    folder = tmp_path / "run"
    recipe = ("--recipe", "mlp-128", "--epochs", "4000", "--workers", "2")
    with subprocess.Popen(command(data, folder, *recipe), stderr=subprocess.PIPE, text=True) as parent:
        deadline = time.monotonic() + 120
        while not (folder / "checkpoints" / "last.npz").is_file() and time.monotonic() < deadline:
            time.sleep(0.1)
        os.kill(workers_of(parent.pid)[1], signal.SIGKILL)
        began = time.monotonic()
        _, said = parent.communicate(timeout=120)
        seconds = time.monotonic() - began
    assert parent.returncode == 1
    assert seconds < 30
    assert "Received: worker 1 was killed by SIGKILL." in said
    assert "hint: Start again with --resume" in said
    before = history(folder)
    assert before

    with np.load(folder / "checkpoints" / "last.npz") as kept:
        assert int(kept["step"]) == before[-1]["step"]
    go_on = [sys.executable, "-m", "inkdigits", "train", "--resume", str(folder), "--workers", "2"]
    with subprocess.Popen(go_on, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        deadline = time.monotonic() + 120
        while len(history(folder)) == len(before) and time.monotonic() < deadline:
            time.sleep(0.1)
        for worker in workers_of(parent.pid):  # as Ctrl-C reaches all of a terminal's processes
            os.kill(worker, signal.SIGINT)
        _, said = parent.communicate(timeout=120)
    assert parent.returncode == 0, said
    assert "stopped by you" in said
    assert history(folder)[: len(before)] == before


def test_without_others_a_worker_is_the_chief(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    workers = cluster_from_environment()
    assert (workers.count, workers.index, workers.chief) == (1, 0, True)
    assert workers.broadcast_from_chief(7) == 7


@pytest.mark.parametrize(
    "config", ["{", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "[]"]
)
def test_a_cluster_that_makes_no_sense_is_refused(monkeypatch, config):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(SettingError, match="Expected TF_CONFIG to name a cluster"):
        cluster_from_environment()


def test_an_evaluator_is_told_that_there_is_nothing_for_it_to_do(monkeypatch):
    cluster = {"worker": ["127.0.0.1:1", "127.0.0.1:2"], "evaluator": ["127.0.0.1:3"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "evaluator", "index": 0}}))
    with pytest.raises(SettingError, match="a chief or a worker"):
        cluster_from_environment()


def test_the_loss_of_another_worker_is_said_in_plain_words():
    import tensorflow as tf

    lost = tf.errors.UnavailableError(None, None, "Socket closed")
    team = Workers(single_process().strategy, count=3, index=1)
    with pytest.raises(TrainingError, match="Expected 3 workers. Received: no answer"), team.report_lost_workers():
        raise lost
    with pytest.raises(tf.errors.UnavailableError), single_process().report_lost_workers():
        raise lost


def test_the_launcher_passes_on_the_chiefs_own_failure(tmp_path, capfd):
    train = [sys.executable, "-m", "inkdigits", "train"]
    assert launch.launch([*train, "--recipe", "none", "-o", str(tmp_path / "run")], 2) == 3
    assert "Expected a recipe" in capfd.readouterr().err
    assert not (tmp_path / "run").exists()
