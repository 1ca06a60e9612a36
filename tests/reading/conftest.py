import gzip
from pathlib import Path

import numpy as np
import pytest

import inkdigits
from inkdigits.reading.recognizer import Recognizer

EMBEDDED = Path(inkdigits.__file__).parent / "data" / "embedded"


def read_idx(name: str, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress((EMBEDDED / name).read_bytes()), np.uint8, offset=header)


@pytest.fixture(scope="session")
def recognizer():
    """A recognizer with the packed model that ships."""
    return Recognizer.load("default")


@pytest.fixture(scope="session")
def mnist_test():
    """MNIST's test split: glyphs `(10000, 28, 28)` and labels `(10000,)`, uint8."""
    glyphs = read_idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    return glyphs, read_idx("t10k-labels-idx1-ubyte.gz", 8)
