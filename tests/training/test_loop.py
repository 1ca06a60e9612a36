from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf

from inkdigits.errors import TrainingError
from inkdigits.training.loop import Trainer
from inkdigits.training.network import build
from inkdigits.training.optimizers import learning_rate
from inkdigits.training.predict import compile_predict, evaluate
from inkdigits.training.recipe import change


def trained(recipe, small, *, seed=0, chunks=(10_000, 10_000)):
    model = build(recipe.network, seed=seed)
    trainer = Trainer(model, recipe, small.glyphs[:1000], small.labels[:1000], seed=seed)
    scores = []
    while trainer.step < trainer.steps:
        scores.append(trainer.run(chunks[min(len(scores), len(chunks) - 1)]))
    return trainer, scores


def weights_equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_training_learns(mlp, small, optimizer):
    rate = {"adam": 5e-3, "sgd": 5e-2}[optimizer]
    trainer, scores = trained(change(mlp, {"epochs": 6, "optimizer": optimizer, "learning_rate": rate}), small)
    assert scores[-1].loss < 0.5 * scores[0].loss
    held_out = evaluate(compile_predict(trainer.model), small.subset(np.arange(1000, 1200)))
    assert held_out.score.accuracy > 0.75


@pytest.mark.parametrize("name", ["mlp", "convnet"])
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name, small, request):
    recipe = request.getfixturevalue(name)
    (first, _), (again, _), (other, _) = (trained(recipe, small, seed=seed) for seed in (7, 7, 8))
    assert weights_equal(first.model, again.model)
    assert not weights_equal(first.model, other.model)


def test_how_the_steps_are_cut_into_chunks_changes_nothing(convnet, small):
    (whole, _), (cut, _) = trained(convnet, small), trained(convnet, small, chunks=(1, 3, 7))
    assert weights_equal(whole.model, cut.model)
    assert whole.step == cut.step == 40


def test_an_epoch_sees_each_glyph_once_and_the_next_in_another_order(mlp, small):
    recipe = change(mlp, {"epochs": 2, "batch_size": 100, "dropout": 0.0})
    trainer = Trainer(build(recipe.network), recipe, small.glyphs[:1000], small.labels[:1000], seed=1)
    orders = []
    for epoch in range(2):
        trainer.run(1000)
        orders.append(trainer.order(epoch).numpy())
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(1000))
    assert not np.array_equal(orders[0], orders[1])


def test_a_step_of_sgd_is_what_the_gradient_says(mlp, small):
    """One step on one batch of everything, against a gradient worked out without the loop."""
    recipe = change(mlp, {"batch_size": 1000, "optimizer": "sgd", "learning_rate": 0.1, "dropout": 0.0, "epochs": 1})
    trainer, _ = trained(recipe, small)
    twin = build(recipe.network, seed=0)
    with tf.GradientTape() as tape:
        logits = twin(small.glyphs[:1000].astype(np.float32) / 255)
        labels = small.labels[:1000].astype(np.int32)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    variables = [variable.value for variable in twin.trainable_variables]
    for gradient, before, after in zip(
        tape.gradient(loss, variables), variables, trainer.model.trainable_variables, strict=True
    ):
        np.testing.assert_allclose(np.asarray(after), (before - 0.1 * gradient).numpy(), atol=2e-6)


def test_the_triangular_rate_rises_to_its_peak_and_falls_to_zero(convnet):
    rates = [float(learning_rate(convnet, tf.constant(step), 100)) for step in range(101)]
    assert max(rates) == pytest.approx(1e-2)
    assert rates.index(max(rates)) == 25
    assert rates[0] == pytest.approx(4e-4)
    assert rates[100] == pytest.approx(0)
    assert all(a < b for a, b in pairwise(rates[:26]))
    assert all(a > b for a, b in pairwise(rates[25:]))


def test_a_constant_rate_stays(mlp):
    assert float(learning_rate(mlp, tf.constant(77), 100)) == pytest.approx(1e-3)


def test_an_evaluation_counts_every_glyph_once_whatever_the_batch(mlp, small):
    predict = compile_predict(build(mlp.network, seed=2))
    for count in (1, 499, 500, 501, 1200):
        measured = evaluate(predict, small.subset(np.arange(count)))
        assert measured.logits.shape == (count, 10)
        right = measured.logits.argmax(1) == small.labels[:count]
        assert measured.score.accuracy == pytest.approx(right.mean())


def test_an_evaluation_refuses_a_network_that_did_not_learn(mlp, small):
    model = build(mlp.network)
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    with pytest.raises(TrainingError, match=r"Expected finite logits.*for 1200 of 1200 glyphs.*smaller learning_rate"):
        evaluate(compile_predict(model), small)


def test_a_loss_that_explodes_stops_the_training_and_says_what_to_try(mlp, small):
    recipe = change(mlp, {"optimizer": "sgd", "learning_rate": 10.0, "epochs": 20, "activation": "linear"})
    with pytest.raises(TrainingError, match=r"Expected a finite loss.*Lower learning_rate \(now 10.0\)"):
        trained(recipe, small)


def test_too_few_glyphs_for_a_batch_are_refused(mlp, small):
    with pytest.raises(TrainingError, match=r"at least one batch of 50 glyphs. Received: 20.*smaller batch_size"):
        Trainer(build(mlp.network), mlp, small.glyphs[:20], small.labels[:20], seed=0)
