from dataclasses import asdict, replace

import keras
import numpy as np

from inkdigits.data.mnist import load_mnist
from inkdigits.robustness.gradient_attack import robust_mask
from inkdigits.training.loop import Trainer
from inkdigits.training.network import build
from inkdigits.training.pgd import Pgd
from inkdigits.training.recipe import Adversary, Convnet, Recipe, recipe_from_dict

PLAIN = Recipe(
    name="plain",
    summary="small",
    network=Convnet(stages=((8,), (16,)), soft_binarization=20.0),
    epochs=1,
    batch_size=64,
    learning_rate=1e-2,
    schedule="triangular",
    precision="float32",
)
ATTACKED = replace(PLAIN, adversary=Adversary(epsilon=0.3, steps=3))


def trained(recipe: Recipe) -> keras.Model:
    digits = load_mnist("train")
    trainer = Trainer(build(recipe.network, seed=1), recipe, digits.glyphs[:6000], digits.labels[:6000], seed=1)
    trainer.run(trainer.steps)
    return trainer.model


def test_who_was_attacked_in_training_withstands_more() -> None:
    digits = load_mnist("train").subset(np.arange(59_000, 59_300))
    attack = Pgd(0.3, 10)
    plain, attacked = (
        robust_mask(trained(recipe), digits.glyphs, digits.labels, attack).mean() for recipe in (PLAIN, ATTACKED)
    )
    assert attacked > plain + 0.1


def test_a_run_keeps_its_adversary_and_soft_binarization() -> None:
    assert recipe_from_dict(asdict(ATTACKED)) == ATTACKED
    before = asdict(PLAIN)
    del before["adversary"]
    assert recipe_from_dict(before) == PLAIN
