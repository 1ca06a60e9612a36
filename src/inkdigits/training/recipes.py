"""The recipes, by name. Knows nothing of TensorFlow, so that listing them is instant."""

from __future__ import annotations

from dataclasses import replace

from inkdigits.errors import MissingModelError
from inkdigits.synthesis.mixture import Mixture
from inkdigits.training.recipe import Adversary, Augmentation, Convnet, Mlp, Recipe

READER = Recipe(
    name="reader",
    summary="the default reader: convnet 32-32 / 64-64 / 256; MNIST and synthesized pictures; rejects non-digits",
    network=Convnet(stages=((32, 32), (64, 64)), hidden=(256,), dropout=0.3),
    epochs=18,
    learning_rate=3e-3,
    schedule="triangular",
    augmentation=Augmentation(
        rotate_deg=12, scale=0.12, shear=0.2, shift=1.5, thickness=0.7, blur=0.5, noise=0.06, elastic=0.6
    ),
    synthesis=Mixture(
        mnist=40_000,
        pen=46_000,
        font=20_000,
        symbols=60_000,
        letters=28_000,
        scribbles=8_000,
        several=8_000,
        turned=6_000,
        textures=4_000,
        plain=24_000,
    ),
    tta=True,
)
"""The recipe of the packed model `default`: `inkdigits train --recipe reader --name default`.

Its 244,000 glyphs take 6 CPU minutes to synthesize, the training 25 CPU minutes (15 minutes on two cores with AMX). The
shipped model, version 5, seed 0, int8: 99.64 % of MNIST's test digits read as pictures, n = 10,000. An earlier mixture
of 171,000: 99.61 ± 0.04 % (5 seeds). Pictures of other hands: `bench/real_pictures.py`, docs/pictures.md.
"""

SPRINT = Recipe(
    name="sprint",
    summary="99 % as fast as can be: principal components, one 3×3 convolution (32), pooled, dense 128; 310 steps",
    network=Convnet(stem=16, stages=((32,),), hidden=(128,)),
    epochs=1,
    max_steps=310,
    batch_size=160,
    learning_rate=1.1e-2,
    betas=(0.7, 0.9),
    schedule="triangular",
    label_smoothing=0.1,
)

SPRINT_4S = Recipe(
    name="sprint-4s",
    summary="what four seconds are for: convnet 16-16 / 48-64 / 128, shifts of 1 pixel, 385 steps",
    network=Convnet(stages=((16, 16), (48, 64)), hidden=(128,)),
    epochs=1,
    max_steps=385,
    learning_rate=1.04e-2,
    betas=(0.885, 0.941),
    schedule="triangular",
    label_smoothing=0.067,
    augmentation=Augmentation(shift=1),
)
"""Its rate, betas and smoothing are the best of 25 that `inkdigits tune` tried; with them a tenth of the steps went."""

SPRINT_10S = Recipe(
    name="sprint-10s",
    summary="what ten seconds are for: convnet 16-16 / 64-64 / 128, shifts of 1 pixel, two epochs",
    network=Convnet(stages=((16, 16), (64, 64)), hidden=(128,)),
    epochs=2,
    learning_rate=6e-3,
    betas=(0.7, 0.9),
    schedule="triangular",
    label_smoothing=0.1,
    augmentation=Augmentation(shift=1),
)

SMALL_CHANGES = Augmentation(rotate_deg=8, scale=0.08, shear=0.1, shift=1.0)

BEST = Recipe(
    name="best",
    summary="the most accurate on MNIST: convnet 32-48 / 96-96-96, dropout 0.5, smoothing 0.1, small changes",
    network=Convnet(stages=((32, 48), (96, 96, 96)), dropout=0.5),
    epochs=16,
    learning_rate=3e-3,
    schedule="triangular",
    label_smoothing=0.1,
    augmentation=SMALL_CHANGES,
)

TEACHER = replace(
    BEST,
    name="teacher",
    summary="what the small ones learn from: convnet 32-32 / 64-64-64, no label smoothing",
    network=Convnet(stages=((32, 32), (64, 64, 64)), dropout=0.5),
    label_smoothing=0.0,
)
"""Not smoothed: smoothed labels hide how alike the other digits are (docs/experiments/distillation.md)."""

TINY_25K = Recipe(
    name="tiny-25k",
    summary="of at most 25,000 weights: convnet 16-16 / 32-32; wants a teacher (--teacher RUN)",
    network=Convnet(stages=((16, 16), (32, 32))),
    epochs=20,
    learning_rate=1e-2,
    schedule="triangular",
    augmentation=SMALL_CHANGES,
)

TINY_8K = replace(
    TINY_25K,
    name="tiny-8k",
    summary="of at most 8,000 weights: convnet 10-10 / 16-16; wants a teacher",
    network=Convnet(stages=((10, 10), (16, 16))),
    epochs=30,
)

TINY_2K = replace(
    TINY_25K,
    name="tiny-2k",
    summary="of at most 2,000 weights: convnet 5-6 / 7-5; wants a teacher",
    network=Convnet(stages=((5, 6), (7, 5))),
    epochs=60,
)

ROBUST = Recipe(
    name="robust",
    summary="robust to changes of 0.3 per pixel: convnet 16-16 / 32-32 / 128 after soft binarization",
    network=Convnet(stages=((16, 16), (32, 32)), hidden=(128,), soft_binarization=20.0),
    epochs=16,
    learning_rate=4e-3,
    schedule="triangular",
    adversary=Adversary(epsilon=0.3, steps=7),
)

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        name="mlp-128",
        summary="one hidden layer of 128 ReLU: the usual first network",
        network=Mlp(hidden=(128,)),
        epochs=15,
    ),
    Recipe(
        name="mlp-128x2",
        summary="two hidden layers of 128 ReLU",
        network=Mlp(hidden=(128, 128)),
        epochs=10,
        learning_rate=2e-3,
        schedule="triangular",
    ),
    Recipe(
        name="mlp-256x2",
        summary="two hidden layers of 256 ReLU",
        network=Mlp(hidden=(256, 256)),
        epochs=10,
        learning_rate=2e-3,
        schedule="triangular",
    ),
    Recipe(
        name="mlp-256x2-sigmoid",
        summary="two hidden layers of 256 sigmoid",
        network=Mlp(hidden=(256, 256), activation="sigmoid"),
        epochs=20,
        learning_rate=2e-3,
        schedule="triangular",
    ),
    Recipe(
        name="mlp-512-256-128",
        summary="512-256-128 ReLU, dropout 0.5, Adam 1e-4, 1000 iterations: a TensorFlow 1 tutorial",
        network=Mlp(hidden=(512, 256, 128), dropout=0.5, initializer="truncated_normal"),
        epochs=3,
        max_steps=1000,
        learning_rate=1e-4,
    ),
    Recipe(
        name="convnet",
        summary="two 3×3 convolutions (32, 64), each pooled, dropout 0.5, shifts: Keras' mnist_convnet, other rates",
        network=Convnet(stages=((32,), (64,)), dropout=0.5),
        epochs=12,
        learning_rate=4e-3,
        schedule="triangular",
        augmentation=Augmentation(shift=1),
    ),
    SPRINT,
    SPRINT_4S,
    SPRINT_10S,
    BEST,
    TEACHER,
    TINY_25K,
    TINY_8K,
    TINY_2K,
    ROBUST,
    READER,
)


def find_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        MissingModelError: There is none.
    """
    for recipe in RECIPES:
        if recipe.name == name:
            return recipe
    names = ", ".join(recipe.name for recipe in RECIPES)
    raise MissingModelError(f"Expected a recipe among {names}. Received: {name!r}.", hint="Run: inkdigits train --list")
