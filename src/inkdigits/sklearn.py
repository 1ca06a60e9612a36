"""A scikit-learn classifier of digits: images and labels in, one of the project's networks behind `fit` and `predict`.

It goes where scikit-learn's own go: `Pipeline`, `cross_val_score`, `GridSearchCV`, `clone`, `pickle`. It writes no run
and packs no model; `inkdigits train` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.data.rows import glyphs_from_rows
from inkdigits.errors import require
from inkdigits.image.glyph import Glyphs
from inkdigits.labels import CLASSES
from inkdigits.models.classifier import softmax
from inkdigits.training.recipe import Recipe, change
from inkdigits.training.recipes import find_recipe

require("sklearn", extra="train", purpose="the scikit-learn classifier")

from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402
from sklearn.utils import check_random_state  # noqa: E402
from sklearn.utils.multiclass import check_classification_targets  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

BATCH = 64  # of answers, filled up: a product's last bits depend on how many rows it has


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Trains one of the project's networks on images of digits, or of up to ten classes of anything as small.

    A row of X is a square image, row by row: 784 numbers are 28 × 28; others, such as 64 for 8 × 8, are scaled to that
    size, and where they do not fill a square the rest is paper. `(N, 28, 28)` is taken too. The least and the largest
    number of the training's X are paper and full ink.

    Args:
        recipe: A name of `inkdigits train --list`; its synthesis, if it has one, is left out.
        epochs: Passes over X; the recipe's if None, as of the following.
        batch_size: Images a step; at most all of them.
        learning_rate: The constant rate, or the peak of a triangular schedule.
        hidden: Neurons of each hidden layer.
        dropout: Share of the last layer's inputs that training drops.
        random_state: Seed of weights, order, augmentation and dropout: an int gives the same network again.

    Attributes:
        classes_: The labels, sorted, shape `(classes,)`.
        n_features_in_: Numbers of an image.
        n_iter_: Epochs.
        range_: Paper and full ink in X.
        recipe_: What was trained.
        weights_: Of the network, a list of arrays.

    Example:
        >>> DigitClassifier("convnet", epochs=3, random_state=0)
        DigitClassifier(epochs=3, random_state=0, recipe='convnet')
    """

    def __init__(
        self,
        recipe: str = "mlp-128",
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        hidden: tuple[int, ...] | None = None,
        dropout: float | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.recipe = recipe
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.hidden = hidden
        self.dropout = dropout
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
        """The likeliest label of each image, shape `(N,)`.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X is not as scikit-learn's estimators expect it, or has other features than the training's.
        """
        chances = self.predict_proba(X)
        return np.asarray(self.classes_[chances.argmax(axis=1)])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """The network's softmax, shape `(N, classes)`, in the order of `classes_`; not calibrated.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X is not as scikit-learn's estimators expect it, or has other features than the training's.
        """
        check_is_fitted(self)
        rows = validate_data(self, _rows(X), dtype=np.float32, reset=False)
        return softmax(self._network(self._glyphs(rows))[:, : len(self.classes_)])

    def _changed_recipe(self, count: int) -> Recipe:
        names = ("epochs", "batch_size", "learning_rate", "hidden", "dropout")
        recipe = change(find_recipe(self.recipe), {name: getattr(self, name) for name in names})
        return replace(recipe, batch_size=min(recipe.batch_size, count), synthesis=None, tta=False)

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


def _network(recipe: Recipe, weights: list[NDArray[np.float32]]) -> Callable[[Glyphs], NDArray[np.float32]]:
    """Glyphs to logits, in float32."""
    from inkdigits.training.network import build
    from inkdigits.training.predict import compile_predict

    model = build(recipe.network)
    model.set_weights(weights)
    predict = compile_predict(model, batch_size=BATCH)

    def logits_of(glyphs: Glyphs) -> NDArray[np.float32]:
        missing = -len(glyphs) % BATCH
        return predict(np.pad(glyphs, ((0, missing), (0, 0), (0, 0))))[: len(glyphs)]

    return logits_of
