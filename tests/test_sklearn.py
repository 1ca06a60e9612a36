"""The classifier, where scikit-learn's own go; on rows of numbers of any length, which it takes for square images."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from inkdigits.errors import MissingModelError, SettingError
from inkdigits.models.classifier import PackedModel
from inkdigits.sklearn import DigitClassifier

SHORT = {"hidden": (32,), "epochs": 30, "batch_size": 32, "learning_rate": 5e-3, "random_state": 0}


@parametrize_with_checks([DigitClassifier(**(SHORT | {"hidden": (64, 64), "epochs": 60}))])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def images(small):
    return small.glyphs[:1000], small.labels[:1000]


def test_images_in_two_and_three_dimensions_and_any_range_are_the_same(images):
    glyphs, labels = images
    flat = glyphs.reshape(1000, -1) / 255 - 0.5
    first = DigitClassifier(**SHORT).fit(glyphs, labels)
    second = DigitClassifier(**SHORT).fit(flat, labels)
    assert np.array_equal(first.predict_proba(glyphs), second.predict_proba(flat))
    assert first.n_features_in_ == 784
    assert first.score(glyphs, labels) > 0.97


def test_a_convolution_network_learns_with_augmentation(images):
    glyphs, labels = images
    model = DigitClassifier("tiny-8k", epochs=12, batch_size=25, random_state=1).fit(glyphs, labels)
    assert model.score(glyphs, labels) > 0.8
    assert model.recipe_.augmentation is not None


def test_small_images_of_another_kind_and_labels_of_words():
    digits, numbers = load_digits(return_X_y=True)
    words = np.array(["even", "odd"])[numbers % 2]
    model = DigitClassifier(**SHORT).fit(digits[:1000], words[:1000])
    assert model.classes_.tolist() == ["even", "odd"]
    assert model.score(digits[1000:], words[1000:]) > 0.9


def test_it_clones_and_pickles_to_the_same_answers(images):
    glyphs, labels = images
    model = DigitClassifier(**SHORT).fit(glyphs, labels)
    before = model.predict_proba(glyphs[:50])
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(glyphs[:50]), before)
    assert np.array_equal(clone(model).fit(glyphs, labels).predict_proba(glyphs[:50]), before)


def test_it_goes_into_pipelines_cross_validation_and_grid_search(images):
    glyphs, labels = images
    rows = glyphs.reshape(1000, -1)
    piped = make_pipeline(MinMaxScaler(), DigitClassifier(**SHORT))
    assert cross_val_score(piped, rows, labels, cv=2).mean() > 0.75
    search = GridSearchCV(DigitClassifier(**SHORT), {"epochs": [1, 20], "dropout": [0.0]}, cv=2)
    assert search.fit(rows, labels).best_params_["epochs"] == 20


def test_what_cannot_be_learned_is_refused(images):
    glyphs, labels = images
    with pytest.raises(ValueError, match="at most 10 classes"):
        DigitClassifier().fit(glyphs[:22], np.arange(22) // 2)
    with pytest.raises(MissingModelError, match="Expected a recipe"):
        DigitClassifier("none").fit(glyphs, labels)
    with pytest.raises(SettingError, match="Expected epochs"):
        DigitClassifier(epochs=0).fit(glyphs, labels)


def test_few_images_are_trained_for_steps_enough(small):
    rows, labels = small.glyphs[:300].reshape(300, -1), small.labels[:300]
    assert DigitClassifier("sprint", random_state=0).fit(rows, labels).recipe_.steps(300) == 310
    assert DigitClassifier("mlp-128", epochs=2).fit(rows, labels).n_iter_ == 2


def test_a_fitted_one_is_packed_and_reads(small, tmp_path):
    fitted = DigitClassifier("mlp-128", activation="tanh", optimizer="sgd", learning_rate=0.05, random_state=0)
    fitted.fit(small.glyphs[:1000], small.labels[:1000])
    held_out = small.glyphs[1000:]
    card = fitted.to_packed(tmp_path / "packed", held_out, small.labels[1000:], weights="float32", name="mine")
    assert (card.name, card.scores["validation"]["count"]) == ("mine", 100)
    packed = PackedModel.load(tmp_path / "packed").probabilities(held_out)
    assert (packed.argmax(axis=1) == fitted.predict(held_out)).mean() > 0.98
    even = DigitClassifier(**SHORT).fit(small.glyphs[:100], np.array(["even", "odd"])[small.labels[:100] % 2])
    with pytest.raises(ValueError, match="Expected the classes 0 to 9"):
        even.to_packed(tmp_path, held_out, small.labels[1000:])
