import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkdigits.benchmarks.algorithm_trial import Outcome, measure
from inkdigits.benchmarks.algorithms import CONTENDERS, estimator, find_contender
from inkdigits.cli import run
from inkdigits.cli.compare import QUICK_ONES
from inkdigits.data.dataset import Dataset
from inkdigits.errors import MissingModelError, TrainingError
from inkdigits.evaluation.significance import compare_answers
from inkdigits.models.zoo import find_model
from inkdigits.reporting.comparison import Row, leaders, plot, ranked, table, write_comparison
from inkdigits.training.recipes import find_recipe


def outcome(name, answers, seconds=1.0):
    return Outcome(
        name=name, fit_seconds=seconds, fit_cpu_seconds=2 * seconds, fit_memory_mb=100.0, batch_seconds=seconds,
        single_seconds=seconds / 1000, slow_single_seconds=seconds / 500, memory_mb=50.0, size_mb=0.5, answers=answers,
    )  # fmt: skip


@pytest.fixture
def forty():
    return Dataset(np.zeros((40, 28, 28), np.uint8), (np.arange(40) % 10).astype(np.uint8), "forty")


def test_the_most_accurate_comes_first_and_is_what_the_others_are_tested_against(forty):
    truth = forty.labels.tolist()
    worse = [(answer + 1) % 10 for answer in truth[:12]] + truth[12:]
    rows = ranked([outcome("k-NN", worse), outcome("SVM", truth)], forty)
    assert [row.outcome.name for row in rows] == ["SVM", "k-NN"]
    assert [row.right for row in rows] == [40, 28]
    assert rows[0].p_value is None
    assert rows[1].p_value == compare_answers(forty.labels, np.array(truth), np.array(worse)).p_value
    lines = table(rows).splitlines()
    assert lines[2].startswith("| SVM | RBF, C = 5, gamma 0.03, all pixels | 100.00 | 91.24 to 100.00 | – |")
    assert lines[3].split(" | ")[2:5] == ["70.00", "54.57 to 81.93", "0.00049"]


def test_each_cost_stands_under_its_head(forty):
    costly = Outcome(
        name="sprint", fit_seconds=1.0, fit_cpu_seconds=2.0, fit_memory_mb=3.0, batch_seconds=4.0, single_seconds=0.005,
        slow_single_seconds=0.006, memory_mb=7.0, size_mb=8.0, answers=forty.labels.tolist(),
    )  # fmt: skip
    shipped = replace(costly, name="default", fit_seconds=None, fit_cpu_seconds=None, fit_memory_mb=None)
    head, _, first, second = (
        line.strip("| ").split(" | ") for line in table(ranked([costly, shipped], forty)).splitlines()
    )
    assert dict(zip(head[5:], first[5:], strict=True)) == {
        "training, s": "1.0",
        "training, CPU-s": "2.0",
        "memory of training, MB": "3",
        "10,000 digits, s": "4",
        "one digit, median, ms": "5",
        "one digit, 95th percentile, ms": "6",
        "memory of answering, MB": "7",
        "size, MB": "8",
    }
    assert second[5:] == ["–", "–", "–", *first[8:]]


def test_who_takes_least_and_less_than_the_most_accurate_is_told(forty):
    truth = forty.labels.tolist()
    quick, quicker = [*truth[:-1], 0], [*truth[:-2], 0, 0]
    rows = ranked([outcome("SVM", truth), outcome("MLP", quick, 0.5), outcome("k-NN", quicker, 0.1)], forty)
    lines = leaders(rows).splitlines()
    assert lines[0] == "Who takes least, and who takes less than SVM, the most accurate:"
    assert lines[2] == "- training, s: least 0.1 (k-NN); less than SVM's 1.0: k-NN, MLP."
    assert lines[5] == "- 10,000 digits, s: least 0.1 (k-NN); less than SVM's 1: k-NN, MLP."
    assert lines[7] == "- one digit, 95th percentile, ms: least 0.2 (k-NN); less than SVM's 2: k-NN, MLP."
    assert lines[8] == "- memory of answering, MB: least 50 (SVM, MLP, k-NN); less than SVM's 50: nobody."
    assert len(lines) == 2 + 8


def test_what_the_table_shows_as_equal_is_not_less(forty):
    truth = forty.labels.tolist()
    rows = ranked([outcome("SVM", truth), outcome("k-NN", [*truth[:-1], 0], 0.999)], forty)
    assert "- training, s: least 1.0 (SVM, k-NN); less than SVM's 1.0: nobody." in leaders(rows)


def test_numbers_that_are_not_there_lead_nothing(forty):
    shipped = replace(outcome("default", forty.labels.tolist()), fit_seconds=None, memory_mb=None)
    assert "training, s" not in leaders(ranked([shipped], forty))
    rows = ranked([shipped, outcome("sprint", [7] * 40)], forty)
    assert "- training, s: least 1.0 (sprint); not measured of default." in leaders(rows)


def test_the_report_holds_table_plot_and_numbers(forty, tmp_path):
    truth = forty.labels.tolist()
    rows = ranked([outcome("sprint", [*truth[:-1], 0], 0.1), outcome("k-NN", [*truth[:-2], 0, 0])], forty)
    page = write_comparison(tmp_path / "new", rows, "On forty digits.")
    text = page.read_text(encoding="utf-8")
    assert "On forty digits." in text
    assert table(rows) in text
    assert leaders(rows) in text
    assert "one of 20 takes more than the 95th percentile" in text
    assert "scikit-learn's settings are usual ones, not searched" in text
    assert (tmp_path / "new" / "comparison.png").stat().st_size > 10_000
    assert [one["name"] for one in json.loads((tmp_path / "new" / "comparison.json").read_text())] == ["sprint", "k-NN"]


# Milliseconds for one digit and wrong answers of 10,000: near each other, and all over the picture.
REAL = {
    "best": (0.0575, 30), "default": (0.0517, 37), "sprint-10s": (0.0311, 38), "convnet": (0.0369, 63),
    "sprint": (0.0203, 90), "SVM on PCA-50": (0.702, 133), "SVM": (4.95, 142), "MLP": (0.21, 183),
    "gradient boosting": (6.31, 192), "mlp-128": (0.0153, 231), "extra trees": (33.9, 275), "k-NN": (18.6, 283),
    "random forest": (44.4, 288), "logistic regression": (0.0973, 741), "DigitClassifier": (0.24, 40),
}  # fmt: skip


def drawn(monkeypatch, places):
    """The axes of a plot of contenders at (milliseconds, wrong answers of 10,000)."""
    figures = []
    monkeypatch.setattr("inkdigits.reporting.comparison.save_figure", lambda figure, _: figures.append(figure))
    outcomes = [(replace(outcome(name, []), single_seconds=ms / 1e3), wrong) for name, (ms, wrong) in places.items()]
    plot([Row(one, 10_000 - wrong, 10_000, None) for one, wrong in outcomes], Path("nowhere.png"))
    figures[0].draw_without_rendering()
    return figures[0].axes[0]


@pytest.mark.parametrize(
    "places", [REAL, dict.fromkeys(REAL, (1.0, 50)), dict.fromkeys(REAL, (1.0, 0))], ids=["real", "same", "perfect"]
)
def test_names_in_the_plot_do_not_overlap(monkeypatch, places):
    axes = drawn(monkeypatch, places)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert sorted(text.get_text() for text in axes.texts) == sorted(REAL)
    assert [box.count_overlaps(boxes) for box in boxes] == [1] * len(REAL)  # each its own alone
    centers = [axes.transData.transform(text.xy) for text in axes.texts]
    assert not any(box.contains(*center) for box in boxes for center in centers)
    whole = axes.figure.bbox
    assert all(whole.contains(*box.min) and whole.contains(*box.max) for box in boxes)


@pytest.mark.parametrize(("wrong", "lowest"), [((0, 0), 0.005), ((0, 741), 0.005), ((30, 37), 0.3), ((5000, 9000), 50)])
def test_ticks_and_points_are_where_the_errors_are(monkeypatch, wrong, lowest):
    axes = drawn(monkeypatch, {"sprint": (0.1, wrong[0]), "k-NN": (1.0, wrong[1])})
    points = [line.get_ydata()[0] for line in axes.lines[:2]]
    assert points[0] == pytest.approx(lowest)
    low, high = axes.get_ylim()
    assert low < min(points)
    assert high > max(points)
    assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 2


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda contender: contender.name)
def test_each_contender_is_there(contender):
    if contender.estimates:
        assert hasattr(estimator(contender.name), "fit")
    elif contender.family == "recipe":
        assert find_recipe(contender.name)
    else:
        assert find_model(contender.name)
    assert find_contender(contender.name) is contender


def test_the_quick_ones_are_among_them():
    assert all(find_contender(name) in CONTENDERS for name in QUICK_ONES.split(","))


def test_others_are_not():
    with pytest.raises(MissingModelError, match="Expected contenders among logistic regression"):
        find_contender("oracle")


def test_one_of_each_family_is_trained_and_asked_in_processes_of_their_own(tmp_path, capfd):
    only = "extra trees,DigitClassifier,sprint,default"
    assert run(["compare", "--quick", "--only", only, "-o", str(tmp_path)]) == 0
    out, err = capfd.readouterr()
    assert f"report: {tmp_path / 'comparison.md'}" in err
    found = {one["name"]: one for one in json.loads((tmp_path / "comparison.json").read_text())}
    assert set(found) == set(only.split(","))
    assert found["default"]["fit_seconds"] is None
    assert found["default"]["right"] == 9964
    assert 9000 < found["extra trees"]["right"] < 9700
    assert found["sprint"]["right"] > 9500
    assert found["DigitClassifier"]["right"] > 9500
    assert all(one["slow_single_seconds"] >= one["single_seconds"] for one in found.values())
    assert found["sprint"]["single_seconds"] < found["extra trees"]["single_seconds"]
    assert out.splitlines()[2].startswith("| default |")
    assert run(["compare", "--quick", "--only", "sprint", "-o", str(tmp_path)]) == 0  # into the same folder
    assert json.loads((tmp_path / "comparison.json").read_text())[0]["answers"] == found["sprint"]["answers"]


def test_all_who_can_be_compared_are_listed(capfd):
    assert run(["compare", "--list"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == len(CONTENDERS)


@pytest.fixture
def asked(monkeypatch):
    """Names of who is measured, without measuring; k-NN fails."""
    names = []

    def measure_nothing(contender, folder, count):
        names.append(contender.name)
        if contender.name == "k-NN":
            raise TrainingError("Expected k-NN to fit. Received: no.", hint="Leave it out: --only.")
        return outcome(contender.name, [7] * 10_000)

    monkeypatch.setattr("inkdigits.benchmarks.algorithm_trial.measure", measure_nothing)
    return names


def test_who_is_named_twice_is_measured_once(asked, tmp_path):
    assert run(["compare", "--only", "sprint, sprint", "-o", str(tmp_path)]) == 0
    assert asked == ["sprint"]


def test_who_fails_is_named_and_the_others_are_reported(asked, tmp_path, capfd):
    assert run(["compare", "--only", "sprint,k-NN,SVM", "-o", str(tmp_path)]) == 1
    assert asked == ["sprint", "k-NN", "SVM"]
    out, err = capfd.readouterr()
    assert "error: k-NN: Expected k-NN to fit. Received: no.\nhint: Leave it out: --only.\n" in err
    assert len(out.splitlines()) == 4
    assert [one["name"] for one in json.loads((tmp_path / "comparison.json").read_text())] == ["sprint", "SVM"]


def test_where_all_fail_there_is_no_report(asked, tmp_path):
    assert run(["compare", "--only", "k-NN", "-o", str(tmp_path)]) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_report_is_there_before_the_last_is_measured(tmp_path, monkeypatch):
    def stopped(contender, folder, count):
        if contender.name == "SVM":
            raise KeyboardInterrupt
        return outcome(contender.name, [7] * 10_000)

    monkeypatch.setattr("inkdigits.benchmarks.algorithm_trial.measure", stopped)
    assert run(["compare", "--only", "sprint,SVM", "-o", str(tmp_path)]) == 130
    assert "| sprint |" in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def test_what_fails_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "false")
    with pytest.raises(TrainingError, match="Expected k-NN to fit"):
        measure(find_contender("k-NN"), tmp_path, 100)


def test_what_an_earlier_comparison_left_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "false")
    (tmp_path / "model" / "run").mkdir(parents=True)
    with pytest.raises(TrainingError):
        measure(find_contender("k-NN"), tmp_path / "model", 100)
    assert list((tmp_path / "model").iterdir()) == []
