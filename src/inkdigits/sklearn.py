"""A scikit-learn classifier of digits: images and labels in, one of the project's networks behind `fit` and `predict`.

It works where scikit-learn's own estimators do: `Pipeline`, `cross_val_score`, `GridSearchCV`, `clone`, `pickle`. A
fitted one can be packed for `inkdigits read`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.data.rows import glyphs_from_rows
from inkdigits.errors import require
from inkdigits.image.glyph import Glyphs
from inkdigits.labels import CLASSES
from inkdigits.models.classifier import softmax
from inkdigits.training.recipe import Activation, Recipe, change
from inkdigits.training.recipes import find_recipe

if TYPE_CHECKING:
    from inkdigits.models.card import Card, Weights

require("sklearn", extra="train", purpose="the scikit-learn classifier")

from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402
from sklearn.utils import check_random_state  # noqa: E402
from sklearn.utils.multiclass import check_classification_targets  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

BATCH = 64  # of predictions, filled up: a product's last bits depend on how many rows it has
LEAST_STEPS = 500  # of a training for which no epochs are given, so that few images are learned, too


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Trains one of the project's networks on images of digits, or of up to ten classes of anything as small.

    A row of X is a square image, row by row: 784 numbers are 28 × 28; others, such as 64 for 8 × 8, are scaled to that
    size, and where they do not fill a square the rest is paper. `(N, 28, 28)` is taken too. The least and the largest
    number of the training's X are paper and full ink.

    Args:
        recipe: A name of `inkdigits train --list`; its synthesis, if it has one, is left out.
        epochs: Passes over X. If None, the recipe's, or for small X as many as make 500 steps, but never more steps
            than the recipe allows.
        batch_size: Images per step, at most all of them; the recipe's if None, as all that follow.
        learning_rate: The constant rate, or the peak of a triangular schedule.
        hidden: Neurons of each hidden layer.
        activation: `"relu"`, `"sigmoid"`, `"tanh"` or `"linear"`.
        dropout: Share of the last layer's inputs that training drops.
        optimizer: `"adam"` or `"sgd"`.
        random_state: Seed of weights, order, augmentation and dropout: an int gives the same network again.

    Attributes:
        classes_: The labels, sorted, shape `(classes,)`.
        n_features_in_: Numbers of an image.
        n_iter_: Epochs.
        range_: Paper and full ink in X.
        recipe_: What was trained.
        weights_: The network's weights, a list of arrays.

    Example:
        >>> DigitClassifier("convnet", epochs=3, random_state=0)
        DigitClassifier(epochs=3, random_state=0, recipe='convnet')
    """

    def __init__(  # noqa: PLR0913 - scikit-learn names each parameter
        self,
        recipe: str = "mlp-128",
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        hidden: tuple[int, ...] | None = None,
        activation: Activation | None = None,
        dropout: float | None = None,
        optimizer: Literal["adam", "sgd"] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.recipe = recipe
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.optimizer = optimizer
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 - as scikit-learn names it
        """Trains the network.

        Args:
            X: Shape `(N, features)` or `(N, height, width)`.
            y: Shape `(N,)`: at most ten labels of any kind.

        Raises:
            ValueError: X or y are not as scikit-learn's estimators expect them, or there are more than ten classes.
            MissingModelError: There is no such recipe.
            SettingError: A setting is out of its range.
            TrainingError: The loss is no longer finite.
            MissingExtraError: TensorFlow is not installed.
        """
        rows, labels = validate_data(self, _rows(X), y, dtype=np.float32)
        check_classification_targets(labels)
        self.classes_, targets = np.unique(labels, return_inverse=True)
        if len(self.classes_) > CLASSES:
            raise ValueError(f"Expected at most {CLASSES} classes. Received: {len(self.classes_)}.")
        self.range_ = float(rows.min()), float(rows.max())
        self.recipe_ = self._changed_recipe(len(rows))
        self.n_iter_ = self.recipe_.epochs
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.weights_ = _train(self.recipe_, self._glyphs(rows), targets, seed)
        self._network = _network(self.recipe_, self.weights_)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The most probable label of each image, shape `(N,)`.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X is not as scikit-learn's estimators expect it, or has other features than the training's.
        """
        best = self.predict_proba(X).argmax(axis=1)  # first: it says if there was no fit
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """The network's softmax, shape `(N, classes)`, in the order of `classes_`; not calibrated.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X is not as scikit-learn's estimators expect it, or has other features than the training's.
        """
        check_is_fitted(self)
        rows = validate_data(self, _rows(X), dtype=np.float32, reset=False)
        return softmax(self._network(self._glyphs(rows))[:, : len(self.classes_)])

    def to_packed(
        self,
        folder: Path | str,
        X: ArrayLike,  # noqa: N803
        y: ArrayLike,
        *,
        weights: Weights = "auto",
        name: str = "",
    ) -> Card:
        """Packs the network for `inkdigits read` and `PackedModel.load`, calibrated on digits that it has not seen.

        Args:
            folder: Folder of the packed model.
            X: Images that `fit` was not given, 100 or more; half of them validate, half calibrate.
            y: Their labels, 0 to 9.
            weights: `"int8"`, `"float32"` or `"auto"`, which takes int8 if it agrees with float32.
            name: Name of the packed model; by default the recipe's.

        Returns:
            The card of the packed model.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: The classes of the training are not the numbers 0 to 9.
            TrainingError: The network did not learn.
            OutputError: The folder cannot be written.
        """
        from inkdigits.export.calibration import CalibrationData
        from inkdigits.export.package import CardMetadata, pack

        check_is_fitted(self)
        if self.classes_.tolist() != list(range(CLASSES)):
            raise ValueError(f"Expected the classes 0 to 9, to read digits. Received: {self.classes_.tolist()}.")
        rows = validate_data(self, _rows(X), dtype=np.float32, reset=False)
        held_out = Dataset(self._glyphs(rows), np.asarray(y).astype(np.uint8), "held out")
        halves = [held_out.subset(np.arange(start, len(held_out), 2)) for start in range(2)]
        data = CalibrationData(validation=halves[0], calibration=halves[1], ranges=halves[0].glyphs)
        metadata = CardMetadata(name=name or self.recipe_.name, recipe=asdict(self.recipe_))
        return pack(_model(self.recipe_, self.weights_), Path(folder), data, metadata=metadata, weights=weights)

    def _changed_recipe(self, count: int) -> Recipe:
        names = ("epochs", "batch_size", "learning_rate", "hidden", "activation", "dropout", "optimizer")
        recipe = change(find_recipe(self.recipe), {name: getattr(self, name) for name in names})
        recipe = replace(recipe.with_batch_of_at_most(count), synthesis=None, tta=False)
        if self.epochs is None:
            steps = min(LEAST_STEPS, recipe.max_steps or LEAST_STEPS)
            recipe = replace(recipe, epochs=max(recipe.epochs, math.ceil(steps / (count // recipe.batch_size))))
        return recipe

    def _glyphs(self, rows: NDArray[np.float32]) -> Glyphs:
        paper, ink = self.range_
        levels = (rows - paper) * (255 / (ink - paper) if ink > paper else 0.0)
        return glyphs_from_rows(np.clip(np.round(levels), 0, 255).astype(np.uint8))

    def __getstate__(self) -> dict[str, Any]:
        """All but the compiled network, which is built again from its weights."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_network"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Builds the network again, if it was trained."""
        super().__setstate__(state)
        if hasattr(self, "weights_"):
            self._network = _network(self.recipe_, self.weights_)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn should know: images may have three dimensions."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _rows(images: ArrayLike) -> Any:
    """Each image as a row; what has no third dimension stays as it is."""
    array: Any = images if hasattr(images, "shape") else np.asarray(images)
    return array.reshape(len(array), -1) if len(array.shape) == 3 else images


def _train(recipe: Recipe, glyphs: Glyphs, targets: NDArray[np.integer], seed: int) -> list[NDArray[np.float32]]:
    """The weights of a network trained on all the glyphs."""
    from inkdigits.training.fit import fit

    dataset = Dataset(glyphs, targets.astype(np.uint8), "X")
    model = fit(recipe, dataset, seed=seed).model
    return [np.asarray(weight, np.float32) for weight in model.get_weights()]


def _model(recipe: Recipe, weights: list[NDArray[np.float32]]) -> Any:
    from inkdigits.training.network import build

    model = build(recipe.network)
    model.set_weights(weights)
    return model


def _network(recipe: Recipe, weights: list[NDArray[np.float32]]) -> Callable[[Glyphs], NDArray[np.float32]]:
    """Glyphs to logits, in float32."""
    from inkdigits.training.predict import compile_predict

    predict = compile_predict(_model(recipe, weights), batch_size=BATCH)

    def logits_of(glyphs: Glyphs) -> NDArray[np.float32]:
        missing = -len(glyphs) % BATCH
        return predict(np.pad(glyphs, ((0, missing), (0, 0), (0, 0))))[: len(glyphs)]

    return logits_of
