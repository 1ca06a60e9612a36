import numpy as np

from inkdigits.data.label_errors import CORRECTIONS, known_corrections
from inkdigits.data.mnist import load_mnist


def test_only_mnists_test_split_has_known_corrections():
    test = load_mnist("test")
    assert known_corrections(test) == CORRECTIONS
    assert known_corrections(test.subset(np.arange(9999))) == {}


def test_each_correction_differs_from_the_label():
    labels = load_mnist("test").labels
    assert labels[[947, 6783]].tolist() == [8, 1]
    assert all(labels[index] != digit for index, digit in CORRECTIONS.items())
