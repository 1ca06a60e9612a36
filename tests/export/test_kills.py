"""kill -9 between the last step and the end of a training: never a loadable half model, and always the same result."""

import json
import multiprocessing
import random
import time

import numpy as np
import pytest

from inkdigits.checksum import without_checksum
from inkdigits.data.mnist import load_mnist
from inkdigits.errors import InkdigitsError
from inkdigits.export.from_run import train_and_pack
from inkdigits.models.classifier import PackedModel
from inkdigits.training.recipe import Mlp, Recipe
from inkdigits.training.run.folder import is_run, open_run, start_run
from inkdigits.training.run.state import RunOptions

KILLS = 12  # bench/kills.py kills 30 trainings, each once
RECIPE = Recipe(name="small", summary="", network=Mlp(hidden=(16,)), epochs=1, batch_size=100, precision="float32")


def go_on(folder):
    """Trains and packs a run, from its start or from where it was."""
    begun = is_run(folder)
    run = open_run(folder) if begun else start_run(folder, RECIPE, RunOptions(weights="float32"), source="mnist")
    train_and_pack(run, load_mnist("train").subset(np.arange(1200)), resume=begun)


@pytest.fixture(scope="module")
def processes():
    """Processes that begin with TensorFlow imported, so that one starts in a moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["inkdigits.export.from_run"])
    process = context.Process(target=int)  # the first waits until TensorFlow is imported
    process.start()
    process.join()
    return context


def result(folder):
    card = without_checksum(json.loads((folder / "packed" / "card.json").read_text()))
    for name in ("seconds", "cpu_seconds"):
        card["training"].pop(name)
    return (folder / "packed" / "model.tflite").read_bytes(), card


def loadable(folder):
    """What loads of a run, named as `--model` takes it or by its folders."""
    for candidate in (folder, folder / "packed", *folder.glob("packed.part-*")):
        try:
            yield PackedModel.load(candidate)
        except InkdigitsError:
            continue


def status(folder):
    return open_run(folder).state.status if is_run(folder) else ""


def test_killed_again_and_again_while_it_packs_a_run_ends_with_the_same_packed_model(processes, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    process = processes.Process(target=go_on, args=(whole,))
    process.start()
    while process.exitcode is None and status(whole) != "packing":
        time.sleep(0.002)
    began = time.perf_counter()
    process.join(120)
    assert process.exitcode == 0
    seconds = time.perf_counter() - began
    card = PackedModel.load(whole).card

    moments, hits = random.Random(1), 0
    for _ in range(KILLS):
        process = processes.Process(target=go_on, args=(killed,))
        process.start()
        while process.exitcode is None and status(killed) != "packing":
            time.sleep(0.002)
        time.sleep(moments.uniform(0, seconds))
        hits += process.exitcode is None
        process.kill()
        process.join()
        assert status(killed) in ("running", "packing", "finished")
        for packed in loadable(killed):
            assert packed.card.temperature == card.temperature
            assert packed.card.operating_points == card.operating_points
    assert hits >= KILLS / 3
    process = processes.Process(target=go_on, args=(killed,))
    process.start()
    process.join(120)
    assert (process.exitcode, status(killed)) == (0, "finished")
    assert result(killed) == result(whole)
    assert sorted(path.name for path in killed.iterdir()) == sorted(path.name for path in whole.iterdir())


def test_killed_at_once_a_run_can_be_resumed(processes, tmp_path):
    process = processes.Process(target=go_on, args=(tmp_path / "run",))
    process.start()
    while not is_run(tmp_path / "run"):
        time.sleep(0.001)
    process.kill()
    process.join()
    assert status(tmp_path / "run") in ("created", "running")
    process = processes.Process(target=go_on, args=(tmp_path / "run",))
    process.start()
    process.join(120)
    assert (process.exitcode, status(tmp_path / "run")) == (0, "finished")
