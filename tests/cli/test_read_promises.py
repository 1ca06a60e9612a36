"""`inkdigits read --max-error`: a promise in place of a threshold."""

import json
import shutil
from dataclasses import replace

import pytest

from inkdigits.models.card import load_card
from inkdigits.models.operating_points import OperatingPoint
from inkdigits.models.zoo import find_model
from inkdigits.recognizer import Recognizer

LOW = OperatingPoint(0.6, 970, 0.97, 4, 4 / 970, 0.0094)
FULL = OperatingPoint(1.0, 900, 0.9, 1, 1 / 900, 0.0053)


@pytest.fixture
def promising(tmp_path):
    """A packed model that promises at most 1 % from a confidence of 0.6 on, and 0.6 % where it is quite sure."""
    folder = shutil.copytree(find_model("default"), tmp_path / "mine")
    replace(load_card(folder), name="mine", operating_points=(LOW, FULL)).save(folder)
    return folder


def test_the_promise_is_said_on_stderr_and_the_answers_stay_on_stdout(inkdigits, promising):
    names = ("sample:mnist", "sample:chalk", "sample:blank")
    plain = inkdigits("read", *names, "--model", promising)
    kept = inkdigits("read", *names, "--model", promising, "--max-error", "0.01")
    assert (kept.code, kept.out) == (0, plain.out)
    sentence = (
        "max error 1 %: accepts answers from confidence 0.6, which keeps 97.0 % of the calibration digits "
        "(bound 0.94 %, 95 % confidence)\n"
    )
    assert kept.err == sentence + plain.err


def test_the_promise_that_is_said_is_the_one_that_is_kept(inkdigits, promising):
    replace(load_card(promising), operating_points=(replace(LOW, threshold=0.2), FULL)).save(promising)
    said = inkdigits("read", "sample:mnist", "--model", promising, "--max-error", "0.01").err
    assert "accepts answers from confidence 0.5" in said
    assert said == Recognizer.load(promising, max_error=0.01).risk_bound.sentence + "\n"


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_a_promise_rejects_what_is_not_sure_enough_in_every_format(inkdigits, promising, form):
    command = ("read", "sample:mnist", "--model", promising, "--format", form)
    rejected = inkdigits(*command, "--max-error", "0.006")
    assert rejected.code == 0
    assert rejected.err.startswith("max error 0.6 %: accepts answers from confidence 1")
    assert rejected.out == inkdigits(*command, "--min-confidence", "1").out
    assert rejected.out != inkdigits(*command).out


def test_a_model_without_operating_points_says_so_before_anything_is_read(inkdigits, promising, tmp_path):
    replace(load_card(promising), operating_points=()).save(promising)
    outcome = inkdigits("read", "x.png", "--model", promising, "--max-error", "0.01", "-o", tmp_path / "answers")
    assert (outcome.code, outcome.out) == (2, "")
    message, hint = outcome.error
    assert message.startswith("Expected a model with operating points for --max-error. Received:")
    assert "--min-confidence" in hint
    assert not (tmp_path / "answers").exists()


def test_what_cannot_be_promised_is_wrong_usage(inkdigits, promising):
    for max_error, word in (("0.001", "0.0053"), ("0", "1 %"), ("nan", "1 %")):
        outcome = inkdigits("read", "sample:mnist", "--model", promising, "--max-error", max_error)
        assert (outcome.code, outcome.out) == (2, "")
        assert word in outcome.error[1]


@pytest.mark.parametrize("confidence", ["0.8", "0.5"])
def test_a_promise_and_a_threshold_are_wrong_usage(inkdigits, confidence):
    outcome = inkdigits("read", "sample:mnist", "--max-error", "0.01", "--min-confidence", confidence)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.error[0] == "Give --max-error or --min-confidence, not both."


def test_a_promise_is_kept_where_readings_are_explained(inkdigits, promising):
    command = ("read", "sample:mnist", "--model", promising, "--explain")
    sure, rejected = (inkdigits(*command, "--max-error", share) for share in ("0.01", "0.006"))
    assert (sure.code, sure.out, rejected.code, rejected.out) == (0, "2\n", 0, "\n")
    assert sure.err.startswith("max error 1 %: ")
    assert "rejected" not in sure.err
    assert "rejected" in rejected.err
    outcome = inkdigits(*command, "--max-error", "0.006", "--format", "jsonl")
    page = json.loads(outcome.out)
    assert (page["status"], page["text"], page["explanation"]["answer"]) == ("rejected", "", "2")
