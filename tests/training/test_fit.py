import numpy as np
import pytest

from inkdigits.data.splits import validation_split
from inkdigits.synthesis.mixture import Mixture
from inkdigits.training.fit import fit, make_trainer
from inkdigits.training.recipe import Convnet, change


def test_the_listener_hears_of_each_epoch_and_the_result_is_that_of_the_last(mlp, small):
    chosen, held_out = validation_split(small.labels)
    epochs = []
    fitted = fit(mlp, small.subset(chosen), validation=small.subset(held_out), listener=epochs.append)
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert [epoch.last for epoch in epochs] == [False, True]
    assert epochs[1].training.loss < epochs[0].training.loss
    assert fitted.last == epochs[1]
    assert fitted.last.validation.accuracy > 0.3
    assert fitted.seconds > 0
    assert fitted.cpu_seconds > 0


def test_who_takes_the_steps_alone_gets_the_same_weights(convnet, small):
    recipe = change(convnet, {"network": Convnet(stem=4, stages=((4,),)), "precision": "float32"})
    trainer = make_trainer(recipe, small, seed=3)
    while trainer.step < trainer.steps:
        trainer.run(7)
    for weight, other in zip(trainer.model.get_weights(), fit(recipe, small, seed=3).model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_synthesized_glyphs_are_trained_on_and_bring_their_class(mlp, small):
    trainer = make_trainer(change(mlp, {"synthesis": Mixture(mnist=40, symbols=60)}), small)
    assert trainer.steps_per_epoch == (1200 + 100) // 50
    assert trainer.model.output_shape == (None, 11)


def test_a_listener_ends_the_training(mlp, small):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(mlp, small, listener=stop)
