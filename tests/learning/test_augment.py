import numpy as np
import pytest
import tensorflow as tf

from inkdigits.learning.augment import augment
from inkdigits.learning.recipes import Augmentation


@pytest.fixture
def glyphs(small):
    return tf.constant(small.glyphs[:100].astype(np.float32) / 255)


def changed(glyphs, seed=(1, 2), **amounts):
    return augment(glyphs, Augmentation(**amounts), seed=tf.constant(seed)).numpy()


def test_no_amounts_change_nothing(glyphs):
    np.testing.assert_array_equal(changed(glyphs), glyphs.numpy())


def test_the_seed_decides(glyphs):
    amounts = {"rotate_deg": 15, "shift": 2, "noise": 0.1}
    np.testing.assert_array_equal(changed(glyphs, **amounts), changed(glyphs, **amounts))
    assert not np.array_equal(changed(glyphs, **amounts), changed(glyphs, seed=(1, 3), **amounts))


@pytest.mark.parametrize("amounts", [{"rotate_deg": 15}, {"scale": 0.2}, {"shear": 0.3}, {"shift": 2}, {"thickness": 2},
                                     {"blur": 1}, {"noise": 0.2}], ids=str)  # fmt: skip
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
