"""The trained network of a run: its checkpoint in, a Keras model out."""

from __future__ import annotations

import keras

from inkdigits.training.network import build
from inkdigits.training.run.checkpoint import load_weights
from inkdigits.training.run.folder import Run


def trained_model(run: Run, *, precision: str = "float32") -> keras.Model:
    """The network that a run has reached, of Keras' own layers: it can be saved and loads without this package.

    Args:
        run: A run that was trained to some point.
        precision: Number format of the model's matrix products.

    Raises:
        TrainingError: The run has no checkpoint yet, or it is damaged.
    """
    recipe = run.recipe
    model = build(recipe.network, precision=precision, rejects=recipe.rejects, dropout=keras.layers.Dropout)
    load_weights(run.final_checkpoint, model)
    return model
