"""The examples that train run as their users run them, but in this process, which has imported TensorFlow already."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from inkdigits.data.export import export_dataset
from inkdigits.data.mnist import load_mnist

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
STEPS = sorted((EXAMPLES / "compiled_loop").glob("step_*.py"))


@pytest.fixture
def run(monkeypatch, capfd):
    def call(name, *arguments):
        path = EXAMPLES / name
        monkeypatch.setattr("sys.argv", [str(path), *map(str, arguments)])
        monkeypatch.syspath_prepend(path.parent)
        runpy.run_path(str(path), run_name="__main__")
        return capfd.readouterr().out

    return call


@pytest.fixture
def threads(monkeypatch):
    """What a script sets TensorFlow's threads to; it cannot be set any more in this process."""
    found = {}
    for kind in ("intra", "inter"):
        name = f"set_{kind}_op_parallelism_threads"
        monkeypatch.setattr(tf.config.threading, name, lambda count, kind=kind: found.update({kind: count}))
    return found


def test_the_tutorial_in_60_lines_learns_and_tries_a_picture_twice(run):
    code = (EXAMPLES / "mnist_in_60_lines.py").read_text(encoding="utf-8").splitlines()
    assert len(code) <= 60
    out = run("mnist_in_60_lines.py", 1)
    assert float(re.search(r"right on the test digits: ([\d.]+)%", out)[1]) > 90
    assert re.search(r"squeezed: \d", out)
    assert "prepared: 7" in out
    assert "inkdigits reads: 7 (100%)" in out


def test_a_network_for_own_digits_is_trained_packed_and_reads(run, tmp_path):
    export_dataset(load_mnist("train").subset(np.arange(600)), tmp_path / "digits", "folder")
    out = run("own_data.py", tmp_path / "digits", tmp_path / "run", 3)
    assert out.startswith("600 digits, by class: [")
    assert re.search(r"right on \d+ digits that it was not trained on: \d", out)
    assert (tmp_path / "run" / "packed" / "card.json").is_file()
    assert re.search(r"00\d+\.png: ", out)


def test_there_are_five_steps_to_the_compiled_loop():
    assert [path.stem[:6] for path in STEPS] == [f"step_{number}" for number in range(1, 6)]


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_each_step_to_the_compiled_loop_learns(path, run, threads):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
    out = run(path.relative_to(EXAMPLES), 3, 2560)
    seconds, epoch, right = map(float, re.search(r"([\d.]+) s .*, ([\d.]+) s .*: ([\d.]+)%", out, re.DOTALL).groups())
    assert 0 < 2 * epoch < seconds
    assert 80 < right < 90
    assert set(threads) == ({"intra", "inter"} if path is STEPS[-1] else set())
    assert threads.get("intra", 1) == 1
