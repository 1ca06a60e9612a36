"""Packing the network of a run: what the packed model answers, and what its card says."""

import time

import keras
import numpy as np
import pytest

from inkdigits.data.splits import split_training
from inkdigits.errors import SettingError
from inkdigits.export.calibration import REJECTED_DIGITS, CalibrationData, whole_pictures
from inkdigits.export.from_run import MNIST_LICENSE, calibration_data, card_metadata, pack_run, train_and_pack
from inkdigits.export.package import CardMetadata, pack
from inkdigits.models.classifier import PackedModel
from inkdigits.recognizer import Recognizer
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.synthesize import synthesize
from inkdigits.training.network import build
from inkdigits.training.recipe import Mlp, Recipe, change
from inkdigits.training.run.folder import open_run, start_run
from inkdigits.training.run.state import RunOptions
from inkdigits.training.run.trained import trained_model

SYNTHESIS = Mixture(mnist=40, pen=20, symbols=40)


def start(folder, recipe, **options):
    return start_run(folder, recipe, RunOptions(**options), source="mnist")


def weights_of(run):
    with np.load(run.folder / "checkpoints" / "last.npz") as data:
        return dict(data)


def same(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_a_packed_model_answers_as_the_keras_model_did(convnet, small, tmp_path):
    for weights, close in (("float32", 1e-4), ("int8", 0.1)):
        run = start(tmp_path / weights, change(convnet, {"epochs": 6}), weights=weights)
        card = train_and_pack(run, small)
        model = keras.models.load_model(run.folder / "model.keras")
        assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.2]
        logits = np.asarray(model(small.glyphs.astype(np.float32) / 255))
        packed = PackedModel.load(run.folder)
        assert packed.card.weights == card.weights == weights
        expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        answer = np.exp(packed.logits(small.glyphs))
        assert np.abs(answer / answer.sum(1, keepdims=True) - expected).max() < close
        assert (answer.argmax(1) == logits.argmax(1)).mean() > 0.985
        assert card.scores["keras"]["labels_agree"] > 0.97
        assert card.scores["keras"]["count"] == 100


@pytest.mark.parametrize(("least", "weights"), [(0.0, "int8"), (1.1, "float32")])
def test_auto_packs_int8_only_if_it_agrees_with_keras(convnet, small, tmp_path, monkeypatch, least, weights):
    monkeypatch.setattr("inkdigits.export.package.LEAST_AGREEMENT", least)
    assert train_and_pack(start(tmp_path / "run", convnet), small).weights == weights


def test_only_a_model_of_mnist_says_so_in_its_license(mlp, small, tmp_path):
    assert "MNIST" in train_and_pack(start(tmp_path / "a", mlp), small).license
    own = start_run(tmp_path / "b", mlp, RunOptions(), source="my-digits")
    assert train_and_pack(own, small).license == ""


def test_a_clock_at_1970_is_as_good_as_any(mlp, small, tmp_path, monkeypatch):
    """A ZIP, which a Keras file is, knows no time before 1980."""
    now = start(tmp_path / "now", mlp)
    train_and_pack(now, small)
    monkeypatch.setattr(time, "time", lambda: 10.0)
    then = start(tmp_path / "then", mlp)
    train_and_pack(then, small)
    assert (then.packed / "model.tflite").read_bytes() == (now.packed / "model.tflite").read_bytes()
    again = keras.models.load_model(then.folder / "model.keras")
    assert all(map(np.array_equal, again.get_weights(), trained_model(now).get_weights()))


def test_confidence_is_calibrated(mlp, small, tmp_path):
    run = start(tmp_path / "run", change(mlp, {"epochs": 10, "label_smoothing": 0.4}))
    card = train_and_pack(run, small)
    assert card.temperature < 0.8  # smoothed labels leave a network less sure than it may be


def test_a_run_can_be_packed_again_under_another_name(mlp, small, tmp_path):
    run = start(tmp_path / "run", mlp)
    train_and_pack(run, small)
    card = pack_run(run, small, tmp_path / "other", weights="float32", name="other", version="2")
    assert (card.name, card.version, card.weights) == ("other", "2", "float32")
    assert PackedModel.load(tmp_path / "other").card.sha256 == card.sha256


def test_unknown_weights_are_refused(mlp, small, tmp_path):
    run = start(tmp_path / "run", mlp)
    train_and_pack(run, small)
    with pytest.raises(SettingError, match="Expected weights of auto or int8 or float32. Received: 'int4'"):
        pack_run(run, small, tmp_path / "packed", weights="int4")


@pytest.fixture(scope="module")
def refusing(small, tmp_path_factory):
    """A finished run whose recipe has a synthesis of digits and symbols, and its card."""
    network, rate = Mlp(hidden=(32,), dropout=0.2), 5e-3
    recipe = Recipe(
        name="refusing", summary="", network=network, epochs=8, batch_size=50, learning_rate=rate, synthesis=SYNTHESIS
    )
    run = start(tmp_path_factory.mktemp("refusing") / "run", recipe, weights="float32")
    return run, train_and_pack(run, small)


def test_a_synthesis_is_trained_on_besides_the_data_and_scored_apart(refusing):
    run, card = refusing
    assert run.state.progress.step == 8 * ((1000 + 100) // 50)
    assert run.state.data.training == 1000
    assert open_run(run.folder).recipe.synthesis == SYNTHESIS
    assert card.recipe["synthesis"]["symbols"] == 40
    assert card.scores["validation"]["count"] == 100
    assert card.scores["pictures"]["count"] == 2 + 1 + 2  # 6 % of each kind
    assert 0 <= card.scores["pictures"]["accuracy"] <= 1
    assert card.scores["pictures"]["loss"] > 0


def test_operating_points_count_digits_of_both_and_nothing_else(refusing):
    _, card = refusing
    points = card.operating_points
    assert max(point.kept for point in points) == 100 + 2 + 1


def test_of_the_calibration_digits_a_fixed_share_is_beyond_the_limit(refusing, small):
    run, card = refusing
    data = calibration_data(run.recipe, small)
    assert data.non_digits == pytest.approx(40 / (1000 + 100))
    pictures, labels = data.pictures
    digits = np.concatenate([data.calibration.glyphs, pictures[labels < 10]])
    labels = np.concatenate([data.calibration.labels, labels[labels < 10]])
    no_digit = PackedModel.load(run.folder).probabilities(digits)[:, 10]
    least = min(card.not_a_digit_threshold)
    assert (no_digit > least).sum() == pytest.approx(REJECTED_DIGITS * len(digits), abs=1)
    for digit, threshold in enumerate(card.not_a_digit_threshold):
        beyond = (no_digit[labels == digit] > threshold).sum()
        assert beyond <= REJECTED_DIGITS * (labels == digit).sum() + 1
        assert threshold == least or beyond > 0


def test_operating_points_count_what_the_reader_makes_of_whole_pictures(refusing, small):
    run, card = refusing
    whole = whole_pictures(calibration_data(run.recipe, small))
    assert card.calibration == {"glyph": 100, "mnist": 2, "pen": 1}
    pages = list(Recognizer(PackedModel.load(run.folder), min_confidence=0).read_many(whole.pictures))
    wrong = [page.text != str(label) for page, label in zip(pages, whole.labels, strict=True)]
    lowest = card.operating_points[0]
    assert (lowest.threshold, lowest.kept, lowest.wrong) == (0, 103, sum(wrong))
    for point in card.operating_points:
        kept = [page.confidence is not None and page.confidence >= point.threshold for page in pages]
        assert point.kept == sum(kept) or point.threshold == 0
        assert point.wrong == sum(np.logical_and(kept, wrong)) or point.threshold == 0


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_of_no_digits_leaves_room_for_digits(small, share):
    with pytest.raises(SettingError, match="0 to below 1"):
        CalibrationData(validation=small, calibration=small, ranges=small.glyphs, non_digits=share)


def test_a_model_that_refuses_has_an_eleventh_class_whose_share_the_digits_lack(refusing, small):
    run, _ = refusing
    packed = PackedModel.load(run.folder)
    assert packed.classes == 11
    assert packed.logits(small.glyphs[:5]).shape == (5, 11)
    chances = packed.probabilities(small.glyphs[:200])
    assert chances.shape == (200, 11)
    assert (chances[:, 10] > 0).all()
    assert chances[:, 10].mean() < 0.2
    assert (chances.argmax(axis=1) == small.labels[:200]).mean() > 0.7


def test_what_is_no_digit_is_learned(refusing):
    run, _ = refusing
    glyphs, _, _ = synthesize(Mixture(symbols=40), seed=0)  # of the training's seed: the very ones that it saw
    digits = PackedModel.load(run.folder).probabilities(glyphs)[:, :10].sum(axis=1)
    assert np.median(digits) < 0.7


def test_a_synthesis_resumes_to_the_same_bytes(refusing, small, tmp_path):
    whole, card = refusing
    killed = start(tmp_path / "killed", whole.recipe, weights="float32")

    def kill(progress):
        if progress.step >= 44:
            raise ChildProcessError

    with pytest.raises(ChildProcessError):
        train_and_pack(killed, small, listener=kill)
    again = open_run(killed.folder)
    assert again.state.status == "running"
    assert 22 <= again.state.progress.step < 176
    other = train_and_pack(again, small, resume=True)
    assert same(weights_of(whole), weights_of(again))
    assert (other.temperature, other.operating_points) == (card.temperature, card.operating_points)
    assert other.scores["pictures"] == card.scores["pictures"]


def test_a_refusing_network_packs_as_int8_with_ranges_of_enough_glyphs(refusing, small, tmp_path):
    run, _ = refusing
    data = calibration_data(run.recipe, small)
    assert len(data.ranges) >= 500
    assert data.pictures[1].tolist()[-2:] == [10, 10]
    np.testing.assert_array_equal(data.ranges[-5:], data.pictures[0])
    model = keras.models.load_model(run.folder / "model.keras")
    card = pack(model, tmp_path / "packed", data, metadata=CardMetadata(name="x"), weights="int8")
    assert card.weights == "int8"
    assert card.scores["keras"]["labels_agree"] > 0.97
    assert PackedModel.load(tmp_path / "packed").classes == 11


def test_a_model_whose_scenes_show_mnists_digits_says_so_whatever_the_data(refusing, mlp, tmp_path):
    for recipe, license_ in ((refusing[0].recipe, MNIST_LICENSE), (mlp, "")):
        run = start_run(tmp_path / "run", recipe, RunOptions(), source="my-digits")
        assert card_metadata(run).license == license_


@pytest.mark.parametrize("refuses", [False, True])
def test_packing_scores_pictures_only_if_there_are_any(small, tmp_path, refuses):
    model = build(Mlp(hidden=(8,)), rejects=refuses)
    _, validation, calibration = (small.subset(part) for part in split_training(small))
    pictures = (small.glyphs[:30], np.where(np.arange(30) < 12, 10, small.labels[:30]).astype(np.uint8))
    data = CalibrationData(
        validation=validation,
        calibration=calibration,
        ranges=small.glyphs,
        pictures=pictures if refuses else None,
        non_digits=0.4 if refuses else 0.0,
    )
    card = pack(model, tmp_path / "packed", data, metadata=CardMetadata(name="x"), weights="float32", learned=False)
    assert set(card.scores) == {"keras", "validation"} | ({"pictures"} if refuses else set())
    assert card.scores["keras"]["count"] == 100
    # Training showed 40 % of what is no digit, people are taken to show 5 %: ln(0.4 / 0.6) - ln(0.05 / 0.95)
    assert card.not_a_digit_offset == (pytest.approx(2.539, abs=1e-3) if refuses else 0)
    assert (np.max(card.not_a_digit_threshold) < 1) == refuses
    assert max(point.kept for point in card.operating_points) <= 100  # points are counted on whole pictures
