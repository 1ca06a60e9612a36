"""A run: the folder that a training writes, from the first step to the packed model.

    run.json        recipe, seed, data, versions, status, scores
    history.jsonl   one line an epoch
    checkpoints/    last.npz, best.npz
    model.keras     the trained network, float32
    packed/         the packed model

It knows nothing of steps: `session` trains.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from inkdigits.errors import MissingModelError, SettingError, TrainingError
from inkdigits.files import write_atomically
from inkdigits.models.card import Weights
from inkdigits.training.network import build
from inkdigits.training.recipe import Recipe, recipe_from_dict
from inkdigits.training.run.checkpoint import load_weights


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What a training takes besides its recipe and data.

    Attributes:
        seed: Of weights, order, dropout and augmentation: the same seed gives the same weights again.
        patience: Stops after so many epochs without a better validation accuracy and keeps the best weights.
        tensorboard: Also writes scalars for TensorBoard into `tensorboard/`.
        weights: Of the packed model.
        name: Of the packed model; the recipe's name if empty.
        deterministic: Trains in float32 and as if on two cores; after `workers.one_thread_an_operation` the weights are
            then the same on any number of them.
        teachers: Folders of trained runs whose answers are learned in place of labels; see `distillation`.
    """

    seed: int = 0
    patience: int | None = None
    tensorboard: bool = False
    weights: Weights = "auto"
    name: str = ""
    deterministic: bool = False
    teachers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**31:
            raise SettingError(
                f"Expected a seed of 0 to 2147483647. Received: {self.seed}.", hint="Choose a smaller one."
            )
        if self.patience is not None and self.patience < 1:
            raise SettingError(f"Expected patience of 1 epoch or more. Received: {self.patience}.", hint="5 is usual.")


@dataclass
class Run:
    """A run's folder and what `run.json` says.

    Attributes:
        folder: Where it is.
        facts: The content of `run.json`.
    """

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def recipe(self) -> Recipe:
        """The recipe it was started with."""
        return recipe_from_dict(self.facts["recipe"])

    @property
    def options(self) -> RunOptions:
        """The options it was started with."""
        options = self.facts["options"]
        return RunOptions(**{**options, "teachers": tuple(options.get("teachers", ()))})

    def save(self, **facts: Any) -> None:
        """Adds facts to `run.json` and writes it, and makes the run's folder if there is none.

        Raises:
            TrainingError: It cannot be written.
        """
        self.facts |= facts
        try:
            (self.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(
                f"Expected to make {self.folder}. Received: {error}.", hint="Choose another with -o."
            ) from error
        write_atomically(self.folder / "run.json", (json.dumps(self.facts, indent=2) + "\n").encode())

    @property
    def last_checkpoint(self) -> Path:
        """Where a resumed training goes on."""
        return self.folder / "checkpoints" / "last.npz"

    @property
    def best_checkpoint(self) -> Path:
        """The best epoch's, by validation accuracy."""
        return self.folder / "checkpoints" / "best.npz"

    @property
    def final_checkpoint(self) -> Path:
        """The one to pack: with patience the best, if an epoch has ended; else the last."""
        best = self.options.patience is not None and self.best_checkpoint.is_file()
        return self.best_checkpoint if best else self.last_checkpoint

    def history(self) -> list[dict[str, float]]:
        """The lines of `history.jsonl`; empty before the first epoch's end."""
        path = self.folder / "history.jsonl"
        if not path.is_file():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def open_run(folder: Path) -> Run:
    """Opens the folder of a run.

    Raises:
        MissingModelError: There is no such run.
        TrainingError: It is damaged.
    """
    if not (folder / "run.json").is_file():
        raise MissingModelError(
            f"Expected a run's folder. Received: {folder}, with no run.json.", hint="Check the path."
        )
    try:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        run = Run(folder, facts)
        _ = run.recipe, run.options
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"Expected a run in {folder}. Received: {error!r}.", hint="Name a run's folder.") from error
    return run


def start_run(folder: Path, recipe: Recipe, options: RunOptions, *, source: str, chief: bool = True) -> Run:
    """Prepares a new run; its folder is made when the training starts.

    Args:
        folder: Must not exist, or be empty.
        recipe: What to train.
        options: How.
        source: Where the data come from, as `load_dataset` takes it; kept for resuming.
        chief: Whether this process is the one that writes into the folder.

    Raises:
        TrainingError: The folder holds something already.
    """
    if chief and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TrainingError(
            f"Expected a new or empty folder for the run. Received: {folder}, which is not empty.",
            hint="Choose another with -o, or go on with it: --resume.",
        )
    facts = {"recipe": asdict(recipe), "options": asdict(options), "source": source, "versions": versions()}
    return Run(folder, facts)


def trained_model(run: Run, *, precision: str = "float32") -> keras.Model:
    """The network that a run has reached.

    Raises:
        TrainingError: The run has no checkpoint yet, or it is damaged.
    """
    model = build(run.recipe.network, precision=precision, refuses=run.recipe.refuses)
    load_weights(run.final_checkpoint, model)
    return model


def versions() -> dict[str, str]:
    """Versions that a result depends on."""
    names = ("inkdigits", "tensorflow", "keras", "numpy", "ai-edge-litert")
    found = {"python": platform.python_version()}
    for name in names:
        for candidate in (name, f"{name}-cpu"):
            try:
                found[name] = importlib.metadata.version(candidate)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return found
