import pytest

from inkdigits.training import precision
from inkdigits.training.execution import Execution
from inkdigits.training.fit import make_trainer
from inkdigits.training.precision import choose_precision
from inkdigits.training.recipe import change
from inkdigits.training.recipes import find_recipe


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_given_precision_is_taken_as_it_is(mlp, name):
    chosen = choose_precision(change(mlp, {"precision": name}), 1000, Execution())
    assert (chosen.name, chosen.seconds) == (name, {})


def test_a_training_shorter_than_the_timing_is_in_float32(mlp, small):
    trainer = make_trainer(mlp, small)
    assert (trainer.precision.name, trainer.precision.seconds) == ("float32", {})


def test_auto_takes_bfloat16_where_the_network_is_clearly_faster_in_it():
    """On any machine: where bfloat16 products are slow, the network is not timed."""
    chosen = choose_precision(find_recipe("convnet"), 55_000, Execution())
    if chosen.seconds:
        gain = chosen.seconds["float32"] / chosen.seconds["bfloat16"]
        assert chosen.name == ("bfloat16" if gain > precision.LEAST_GAIN else "float32")
        assert all(0 < seconds < 1 for seconds in chosen.seconds.values())
    else:
        assert chosen.name == "float32"
    assert choose_precision(find_recipe("convnet"), 55_000, Execution()) is chosen  # once per process
    assert precision.MOST_SECONDS <= 1
