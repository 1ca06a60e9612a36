"""The study of ways of training: which are tried, and what is recommended from their speed and accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from inkdigits.benchmarks.environment import Environment, measure_environment
from inkdigits.benchmarks.training_trial import WAYS, Outcome, Setting, measure

RECIPES = ("mlp-128", "convnet")
BATCH_SIZES = (32, 128, 512, 2048)
LEAST_ACCURACY = 0.003  # a recommended setting may lose so much of the reference's, after as many epochs
NEAR_BEST = 0.95  # of the best speed: what is simpler and so near is recommended


@dataclass(frozen=True)
class TrainingStudy:
    """What was tried on which machine.

    Attributes:
        environment: The machine.
        outcomes: Outcomes of all trials, in their order.
    """

    environment: Environment
    outcomes: tuple[Outcome, ...]

    def of(self, recipe: str) -> list[Outcome]:
        """The outcomes of one recipe."""
        return [outcome for outcome in self.outcomes if outcome.setting.recipe == recipe]

    def reference(self, recipe: str) -> Outcome:
        """What a tutorial does: `fit` on arrays, float32, batches of 128, all cores."""
        return next(outcome for outcome in self.of(recipe) if outcome.setting.way == "fit")

    def recommended(self, recipe: str) -> Outcome:
        """The fastest that is as accurate after as many epochs; of those nearly as fast the one tried first.

        Trials go from the simple to the special, so that the first is the simplest.
        """
        least = (self.reference(recipe).accuracy or 0) - LEAST_ACCURACY
        good = [outcome for outcome in self.of(recipe) if outcome.accuracy is not None and outcome.accuracy >= least]
        best = max(outcome.glyphs_per_second for outcome in good)
        return next(outcome for outcome in good if outcome.glyphs_per_second >= NEAR_BEST * best)


def settings(recipe: str, environment: Environment) -> list[Setting]:
    """All settings that are tried: each change of one setting alone, then several workers.

    Args:
        recipe: Its name.
        environment: The machine, whose cores are used.
    """
    plain = Setting(recipe=recipe, cores=environment.cores)
    tried = [replace(plain, way=way) for way in reversed(WAYS)]
    tried += [replace(plain, precision="bfloat16")]
    precision = "bfloat16" if environment.bfloat16_gflops > environment.float32_gflops else "float32"
    base = replace(plain, precision=precision)
    tried += [replace(base, cores=cores) for cores in _up_to(environment.cores)]
    tried += [replace(base, batch_size=size) for size in BATCH_SIZES]
    tried += [replace(base, workers=workers) for workers in _up_to(environment.cores) if workers > 1]
    tried += [replace(base, workers=2, batch_size=512)] if environment.cores > 1 else []
    return list(dict.fromkeys(tried))


def _up_to(most: int) -> list[int]:
    """1, 2, 4 … and the most."""
    counts = [1]
    while counts[-1] * 2 < most:
        counts.append(counts[-1] * 2)
    return counts + [most] * (most > 1)


def study_training(recipes: Sequence[str] = RECIPES, *, listener: Callable[[int, int, Outcome], None]) -> TrainingStudy:
    """Measures this machine and tries all settings, one after the other: about five minutes per recipe on two cores.

    Args:
        recipes: Names.
        listener: Called after each trial with how many are done, how many there are, and its outcome.

    Raises:
        TrainingError: A trial failed.
    """
    environment = measure_environment()
    todo = [setting for recipe in recipes for setting in settings(recipe, environment)]
    outcomes = []
    for number, setting in enumerate(todo, start=1):
        outcomes.append(measure(setting))
        listener(number, len(todo), outcomes[-1])
    return TrainingStudy(environment, tuple(outcomes))
