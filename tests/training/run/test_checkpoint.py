import numpy as np
import pytest

from inkdigits.errors import TrainingError
from inkdigits.training.fit import make_trainer
from inkdigits.training.network import build
from inkdigits.training.recipe import Convnet, change
from inkdigits.training.run.checkpoint import load_checkpoint, load_weights, save_checkpoint


@pytest.fixture
def recipe(convnet):
    return change(convnet, {"network": Convnet(stem=4, stages=((4,),), hidden=(8,), dropout=0.2)})


@pytest.fixture
def trainer(recipe, small):
    trainer = make_trainer(recipe, small)
    trainer.run(3)
    return trainer


def arrays_of(trainer):
    return {name: np.asarray(variable) for name, variable in trainer.variables.items()}


def test_a_checkpoint_names_each_array_by_its_variable(trainer, tmp_path):
    save_checkpoint(tmp_path / "last.npz", trainer)
    with np.load(tmp_path / "last.npz") as data:
        names = set(data.files)
    trained = {f"{layer}/{part}" for layer in ("conv_1", "dense_1", "logits") for part in ("kernel", "bias")}
    kinds = ("weights", "mean", "square")
    assert names == {"step", "weights/stem/kernel"} | {f"{kind}/{path}" for kind in kinds for path in trained}


def test_a_new_trainer_goes_on_from_a_checkpoint(trainer, recipe, small, tmp_path):
    save_checkpoint(tmp_path / "last.npz", trainer)
    other = make_trainer(recipe, small, seed=5)
    load_checkpoint(tmp_path / "last.npz", other)
    assert other.step == 3
    for name, array in arrays_of(trainer).items():
        np.testing.assert_array_equal(array, arrays_of(other)[name])


def numbered(path, trainer):
    """Writes a checkpoint as version 0.1.0 did before its arrays had names."""
    weights = [np.asarray(variable) for variable in trainer.model.variables]
    slots = [array for name, array in arrays_of(trainer).items() if not name.startswith("weights/")]
    arrays = {f"variable_{i}": array for i, array in enumerate(weights)}
    arrays |= {f"slot_{i}": array for i, array in enumerate(slots)}
    np.savez(path, step=np.int64(trainer.step), **arrays)


def test_a_checkpoint_that_numbers_its_arrays_still_loads(trainer, recipe, small, tmp_path):
    numbered(tmp_path / "last.npz", trainer)
    other = make_trainer(recipe, small, seed=5)
    load_checkpoint(tmp_path / "last.npz", other)
    assert other.step == 3
    for name, array in arrays_of(trainer).items():
        np.testing.assert_array_equal(array, arrays_of(other)[name])
    model = build(recipe.network, seed=9)
    load_weights(tmp_path / "last.npz", model)
    for weight, array in zip(model.get_weights(), trainer.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, array)


@pytest.mark.parametrize("changes", [{"hidden": (9,)}, {"optimizer": "sgd"}])
@pytest.mark.parametrize("write", [save_checkpoint, numbered])
def test_a_checkpoint_of_another_network_or_optimizer_is_refused(trainer, recipe, small, tmp_path, changes, write):
    write(tmp_path / "last.npz", trainer)
    other = make_trainer(change(recipe, changes), small)
    with pytest.raises(TrainingError, match="belongs to another network"):
        load_checkpoint(tmp_path / "last.npz", other)
