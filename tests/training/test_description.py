"""A network in one line."""

import pytest

from inkdigits.labels import CLASSES
from inkdigits.training.description import count_weights, describe
from inkdigits.training.network import build
from inkdigits.training.recipe import change
from inkdigits.training.recipes import RECIPES, find_recipe


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_weights_are_counted_as_keras_counts_them(recipe):
    model = build(recipe.network, rejects=recipe.rejects)
    assert count_weights(recipe.network, CLASSES + recipe.rejects) == model.count_params()


def test_an_mlp_is_described_by_its_layers():
    recipe = change(find_recipe("mlp-128"), {"hidden": (256, 256), "activation": "sigmoid"})
    assert describe(recipe) == "784 → 256 → 256 → 10, sigmoid, 269,322 weights"


def test_a_convolutional_network_is_described_by_its_stages():
    text = describe(find_recipe("tiny-2k"))
    assert text.startswith("5-6 / 7-5 / 10, relu, ")
