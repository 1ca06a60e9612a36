"""One harness over the network of every recipe."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from inkdigits.training.network import build, operations
from inkdigits.training.recipe import Convnet
from inkdigits.training.recipes import RECIPES, find_recipe

PARAMETERS = {  # worked by hand: inputs x outputs + outputs, layer by layer
    "teacher": 32 * 10 + 32 * 289 + 64 * 289 + 2 * 64 * 577 + 576 * 10 + 10,
    "robust": 16 * 10 + 16 * 145 + 32 * 145 + 32 * 289 + 512 * 128 + 128 + 128 * 10 + 10,
    "mlp-128": 784 * 128 + 128 + 128 * 10 + 10,
    "mlp-128x2": 784 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10,
    "mlp-256x2": 784 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10,
    "mlp-256x2-sigmoid": 784 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10,
    "mlp-512-256-128": 784 * 512 + 512 + 512 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10,
    "convnet": 34_826,  # as Keras' mnist_convnet says of itself
    "sprint": 36 * 16 + 9 * 16 * 32 + 32 + 800 * 128 + 128 + 128 * 10 + 10,
    "sprint-4s": 9 * 16 + 16 + 9 * 16 * 16 + 16 + 9 * 16 * 48 + 48 + 9 * 48 * 64 + 64 + 1024 * 128 + 128 + 1280 + 10,
    "sprint-10s": 9 * 16 + 16 + 9 * 16 * 16 + 16 + 9 * 16 * 64 + 64 + 9 * 64 * 64 + 64 + 1024 * 128 + 128 + 1280 + 10,
    "best": 9 * 32 + 32 + 9 * 32 * 48 + 48 + 9 * 48 * 96 + 96 + 2 * (9 * 96 * 96 + 96) + 864 * 10 + 10,
    "tiny-25k": 9 * 16 + 16 + 9 * 16 * 16 + 16 + 9 * 16 * 32 + 32 + 9 * 32 * 32 + 32 + 512 * 10 + 10,
    "tiny-8k": 9 * 10 + 10 + 9 * 10 * 10 + 10 + 9 * 10 * 16 + 16 + 9 * 16 * 16 + 16 + 256 * 10 + 10,
    "tiny-2k": 9 * 5 + 5 + 9 * 5 * 6 + 6 + 9 * 6 * 7 + 7 + 9 * 7 * 5 + 5 + 80 * 10 + 10,
    "reader": 9 * 32 + 32 + 9 * 32 * 32 + 32 + 9 * 32 * 64 + 64 + 9 * 64 * 64 + 64 + 1024 * 256 + 256 + 256 * 10 + 10,
}


FLAT = {
    "teacher": 3 * 3 * 64,
    "convnet": 5 * 5 * 64,
    "best": 3 * 3 * 96,
    "tiny-25k": 4 * 4 * 32,
    "tiny-8k": 4 * 4 * 16,
    "tiny-2k": 4 * 4 * 5,
}


@pytest.fixture(params=RECIPES, ids=lambda recipe: recipe.name)
def recipe(request):
    return request.param


@pytest.fixture
def glyphs(small):
    return small.glyphs[:64].astype(np.float32) / 255


def test_the_number_of_parameters(recipe):
    assert build(recipe.network).count_params() == PARAMETERS[recipe.name]


@pytest.mark.parametrize(("name", "most"), [("tiny-25k", 25_000), ("tiny-8k", 8_000), ("tiny-2k", 2_000)])
def test_the_small_are_as_small_as_they_say(name, most):
    assert PARAMETERS[name] <= most


def test_a_network_that_rejects_has_an_eleventh_logit_and_nothing_else_more(recipe, glyphs):
    model = build(recipe.network, rejects=True)
    assert model(glyphs[:3], training=False).shape == (3, 11)
    last = recipe.network.hidden[-1] if recipe.network.hidden else FLAT[recipe.name]
    assert model.count_params() == PARAMETERS[recipe.name] + last + 1


def test_the_loss_at_the_start_is_that_of_guessing(recipe, glyphs, small):
    logits = build(recipe.network)(glyphs, training=False)
    loss = float(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(small.labels[:64].astype(int), logits)))
    # The old tutorial's initial weights, sd 0.1 whatever the layer's width, start it off worse than guessing.
    assert loss == pytest.approx(math.log(10), abs=4.0 if recipe.name == "mlp-512-256-128" else 0.4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_weight_gets_a_gradient(recipe, glyphs, small, precision):
    model = build(recipe.network, precision=precision)
    with tf.GradientTape() as tape:
        logits = model(glyphs, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(small.labels[:64].astype(int), logits))
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    assert logits.dtype == tf.float32
    assert all(gradient is not None and float(tf.norm(gradient)) > 0 for gradient in gradients)


def test_a_batch_of_one_is_a_row_of_a_batch(recipe, glyphs):
    model = build(recipe.network, seed=3)
    together = np.asarray(model(glyphs[:8], training=False))
    alone = np.concatenate([np.asarray(model(glyph[np.newaxis], training=False)) for glyph in glyphs[:8]])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_seed_decides_the_weights(recipe):
    first, again, other = (build(recipe.network, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_save_and_load_give_the_same_answers(recipe, glyphs, tmp_path):
    model = build(recipe.network, seed=3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(loaded(glyphs)), np.asarray(model(glyphs)))


def test_the_operations_of_a_glyph_are_counted():
    assert operations(build(find_recipe("mlp-128").network)) == 2 * (784 * 128 + 128 * 10)
    convolutions = 26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64
    assert operations(build(find_recipe("convnet").network)) == 2 * (convolutions + 1600 * 10)


def test_a_stem_halves_the_sides_of_the_glyph_at_once():
    model = build(Convnet(stem=4, stages=((8,),), hidden=(16,)))
    assert model.get_layer("stem").output.shape[1:] == (12, 12, 4)
    assert model.count_params() == 36 * 4 + 9 * 4 * 8 + 8 + 5 * 5 * 8 * 16 + 16 + 170
    assert [weight.shape for weight in model.non_trainable_variables] == [(6, 6, 1, 4)]
