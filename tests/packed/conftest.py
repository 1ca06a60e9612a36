import gzip
from pathlib import Path

import numpy as np
import pytest

import inkdigits
from inkdigits.packed.model import PackedModel


@pytest.fixture(scope="session")
def model():
    """The packed model that ships."""
    return PackedModel.load("default")


@pytest.fixture(scope="session")
def glyphs():
    """MNIST's first 130 test glyphs: two batches of 64, and two glyphs more."""
    file = Path(inkdigits.__file__).parent / "data" / "embedded" / "t10k-images-idx3-ubyte.gz"
    return np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=16).reshape(-1, 28, 28)[:130]
