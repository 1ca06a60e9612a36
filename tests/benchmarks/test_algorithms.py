import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkdigits.benchmarks.algorithm_comparison import QUICK_ONES, Comparison, Score, compare, rank
from inkdigits.benchmarks.algorithm_trial import Outcome, measure
from inkdigits.benchmarks.algorithms import ALGORITHMS, estimator, find_algorithm
from inkdigits.cli import run
from inkdigits.data.dataset import Dataset
from inkdigits.data.export import export_dataset
from inkdigits.data.source import load_dataset
from inkdigits.errors import MissingModelError, TrainingError
from inkdigits.evaluation.significance import compare_algorithms
from inkdigits.labels import CLASSES
from inkdigits.models.zoo import find_model
from inkdigits.reporting.comparison import comparison_table, plot, write_comparison
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run.folder import open_run


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
    rows = rank([[outcome("k-NN", worse)], [outcome("SVM", truth)]], forty)
    assert [row.outcome.name for row in rows] == ["SVM", "k-NN"]
    assert [row.right for row in rows] == [[40], [28]]
    assert rows[0].p_value is None
    right, wrong = np.ones((1, 40), bool), (np.array(worse) == truth)[None]
    assert rows[1].p_value == compare_algorithms(right, wrong)
    lines = comparison_table(rows).splitlines()
    assert lines[2].startswith("| SVM | RBF, C = 5, gamma 0.03, all pixels | 100.00 | 1 | – |")
    assert lines[3].split(" | ")[2:5] == ["70.00", "1", "4.3e-05"]


def test_the_seeds_of_an_algorithm_are_a_mean_and_a_spread(forty):
    truth = forty.labels.tolist()
    seeds = [
        outcome("sprint", [*truth[:-wrong], *((answer + 1) % 10 for answer in truth[-wrong:])]) for wrong in (1, 3)
    ]
    rows = rank([seeds, [outcome("SVM", truth)]], forty)
    assert [row.outcome.name for row in rows] == ["SVM", "sprint"]
    assert rows[1].right == [39, 37]
    assert (rows[1].accuracy, rows[1].spread) == (0.95, pytest.approx(2**0.5 / 40))
    assert comparison_table(rows).splitlines()[3].split(" | ")[2:4] == ["95.00 ± 3.54", "2"]


def test_several_tests_against_the_best_are_corrected(forty):
    truth = forty.labels.tolist()
    shifted = [(answer + 1) % 10 for answer in truth]
    others = {"k-NN": 4, "MLP": 8}
    outcomes = [[outcome(name, shifted[:wrong] + truth[wrong:])] for name, wrong in others.items()]
    rows = rank([[outcome("SVM", truth)], *outcomes], forty)
    alone = [rank([[outcome("SVM", truth)], one], forty)[1].p_value for one in outcomes]
    assert [row.p_value for row in rows] == [None, alone[0], 2 * alone[1]]


def test_each_cost_stands_under_its_head(forty):
    costly = Outcome(
        name="sprint", fit_seconds=1.0, fit_cpu_seconds=2.0, fit_memory_mb=3.0, batch_seconds=4.0, single_seconds=0.005,
        slow_single_seconds=0.006, memory_mb=7.0, size_mb=8.0, answers=forty.labels.tolist(),
    )  # fmt: skip
    shipped = replace(costly, name="default", fit_seconds=None, fit_cpu_seconds=None, fit_memory_mb=None)
    head, _, first, second = (
        line.strip("| ").split(" | ") for line in comparison_table(rank([[costly], [shipped]], forty)).splitlines()
    )
    assert dict(zip(head[5:], first[5:], strict=True)) == {
        "training, s": "**1.0**",
        "training, CPU-s": "**2.0**",
        "memory of training, MB": "**3**",
        "10,000 digits, s": "**4**",
        "one digit, median, ms": "**5**",
        "one digit, 95th percentile, ms": "**6**",
        "memory of answering, MB": "**7**",
        "size, MB": "**8**",
    }
    assert second[5:] == ["–", "–", "–", *first[8:]]


def test_the_least_of_each_cost_is_bold(forty):
    truth = forty.labels.tolist()
    quick, quicker = [*truth[:-1], 0], [*truth[:-2], 0, 0]
    rows = rank([[outcome("SVM", truth)], [outcome("MLP", quick, 0.5)], [outcome("k-NN", quicker, 0.1)]], forty)
    costs = [line.strip("| ").split(" | ")[5:] for line in comparison_table(rows).splitlines()[2:]]
    assert [cells[0] for cells in costs] == ["1.0", "0.5", "**0.1**"]
    assert [cells[6] for cells in costs] == ["**50**"] * 3  # equal as they are shown


def test_the_report_holds_table_plot_and_numbers(forty, tmp_path):
    truth = forty.labels.tolist()
    rows = rank([[outcome("sprint", [*truth[:-1], 0], 0.1)], [outcome("k-NN", [*truth[:-2], 0, 0])]], forty)
    page = write_comparison(tmp_path / "new", Comparison("On forty digits.", rows))
    text = page.read_text(encoding="utf-8")
    assert "On forty digits." in text
    assert comparison_table(rows) in text
    assert "Holm's correction" in text
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
    """The axes of a plot of algorithms at (milliseconds, wrong answers of 10,000)."""
    figures = []
    monkeypatch.setattr("inkdigits.reporting.comparison.save_figure", lambda figure, _: figures.append(figure))
    outcomes = [(replace(outcome(name, []), single_seconds=ms / 1e3), wrong) for name, (ms, wrong) in places.items()]
    plot([Score(one, [10_000 - wrong], 10_000, None) for one, wrong in outcomes], Path("nowhere.png"))
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


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: algorithm.name)
def test_each_algorithm_is_there(algorithm):
    if not algorithm.installed:
        assert algorithm.name == "LightGBM"
    elif algorithm.estimates:
        assert hasattr(estimator(algorithm.name), "fit")
    elif algorithm.family == "recipe":
        assert find_recipe(algorithm.name)
    else:
        assert find_model(algorithm.name)
    assert find_algorithm(algorithm.name.upper()).estimates == algorithm.estimates


def test_the_quick_ones_are_among_them():
    assert all(find_algorithm(name) in ALGORITHMS for name in QUICK_ONES)


def test_others_are_not():
    with pytest.raises(MissingModelError, match="Expected algorithms among logistic regression"):
        find_algorithm("oracle")


COMPARE = "from inkdigits.cli import main\nif __name__ == '__main__': main({!r})"


def test_one_of_each_family_is_trained_and_asked_in_processes_that_import_nothing_from_the_current_folder(
    run_among_planted, model, mnist_test, small, tmp_path
):
    path = tmp_path / "own.npz"
    test = mnist_test.subset(np.arange(1000))
    np.savez(path, x_train=small.glyphs, y_train=small.labels, x_test=test.glyphs, y_test=test.labels)
    only = "extra trees,DigitClassifier,sprint,default"
    arguments = ["compare", "--quick", "--only", only, "--data", str(path), "-o", "comparison"]
    folder = run_among_planted(COMPARE.format(arguments)) / "comparison"
    found = {one["name"]: one for one in json.loads((folder / "comparison.json").read_text())}
    assert set(found) == set(only.split(","))
    assert found["default"]["fit_seconds"] is None
    answers = model.probabilities(test.glyphs)[:, :CLASSES].argmax(axis=1)
    assert found["default"]["right"] == [(answers == test.labels).sum()]
    assert 820 < found["extra trees"]["right"][0] < 930
    assert found["sprint"]["right"][0] > 600  # of 1,000; 310 steps are few for so few digits
    assert found["DigitClassifier"]["right"][0] > 900
    assert all(one["slow_single_seconds"] >= one["single_seconds"] for one in found.values())
    assert found["sprint"]["single_seconds"] < found["extra trees"]["single_seconds"]
    table = (folder / "comparison.md").read_text(encoding="utf-8").partition("\n| ")[2].splitlines()
    assert table[2].startswith("| default |")
    state = open_run(folder / "models" / "sprint" / "run").state
    assert len(load_dataset(state.source)) == 1200  # what it was trained on, not all of MNIST


def test_a_quick_comparison_trains_on_the_first_5000_digits_even_into_a_folder_that_is_there(asked, tmp_path, capfd):
    for _ in range(2):
        assert run(["compare", "--quick", "--only", "sprint", "-o", str(tmp_path)]) == 0
        out, err = capfd.readouterr()
        assert f"report: {tmp_path / 'comparison.md'}" in err
        assert out.splitlines()[2].startswith("| sprint |")
        assert len(load_dataset(tmp_path / "data.npz")) == 5000
        assert len(load_dataset(tmp_path / "data.npz", split="test")) == 10_000


def test_own_data_without_a_test_split_are_compared_on_a_held_out_sixth(small, tmp_path):
    export_dataset(small, tmp_path / "own.npz", "npz")
    heard = []
    compared = compare(
        ["k-NN", "K-NN", "logistic regression"],
        data=tmp_path / "own.npz",
        folder=tmp_path / "out",
        listener=lambda name, so_far: heard.append((name, so_far is None)),
    )
    assert [score.count for score in compared.scores] == [200, 200]
    assert all(score.right[0] > 150 for score in compared.scores)
    assert heard == [("k-NN", True), ("k-NN", False), ("logistic regression", True), ("logistic regression", False)]
    assert "Trained on 1,000 digits of" in compared.description


def test_all_who_can_be_compared_are_listed(capfd):
    assert run(["compare", "--list"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == len(ALGORITHMS)


@pytest.fixture
def asked(monkeypatch):
    """Names of who is measured, without measuring; k-NN fails."""
    names = []

    def measure_nothing(algorithm, folder, data, seed):
        names.append(algorithm.name)
        if algorithm.name == "k-NN":
            raise TrainingError("Expected k-NN to fit. Received: no.", hint="Leave it out.")
        return outcome(algorithm.name, [7] * 10_000)

    monkeypatch.setattr("inkdigits.benchmarks.algorithm_comparison.measure", measure_nothing)
    return names


def test_what_has_no_chance_is_trained_once(asked, tmp_path, capfd):
    assert run(["compare", "--only", "sprint,SVM", "--seeds", "3", "-o", str(tmp_path)]) == 0
    assert asked == ["sprint"] * 3 + ["SVM"]
    assert [line.split(" | ")[3] for line in capfd.readouterr().out.splitlines()[2:]] == ["3", "1"]


def test_who_is_named_twice_is_measured_once(asked, tmp_path):
    assert run(["compare", "--only", "sprint, sprint", "-o", str(tmp_path)]) == 0
    assert asked == ["sprint"]


def test_who_fails_is_named_and_the_others_are_reported(asked, tmp_path, capfd):
    assert run(["compare", "--only", "sprint,k-NN,SVM", "-o", str(tmp_path)]) == 1
    assert asked == ["sprint", "k-NN", "SVM"]
    out, err = capfd.readouterr()
    assert "error: k-NN: Expected k-NN to fit. Received: no.\nhint: Leave it out. Others: --only.\n" in err
    assert len(out.splitlines()) == 4
    assert [one["name"] for one in json.loads((tmp_path / "comparison.json").read_text())] == ["sprint", "SVM"]


def test_where_all_fail_there_is_no_report(asked, tmp_path):
    assert run(["compare", "--only", "k-NN", "-o", str(tmp_path)]) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_report_is_there_before_the_last_is_measured(tmp_path, monkeypatch):
    def stopped(algorithm, folder, data, seed):
        if algorithm.name == "SVM":
            raise KeyboardInterrupt
        return outcome(algorithm.name, [7] * 10_000)

    monkeypatch.setattr("inkdigits.benchmarks.algorithm_comparison.measure", stopped)
    assert run(["compare", "--only", "sprint,SVM", "-o", str(tmp_path)]) == 130
    assert "| sprint |" in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def test_what_fails_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "false")
    with pytest.raises(TrainingError, match="Expected k-NN to be measured"):
        measure(find_algorithm("k-NN"), tmp_path, "mnist")


def test_what_an_earlier_comparison_left_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "false")
    (tmp_path / "model" / "run").mkdir(parents=True)
    with pytest.raises(TrainingError):
        measure(find_algorithm("k-NN"), tmp_path / "model", "mnist")
    assert list((tmp_path / "model").iterdir()) == []
