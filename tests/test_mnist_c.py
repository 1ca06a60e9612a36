"""The bench of the published MNIST-C files, on a tiny folder of their form."""

import sys
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.recognizer import Recognizer
from inkdigits.robustness.corruptions import corrupt
from inkdigits.robustness.study import packed_subject

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import mnist_c

COUNT = 40


def save(folder, images, labels):
    folder.mkdir(parents=True)
    np.save(folder / "test_images.npy", images)
    np.save(folder / "test_labels.npy", labels)


@pytest.fixture(scope="module")
def digits():
    test = load_mnist("test")
    return test.glyphs[:COUNT], test.labels[:COUNT]


@pytest.fixture(scope="module")
def published(tmp_path_factory, digits):
    """Clean digits, noisy digits, and clean digits of which every fourth label is wrong."""
    root = tmp_path_factory.mktemp("mnist_c")
    glyphs, labels = digits
    wrong = np.where(np.arange(COUNT) % 4 == 0, (labels + 1) % 10, labels)
    save(root / "identity", glyphs[..., None], labels)
    save(root / "impulse_noise", corrupt(glyphs, "impulse noise")[..., None], labels)
    save(root / "a_wrong_label", glyphs[..., None], wrong)
    (root / "leftovers").mkdir()
    return root


def test_both_accuracies_are_those_of_the_network_and_of_the_reader(published, digits):
    glyphs, labels = digits
    noisy = corrupt(glyphs, "impulse noise")
    model = Recognizer.load().model
    alone = int((model.probabilities(noisy)[:, :10].argmax(1) == labels).sum())
    pages = Recognizer(model, min_confidence=0).read_many(list(noisy))
    as_picture = sum(page.text == str(label) for page, label in zip(pages, labels, strict=True))
    rows = mnist_c.measure(packed_subject(model), published)
    assert [row[:2] for row in rows] == [
        ["identity", COUNT],
        ["a_wrong_label", COUNT],
        ["impulse_noise", COUNT],
        ["mean of 2", ""],
    ]
    assert rows[0][2] == rows[0][3] == "100.0 % [91.2, 100.0]"
    assert rows[1][2] == rows[1][3] == "75.0 % [59.8, 85.8]"
    assert alone < as_picture
    for cell, right in zip(rows[2][2:], (alone, as_picture), strict=True):
        assert cell.startswith(f"{100 * right / COUNT:.1f} % [")
    assert rows[3][2] == f"{(75 + 100 * alone / COUNT) / 2:.1f} %"


def test_the_command_prints_a_table_of_evenly_taken_digits(published, capsys):
    mnist_c.main([str(published), "--count", "10"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| corruption | n | network alone | as a picture |"
    assert lines[2].startswith("| identity | 10 | 100.0 %")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="Expected a folder per corruption"):
        mnist_c.measure(packed_subject(Recognizer.load().model), tmp_path)
    save(tmp_path / "fog", np.zeros((3, 28, 28), np.float32), np.zeros(3))
    with pytest.raises(ValueError, match=r"Expected uint8 images .* Received: float32 \(3, 28, 28\)"):
        mnist_c.load(tmp_path / "fog", None)
