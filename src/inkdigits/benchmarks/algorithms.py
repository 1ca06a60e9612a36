"""The algorithms that are compared, by name: classical ones, plain Keras, recipes, and packed models that ship.

The classical ones have settings that are usual for MNIST, named in `what`; none was searched.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from inkdigits.errors import MissingModelError, require

Family = Literal["classical", "Keras", "estimator", "recipe", "shipped"]


@dataclass(frozen=True)
class Algorithm:
    """An algorithm that is compared.

    Attributes:
        name: The name in tables and on the command line.
        family: What it is. "classical" has scikit-learn's interface, "Keras" is trained with `fit`. "estimator" is a
            recipe as an estimator, "recipe" one that is trained and packed, "shipped" a packed model that ships.
        what: Its settings, in a few words.
        seeded: Whether another seed gives another model.
        package: What must be installed beside the training extra; none if empty.
    """

    name: str
    family: Family
    what: str
    seeded: bool = True
    package: str = ""

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return not self.package or importlib.util.find_spec(self.package) is not None

    @property
    def estimates(self) -> bool:
        """Whether it has scikit-learn's interface, `fit` and `predict`."""
        return self.family in ("classical", "Keras", "estimator")


ALGORITHMS = (
    Algorithm("logistic regression", "classical", "C = 0.1, lbfgs", seeded=False),
    Algorithm("k-NN", "classical", "3 neighbors, weighted by distance", seeded=False),
    Algorithm("random forest", "classical", "200 trees"),
    Algorithm("extra trees", "classical", "200 trees"),
    Algorithm("gradient boosting", "classical", "histograms, 200 rounds, rate 0.15, early stop"),
    Algorithm(
        "LightGBM", "classical", "200 rounds, rate 0.15, a random 80 % of the pixels per tree", package="lightgbm"
    ),
    Algorithm("SVM on PCA-50", "classical", "RBF, C = 5, gamma 0.03, 50 principal components", seeded=False),
    Algorithm("deskewed SVM", "classical", "the same on digits set upright by their moments", seeded=False),
    Algorithm("SVM", "classical", "RBF, C = 5, gamma 0.03, all pixels", seeded=False),
    Algorithm("MLP", "classical", "256-128 ReLU, Adam, early stop"),
    Algorithm("fit mlp-128", "Keras", "the network of mlp-128, plain fit, Adam, 15 epochs"),
    Algorithm("fit mlp-128 (100 steps)", "Keras", "the same with steps_per_execution=100"),
    Algorithm("fit convnet", "Keras", "the network of convnet, plain fit, Adam, 12 epochs"),
    Algorithm("fit convnet (100 steps)", "Keras", "the same with steps_per_execution=100"),
    Algorithm("mlp-128", "recipe", "128 ReLU, 15 epochs"),
    Algorithm("sprint", "recipe", "310 steps"),
    Algorithm("sprint-10s", "recipe", "convnet, two epochs"),
    Algorithm("convnet", "recipe", "Keras' mnist_convnet, 12 epochs"),
    Algorithm("DigitClassifier", "estimator", "sprint-10s behind scikit-learn's interface"),
    Algorithm("best", "recipe", "convnet, 16 epochs"),
    Algorithm("default", "shipped", "also reads pictures and rejects non-digits; trained before", seeded=False),
)


def find_algorithm(name: str) -> Algorithm:
    """The algorithm of that name, in any case.

    Raises:
        MissingModelError: There is none.
    """
    for algorithm in ALGORITHMS:
        if algorithm.name.lower() == name.lower():
            return algorithm
    names = ", ".join(algorithm.name for algorithm in ALGORITHMS)
    raise MissingModelError(f"Expected algorithms among {names}. Received: {name!r}.", hint="Check the names.")


def estimator(name: str, seed: int = 0) -> Any:
    """A new scikit-learn estimator, or one with that interface, for rows of 784 numbers, 0 to 1.

    Args:
        name: An algorithm's that `estimates`.
        seed: The start of its random numbers, if it takes any.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    require("sklearn", extra="train", purpose="the comparison")
    from sklearn.decomposition import PCA
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC

    from inkdigits.benchmarks.deskew import deskew
    from inkdigits.benchmarks.keras_fit import KerasFit
    from inkdigits.sklearn import DigitClassifier

    cores = {"n_jobs": -1}
    seeded = {"random_state": seed}
    makers: dict[str, Callable[[], Any]] = {
        "logistic regression": lambda: LogisticRegression(C=0.1, max_iter=300),
        "k-NN": lambda: KNeighborsClassifier(3, weights="distance", **cores),
        "random forest": lambda: RandomForestClassifier(200, **seeded, **cores),
        "extra trees": lambda: ExtraTreesClassifier(200, **seeded, **cores),
        "gradient boosting": lambda: HistGradientBoostingClassifier(max_iter=200, learning_rate=0.15, **seeded),
        "LightGBM": lambda: importlib.import_module("lightgbm").LGBMClassifier(
            n_estimators=200, learning_rate=0.15, colsample_bytree=0.8, verbose=-1, **seeded, **cores
        ),
        "SVM on PCA-50": lambda: make_pipeline(PCA(50, random_state=0), SVC(C=5, gamma=0.03)),
        "deskewed SVM": lambda: make_pipeline(
            FunctionTransformer(deskew), PCA(50, random_state=0), SVC(C=5, gamma=0.03)
        ),
        "SVM": lambda: SVC(C=5, gamma=0.03, cache_size=2000),
        "MLP": lambda: MLPClassifier((256, 128), early_stopping=True, **seeded),
        "fit mlp-128": lambda: KerasFit("mlp-128", **seeded),
        "fit mlp-128 (100 steps)": lambda: KerasFit("mlp-128", steps_per_execution=100, **seeded),
        "fit convnet": lambda: KerasFit("convnet", **seeded),
        "fit convnet (100 steps)": lambda: KerasFit("convnet", steps_per_execution=100, **seeded),
        "DigitClassifier": lambda: DigitClassifier("sprint-10s", random_state=seed),
    }
    return makers[name]()
