"""The settings of a recipe that `tune` searches, and where. Knows nothing of TensorFlow or Optuna."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inkdigits.training.recipe import Recipe, change

BATCH_SIZES = (64, 96, 128, 160, 192, 256)
AUGMENTATIONS = ("rotate_deg", "scale", "shear", "shift", "thickness", "blur", "noise", "elastic")
BETAS = ("beta_1", "beta_2")


@dataclass(frozen=True)
class Range:
    """Where a setting is searched.

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


def search_space(recipe: Recipe) -> dict[str, Range]:
    """The settings of a recipe that can be searched, and their ranges, around its own values.

    Args:
        recipe: With dropout, its rate is among them; with augmentation, the amounts that are not 0.
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


def settings_of(recipe: Recipe, names: Sequence[str]) -> dict[str, Any]:
    """The recipe's own values of some settings of its search space."""
    own: dict[str, Any] = dict(zip(BETAS, recipe.betas, strict=True))
    own |= {name: getattr(recipe, name) for name in ("learning_rate", "label_smoothing", "batch_size")}
    own |= {"dropout": recipe.network.dropout}
    own |= {name: getattr(recipe.augmentation, name, 0.0) for name in AUGMENTATIONS}
    return {name: own[name] for name in names}


def with_settings(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """A recipe with settings of its search space changed; `values` may hold fields of `Recipe`, too.

    Raises:
        SettingError: A setting is out of its range, or no recipe has it.
    """
    given = dict(values)
    given["betas"] = tuple(given.pop(name, own) for name, own in zip(BETAS, recipe.betas, strict=True))
    amounts = {name: given.pop(name) for name in AUGMENTATIONS if name in given}
    if amounts and recipe.augmentation is not None:
        given["augmentation"] = replace(recipe.augmentation, **amounts)
    return change(recipe, given)
