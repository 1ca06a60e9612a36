"""Packing: int8 or float32, networks that did not learn, and what the runtime refuses."""

import hashlib

import keras
import numpy as np
import pytest

from inkdigits.data.splits import split_training
from inkdigits.errors import ModelError, TrainingError
from inkdigits.export.calibration import CalibrationData
from inkdigits.export.litert import convert
from inkdigits.export.package import CardMetadata, check_learned, pack
from inkdigits.models.card import Card
from inkdigits.models.classifier import PackedModel
from inkdigits.training.network import build
from inkdigits.training.recipe import Mlp


@pytest.fixture
def data(small):
    training, validation, calibration = (small.subset(part) for part in split_training(small))
    return CalibrationData(validation=validation, calibration=calibration, ranges=training.glyphs)


def packed(model, folder, data, **options):
    return pack(model, folder, data, metadata=CardMetadata(name="x"), learned=False, **options)


@pytest.mark.parametrize(("least", "weights"), [(0.0, "int8"), (1.1, "float32")])
def test_the_card_says_on_how_many_digits_int8_would_have_agreed(data, tmp_path, monkeypatch, least, weights):
    monkeypatch.setattr("inkdigits.export.package.LEAST_AGREEMENT", least)
    card = packed(build(Mlp(hidden=(16,))), tmp_path / "packed", data)
    assert card.weights == weights
    assert ("int8" in card.scores) == (weights == "float32")
    measured = card.scores.get("int8", card.scores["keras"])
    assert measured["count"] == len(data.validation) == 100
    assert 0.5 < measured["labels_agree"] <= 1


def test_a_network_that_cannot_be_computed_as_int8_is_packed_as_float32(data, tmp_path):
    model = build(Mlp(hidden=(16,)))
    hidden = next(layer for layer in model.layers if layer.get_weights())
    weights, biases = hidden.get_weights()
    hidden.set_weights([weights, biases - 1000])  # its outputs are all 0, and have no scale
    card = packed(model, tmp_path / "packed", data)
    assert card.weights == "float32"
    assert "LiteRT can compute" in card.scores["int8"]["error"]
    assert PackedModel.load(tmp_path / "packed").card == card
    with pytest.raises(TrainingError, match=r"Expected a network that can be packed as int8.*pack it as float32"):
        packed(model, tmp_path / "int8", data, weights="int8")
    assert not (tmp_path / "int8").exists()


def test_a_network_of_nan_is_not_packed(data, tmp_path):
    model = build(Mlp(hidden=(16,)))
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    with pytest.raises(TrainingError, match=r"Expected a network that learned.*NaN or infinity.*smaller learning rate"):
        packed(model, tmp_path / "packed", data)
    assert not (tmp_path / "packed").exists()


def test_one_label_for_all_digits_is_not_learned():
    labels = np.arange(10).astype(np.uint8)
    constant = np.tile(np.eye(10, dtype=np.float32)[1], (10, 1))
    with pytest.raises(TrainingError, match=r"the label 1 for all 10 validation digits, 10% right"):
        check_learned(constant, labels)
    check_learned(constant, labels, constant=True)  # of a training of a few steps
    check_learned(np.eye(10, dtype=np.float32), labels)


def test_a_folder_that_is_there_is_replaced_as_a_whole(data, tmp_path):
    folder = tmp_path / "packed"
    first = packed(build(Mlp(hidden=(16,)), seed=1), folder, data, weights="float32")
    (folder / "notes.txt").write_text("old")
    second = packed(build(Mlp(hidden=(16,)), seed=2), folder, data, weights="float32")
    assert first.sha256 != second.sha256 == PackedModel.load(folder).card.sha256
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "model.tflite"]
    assert list(tmp_path.iterdir()) == [folder]


def card_of(content, classes=10, **facts):
    names = tuple(str(label) for label in range(classes))
    return Card(name="x", version="1", preparation="2", weights="float32", parameters=1, temperature=1.0,
                sha256=hashlib.sha256(content).hexdigest(), classes=names, **facts)  # fmt: skip


def lite(model):
    return convert(model, "float32", np.zeros((1, 28, 28), np.uint8))


def test_logits_that_are_not_finite_are_a_model_error():
    inputs = keras.Input((28, 28))
    outputs = keras.layers.Dense(10, bias_initializer=keras.initializers.Constant(np.nan))(
        keras.layers.Flatten()(inputs)
    )
    content = lite(keras.Model(inputs, outputs))
    broken = PackedModel.from_content(card_of(content), content)
    with pytest.raises(ModelError, match=r"Expected finite logits\. Received: NaN or infinity"):
        broken.logits(np.zeros((3, 28, 28), np.uint8))


def test_the_runtime_takes_inputs_of_any_shape():
    inputs = keras.Input((32, 64))
    outputs = keras.layers.Dense(4)(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, outputs)
    content = lite(model)
    packed = PackedModel.from_content(card_of(content, 4, task="line", input_shape=(32, 64)), content)
    lines = np.random.default_rng(0).integers(0, 256, (70, 32, 64), dtype=np.uint8)
    np.testing.assert_allclose(packed.logits(lines), np.asarray(model(lines / np.float32(255))), atol=1e-4)


def test_a_network_that_gives_pictures_is_refused():
    inputs = keras.Input((28, 28))
    content = lite(keras.Model(inputs, keras.layers.Rescaling(2.0)(inputs)))
    with pytest.raises(ModelError, match=r"one output of float32 logits \(N, classes\)\. Received: "):
        PackedModel.from_content(card_of(content, 28), content)
