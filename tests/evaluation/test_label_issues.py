import numpy as np
import pytest

from inkdigits.data.label_errors import CORRECTIONS
from inkdigits.data.mnist import load_mnist
from inkdigits.errors import DataError
from inkdigits.evaluation.label_issues import find_label_issues
from inkdigits.models.classifier import PackedModel


def test_wrong_labels_put_in_are_found_first():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 10, 2000)
    probabilities = np.exp(rng.normal(size=(2000, 10)) + 7 * np.eye(10)[truth])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = truth.copy()
    wrong = rng.choice(2000, 20, replace=False)
    labels[wrong] = (truth[wrong] + rng.integers(1, 10, 20)) % 10
    found = find_label_issues(labels, probabilities)
    assert set(wrong) <= {issue.index for issue in found}
    confident = [issue for issue in found if issue.confident]
    assert found[: len(confident)] == confident
    assert len(confident) >= 10
    assert {issue.index for issue in confident} <= set(wrong)
    assert all(issue.answer == truth[issue.index] for issue in confident)
    for group in (confident, found[len(confident) :]):
        assert [issue.margin for issue in group] == sorted((one.margin for one in group), reverse=True)


def test_the_shipped_model_doubts_labels_of_mnist_that_people_have_corrected():
    test = load_mnist("test")
    found = find_label_issues(test.labels, PackedModel.load().probabilities(test.glyphs))
    known = [issue for issue in found if issue.index in CORRECTIONS]
    assert len(known) >= 3  # of 36 among 10,000: by chance none
    assert sum(issue.answer == CORRECTIONS[issue.index] for issue in known) >= len(known) - 1  # one 0 is read as an 8


def test_a_class_that_no_label_names_is_no_ones_answer():
    probabilities = np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    (only,) = find_label_issues(np.array([0, 0]), probabilities)
    assert (only.index, only.answer, only.confident) == (1, 2, False)
    with pytest.raises(DataError):
        find_label_issues(np.array([]), np.zeros((0, 3)))
