"""Fixtures of all tests: MNIST, the shipped model, drawn digits, small recipes. None imports TensorFlow.

`--tensorflow only` runs the tests that import TensorFlow, `--tensorflow none` the others: TensorFlow takes seconds to
import and is kept out of most tests' processes.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.models.classifier import PackedModel
from inkdigits.recognizer import Recognizer
from inkdigits.training.recipe import Augmentation, Convnet, Mlp, Recipe

ROOT = Path(__file__).parent
TENSORFLOW = (
    "benchmarks",
    "export",
    "training",
    "cli/test_train_real.py",
    "robustness/test_gradient_attack.py",
    "test_sklearn.py",
)
CLEAN = 6  # of each class

# Pen paths on a page of 100 x 100.
STROKES = {
    0: [[(50, 10), (25, 30), (22, 60), (35, 88), (55, 90), (75, 70), (78, 35), (65, 14), (50, 10)]],
    1: [[(35, 28), (52, 10), (50, 90)]],
    2: [[(25, 30), (40, 12), (62, 14), (70, 32), (55, 58), (25, 88), (78, 86)]],
    3: [[(28, 18), (55, 10), (70, 26), (48, 46), (72, 62), (66, 84), (28, 86)]],
    4: [[(60, 10), (25, 62), (80, 60)], [(60, 40), (58, 92)]],
    5: [[(72, 12), (35, 14), (30, 45), (60, 44), (74, 64), (60, 86), (26, 84)]],
    7: [[(24, 16), (76, 14), (44, 90)]],
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tensorflow", choices=["all", "none", "only"], default="all")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    chosen = config.getoption("--tensorflow")
    if chosen == "all" or collection_path.is_dir():
        return None
    needs = any(collection_path.is_relative_to(ROOT / part) for part in TENSORFLOW)
    return needs != (chosen == "only") or None


def draw(label, *, side=200, size=0.6, shift=(0, 0), ink=40, paper=210):
    """Draws a digit that fills `size` of a square picture, `shift` pixels off its middle."""
    finer = max(1, 800 // side)
    page = np.full((side * finer, side * finer), paper, np.uint8)
    pen = max(1, round(0.08 * side * size * finer))
    for stroke in STROKES[label]:
        points = (np.array(stroke) / 100 - 0.5) * size * side * finer + side * finer / 2 + np.array(shift) * finer
        cv2.polylines(page, [np.rint(points).astype(np.int32)], False, ink, pen, cv2.LINE_AA)
    return cv2.resize(page, (side, side), interpolation=cv2.INTER_AREA)


def distance(first, second):
    """Mean absolute difference of two glyphs, levels of 255, at the best of the nine shifts by at most one pixel.

    A glyph is centred by whole pixels, so a hair's difference in mass may move it by one.
    """
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(np.abs(np.roll(first, shift, (0, 1)).astype(int) - second).mean() for shift in shifts)


@pytest.fixture
def as_nobody():
    """Gives a context in which permissions count: root may open everything, so it becomes another user for a while."""

    @contextmanager
    def become(folder: Path):
        if os.getuid():
            yield
            return
        for parent in folder.parents[:-2]:  # all but / and /tmp
            parent.chmod(parent.stat().st_mode | 0o055)
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return become


PLANTED = ("numpy", "json", "pickle", "struct", "socket", "cv2", "PIL", "keras", "tensorflow", "sklearn", "inkdigits")


@pytest.fixture
def run_among_planted(tmp_path):
    """Runs a Python text, as a script of another folder, in a folder of files that are named like modules.

    A script, like the `inkdigits` command, has its own folder on the import path, not the current one. Its processes
    must not have it either. What is imported from there says so.
    """
    script, folder = tmp_path / "own" / "script.py", tmp_path / "planted"
    for name in PLANTED:
        path = folder / (f"{name}.py" if name != "inkdigits" else "inkdigits/__init__.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"open({str(tmp_path / 'EXECUTED')!r}, 'a').write('{name} ')\nraise SystemExit('planted')\n")
    (folder / "matplotlibrc").write_text("text.usetex: True\nbackend: module://numpy\n")
    script.parent.mkdir()

    def call(text, *, check=True):
        script.write_text(text)
        done = subprocess.run([sys.executable, str(script)], cwd=folder, capture_output=True, text=True, check=False)
        executed = (tmp_path / "EXECUTED").read_text() if (tmp_path / "EXECUTED").exists() else ""
        assert executed == ""
        assert done.returncode == 0 or not check, done.stderr
        return folder

    return call


@pytest.fixture(scope="session")
def draw_digit():
    return draw


@pytest.fixture(scope="session")
def glyph_distance():
    return distance


@pytest.fixture(scope="session")
def mnist_test() -> Dataset:
    return load_mnist("test")


@pytest.fixture(scope="session")
def mnist_glyphs(mnist_test: Dataset) -> np.ndarray:
    """MNIST's test glyphs, shape `(10000, 28, 28)`, uint8."""
    return mnist_test.glyphs


@pytest.fixture(scope="session")
def model() -> PackedModel:
    """The packed model that ships."""
    return PackedModel.load("default")


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    """A recognizer with the packed model that ships."""
    return Recognizer.load("default")


@pytest.fixture
def digits(mnist_test: Dataset) -> Dataset:
    """60 glyphs, 6 a class, in mixed order."""
    first = [np.flatnonzero(mnist_test.labels == label)[:CLEAN] for label in range(10)]
    indices = np.sort(np.concatenate(first))
    return Dataset(mnist_test.glyphs[indices].copy(), mnist_test.labels[indices].copy(), "sixty")


@pytest.fixture(scope="session")
def small() -> Dataset:
    """Twelve hundred glyphs: 1,000 to train on and 200 for validation."""
    return load_mnist("train").subset(np.arange(1200))


@pytest.fixture
def mlp() -> Recipe:
    return Recipe(name="small-mlp", summary="", network=Mlp(hidden=(32,), dropout=0.2), epochs=2, batch_size=50)


@pytest.fixture
def convnet() -> Recipe:
    return Recipe(
        name="small-convnet",
        summary="",
        network=Convnet(stages=((4,), (8,)), hidden=(16,), dropout=0.2),
        epochs=2,
        batch_size=50,
        learning_rate=1e-2,
        schedule="triangular",
        label_smoothing=0.05,
        augmentation=Augmentation(rotate_deg=10, scale=0.1, shear=0.1, shift=1, thickness=0.5, blur=0.5, noise=0.05),
    )
