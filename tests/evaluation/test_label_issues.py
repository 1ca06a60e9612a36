import numpy as np
import pytest

from inkdigits.data.label_errors import CORRECTIONS
from inkdigits.data.mnist import load_mnist
from inkdigits.errors import DataError
from inkdigits.evaluation.label_issues import suspected_labels
from inkdigits.models.classifier import PackedModel


def test_wrong_labels_put_in_are_found_first():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 10, 2000)
    chances = np.exp(rng.normal(size=(2000, 10)) + 7 * np.eye(10)[truth])
    chances /= chances.sum(axis=1, keepdims=True)
    labels = truth.copy()
    wrong = rng.choice(2000, 20, replace=False)
    labels[wrong] = (truth[wrong] + rng.integers(1, 10, 20)) % 10
    found = suspected_labels(labels, chances)
    assert set(wrong) <= {suspect.index for suspect in found}
    sure = [suspect for suspect in found if suspect.sure]
    assert found[: len(sure)] == sure
    assert len(sure) >= 10
    assert {suspect.index for suspect in sure} <= set(wrong)
    assert all(suspect.answer == truth[suspect.index] for suspect in sure)
    for group in (sure, found[len(sure) :]):
        assert [suspect.margin for suspect in group] == sorted((one.margin for one in group), reverse=True)


def test_the_shipped_model_doubts_labels_of_mnist_that_people_have_corrected():
    test = load_mnist("test")
    found = suspected_labels(test.labels, PackedModel.load().probabilities(test.glyphs))
    known = [suspect for suspect in found if suspect.index in CORRECTIONS]
    assert len(known) >= 3  # of 36 among 10,000: by chance none
    assert all(suspect.answer == CORRECTIONS[suspect.index] for suspect in known)


def test_a_class_that_no_label_names_is_no_ones_answer():
    chances = np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    (only,) = suspected_labels(np.array([0, 0]), chances)
    assert (only.index, only.answer, only.sure) == (1, 2, False)
    with pytest.raises(DataError):
        suspected_labels(np.array([]), np.zeros((0, 3)))
