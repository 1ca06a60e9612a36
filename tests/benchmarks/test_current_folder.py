"""No process of a training or a comparison imports from the current folder."""

import numpy as np
import pytest

COMMAND = "from inkdigits.cli import main\nif __name__ == '__main__': main({!r})"


@pytest.fixture
def some(tmp_path, small):
    np.savez(tmp_path / "some.npz", images=small.glyphs[:300], labels=small.labels[:300])
    return str(tmp_path / "some.npz")


def test_compare_imports_nothing_from_there(run_among_planted, some):
    arguments = ["compare", "--only", "k-NN,mlp-128", "--quick", "--data", some, "-o", "comparison"]
    folder = run_among_planted(COMMAND.format(arguments))
    page = (folder / "comparison" / "comparison.md").read_text()
    assert "| k-NN |" in page
    assert "| mlp-128 |" in page


def test_training_by_two_workers_imports_nothing_from_there(run_among_planted, some):
    arguments = ["train", "--data", some, "--max-steps", "4", "--workers", "2", "--precision", "float32", "-o", "run"]
    folder = run_among_planted(COMMAND.format(arguments))
    assert (folder / "run" / "packed" / "card.json").is_file()


def test_a_trial_of_training_imports_nothing_from_there(run_among_planted):
    run_among_planted("""
from inkdigits.benchmarks.training_trial import Setting, measure
if __name__ == "__main__":
    measure(Setting(recipe="mlp-128", cores=1, batch_size=5000))
""")
