import numpy as np
import pytest


@pytest.fixture(scope="session")
def glyphs(mnist_glyphs: np.ndarray) -> np.ndarray:
    """MNIST's first 130 test glyphs: two batches of 64, and two glyphs more."""
    return mnist_glyphs[:130]
