"""No process imports from the current folder: people work in folders that they were sent."""

import shutil

import numpy as np
import pytest

from inkdigits.reading.source import SAMPLES

COMMAND = "from inkdigits.cli import main\nif __name__ == '__main__': main({!r})"


@pytest.fixture
def in_folder(run_among_planted):
    return lambda *arguments, **options: run_among_planted(COMMAND.format([*map(str, arguments)]), **options)


def test_evaluate_imports_nothing_from_there(in_folder, tmp_path, digits):
    np.savez(tmp_path / "some.npz", images=digits.glyphs, labels=digits.labels)
    folder = in_folder("evaluate", "tiny-2k", "--data", tmp_path / "some.npz", "--report", "report")
    assert (folder / "report" / "report.html").is_file()


def test_reading_a_large_folder_imports_nothing_from_there(in_folder, tmp_path):
    (tmp_path / "many").mkdir()
    shutil.copy(SAMPLES / "mnist.png", tmp_path / "many" / "0.png")
    for index in range(1, 3000):
        (tmp_path / "many" / f"{index}.png").hardlink_to(tmp_path / "many" / "0.png")
    folder = in_folder("read", tmp_path / "many", "-o", "answers.csv", "--model", "tiny-2k")
    assert len((folder / "answers.csv").read_text().splitlines()) == 3001


@pytest.mark.parametrize("arguments", [("doctor",), ("models",), ("explain", "sample:chalk"), ("data", "verify")])
def test_other_commands_import_nothing_from_there(in_folder, arguments):
    in_folder(*arguments)


def test_synthesis_imports_nothing_from_there(run_among_planted):
    run_among_planted("""
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.synthesize import synthesize
if __name__ == "__main__":
    assert len(synthesize(Mixture(pen=3), seed=0)[1]) == 3
""")
