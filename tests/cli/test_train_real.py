"""`inkdigits train`, `pack` and `demo` with real, short trainings."""

import json
import subprocess

import numpy as np
import pytest

from inkdigits.cli import run
from inkdigits.data.export import export_dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.reading.source import sample_names


@pytest.fixture
def data(small, tmp_path):
    path = tmp_path / "data.npz"
    export_dataset(small, path, "npz")
    return path


def test_train_evaluate_resume_and_pack(data, tmp_path, capfd):
    folder = tmp_path / "run"
    trained = ["train", "--recipe", "mlp-128", "--hidden", "32,16", "--activation", "tanh", "--dropout", "0.1"]
    trained += ["--epochs", "2", "--batch-size", "50", "--log-every", "10", "--data", str(data), "-o", str(folder)]
    assert run(trained) == 0
    out, err = capfd.readouterr()
    assert out.strip() == str(folder)
    assert "step     10/40" in err
    assert "validation accuracy" in err
    assert "images/s" in err
    assert "XNNPACK" not in err
    recipe = json.loads((folder / "run.json").read_text())["recipe"]
    assert recipe["network"]["hidden"] == [32, 16]
    assert run(["train", "--resume", str(folder), "--epochs", "4", "--seed", "3"]) == 2
    assert "Received: also --epochs, --seed" in capfd.readouterr().err
    moved = data.rename(tmp_path / "moved.npz")
    assert run(["train", "--resume", str(folder)]) == 3
    assert run(["train", "--resume", str(folder), "--data", str(moved)]) == 0
    capfd.readouterr()
    test = load_mnist("test").subset(np.arange(300))
    export_dataset(test, tmp_path / "test.npz", "npz")
    report = ["--report", str(folder / "mine")]
    assert run(["evaluate", str(folder), "--data", str(tmp_path / "test.npz"), *report]) == 0
    out, err = capfd.readouterr()
    assert "accuracy:" in out
    assert "is gone" in err
    assert "Learning curves" in (folder / "mine" / "report.html").read_text(encoding="utf-8")
    moved.rename(data)
    assert run(["pack", str(folder), "-o", str(tmp_path / "packed"), "--name", "mine"]) == 0
    assert json.loads((tmp_path / "packed" / "card.json").read_text())["name"] == "mine"


def test_evaluating_a_run_on_its_own_training_glyphs_is_refused(data, tmp_path, capfd):
    folder = tmp_path / "run"
    assert run(["train", "--epochs", "1", "--data", str(data), "-o", str(folder)]) == 0
    assert run(["evaluate", str(folder), "--data", str(data)]) == 1
    assert "Take them out of one of the two" in capfd.readouterr().err
    assert run(["evaluate", str(folder), "--split", "validation"]) == 0
    assert "n = 100" in capfd.readouterr().out


def test_data_whose_halves_share_glyphs_are_not_trained_on(small, tmp_path, capfd):
    glyphs, labels = small.glyphs, small.labels
    np.savez(tmp_path / "both.npz", x_train=glyphs, y_train=labels, x_test=glyphs[:9], y_test=labels[:9])
    assert run(["train", "--data", str(tmp_path / "both.npz"), "-o", str(tmp_path / "run")]) == 1
    assert "9 of 9" in capfd.readouterr().err
    assert not (tmp_path / "run").exists()


def test_iterations_are_printed_as_the_tutorial_did(data, tmp_path, capfd):
    command = ["train", "--recipe", "mlp-512-256-128", "--batch-size", "10", "--data", str(data)]
    assert run([*command, "--max-steps", "250", "-o", str(tmp_path / "run")]) == 0
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("step")]
    assert [int(line.split("/")[0].split()[1]) for line in lines] == [100, 200, 250]
    assert all("loss" in line and "accuracy" in line for line in lines)


def test_a_scheduler_that_starts_it_again_goes_on_with_the_run(data, tmp_path, capfd):
    command = ["train", "--epochs", "2", "--data", str(data), "--or-resume", "-o", str(tmp_path / "run")]
    assert run(command) == 0
    history = (tmp_path / "run" / "history.jsonl").read_text()
    assert run(command) == 0
    assert (tmp_path / "run" / "history.jsonl").read_text() == history
    assert run([*command[:-3], *command[-2:]]) == 1
    assert "not empty" in capfd.readouterr().err


def test_a_network_learns_from_another_wherever_it_is_gone_on_with(data, tmp_path, capfd, monkeypatch):
    settings = ["--epochs", "1", "--batch-size", "50", "--data", str(data)]
    assert run(["train", "--recipe", "mlp-128", *settings, "-o", str(tmp_path / "teacher")]) == 0
    monkeypatch.chdir(tmp_path)
    student = ["train", "--recipe", "mlp-128", "--hidden", "8", *settings, "--teacher", "teacher", "-o", "student"]
    assert run(student) == 0
    facts = json.loads((tmp_path / "student" / "run.json").read_text())
    assert facts["options"]["teachers"] == [str(tmp_path / "teacher")]
    assert facts["teachers"][0]["recipe"] == "mlp-128"
    capfd.readouterr()
    assert run(["train", "--teacher", "nowhere", *settings, "-o", str(tmp_path / "other")]) == 3
    assert "Expected a run's folder" in capfd.readouterr().err
    assert not (tmp_path / "other").exists()


def test_a_network_that_did_not_learn_ends_with_a_sentence_everywhere(tmp_path, capfd):
    folder = tmp_path / "run"
    assert run(["train", "--optimizer", "sgd", "--learning-rate", "10", "--epochs", "1", "-o", str(folder)]) == 1
    err = capfd.readouterr().err
    assert "error: Expected a network that learned to tell digits apart" in err
    assert "hint: Train it with a smaller --learning-rate" in err or "smaller learning rate" in err
    assert json.loads((folder / "run.json").read_text())["status"] == "failed"
    assert not (folder / "packed").exists()
    for command in (["pack", str(folder), "-o", str(tmp_path / "packed")], ["evaluate", str(folder)]):
        assert run(command) in (1, 3)
        err = capfd.readouterr().err
        assert "Expected a network that learned" in err
        assert "Traceback" not in err
    assert not (tmp_path / "packed").exists()


def test_an_unfinished_run_is_named_with_the_command_that_ends_it(tmp_path, capfd):
    (tmp_path / "run.json").write_text('{"status": "running"}')
    assert run(["evaluate", str(tmp_path)]) == 3
    assert f"hint: Run: inkdigits train --resume {tmp_path}" in capfd.readouterr().err


def test_a_finished_run_is_not_trained_again_and_packing_does_not_overwrite(data, tmp_path, capfd):
    command = ["train", "--epochs", "1", "--data", str(data), "--hidden", "8", "--tensorboard", "-o"]
    folder, packed = tmp_path / "run", tmp_path / "packed"
    assert run([*command, str(folder)]) == 0
    err = capfd.readouterr().err
    assert "on 1,000 digits of data.npz (100 more for validation, 100 for calibration)" in err
    assert "network: 784 → 8 → 10, relu, 6,370 weights" in err
    assert f"see it: tensorboard --logdir {folder / 'tensorboard'}" in err
    assert "starting TensorFlow" in err
    assert "packed as" in err
    assert err.splitlines()[-1] == f"next: inkdigits evaluate {folder}"
    assert run(["train", "--resume", str(folder)]) == 0
    assert "already finished" in capfd.readouterr().err
    assert run(["pack", str(folder), "-o", str(packed)]) == 0
    card = (packed / "card.json").read_bytes()
    assert run(["pack", str(folder), "-o", str(packed)]) == 1
    assert "Expected a new or empty folder" in capfd.readouterr().err
    assert (packed / "card.json").read_bytes() == card


def test_the_best_settings_of_a_search_are_trained(data, tmp_path, capfd):
    best = {"recipe": "mlp-128", "settings": {"learning_rate": 0.002, "beta_1": 0.8}}
    (tmp_path / "best.json").write_text(json.dumps(best))
    command = ["train", "--settings", str(tmp_path / "best.json"), "--epochs", "1", "--data", str(data)]
    assert run([*command, "-o", str(tmp_path / "run")]) == 0
    recipe = json.loads((tmp_path / "run" / "run.json").read_text())["recipe"]
    assert (recipe["learning_rate"], recipe["betas"], recipe["epochs"]) == (0.002, [0.8, 0.999], 1)
    (tmp_path / "best.json").write_text("[]")
    capfd.readouterr()
    assert run(command) == 2
    assert "Expected a best.json of inkdigits tune" in capfd.readouterr().err


def test_a_keras_file_is_packed_read_with_and_evaluated(tmp_path, capfd, monkeypatch):
    import keras

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    digits = load_mnist("train").subset(np.arange(10_000))
    layers = [keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(digits.glyphs / 255, digits.labels, batch_size=32, verbose=0)
    model.save(tmp_path / "mine.keras")
    assert run(["read", "sample:mnist", "--model", str(tmp_path / "mine.keras")]) == 0
    out, err = capfd.readouterr()
    assert out == "2\n"
    assert "packing" in err
    assert "inputs from 0 to 1" in err
    assert run(["evaluate", str(tmp_path / "mine.keras")]) == 0
    out, err = capfd.readouterr()
    assert "n = 10" in out
    assert "packing" not in err
    assert run(["pack", str(tmp_path / "mine.keras"), "-o", str(tmp_path / "packed")]) == 0
    assert "its inputs were found to go from 0 to 1" in capfd.readouterr().err
    assert run(["read", "sample:mnist", "--model", str(tmp_path / "packed")]) == 0
    assert run(["read", "x.png", "--model", str(tmp_path / "none.keras")]) == 3


@pytest.mark.slow
def test_the_demo_goes_the_whole_way_and_ends_with_a_command_that_works(tmp_path, capfd):
    """Also the gate on training itself: one epoch of `convnet`, on validation; `.ci/run` has that of three epochs."""
    assert run(["demo", "--epochs", "1", "-o", str(tmp_path / "demo")]) == 0
    out, err = capfd.readouterr()
    folder = tmp_path / "demo" / "run-1"
    scores = json.loads((folder / "packed" / "card.json").read_text())["scores"]
    assert scores["validation"]["accuracy"] >= 0.97
    assert scores["keras"]["labels_agree"] >= 0.999
    assert scores["keras"]["count"] == 2_500
    assert (folder / "report" / "report.html").is_file()
    assert len(list((folder / "pictures").iterdir())) == len(sample_names())
    assert f"$ inkdigits evaluate {folder}" in err
    assert "convnet on mnist (test)" in out
    *program, verb, _ = err.splitlines()[-1].removeprefix("now your own: ").split()
    done = subprocess.run([*program, verb, "sample:chalk"], capture_output=True, text=True, check=False)
    assert done.stdout == "5\n"
