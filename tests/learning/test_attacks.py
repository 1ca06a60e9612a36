import keras
import numpy as np
import pytest
import tensorflow as tf

from inkdigits.learning.attacks import Pgd, perturb, withstands


def leaning(weight: float) -> keras.Model:
    """Says 1 where there is more ink than half, on average, else 0; its gradient is known."""
    inputs = keras.Input((28, 28))
    ink = keras.layers.Reshape((1,))(keras.layers.GlobalAveragePooling1D()(keras.layers.Reshape((784, 1))(inputs)))
    logits = keras.layers.Dense(10)(ink)
    model = keras.Model(inputs, logits)
    kernel, bias = np.zeros((1, 10), np.float32), np.full(10, -1e3, np.float32)
    kernel[0, 1], bias[1], bias[0] = weight, -weight / 2, 0
    model.layers[-1].set_weights([kernel, bias])
    return model


def test_steps_go_uphill_and_stay_near() -> None:
    glyphs = tf.constant(np.full((2, 28, 28), 0.6, np.float32))
    labels = tf.constant([1, 0], tf.int32)
    changed = perturb(leaning(10.0), glyphs, labels, Pgd(0.2, 5), tf.zeros_like(glyphs)).numpy()
    assert changed[0] == pytest.approx(np.full((28, 28), 0.4), abs=1e-6)
    assert changed[1] == pytest.approx(np.full((28, 28), 0.8), abs=1e-6)


def test_no_pixel_leaves_the_range() -> None:
    glyphs = tf.constant(np.full((1, 28, 28), 0.95, np.float32))
    changed = perturb(leaning(10.0), glyphs, tf.constant([0], tf.int32), Pgd(0.3, 3), tf.ones_like(glyphs)).numpy()
    assert changed.max() == 1.0


@pytest.mark.parametrize("attack", [Pgd(0.3, 1), Pgd(0.3, 10, restarts=2)])
def test_only_what_is_far_from_the_border_withstands(attack: Pgd) -> None:
    glyphs = np.stack([np.full((28, 28), 255 * ink // 100, np.uint8) for ink in (100, 90, 75, 60, 0)])
    labels = np.array([1, 1, 1, 1, 0])
    assert withstands(leaning(10.0), glyphs, labels, attack).tolist() == [True, True, False, False, True]


def test_what_only_one_restart_misleads_does_not_withstand() -> None:
    glyphs = np.full((1, 28, 28), 255 * 70 // 100, np.uint8)
    assert not withstands(leaning(10.0), glyphs, np.array([1]), Pgd(0.3, 4, restarts=3)).any()


def test_what_is_read_wrong_from_the_start_withstands_nothing() -> None:
    glyphs = np.full((1, 28, 28), 255, np.uint8)
    assert not withstands(leaning(10.0), glyphs, np.array([0]), Pgd(0.01, 1)).any()
