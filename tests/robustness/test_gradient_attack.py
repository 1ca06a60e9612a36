import keras
import numpy as np
import pytest
import tensorflow as tf

from inkdigits.robustness.gradient_attack import robust_mask
from inkdigits.training.pgd import Pgd, perturb


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


def with_a_step(border: float) -> keras.Model:
    """Says 1 where the first pixel is well above `border`, else 0; below `border` its gradient is nothing."""
    inputs = keras.Input((28, 28))
    above = keras.layers.Dense(1, activation="relu")(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, keras.layers.Dense(10)(above))
    pixel, kernel, bias = np.zeros((784, 1), np.float32), np.zeros((1, 10), np.float32), np.full(10, -1e3, np.float32)
    pixel[0], kernel[0, 1], bias[1], bias[0] = 1, 10, -0.5, 0
    model.layers[-2].set_weights([pixel, np.array([-border], np.float32)])
    model.layers[-1].set_weights([kernel, bias])
    return model


def with_a_peak() -> keras.Model:
    """Says 1 where the first pixel is near 0.6, else 0; on both sides the gradient points there."""
    inputs = keras.Input((28, 28))
    sides = keras.layers.Dense(3, activation="relu")(
        keras.layers.Flatten()(inputs)
    )  # right of 0.6, left of it, the pixel
    peak = keras.layers.Dense(2, activation="relu")(sides)
    model = keras.Model(inputs, keras.layers.Dense(10)(peak))
    pixel = np.zeros((784, 3), np.float32)
    pixel[0] = 20, -20, 1
    kernel, bias = np.zeros((2, 10), np.float32), np.full(10, -1e3, np.float32)
    kernel[:, 1], bias[1], bias[0] = (4, 0.5), -1, 0
    model.layers[-3].set_weights([pixel, np.array([-12, 12, 0], np.float32)])
    model.layers[-2].set_weights([np.array([[-1, 0], [-1, 0], [0, 1]], np.float32), np.array([1, 0], np.float32)])
    model.layers[-1].set_weights([kernel, bias])
    return model


def test_a_glyph_that_is_misled_on_the_way_is_not_robust_though_the_last_step_leads_back() -> None:
    glyphs, labels, attack = np.full((1, 28, 28), 128, np.uint8), np.array([0]), Pgd(0.3, 6)
    model, x = with_a_peak(), tf.constant((glyphs / 255).astype(np.float32))
    last = perturb(model, x, tf.constant([0]), attack, tf.zeros_like(x))
    assert model(last).numpy().argmax() == 0
    assert not robust_mask(model, glyphs, labels, attack).any()


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
    assert robust_mask(leaning(10.0), glyphs, labels, attack).tolist() == [True, True, False, False, True]


def test_what_is_misled_only_from_a_few_places_withstands_until_a_restart_is_drawn_there() -> None:
    """Half of full ink, ± 0.3, of which 0.7 and more is a sixth: from the glyph itself there is no way uphill."""
    glyphs, labels = np.full((60, 28, 28), 128, np.uint8), np.zeros(60, int)
    model = with_a_step(0.7)
    safe = [robust_mask(model, glyphs, labels, Pgd(0.3, 5, restarts)).mean() for restarts in (1, 2, 6, 60)]
    assert safe[0] == 1
    assert safe[1:3] == pytest.approx([5 / 6, (5 / 6) ** 5], abs=0.15)
    assert safe[3] == 0


def test_what_is_read_wrong_from_the_start_withstands_nothing() -> None:
    glyphs = np.full((1, 28, 28), 255, np.uint8)
    assert not robust_mask(leaning(10.0), glyphs, np.array([0]), Pgd(0.01, 1)).any()
