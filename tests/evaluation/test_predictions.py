"""Predictions on disk: the same numbers come back, and damaged files are refused."""

import numpy as np
import pytest

from inkdigits.errors import DataError
from inkdigits.evaluation.predictions import read_predictions, write_predictions

ROW = "0,1,1,0.5,0.5,0.5,0,0,0,0,0,0,0,0"


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
    read_labels, read_probabilities = read_predictions(tmp_path / "predictions.csv")
    np.testing.assert_array_equal(read_labels, labels)
    np.testing.assert_array_equal(read_probabilities, probabilities.astype(np.float64))
    assert (read_labels.dtype.name, read_probabilities.dtype.name) == ("int64", "float64")


def test_answers_that_do_not_fit_are_refused_before_a_file_is_written(tmp_path):
    labels, probabilities = answers(4)
    with pytest.raises(DataError, match=r"Expected probabilities of shape \(3, 10\)"):
        write_predictions(tmp_path / "predictions.csv", labels[:3], probabilities)
    assert not (tmp_path / "predictions.csv").exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW + ",0", "Received: 15 columns instead of 14."),
        (ROW.replace("0.5,", "half,", 1), "could not convert string to float: 'half'"),
        ("1" + ROW[1:], "Expected digit 0 in line 2 of "),
        ("1" + ROW[1:], "Received: index 1."),
        (ROW.replace("0,1,1", "0,12,1"), "Received: label 12."),
        (ROW.replace("0,1,1", "0,1,4"), "Received: prediction 4 at 0.5 where 0 is likeliest at 0.5."),
        (ROW.replace("0,1,1,0.5", "0,1,0,0.6"), "Received: prediction 0 at 0.6 where 0 is likeliest at 0.5."),
        (ROW.replace("0,1,1", "0,1,0").replace(",0.5,0,", ",0.5,0.4,"), "row 0 with least 0 and sum 1.4"),
        (ROW.replace("0,1,1,0.5,0.5", "0,1,0,nan,nan"), "Received: prediction 0 at nan"),
        ("", "at least one. Received: (0,)"),
        ("0" * 200_000, "field larger than field limit"),
    ],
)
def test_a_damaged_line_is_refused(tmp_path, row, message):
    path = tmp_path / "predictions.csv"
    path.write_text("index,label,prediction,confidence,0,1,2,3,4,5,6,7,8,9\n" + row, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_predictions(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Received: an empty file. Give a predictions.csv that inkdigits wrote."),
        (b"file,label\na.png,3\n", "Expected the columns index,label,prediction,confidence,0,1"),
        (b"\xff\xfe\x00", "Expected predictions at "),
    ],
)
def test_what_is_no_predictions_file_is_refused(tmp_path, content, message):
    path = tmp_path / "predictions.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_predictions(path)
    assert message in str(caught.value)


def test_a_missing_file_is_refused_with_its_path(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_predictions(tmp_path / "nowhere.csv")
