"""A network of a recipe, trained as a tutorial does it: Keras' `compile` and `fit`, and nothing else.

It has `fit` and `predict` for rows of 784 numbers, 0 to 1, as an estimator of scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from inkdigits.training.recipes import find_recipe

if TYPE_CHECKING:
    import keras

BATCH = 128  # images per step, as in Keras' example
LEARNING_RATE = 1e-3  # Keras' default for Adam


class KerasFit:
    """Trains the network of a recipe for the recipe's epochs, without its other settings.

    Args:
        recipe: Its name.
        steps_per_execution: Steps per call of TensorFlow.
        random_state: Seed of weights, order and dropout.
    """

    def __init__(self, recipe: str, *, steps_per_execution: int = 1, random_state: int = 0) -> None:
        self.recipe = recipe
        self.steps_per_execution = steps_per_execution
        self.random_state = random_state

    def get_params(self) -> dict[str, Any]:
        """The arguments."""
        names = ("recipe", "steps_per_execution", "random_state")
        return {name: getattr(self, name) for name in names}

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Self:
        """Trains a new network.

        Args:
            x: Shape `(N, 784)`.
            y: Shape `(N,)`, 0 to 9.
        """
        import keras

        from inkdigits.training.network import build

        recipe = find_recipe(self.recipe)
        keras.utils.set_random_seed(self.random_state)
        self.model_: keras.Model = build(recipe.network, precision="float32", dropout=keras.layers.Dropout)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        steps = {"steps_per_execution": self.steps_per_execution}
        self.model_.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=loss, metrics=["accuracy"], **steps)
        self.model_.fit(self._images(x), y, batch_size=BATCH, epochs=recipe.epochs, verbose=0)
        return self

    def predict(self, x: NDArray[Any]) -> NDArray[np.intp]:
        """The digit of each row: Keras' `predict`, for one row the faster `predict_on_batch`.

        Args:
            x: Shape `(N, 784)`.
        """
        images = self._images(x)
        if len(images) == 1:
            logits = np.asarray(self.model_.predict_on_batch(images))
        else:
            logits = self.model_.predict(images, batch_size=1000, verbose=0)
        return np.asarray(logits.argmax(axis=1))

    def _images(self, x: NDArray[Any]) -> NDArray[np.float32]:
        return x.reshape(-1, 28, 28).astype(np.float32)
