"""A corner of MNIST and two small recipes. Nothing outside this folder imports TensorFlow."""

import numpy as np
import pytest

from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.learning.recipe import Augmentation, Convnet, Mlp, Recipe


@pytest.fixture(scope="session")
def small() -> Dataset:
    """Twelve hundred glyphs: 1,000 to train on and 200 for validation."""
    return load_mnist("train").subset(np.arange(1200))


@pytest.fixture
def mlp() -> Recipe:
    return Recipe(name="small-mlp", summary="", network=Mlp(hidden=(32,), dropout=0.2), epochs=2, batch_size=50)


@pytest.fixture
def convnet() -> Recipe:
    return Recipe(
        name="small-convnet",
        summary="",
        network=Convnet(stages=((4,), (8,)), hidden=(16,), dropout=0.2),
        epochs=2,
        batch_size=50,
        learning_rate=1e-2,
        schedule="one-cycle",
        label_smoothing=0.05,
        augmentation=Augmentation(rotate_deg=10, scale=0.1, shear=0.1, shift=1, thickness=0.5, blur=0.5, noise=0.05),
    )
