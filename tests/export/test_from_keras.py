"""Packing a Keras model of anybody's, as a tutorial makes it."""

import keras
import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.errors import MissingModelError, ModelError, TrainingError
from inkdigits.export.from_keras import pack_keras
from inkdigits.models.classifier import PackedModel, softmax


def tutorial(shape, *, softmax=True, largest=1, steps=300):
    """A tutorial's first network, trained for a moment."""
    keras.utils.set_random_seed(0)
    layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(32, activation="relu")]
    layers.append(keras.layers.Dense(10, activation="softmax" if softmax else None))
    model = keras.Sequential(layers)
    digits = load_mnist("train").subset(np.arange(50 * steps))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not softmax)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    inputs = digits.glyphs.reshape(-1, *shape) * np.float32(largest / 255)
    model.fit(inputs, digits.labels, batch_size=50, verbose=0)
    return model


@pytest.mark.parametrize(
    ("shape", "probable", "largest"),
    [((28, 28), True, 1), ((28, 28, 1), False, 1), ((784,), True, 255), ((28, 28), False, 255)],
)
def test_a_tutorials_model_is_packed_whatever_its_inputs_and_outputs(shape, probable, largest, tmp_path):
    model = tutorial(shape, softmax=probable, largest=largest)
    model.save(tmp_path / "mine.keras")
    card = pack_keras(tmp_path / "mine.keras", tmp_path / "packed")
    assert (card.name, card.training["input_range"]) == ("mine", largest)
    assert card.scores["validation"]["accuracy"] > 0.5
    glyphs = load_mnist("test").glyphs[:200]
    outputs = np.asarray(model(glyphs.reshape(-1, *shape) * np.float32(largest / 255)))
    expected = outputs if probable else softmax(outputs)
    packed = PackedModel.load(tmp_path / "packed")
    assert (packed.logits(glyphs).argmax(1) == expected.argmax(1)).mean() > 0.97
    if card.weights == "float32":
        np.testing.assert_allclose(softmax(packed.logits(glyphs)), expected, atol=1e-3)


def test_a_model_that_learned_nothing_is_not_packed(tmp_path):
    model = tutorial((28, 28), steps=1)
    model.layers[-1].set_weights([np.zeros((32, 10)), np.eye(10)[3]])
    model.save(tmp_path / "dead.keras")
    with pytest.raises(TrainingError, match=r"Expected a network that learned.*the label 3 for all 2500"):
        pack_keras(tmp_path / "dead.keras", tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(MissingModelError, match=r"Expected a Keras file. Received: .*none\.keras, no such file"):
        pack_keras(tmp_path / "none.keras", tmp_path / "packed")


def test_what_is_no_keras_model_is_refused(tmp_path):
    (tmp_path / "x.keras").write_bytes(b"PK\3\4 not really")
    with pytest.raises(ModelError, match=r"Expected a Keras model at .*x\.keras.*model\.save"):
        pack_keras(tmp_path / "x.keras", tmp_path / "packed")


@pytest.mark.parametrize(("shape", "outputs"), [((32, 32), 10), ((28, 28), 26), ((None, 28), 10)])
def test_a_model_of_something_else_is_refused(shape, outputs, tmp_path):
    last = keras.layers.GlobalAveragePooling1D() if None in shape else keras.layers.Flatten()
    keras.Sequential([keras.Input(shape), last, keras.layers.Dense(outputs)]).save(tmp_path / "x.keras")
    with pytest.raises(ModelError, match=r"from 28 x 28 digits to 10 outputs. Received: .*keras.Input\(\(28, 28\)\)"):
        pack_keras(tmp_path / "x.keras", tmp_path / "packed")
