"""A foreign network's first inference runs in a process of its own."""

import hashlib
import os
import shutil
import signal
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from inkdigits.errors import ModelError
from inkdigits.models import verify
from inkdigits.models.card import load_card
from inkdigits.models.classifier import PackedModel
from inkdigits.models.zoo import ZOO


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "inkdigits" / "verified"


@pytest.fixture
def foreign(tmp_path):
    return shutil.copytree(ZOO / "tiny-2k", tmp_path / "foreign")


def test_a_sound_network_is_verified_once(foreign, cache, monkeypatch):
    PackedModel(foreign)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(subprocess, "run", None)  # a second process would fail
    assert PackedModel(foreign).logits(np.zeros((1, 28, 28), np.uint8)).shape == (1, 10)


def test_without_a_cache_a_network_is_verified_each_time(foreign, monkeypatch):
    for name in ("/" + "x/" * 3000, "/proc/none", "/dev/null"):
        monkeypatch.setenv("XDG_CACHE_HOME", name)
        assert PackedModel(foreign).logits(np.zeros((1, 28, 28), np.uint8)).shape == (1, 10)


def test_what_ships_is_not_verified(cache, monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    PackedModel.load("tiny-2k")
    assert not cache.exists()


def test_a_network_that_crashes_its_process_is_refused(foreign, cache, monkeypatch):
    crash = ["python3", "-c", f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})"]
    monkeypatch.setattr(verify, "module_command", lambda *_: crash)
    with pytest.raises(ModelError, match=r"ended its process by SIGSEGV\. Do not use this model"):
        PackedModel(foreign)
    assert not cache.exists()


def test_a_network_without_end_is_refused(foreign, monkeypatch):
    monkeypatch.setattr(verify, "module_command", lambda *_: ["sleep", "60"])
    monkeypatch.setattr(verify, "SECONDS", 0.2)
    with pytest.raises(ModelError, match="answers within"):
        PackedModel(foreign)


def test_a_damaged_network_says_what_is_wrong(foreign):
    (foreign / "model.tflite").write_bytes(b"seven")
    replace(load_card(foreign), sha256=hashlib.sha256(b"seven").hexdigest()).save(foreign)
    with pytest.raises(ModelError, match="Expected a LiteRT model"):
        PackedModel(foreign)


def test_mutated_networks_never_end_the_process(foreign):
    content, card = (foreign / "model.tflite").read_bytes(), load_card(foreign)
    rng = np.random.default_rng(4)
    refused = 0
    for _ in range(12):
        mutated = np.frombuffer(content, np.uint8).copy()
        mutated[rng.integers(0, len(mutated), 8)] = rng.integers(0, 256, 8)
        (foreign / "model.tflite").write_bytes(mutated.tobytes())
        replace(card, sha256=hashlib.sha256(mutated.tobytes()).hexdigest()).save(foreign)
        try:
            PackedModel(foreign).logits(np.zeros((70, 28, 28), np.uint8))
        except ModelError:
            refused += 1
    assert refused


def test_modules_of_the_current_folder_are_not_run(foreign, run_among_planted):
    run_among_planted(
        f"import os; os.environ['XDG_CACHE_HOME'] = {str(foreign.parent / 'other')!r}\n"
        f"from pathlib import Path; from inkdigits.models.classifier import PackedModel\n"
        f"PackedModel(Path({os.fspath(foreign)!r}))"
    )
