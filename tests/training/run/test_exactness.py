"""kill -9 at any moment, then --resume: the same weights, to the bit, as without; and on one core as on two."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from inkdigits.data.export import export_dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.export.from_run import train_and_pack
from inkdigits.training.recipe import Augmentation, Convnet, Recipe
from inkdigits.training.run.folder import open_run, start_run
from inkdigits.training.run.state import RunOptions

KILLS = 10
RECIPE = Recipe(
    name="small",
    summary="",
    network=Convnet(stages=((8,), (16,)), hidden=(16,), dropout=0.2),
    epochs=30,
    batch_size=50,
    precision="float32",  # two runs may be timed differently
    augmentation=Augmentation(rotate_deg=10, shift=1, noise=0.05),
)


def go_on(folder):
    """Trains a run to its end, from its start or from where it was."""
    begun = (folder / "run.json").is_file()
    run = open_run(folder) if begun else start_run(folder, RECIPE, RunOptions(weights="float32"), source="mnist")
    train_and_pack(run, load_mnist("train").subset(np.arange(1200)), resume=begun)


@pytest.fixture(scope="module")
def processes():
    """Processes that begin with TensorFlow imported, so that one starts in a moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["inkdigits.training.run.session"])
    process = context.Process(target=int)  # the first waits until TensorFlow is imported
    process.start()
    process.join()
    return context


def epochs_of(folder):
    return len((folder / "history.jsonl").read_text().splitlines()) if (folder / "history.jsonl").is_file() else 0


def files_of(folder):
    with np.load(folder / "checkpoints" / "last.npz") as last:
        weights = dict(last)
    return weights, open_run(folder).history()


def test_killed_at_ten_random_moments_and_resumed_it_ends_bit_identical(processes, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    process = processes.Process(target=go_on, args=(whole,))
    process.start()
    process.join(300)
    assert process.exitcode == 0

    chance = random.Random(0)
    epochs = []
    for _ in range(KILLS):
        epochs.append(epochs_of(killed))
        process = processes.Process(target=go_on, args=(killed,))
        process.start()
        wanted = epochs[-1] + chance.randrange(1, 4)
        while process.exitcode is None and epochs_of(killed) < wanted:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
    assert len(set(epochs)) > KILLS / 2, epochs
    process = processes.Process(target=go_on, args=(killed,))
    process.start()
    process.join(300)
    assert process.exitcode == 0

    (weights, history), (again, same_history) = files_of(whole), files_of(killed)
    assert weights.keys() == again.keys()
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    assert len(history) == len(same_history) == RECIPE.epochs
    for line, other in zip(history, same_history, strict=True):
        assert all(line[name] == other[name] for name in ("epoch", "step", "validation_loss", "validation_accuracy"))
        assert line["loss"] == pytest.approx(other["loss"], rel=1e-6)  # a mean of means: chunks are cut by time
    assert open_run(killed).state.status == "finished"
    assert sorted(path.name for path in (killed / "checkpoints").iterdir()) == ["best.npz", "last.npz"]


def test_deterministic_training_does_not_depend_on_the_number_of_cores(small, tmp_path):
    export_dataset(small, tmp_path / "small.npz", "npz")
    data = ["--data", str(tmp_path / "small.npz"), "--weights", "float32"]
    cores = sorted(os.sched_getaffinity(0))
    weights = []
    for name, some in (("one", cores[:1]), ("all", cores)):
        command = [
            sys.executable,
            "-m",
            "inkdigits",
            "train",
            "--recipe",
            "convnet",
            "--deterministic",
            "--max-steps",
            "40",
        ]
        subprocess.run(
            [*command, *data, "-o", str(tmp_path / name)],
            check=True,
            capture_output=True,
            timeout=300,
            preexec_fn=lambda some=some: os.sched_setaffinity(0, some),
        )
        weights.append(files_of(tmp_path / name)[0])
    assert open_run(tmp_path / "all").state.network.precision == "float32"
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
