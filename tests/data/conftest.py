"""Small data sets of real MNIST glyphs for the tests of the data wing."""

import numpy as np
import pytest

from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import load_mnist

CLEAN = 6  # of each class


@pytest.fixture(scope="session")
def mnist_test() -> Dataset:
    return load_mnist("test")


@pytest.fixture
def digits(mnist_test: Dataset) -> Dataset:
    """60 glyphs, 6 a class, in mixed order."""
    first = [np.flatnonzero(mnist_test.labels == label)[:CLEAN] for label in range(10)]
    indices = np.sort(np.concatenate(first))
    return Dataset(mnist_test.glyphs[indices].copy(), mnist_test.labels[indices].copy(), "sixty")
