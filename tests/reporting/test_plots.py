"""Plots: real PNG files with something on them, whatever the numbers."""

import sys

import numpy as np
import pytest
from PIL import Image

from inkdigits.errors import DataError, MissingExtraError
from inkdigits.reporting.plots import plot_history, plot_reliability, plot_risk_coverage

EPOCH = {"epoch": 1, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.1, "validation_accuracy": 0.97}


def history(count):
    return [{**EPOCH, "epoch": number + 1, "validation_loss": 0.1 / (number + 1)} for number in range(count)]


def colors(path, *, upper=1.0):
    """The colors of the upper part of a PNG picture, each with its share of the pixels."""
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) >= 400
        part = picture.convert("RGB").crop((0, 0, picture.width, round(upper * picture.height)))
        pixels = np.asarray(part, np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, counts = np.unique(pixels, return_counts=True)
    shares = (counts / counts.sum()).tolist()
    return {(c >> 16, c >> 8 & 255, c & 255): share for c, share in zip(found.tolist(), shares, strict=True)}


def has_bluish(shares):
    return sum(share for (red, _, blue), share in shares.items() if blue > red + 60)


def has_orange(shares):
    return sum(share for (red, _, blue), share in shares.items() if red > blue + 60)


@pytest.mark.parametrize("epochs", [1, 2, 60])
def test_a_history_of_any_length_can_be_drawn(tmp_path, epochs):
    for key in ("loss", "accuracy"):
        plot_history(history(epochs), key, tmp_path / "history.png")
        shares = colors(tmp_path / "history.png", upper=0.8)  # above the legend
        assert 0 < has_bluish(shares) < 0.1
        assert len(shares) > 20


def test_a_history_of_perfect_epochs_can_be_drawn(tmp_path):
    plot_history([{**EPOCH, "accuracy": 1.0, "validation_accuracy": 1.0}], "accuracy", tmp_path / "history.png")
    assert len(colors(tmp_path / "history.png")) > 20


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "Expected a history of at least one epoch. Received: none. Train for an epoch."),
        (
            [EPOCH, {"epoch": 2, "loss": 0.1}],
            "entry 1 without accuracy, validation_loss, validation_accuracy.",
        ),
    ],
)
def test_a_history_with_gaps_is_refused(tmp_path, records, message):
    with pytest.raises(DataError) as caught:
        plot_history(records, "accuracy", tmp_path / "history.png")
    assert message in str(caught.value)
    assert not (tmp_path / "history.png").exists()


@pytest.mark.parametrize("count", [1, 2000])
def test_a_reliability_diagram_shows_points_and_counts(tmp_path, count):
    rng = np.random.default_rng(5)
    probabilities = rng.dirichlet(np.full(10, 0.1), size=count)
    plot_reliability(rng.integers(0, 10, count), probabilities, tmp_path / "reliability.png")
    shares = colors(tmp_path / "reliability.png")
    assert has_bluish(shares) > 0.005
    assert has_orange(shares) > 0.0005


@pytest.mark.parametrize("count", [1, 2000])
def test_error_by_rejected_share_shows_points_and_their_bound(tmp_path, count):
    rng = np.random.default_rng(5)
    plot_risk_coverage(rng.random(count), rng.random(count) < 0.5, tmp_path / "coverage.png")
    shares = colors(tmp_path / "coverage.png")
    assert has_orange(shares) > 0.0001
    assert shares[0x8A, 0x8A, 0x8A] > 0.00005
    assert has_bluish(shares) > 0  # a threshold's name


def test_answers_without_an_error_lie_at_zero(tmp_path):
    plot_risk_coverage(np.ones(10), np.full(10, True), tmp_path / "coverage.png")
    with Image.open(tmp_path / "coverage.png") as picture:
        pixels = np.asarray(picture.convert("RGB"), int)
    orange = (pixels[..., 0] > pixels[..., 2] + 60).nonzero()[0]
    assert orange.min() > 0.7 * len(pixels)  # at the foot of the axes, and in the legend below


def test_plots_do_without_the_global_state_of_pyplot(tmp_path):
    had_pyplot = "matplotlib.pyplot" in sys.modules
    plot_history(history(2), "accuracy", tmp_path / "history.png")
    assert ("matplotlib.pyplot" in sys.modules) == had_pyplot


def test_without_matplotlib_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # importing it fails as if it were not installed
    with pytest.raises(MissingExtraError, match=r"pip install 'inkdigits\[report\]'"):
        plot_reliability(np.array([4]), np.eye(10)[[4]], tmp_path / "reliability.png")
