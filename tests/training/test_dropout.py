import keras
import numpy as np
import pytest
import tensorflow as tf

from inkdigits.training.dropout import StatelessDropout, dropout_rng
from inkdigits.training.network import build
from inkdigits.training.stateless_random import StatelessRng


def dropped(x, start, stop, *, step=3):
    with dropout_rng(StatelessRng(tf.constant([7, step]), len(x), start, stop)):
        return StatelessDropout(0.25)(x[start:stop], training=True).numpy()


def test_a_quarter_is_dropped_and_the_rest_is_scaled_up():
    result = dropped(tf.ones((40, 500)), 0, 40)
    assert set(np.unique(result)) == {0, np.float32(1 / 0.75)}
    assert (result == 0).mean() == pytest.approx(0.25, abs=0.02)


def test_rows_drop_the_same_in_one_piece_and_in_three_and_otherwise_at_another_step():
    x = tf.random.stateless_normal((10, 20), [0, 0])
    whole = dropped(x, 0, 10)
    np.testing.assert_array_equal(whole, np.concatenate([dropped(x, *rows) for rows in ((0, 3), (3, 6), (6, 10))]))
    assert not np.array_equal(whole == 0, dropped(x, 0, 10, step=4) == 0)


def test_out_of_training_nothing_is_dropped():
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(StatelessDropout(0.5)(x), x)


def test_the_network_drops_and_keras_own_fit_trains_it(mlp, small):
    model = build(mlp.network)
    x = small.glyphs.astype(np.float32) / 255
    answers = [np.asarray(model(x[:9], training=True)) for _ in range(2)]
    assert not np.array_equal(*answers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = model.fit(x, small.labels, epochs=3, verbose=0).history["loss"]
    assert losses[2] < 0.8 * losses[0]
