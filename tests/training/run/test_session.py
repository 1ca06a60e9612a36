import json
import signal

import numpy as np
import pytest

from inkdigits.data.dataset import Dataset
from inkdigits.errors import MissingModelError, TrainingError
from inkdigits.export.from_run import train_and_pack
from inkdigits.models.classifier import PackedModel
from inkdigits.models.zoo import find_model
from inkdigits.synthesis.mixture import Mixture
from inkdigits.training.loop import Trainer
from inkdigits.training.recipe import change
from inkdigits.training.run.folder import open_run, start_run
from inkdigits.training.run.state import RunOptions

SYNTHESIS = Mixture(mnist=40, pen=20, symbols=40)


def start(folder, recipe, **options):
    return start_run(folder, recipe, RunOptions(**options), source="mnist")


def weights_of(run):
    with np.load(run.folder / "checkpoints" / "last.npz") as data:
        return dict(data)


def same(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_a_run_holds_all_that_a_reader_of_it_needs(convnet, small, tmp_path):
    run = start(tmp_path / "run", convnet, seed=3, name="mine")
    reports = []
    card = train_and_pack(run, small, listener=reports.append)
    facts = json.loads((run.folder / "run.json").read_text())
    assert facts["status"] == "finished"
    assert (facts["step"], facts["epochs"]) == (40, 2.0)
    assert facts["data"] == {
        "name": small.name,
        "sha256": small.sha256,
        "training": 1000,
        "validation": 100,
        "calibration": 100,
    }
    assert facts["versions"]["tensorflow"].count(".") == 2
    history = run.history()
    assert [line["epoch"] for line in history] == [1.0, 2.0]
    assert history[1]["validation_accuracy"] == reports[-1].validation.accuracy
    assert history[1]["accuracy"] == reports[-1].accuracy
    assert reports[-1].step == reports[-1].steps == 40
    assert card.name == "mine"
    assert card.training["seed"] == 3
    assert find_model(run.folder) == run.folder / "packed"
    assert open_run(run.folder).recipe == convnet


def test_fewer_glyphs_than_a_batch_are_one_batch(mlp, small, tmp_path):
    run = start(tmp_path / "run", change(mlp, {"batch_size": 2000}))
    train_and_pack(run, small)
    assert run.state.progress.step == mlp.epochs


def test_a_run_killed_before_its_first_checkpoint_resumes_from_its_start(mlp, small, tmp_path):
    whole, killed = start(tmp_path / "whole", mlp), start(tmp_path / "killed", mlp)
    train_and_pack(whole, small)
    killed.save(status="running")  # as of a process that was killed then
    train_and_pack(open_run(killed.folder), small, resume=True)
    assert same(weights_of(whole), weights_of(killed))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_in_the_first_epoch_with_patience_still_packs(mlp, small, tmp_path, number):
    run = start(tmp_path / "run", mlp, patience=2)
    train_and_pack(run, small, listener=lambda _: signal.raise_signal(number))
    assert run.state.status == "interrupted"
    assert run.state.progress.step < 20
    assert PackedModel.load(run.folder).logits(small.glyphs[:1]).shape == (1, 10)


def test_stopping_and_resuming_gives_the_same_bytes_as_going_through(convnet, small, tmp_path):
    recipe = change(convnet, {"epochs": 3})
    whole = start(tmp_path / "whole", recipe)
    train_and_pack(whole, small)
    cut = start(tmp_path / "cut", recipe)

    def stop(progress):
        if progress.step > 10:
            signal.raise_signal(signal.SIGINT)

    train_and_pack(cut, small, listener=stop)
    assert cut.state.status == "interrupted"
    assert 10 < cut.state.progress.step < 60
    assert PackedModel.load(cut.folder).logits(small.glyphs[:1]).shape == (1, 10)
    again = open_run(cut.folder)
    train_and_pack(again, small, resume=True)
    assert again.state.status == "finished"
    assert same(weights_of(whole), weights_of(again))
    assert [line["step"] for line in again.history()] == [20, 40, 60]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_patience_stops_early_and_keeps_the_best_weights(mlp, small, tmp_path):
    run = start(tmp_path / "run", change(mlp, {"epochs": 60, "learning_rate": 0.02}), patience=2, weights="float32")
    card = train_and_pack(run, small)
    history = run.history()
    accuracies = [line["validation_accuracy"] for line in history]
    best = accuracies.index(max(accuracies))
    assert len(history) == best + 3 < 60
    assert card.scores["validation"]["accuracy"] == pytest.approx(max(accuracies), abs=0.006)


def test_tensorboard_files_are_written_when_asked_for(mlp, small, tmp_path):
    run = start(tmp_path / "run", mlp, tensorboard=True)
    train_and_pack(run, small)
    (events,) = (run.folder / "tensorboard").iterdir()
    assert b"validation_accuracy" in events.read_bytes()


def test_a_training_that_diverges_keeps_its_last_good_weights(mlp, small, tmp_path, monkeypatch):
    whole, failed = start(tmp_path / "whole", mlp), start(tmp_path / "failed", mlp)
    train_and_pack(whole, small)
    steps = Trainer.run

    def diverge(trainer, count):
        if trainer.step >= 20:  # after the first epoch
            trainer.model.trainable_variables[0].assign(np.full((784, 32), np.nan))
        return steps(trainer, count)

    monkeypatch.setattr(Trainer, "run", diverge)
    with pytest.raises(TrainingError, match=r"finite weights.*by step 40.*(?i:lower.*learning)"):
        train_and_pack(failed, small)
    monkeypatch.setattr(Trainer, "run", steps)
    again = open_run(failed.folder)
    assert (again.state.status, again.state.progress.step) == ("failed", 20)
    train_and_pack(again, small, resume=True)
    assert again.state.status == "finished"
    assert same(weights_of(whole), weights_of(again))


def test_a_folder_in_use_is_not_trained_into(mlp, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("")
    with pytest.raises(TrainingError, match=r"Expected a new or empty folder.*resume the run"):
        start(tmp_path / "run", mlp)


def test_a_folder_without_a_run_or_with_a_damaged_one_cannot_be_resumed(tmp_path):
    with pytest.raises(MissingModelError, match=r"Expected a run's folder. Received: .*with no run.json"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(TrainingError, match=r"Expected the state of a run in .*"):
        open_run(tmp_path)


def test_a_run_is_not_resumed_on_other_data(mlp, small, tmp_path):
    run = start(tmp_path / "run", mlp)
    train_and_pack(run, small)
    other = Dataset(small.glyphs[::-1], small.labels[::-1], "turned")
    with pytest.raises(TrainingError, match=r"Expected the data that the run was started with.*Give the same data"):
        train_and_pack(open_run(run.folder), other, resume=True)


def test_a_damaged_or_foreign_checkpoint_is_refused(mlp, small, tmp_path):
    run = start(tmp_path / "run", mlp)
    train_and_pack(run, small)
    path = run.folder / "checkpoints" / "last.npz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(TrainingError, match="Expected a checkpoint of this training"):
        train_and_pack(open_run(run.folder), small, resume=True)
    other = start(tmp_path / "other", change(mlp, {"hidden": (16,)}))
    train_and_pack(other, small)
    path.write_bytes((other.folder / "checkpoints" / "last.npz").read_bytes())
    with pytest.raises(TrainingError, match=r"Expected weights of shapes.*belongs to another network"):
        train_and_pack(open_run(run.folder), small, resume=True)
