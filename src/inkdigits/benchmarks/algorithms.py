"""The algorithms that are compared, by name: classical ones of scikit-learn, recipes, and packed models that ship.

scikit-learn's have settings that are usual for MNIST, named in `what`; none was searched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from inkdigits.errors import MissingModelError, require

Family = Literal["scikit-learn", "estimator", "recipe", "shipped"]


@dataclass(frozen=True)
class Algorithm:
    """An algorithm that is compared.

    Attributes:
        name: In tables and on the command line; of a recipe or a shipped model its own.
        family: One of scikit-learn's estimators, a recipe as one of them, a recipe that is trained and packed, or a
            packed model that ships.
        what: Its settings, in a few words.
    """

    name: str
    family: Family
    what: str

    @property
    def estimates(self) -> bool:
        """Whether it has scikit-learn's interface, `fit` and `predict`."""
        return self.family in ("scikit-learn", "estimator")


ALGORITHMS = (
    Algorithm("logistic regression", "scikit-learn", "C = 0.1, lbfgs"),
    Algorithm("k-NN", "scikit-learn", "3 neighbors, weighted by distance"),
    Algorithm("random forest", "scikit-learn", "200 trees"),
    Algorithm("extra trees", "scikit-learn", "200 trees"),
    Algorithm("gradient boosting", "scikit-learn", "histograms, 200 rounds, rate 0.15"),
    Algorithm("SVM on PCA-50", "scikit-learn", "RBF, C = 5, gamma 0.03, 50 principal components"),
    Algorithm("SVM", "scikit-learn", "RBF, C = 5, gamma 0.03, all pixels"),
    Algorithm("MLP", "scikit-learn", "256-128 ReLU, Adam, early stop"),
    Algorithm("mlp-128", "recipe", "128 ReLU, 15 epochs"),
    Algorithm("sprint", "recipe", "310 steps"),
    Algorithm("sprint-10s", "recipe", "convnet, two epochs"),
    Algorithm("convnet", "recipe", "Keras' mnist_convnet, 12 epochs"),
    Algorithm("DigitClassifier", "estimator", "sprint-10s behind scikit-learn's interface"),
    Algorithm("best", "recipe", "convnet, 16 epochs"),
    Algorithm("default", "shipped", "also reads pictures and rejects non-digits; trained before"),
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


def estimator(name: str) -> Any:
    """A new scikit-learn estimator for rows of 784 numbers, 0 to 1.

    Args:
        name: An algorithm's that `estimates`.

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
    from sklearn.svm import SVC

    from inkdigits.sklearn import DigitClassifier

    cores = {"n_jobs": -1}
    makers: dict[str, Callable[[], Any]] = {
        "logistic regression": lambda: LogisticRegression(C=0.1, max_iter=300),
        "k-NN": lambda: KNeighborsClassifier(3, weights="distance", **cores),
        "random forest": lambda: RandomForestClassifier(200, random_state=0, **cores),
        "extra trees": lambda: ExtraTreesClassifier(200, random_state=0, **cores),
        "gradient boosting": lambda: HistGradientBoostingClassifier(max_iter=200, learning_rate=0.15, random_state=0),
        "SVM on PCA-50": lambda: make_pipeline(PCA(50, random_state=0), SVC(C=5, gamma=0.03)),
        "SVM": lambda: SVC(C=5, gamma=0.03, cache_size=2000),
        "MLP": lambda: MLPClassifier((256, 128), early_stopping=True, random_state=0),
        "DigitClassifier": lambda: DigitClassifier("sprint-10s", random_state=0),
    }
    return makers[name]()
