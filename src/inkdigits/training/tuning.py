"""Tuning: the search for a recipe's settings, with Optuna, on the validation split. A stopped search can be continued.

Source:
    T. Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from inkdigits.data.dataset import Dataset
from inkdigits.data.splits import split_training
from inkdigits.errors import SettingError, require
from inkdigits.training.fit import Epoch, fit
from inkdigits.training.recipe import Recipe
from inkdigits.training.search_space import Range, search_space, settings_of, with_settings

if TYPE_CHECKING:
    import optuna

STARTUP_TRIALS = 8  # at random, and never pruned


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
    """Searches until the study holds so many trials; a search that was stopped is continued.

    A trial's value is the mean validation accuracy over the seeds. A trial is pruned if, after an epoch of its first
    seed, it is below the median of the earlier trials at that epoch. A recipe's synthesized glyphs are trained on, too.

    Args:
        recipe: Where the search starts: its own settings are the first trial.
        dataset: All training glyphs.
        file: The study, an SQLite file.
        trials: Number of trials, finished or pruned, in all.
        seeds: Trainings per trial.
        settings: Names in `search_space(recipe)`; all by default.
        listener: Called after each trial.

    Raises:
        MissingExtraError: Optuna is not installed.
        SettingError: A setting is not in the recipe's space, or the file's study is another recipe's.
    """
    require("optuna", extra="tune", purpose="tuning")
    ranges = search_space(recipe)
    if unknown := sorted(set(settings) - ranges.keys()):
        raise SettingError(f"Expected settings among {sorted(ranges)}. Received: {unknown}.", hint="Check the names.")
    names = list(settings) or list(ranges)
    study = _open_study(file, {"recipe": recipe.name, "settings": sorted(names), "seeds": seeds})
    if not study.trials:
        study.enqueue_trial(settings_of(recipe, names))
    chosen, held_out, _ = split_training(dataset.labels)
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


def _draw(trial: optuna.Trial, name: str, where: Range) -> float:
    if where.choices:
        return int(trial.suggest_categorical(name, where.choices))
    return trial.suggest_float(name, where.least, where.most, log=where.log)


def _train(recipe: Recipe, training: Dataset, validation: Dataset, seed: int, trial: optuna.Trial | None) -> float:
    """The validation accuracy of one training; reports each epoch's to the trial, which may end it."""
    import optuna

    def listen(epoch: Epoch) -> None:
        if trial is None or epoch.validation is None:
            return
        trial.report(epoch.validation.accuracy, round(epoch.number))
        if not epoch.last and trial.should_prune():
            raise optuna.TrialPruned

    last = fit(recipe, training, seed=seed, validation=validation, listener=listen).last
    return last.validation.accuracy if last.validation is not None else 0.0
