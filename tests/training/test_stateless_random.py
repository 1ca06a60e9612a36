import numpy as np
import pytest
import tensorflow as tf

from inkdigits.training.stateless_random import StatelessRng


def rng(start, stop, seed=(3, 4)):
    return StatelessRng(tf.constant(seed), 10, start, stop)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_the_rows_of_a_batch_draw_the_same_on_one_device_as_on_three(kind):
    whole = getattr(rng(0, 10), kind)(5, 2).numpy()
    parts = [getattr(rng(*rows), kind)(5, 2).numpy() for rows in ((0, 3), (3, 6), (6, 10))]
    assert whole.shape == (10, 5, 2)
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_another_seed_step_or_number_folded_in_gives_others():
    drawn = [rng(0, 10, seed).fold_in(number).uniform(50).numpy() for seed, number in
             (((3, 4), 0), ((3, 4), 1), ((3, 5), 0), ((4, 4), 0))]  # fmt: skip
    for i, first in enumerate(drawn):
        for other in drawn[i + 1 :]:
            assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.2


def test_uniform_numbers_fill_their_range():
    numbers = rng(0, 10).uniform(1000, low=-1.0).numpy()
    assert -1 <= numbers.min() < -0.99
    assert 0.99 < numbers.max() < 1
    assert abs(numbers.mean()) < 0.03
