import numpy as np
import pytest
import tensorflow as tf

from inkdigits.training.augmentation import augment
from inkdigits.training.recipe import Augmentation
from inkdigits.training.stateless_random import StatelessRng


@pytest.fixture
def glyphs(small):
    return tf.constant(small.glyphs[:100].astype(np.float32) / 255)


def changed(glyphs, seed=(1, 2), **amounts):
    rng = StatelessRng(tf.constant(seed), len(glyphs), 0, len(glyphs))
    return augment(glyphs, Augmentation(**amounts), rng).numpy()


def test_no_amounts_change_nothing(glyphs):
    np.testing.assert_array_equal(changed(glyphs), glyphs.numpy())


def test_the_seed_decides(glyphs):
    amounts = {"rotate_deg": 15, "shift": 2, "noise": 0.1, "elastic": 1}
    np.testing.assert_array_equal(changed(glyphs, **amounts), changed(glyphs, **amounts))
    assert not np.array_equal(changed(glyphs, **amounts), changed(glyphs, seed=(1, 3), **amounts))


@pytest.mark.parametrize("amounts", [{"rotate_deg": 15}, {"scale": 0.2}, {"shear": 0.3}, {"shift": 2}, {"thickness": 2},
                                     {"blur": 1}, {"noise": 0.2}, {"elastic": 2}], ids=str)  # fmt: skip
def test_each_amount_changes_most_glyphs_and_keeps_their_range(glyphs, amounts):
    result = changed(glyphs, **amounts)
    assert result.shape == (100, 28, 28)
    assert result.min() >= 0
    assert result.max() <= 1.0001
    moved = np.abs(result - glyphs.numpy()).max((1, 2)) > 0.02
    assert moved.mean() > (0.4 if "noise" in amounts else 0.8)


def test_a_shift_moves_the_center_of_mass_by_no_more_than_it_says(glyphs):
    def center(images):
        mass = images.sum((1, 2))
        return (images.sum(2) @ np.arange(28)) / mass, (images.sum(1) @ np.arange(28)) / mass

    before, after = center(glyphs.numpy()), center(changed(glyphs, shift=2))
    moves = np.stack([after[0] - before[0], after[1] - before[1]])
    assert np.abs(moves).max() <= 2.05
    assert np.abs(moves).max() > 1.5
    assert abs(moves.mean()) < 0.4


def dots(count, row, column):
    """Glyphs with a soft dot that is centered there."""
    y, x = np.mgrid[:28, :28]
    dot = np.exp(-((y - row) ** 2 + (x - column) ** 2) / 2)
    return np.repeat(dot[np.newaxis].astype(np.float32), count, axis=0)


def moves_of(images, row, column):
    """How far the dots moved down and across, shape `(2, N)`."""
    near = images[:, row - 4 : row + 5, column - 4 : column + 5]
    mass, steps = near.sum((1, 2)), np.arange(-4, 5)
    return np.stack([near.sum(2) @ steps / mass, near.sum(1) @ steps / mass])


@pytest.mark.parametrize("amount", [0.6, 1.2])
def test_an_elastic_change_moves_ink_by_its_amount_and_far_parts_apart_from_each_other(amount):
    glyphs = tf.constant(dots(600, 8, 8) + dots(600, 20, 20))
    result = changed(glyphs, elastic=amount)
    first, second = moves_of(result, 8, 8), moves_of(result, 20, 20)
    for moves in (first, second):
        # Amounts drawn evenly from 0 up have a root mean square of 0.58; between the drawn places less is left.
        assert 0.35 * amount < moves.std() < 0.62 * amount
        assert abs(moves.mean()) < 0.05
        assert np.abs(moves).max() > 1.2 * amount  # drawn normally
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.2


def test_an_elastic_change_is_smooth():
    near = changed(tf.constant(dots(600, 14, 14)), elastic=1.0), changed(tf.constant(dots(600, 14, 15)), elastic=1.0)
    one, two = moves_of(near[0], 14, 14), moves_of(near[1], 14, 15)
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.9


def test_an_elastic_change_keeps_a_full_glyph_full():
    np.testing.assert_allclose(changed(tf.ones((5, 28, 28)), elastic=5), 1.0, atol=1e-5)


def test_thickness_grows_some_and_thins_others_and_erases_none(glyphs):
    ratio = changed(glyphs, thickness=2).sum((1, 2)) / glyphs.numpy().sum((1, 2))
    assert ratio.min() > 0.2
    assert ratio.max() > 1.5
    assert 0.3 < (ratio > 1).mean() < 0.7


def test_rotation_keeps_the_middle_in_place():
    dot = np.zeros((1, 28, 28), np.float32)
    dot[0, 13:16, 13:16] = 1
    result = changed(tf.constant(dot), rotate_deg=90)
    assert result[0, 14, 14] == pytest.approx(1, abs=1e-3)
