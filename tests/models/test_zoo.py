"""The packed models that ship are what docs/recipes.md says of them."""

import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.models.classifier import PackedModel
from inkdigits.models.zoo import model_names

# The most bytes, and the fewest of MNIST's 10,000 test digits read right: the lower end of what is published.
SHIPPED = {
    "best": (260_000, 9950),
    "default": (360_000, 9949),
    "robust": (100_000, 9900),
    "tiny-25k": (40_000, 9940),
    "tiny-8k": (16_000, 9925),
    "tiny-2k": (8_000, 9860),
}


def test_these_ship() -> None:
    assert model_names() == sorted(SHIPPED)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_it_is_as_small_and_as_right_as_published(name: str) -> None:
    most_bytes, least_right = SHIPPED[name]
    model, mnist_test = PackedModel.load(name), load_mnist("test")
    assert model.size <= most_bytes
    answers = model.probabilities(mnist_test.glyphs).argmax(axis=1)
    assert (answers == mnist_test.labels).sum() >= least_right


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_its_card_says_how_to_train_it_again(name: str) -> None:
    card = PackedModel.load(name).card
    assert card.name == name
    assert card.recipe["name"] == ("reader" if name == "default" else name)
    assert card.training["data"]["sha256"]
