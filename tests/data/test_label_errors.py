import numpy as np

from inkdigits.data.label_errors import CORRECTIONS, DOUBTFUL, corrected_mnist_test
from inkdigits.data.mnist import load_mnist


def test_ten_labels_differ_and_nothing_else():
    test, corrected = load_mnist("test"), corrected_mnist_test()
    assert np.array_equal(test.glyphs, corrected.glyphs)
    assert np.flatnonzero(test.labels != corrected.labels).tolist() == sorted(CORRECTIONS)
    assert corrected.labels[[947, 6783]].tolist() == [9, 6]
    assert test.labels[[947, 6783]].tolist() == [8, 1]
    assert not set(DOUBTFUL) & set(CORRECTIONS)
