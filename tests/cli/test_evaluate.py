import csv
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import accuracy_score, confusion_matrix

from inkdigits.data.dataset import Dataset
from inkdigits.data.export import export_dataset
from inkdigits.models.classifier import PackedModel
from inkdigits.models.zoo import ZOO
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run.folder import start_run
from inkdigits.training.run.state import RunOptions

COUNT = 300
VALIDATION = 25  # of them, half of the held-out sixth


@pytest.fixture(scope="session")
def some(mnist_test) -> Dataset:
    """MNIST's first 300 test glyphs and the five after them that the default model reads wrong."""
    answers = PackedModel.load("default").probabilities(mnist_test.glyphs[:4000]).argmax(axis=1)
    wrong = np.flatnonzero(answers != mnist_test.labels[:4000])
    return mnist_test.subset(np.concatenate([np.arange(COUNT - 5), wrong[wrong >= COUNT][:5]]))


@pytest.fixture
def data(tmp_path: Path, some: Dataset) -> Path:
    export_dataset(some, tmp_path / "some.npz", "npz")
    return tmp_path / "some.npz"


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Makes the folder of a run that trained on a source, with the default model as what it reached."""

    def make(source: object) -> Path:
        run = tmp_path / "run"
        start_run(run, find_recipe("mlp-128"), RunOptions(), source=str(source))
        (run / "packed").mkdir()
        for path in (ZOO / "default").iterdir():
            (run / "packed" / path.name).write_bytes(path.read_bytes())
        epoch = {"epoch": 1, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.2, "validation_accuracy": 0.95}
        lines = [json.dumps(epoch | {"epoch": number}) for number in (1, 2)]
        (run / "history.jsonl").write_text("\n".join(lines))
        return run

    return make


def read_metrics(folder: Path) -> dict:
    return json.loads((folder / "metrics.json").read_text())


def read_predictions(folder: Path) -> list[dict[str, str]]:
    with (folder / "predictions.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_report_is_written_and_metrics_are_what_is_printed(inkdigits, tmp_path, data):
    outcome = inkdigits("evaluate", "default", "--data", data, "--report", tmp_path / "report")
    assert outcome.code == 0
    assert outcome.err == f"report: {tmp_path / 'report' / 'report.html'}\n"
    names = ["metrics.json", "predictions.csv", "report.html"]
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == names

    metrics = read_metrics(tmp_path / "report")
    low, high = metrics["accuracy_interval"]
    right = sum(digit["right"] for digit in metrics["digits"])
    lines = outcome.out.splitlines()
    assert lines[0] == "default on some.npz (test)"
    assert lines[14] == (
        f"accuracy: {metrics['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}; "
        f"{right} of {COUNT} right, n = {COUNT})"
    )
    least, most = metrics["loss_interval"]
    assert least < metrics["loss"] < most
    assert lines[15] == f"loss: {metrics['loss']:.4f} nats per digit (95 % interval {least:.4f} to {most:.4f})"
    assert lines[16].startswith(f"ECE: {metrics['ece']:.4f} ")
    assert lines[17] == f"Brier score: {metrics['brier']:.4f}"
    assert lines[18] == f"macro F1: {metrics['macro_f1']:.4f}"
    for digit, line in zip(metrics["digits"], lines[19:], strict=True):
        assert line.startswith(f"{digit['digit']}: {digit['right']} of {digit['count']} right")
    table = [re.sub("·", "0", line.partition("│")[2]).split() for line in lines[4:14]]
    assert [[int(cell) for cell in row] for row in table] == metrics["confusion_matrix"]


def test_the_numbers_are_scikit_learns_from_the_predictions(inkdigits, tmp_path, data, some):
    inkdigits("evaluate", "default", "--data", data, "--report", tmp_path / "report")
    metrics = read_metrics(tmp_path / "report")
    rows = read_predictions(tmp_path / "report")
    labels = [int(row["label"]) for row in rows]
    answers = [int(row["prediction"]) for row in rows]
    probabilities = np.array([[float(row[str(digit)]) for digit in range(10)] for row in rows])
    np.testing.assert_array_equal(labels, some.labels)
    assert [int(row["index"]) for row in rows] == list(range(COUNT))
    assert list(rows[0]) == ["index", "label", "prediction", "confidence", *"0123456789"]
    np.testing.assert_array_equal(probabilities.argmax(axis=1), answers)
    np.testing.assert_array_equal(probabilities.max(axis=1), [float(row["confidence"]) for row in rows])
    assert metrics["accuracy"] == accuracy_score(labels, answers) <= (COUNT - 5) / COUNT
    of_labels = probabilities[np.arange(COUNT), labels]  # scikit-learn's log_loss wants rows that add up to 1
    assert metrics["loss"] == pytest.approx(-np.log(of_labels).mean())
    assert metrics["confusion_matrix"] == confusion_matrix(labels, answers, labels=range(10)).tolist()
    assert metrics["count"] == COUNT


def test_the_report_says_what_was_measured_and_how_to_do_it_again(inkdigits, tmp_path, data, some):
    inkdigits("evaluate", "default", "--data", data, "--report", tmp_path / "report")
    report = (tmp_path / "report" / "report.html").read_text()
    assert "<title>default on some.npz (test)</title>" in report
    assert f"default {PackedModel.load('default').card.version}, int8" in report
    assert some.sha256 in report


def test_the_command_that_the_report_gives_makes_the_same_report_again(inkdigits, tmp_path, data, make_run):
    odd = data.rename(tmp_path / "my digits & <b>.npz")
    first = inkdigits("evaluate", "default", "--data", odd, "--compare", "tiny-2k", "--report", tmp_path / "a report")
    told = read_metrics(tmp_path / "a report")
    command = shlex.split(told["reproduce"]["command"])
    assert command[:3] == ["inkdigits", "evaluate", "default"]
    (tmp_path / "a report").rename(tmp_path / "old")
    again = inkdigits(*command[1:])
    assert (first.code, again.code, again.out) == (0, 0, first.out)
    assert (tmp_path / "a report" / "predictions.csv").read_text() == (tmp_path / "old" / "predictions.csv").read_text()
    run = make_run("mnist")
    inkdigits("evaluate", run, "--data", odd, "--strict")
    command = read_metrics(run / "report")["reproduce"]["command"]
    assert shlex.split(command)[3:] == ["--data", str(odd), "--strict", "--report", str(run / "report")]


def test_pictures_of_a_folder_are_called_by_their_names_and_those_left_out_are_counted(inkdigits, tmp_path, some):
    export_dataset(some.subset(np.arange(20)), tmp_path / "own", "folder")
    blank = tmp_path / "own" / "3" / "blank.png"
    Image.new("L", (40, 40), 255).save(blank)
    outcome = inkdigits("evaluate", "default", "--data", tmp_path / "own", "--report", tmp_path / "report")
    assert outcome.code == 1
    metrics, rows = read_metrics(tmp_path / "report"), read_predictions(tmp_path / "report")
    assert (metrics["count"], metrics["left_out"]) == (20, 1)
    assert all((tmp_path / "own" / row["file"]).is_file() and row["file"][0] == row["label"] for row in rows)
    report = (tmp_path / "report" / "report.html").read_text()
    assert "1 of 21 could not be used" in report
    assert "3/blank.png: the picture is blank" in report
    shown = re.findall(r'<img class="picture" src="data:image/png;base64,[^"]+" alt="(\d)/', report)
    assert shown == sorted(shown)
    assert len(shown) == 8
    assert "chalk.jpg" not in report


def test_without_a_report_nothing_is_written(inkdigits, tmp_path, data, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = inkdigits("evaluate", "default", "--data", data)
    assert (outcome.code, outcome.err) == (0, "")
    assert f"n = {COUNT}" in outcome.out
    assert list(tmp_path.iterdir()) == [data]


def test_the_validation_split_is_the_part_that_training_leaves_out(inkdigits, data):
    whole = inkdigits("evaluate", "default", "--data", data, "--split", "train").out
    part = inkdigits("evaluate", "default", "--data", data, "--split", "validation").out
    assert f"n = {COUNT}" in whole
    assert f"n = {VALIDATION}" in part


@pytest.mark.parametrize("split", ["test", "validation"])
def test_rows_that_cannot_be_used_are_named_and_the_rest_is_measured(inkdigits, tmp_path, some, split):
    export_dataset(some, tmp_path / "some.csv", "csv")
    with (tmp_path / "some.csv").open("a") as file:
        file.write("7,1,2\n")
    outcome = inkdigits("evaluate", "default", "--data", tmp_path / "some.csv", "--split", split)
    assert outcome.code == 1  # some failed, the rest were read
    assert outcome.err == f"left out some.csv, line {COUNT + 2}: 3 values instead of 785\n"
    assert f"n = {COUNT if split == 'test' else VALIDATION}" in outcome.out
    strict = inkdigits("evaluate", "default", "--data", tmp_path / "some.csv", "--split", split, "--strict")
    assert (strict.code, strict.out) == (1, "")
    assert f"line {COUNT + 2}" in strict.error[0]


def test_an_unknown_model_is_missing(inkdigits, tmp_path):
    outcome = inkdigits("evaluate", tmp_path / "nobody")
    assert (outcome.code, outcome.out) == (3, "")
    assert "nobody" in outcome.error[0]
    assert "Models that ship: " in outcome.error[1]
    assert "default" in outcome.error[1]


def test_data_that_are_not_there_are_named(inkdigits, tmp_path):
    outcome = inkdigits("evaluate", "default", "--data", tmp_path / "nowhere")
    assert outcome.code != 0
    assert outcome.out == ""
    assert f"'{tmp_path / 'nowhere'}', no such file or folder" in outcome.error[0]


def test_a_report_without_matplotlib_names_the_extra(inkdigits, tmp_path, data, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = inkdigits("evaluate", "default", "--data", data, "--report", tmp_path / "report")
    assert outcome.code == 3
    assert outcome.error[1] == "Run: pip install 'inkdigits[report]'"
    assert inkdigits("evaluate", "default", "--data", data).code == 0


def test_the_report_of_a_run_lies_in_the_run_with_its_history(inkdigits, data, make_run):
    run = make_run("mnist")
    outcome = inkdigits("evaluate", run, "--data", data)
    assert outcome.err == f"report: {run / 'report' / 'report.html'}\n"
    assert "Learning curves" in (run / "report" / "report.html").read_text()
    assert read_metrics(run / "report")["count"] == COUNT


def test_a_run_is_not_measured_on_glyphs_it_was_trained_on_unless_asked(inkdigits, data, make_run):
    run = make_run(data)
    outcome = inkdigits("evaluate", run, "--data", data)
    assert (outcome.code, outcome.out) == (1, "")
    assert f"{COUNT} of {COUNT} that stand in both" in outcome.error[0]
    assert inkdigits("evaluate", run, "--data", data, "--split", "validation").code == 0
    second = inkdigits("evaluate", "tiny-2k", "--data", data, "--compare", run, "--report", run / "other")
    assert (second.code, second.out) == (1, "")
    assert f"{COUNT} of {COUNT} that stand in both" in second.error[0]


@pytest.mark.parametrize("name", ["run.json", "history.jsonl"])
@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_damaged_file_of_a_run_is_named(inkdigits, data, make_run, name, content):
    run = make_run("mnist")
    (run / name).write_text(content, errors="surrogateescape")
    outcome = inkdigits("evaluate", run, "--data", data)
    assert (outcome.code, outcome.out) == (1, "")
    message, hint = outcome.error
    assert "Expected" in message
    assert hint


def test_a_second_model_is_compared_on_the_terminal_and_in_the_report(inkdigits, tmp_path, data):
    outcome = inkdigits("evaluate", "default", "--data", data, "--report", tmp_path / "report", "--compare", "default")
    assert outcome.code == 0
    report = (tmp_path / "report" / "report.html").read_text()
    version = PackedModel.load("default").card.version
    assert f"0 digits only default {version} reads right, 0 only default {version}" in report
    assert f"0 digits only default {version} reads right, 0 only default {version}" in outcome.out
    missing = inkdigits("evaluate", "default", "--data", data, "--report", tmp_path / "two", "--compare", "nobody")
    assert missing.code == 3
    assert not (tmp_path / "two").exists()
    without = inkdigits("evaluate", "default", "--data", data, "--compare", "default")
    assert without.code == 0
    assert without.out == outcome.out


def test_the_report_shows_what_the_network_sees_of_the_samples_and_what_it_costs(inkdigits, tmp_path, data):
    inkdigits("evaluate", "default", "--data", data, "--report", tmp_path / "report")
    report = (tmp_path / "report" / "report.html").read_text()
    assert "blank.jpg: rejected, blank" in report
    assert re.search(r"chalk\.jpg: 5, \d\d", report)
    assert "347 kB" in report
    assert "glyphs per second in one batch" in report
    facts = read_metrics(tmp_path / "report")["facts"]
    assert 40 < float(facts["memory"].partition(" ")[0]) < 300
    assert re.fullmatch(
        r"[\d,]+ glyphs per second in one batch; \d+ µs per single glyph \(median\), \d+ µs \(95th percentile\)",
        facts["speed"],
    )


def test_mnists_own_test_split_is_also_counted_with_ten_labels_corrected(inkdigits, tmp_path):
    inkdigits("evaluate", "default", "--report", tmp_path / "report")
    report = (tmp_path / "report" / "report.html").read_text()
    assert "10 labels of these digits are known to be wrong" in report


def test_robustness_goes_into_the_report_and_its_numbers(inkdigits, tmp_path, data):
    report = tmp_path / "report"
    arguments = ["--data", str(data), "--robustness", "--robustness-digits", "12", "--report", str(report)]
    outcome = inkdigits("evaluate", "default", *arguments)
    assert outcome.code == 0
    assert "no gradients to attack along" in outcome.err
    assert "| canny edges |" in outcome.out
    told = json.loads((report / "metrics.json").read_text())["robustness"]
    assert told["count"] == 12
    assert told["clean"]["alone"] > 0.8
    assert len(told["corruptions"]) == 15
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "<h2>Robustness</h2>" in page
    assert "--robustness --robustness-digits 12" in page


def test_a_run_on_own_data_is_measured_on_those_data_by_default(inkdigits, data, make_run):
    run = make_run(data)
    outcome = inkdigits("evaluate", run)
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "default on some.npz (validation)"
    assert f"n = {VALIDATION}" in outcome.out
    assert (run / "report" / "report.html").is_file()


def test_a_file_of_the_data_folder_is_never_run(inkdigits, tmp_path, data, monkeypatch):
    """Python would put the current folder first on the import path of a child process."""
    (tmp_path / "numpy.py").write_text("open('EXECUTED', 'w')")
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "inkdigits", "evaluate", "default", "--data", "some.npz", "--report", "report"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "EXECUTED").exists()
    assert "memory" in read_metrics(tmp_path / "report")["facts"]


def test_a_run_that_may_not_be_written_is_measured_without_a_report(inkdigits, as_nobody, make_run, data, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(data.parent / "cache"))
    run = make_run("mnist")
    inkdigits("evaluate", run, "--data", data, "--report", data.parent / "warm")  # imports what it needs
    with as_nobody(run):
        outcome = inkdigits("evaluate", run, "--data", data)
    assert outcome.code == 0
    assert outcome.err.startswith(f"note: no report, for {run} is read-only: name a folder with --report.\n")
    assert "accuracy" in outcome.out


def test_a_report_does_not_take_the_place_of_what_is_measured(inkdigits, make_run, data):
    run = make_run(data)
    outcome = inkdigits("evaluate", run, "--data", data, "--report", run / "packed")
    assert outcome.code == 2
    assert outcome.error[0] == f"Expected an output that is no input. Received: {run / 'packed'}, which is read, too."
