"""Predictions on disk: the same numbers come back."""

import csv

import numpy as np
import pytest

from inkdigits.errors import DataError
from inkdigits.evaluation.predictions import write_predictions


def answers(count, dtype=np.float64):
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.full(10, 0.1), size=count).astype(dtype)
    return rng.integers(0, 10, count).astype(np.uint8), probabilities


def test_the_file_has_one_line_a_digit(tmp_path):
    probabilities = np.zeros((1, 10))
    probabilities[0, [3, 8]] = 0.75, 0.25
    write_predictions(tmp_path / "predictions.csv", np.array([8]), probabilities)
    assert (tmp_path / "predictions.csv").read_bytes() == (
        b"index,label,prediction,confidence,0,1,2,3,4,5,6,7,8,9\n0,8,3,0.75,0.0,0.0,0.0,0.75,0.0,0.0,0.0,0.0,0.25,0.0\n"
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_come_back_to_the_last_bit(tmp_path, dtype):
    labels, probabilities = answers(200, dtype)
    write_predictions(tmp_path / "predictions.csv", labels, probabilities)
    table = np.loadtxt(tmp_path / "predictions.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(table[:, 1], labels)
    np.testing.assert_array_equal(table[:, 2], probabilities.argmax(axis=1))
    np.testing.assert_array_equal(table[:, 4:], probabilities.astype(np.float64))


def test_answers_that_do_not_fit_are_refused_before_a_file_is_written(tmp_path):
    labels, probabilities = answers(4)
    with pytest.raises(DataError, match=r"Expected probabilities of shape \(3, 10\)"):
        write_predictions(tmp_path / "predictions.csv", labels[:3], probabilities)
    assert not (tmp_path / "predictions.csv").exists()


def test_names_that_a_spreadsheet_would_execute_are_quoted_unless_they_are_wanted_raw(tmp_path):
    labels, probabilities = answers(3)
    names = ["=1+1.png", "-5", "7/a.png"]
    for raw, expected in ((False, ["'=1+1.png", "-5", "7/a.png"]), (True, names)):
        write_predictions(tmp_path / "predictions.csv", labels, probabilities, sources=names, raw=raw)
        with (tmp_path / "predictions.csv").open(newline="") as file:
            assert [row["file"] for row in csv.DictReader(file)] == expected
