"""The examples that train run, as their users run them: each in a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from inkdigits.data.export import export_dataset
from inkdigits.data.mnist import load_mnist

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def run(name, *arguments):
    command = [sys.executable, "-P", EXAMPLES / name, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tutorial_in_60_lines_learns_and_tries_a_picture_twice():
    code = (EXAMPLES / "mnist_in_60_lines.py").read_text(encoding="utf-8").splitlines()
    assert len(code) <= 60
    out = run("mnist_in_60_lines.py", 1)
    assert float(re.search(r"right on the test digits: ([\d.]+)%", out)[1]) > 90
    assert re.search(r"squeezed: \d", out)
    assert "prepared: 7" in out
    assert "inkdigits reads: 7 (100%)" in out


def test_a_network_for_own_digits_is_trained_packed_and_reads(tmp_path):
    export_dataset(load_mnist("train").subset(np.arange(600)), tmp_path / "digits", "folder")
    out = run("own_data.py", tmp_path / "digits", tmp_path / "run", 3)
    assert out.startswith("600 digits, by class: [")
    assert re.search(r"right on \d+ digits that it was not trained on: \d", out)
    assert (tmp_path / "run" / "packed" / "card.json").is_file()
    assert re.search(r"00\d+\.png: ", out)
