"""Tuning: the search for a recipe's settings, with Optuna, on the validation part, in a file that can be gone on with.

Source:
    T. Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from inkdigits.data.dataset import Dataset
from inkdigits.data.splits import validation_split
from inkdigits.errors import SettingError, require
from inkdigits.training.fit import Epoch, fit
from inkdigits.training.recipe import Recipe

if TYPE_CHECKING:
    import optuna

BATCH_SIZES = (64, 96, 128, 160, 192, 256)
AUGMENTATIONS = ("rotate_deg", "scale", "shear", "shift", "thickness", "elastic")
STARTUP_TRIALS = 8  # at random, and never pruned


@dataclass(frozen=True)
class Range:
    """Where a setting is looked for.

    Attributes:
        least: Smallest value.
        most: Largest value.
        log: Whether its logarithm is drawn evenly.
        choices: The values there are, in place of a range.
    """

    least: float = 0.0
    most: float = 0.0
    log: bool = False
    choices: tuple[int, ...] = ()


def space(recipe: Recipe) -> dict[str, Range]:
    """The settings of a recipe that can be searched, and where: around its own.

    Args:
        recipe: With augmentation, its amounts are among them; with dropout, that too.
    """
    rate = recipe.learning_rate
    found = {
        "learning_rate": Range(rate / 4, rate * 4, log=True),
        "label_smoothing": Range(0.0, 0.2),
        "batch_size": Range(choices=BATCH_SIZES),
        "beta_1": Range(0.5, 0.95),
        "beta_2": Range(0.85, 0.999),
    }
    if recipe.network.dropout:
        found["dropout"] = Range(0.0, 0.6)
    if recipe.augmentation is not None:
        amounts = {name: getattr(recipe.augmentation, name) for name in AUGMENTATIONS}
        found |= {name: Range(0.0, 2 * amount) for name, amount in amounts.items() if amount}
    return found


def with_settings(recipe: Recipe, values: dict[str, Any]) -> Recipe:
    """A recipe with settings of its `space` changed."""
    given = dict(values)
    betas = given.pop("beta_1", recipe.betas[0]), given.pop("beta_2", recipe.betas[1])
    network = recipe.network
    if "dropout" in given:
        network = replace(network, dropout=given.pop("dropout"))
    amounts = {name: given.pop(name) for name in AUGMENTATIONS if name in given}
    augmentation = recipe.augmentation
    if amounts and augmentation is not None:
        augmentation = replace(augmentation, **amounts)
    return replace(recipe, betas=betas, network=network, augmentation=augmentation, **given)


def tune(
    recipe: Recipe,
    dataset: Dataset,
    file: Path,
    *,
    trials: int,
    seeds: int = 1,
    settings: Sequence[str] = (),
    listener: Callable[[optuna.Study, optuna.trial.FrozenTrial], None] = lambda *_: None,
) -> optuna.Study:
    """Searches until the study holds so many trials; one that was stopped is gone on with.

    A trial's value is the mean accuracy on the validation part over the seeds. After each epoch of its first seed, one
    that is below the median of those before it at that epoch is given up.

    Args:
        recipe: Where the search starts: its own settings are the first trial.
        dataset: All training glyphs.
        file: The study, an SQLite file.
        trials: Finished or pruned, in all.
        seeds: Trainings a trial.
        settings: Names in `space(recipe)`; all by default.
        listener: Called after each trial.

    Raises:
        MissingExtraError: Optuna is not installed.
        SettingError: A setting is not in the recipe's space, or the file's study is another recipe's.
    """
    require("optuna", extra="tune", purpose="tuning")
    ranges = space(recipe)
    if unknown := sorted(set(settings) - ranges.keys()):
        raise SettingError(f"Expected settings among {sorted(ranges)}. Received: {unknown}.", hint="Check the names.")
    names = list(settings) or list(ranges)
    study = _open_study(file, {"recipe": recipe.name, "settings": sorted(names), "seeds": seeds})
    if not study.trials:
        study.enqueue_trial(_own(recipe, names))
    chosen, held_out = validation_split(dataset.labels)
    training, validation = dataset.subset(chosen), dataset.subset(held_out)

    def value(trial: optuna.Trial) -> float:
        drawn = {name: _draw(trial, name, ranges[name]) for name in names}
        tried = with_settings(recipe, drawn)
        return mean(_train(tried, training, validation, seed, trial if seed == 0 else None) for seed in range(seeds))

    done = sum(trial.state.is_finished() for trial in study.trials)
    study.optimize(value, n_trials=max(0, trials - done), callbacks=[listener])
    return study


def _open_study(file: Path, of: dict[str, Any]) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{file}",
        study_name="study",
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=STARTUP_TRIALS),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS),
    )
    if (found := study.user_attrs.get("of", of)) != of:
        raise SettingError(f"Expected a study of {of}. Received in {file}: {found}.", hint="Use a new -o.")
    study.set_user_attr("of", of)
    return study


def _own(recipe: Recipe, names: Sequence[str]) -> dict[str, Any]:
    """The recipe's own settings, as a trial has them."""
    own: dict[str, Any] = {"beta_1": recipe.betas[0], "beta_2": recipe.betas[1], "dropout": recipe.network.dropout}
    own |= {name: getattr(recipe, name) for name in ("learning_rate", "label_smoothing", "batch_size")}
    own |= {name: getattr(recipe.augmentation, name, 0.0) for name in AUGMENTATIONS}
    return {name: own[name] for name in names}


def _draw(trial: optuna.Trial, name: str, where: Range) -> float:
    if where.choices:
        return int(trial.suggest_categorical(name, where.choices))
    return trial.suggest_float(name, where.least, where.most, log=where.log)


def _train(recipe: Recipe, training: Dataset, validation: Dataset, seed: int, trial: optuna.Trial | None) -> float:
    """The accuracy of one training on the validation part; reports each epoch's to the trial, which may end it."""
    import optuna

    def listen(epoch: Epoch) -> None:
        if trial is None or epoch.validation is None:
            return
        trial.report(epoch.validation.accuracy, round(epoch.number))
        if not epoch.last and trial.should_prune():
            raise optuna.TrialPruned

    last = fit(recipe, training, seed=seed, validation=validation, listener=listen).last
    return last.validation.accuracy if last.validation is not None else 0.0
