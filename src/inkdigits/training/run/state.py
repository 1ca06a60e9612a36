"""The state of a run: what `run.json` holds. Knows nothing of TensorFlow or of the rest of the folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from inkdigits.errors import SettingError
from inkdigits.models.card import Weights
from inkdigits.training.recipe import Recipe, recipe_from_dict

Status = Literal["created", "running", "packing", "finished", "interrupted", "failed"]
"""`created`: no step was taken yet. `packing`: all steps are done, the packed model is not yet written. `interrupted`:
stopped by Ctrl-C, and packed. `failed`: ended by an error, which the state names. Of a killed run it is the status at
that moment; every run that is not `finished` can be resumed."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What a training takes besides its recipe and data.

    Attributes:
        seed: Seed of weights, order, dropout and augmentation: the same seed gives the same weights again.
        patience: Stops after so many epochs without a better validation accuracy and keeps the best weights.
        tensorboard: Also writes scalars for TensorBoard into `tensorboard/`.
        weights: Number format of the packed model.
        name: Name of the packed model; the recipe's name if empty.
        deterministic: Trains in float32 and as if on two cores: the weights are then the same on any number of them.
        teachers: Folders of trained runs whose probabilities are learned in place of labels.

    Raises:
        SettingError: A value is out of its range.
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
                f"Expected a seed of 0 to 2147483647. Received: {self.seed}.", hint="0, 1 and 2 are usual."
            )
        if self.patience is not None and self.patience < 1:
            raise SettingError(f"Expected patience of 1 epoch or more. Received: {self.patience}.", hint="5 is usual.")


@dataclass(frozen=True)
class RunData:
    """What a run is trained on: its name, hash and the number of glyphs of each split (0 of old runs' calibration)."""

    name: str
    sha256: str
    training: int
    validation: int
    calibration: int = 0


@dataclass(frozen=True)
class Teacher:
    """A network that a run learns from: its recipe and the hash of its checkpoint."""

    recipe: str
    sha256: str


@dataclass(frozen=True)
class RunProgress:
    """How far a run is, over all its sittings: steps and epochs done, seconds of the steps alone, and CPU seconds."""

    step: int = 0
    epochs: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class NetworkInfo:
    """What is known once the network is built.

    Attributes:
        parameters: Number of weights.
        precision: Number format of matrix products. A resumed run keeps it.
        precision_seconds: Seconds per step of each format that was timed; empty if none was.
        cores: That the first sitting used; 0 of runs of earlier versions.
    """

    parameters: int = 0
    precision: str = ""
    precision_seconds: dict[str, float] = field(default_factory=dict)
    cores: int = 0


@dataclass(frozen=True, kw_only=True)
class RunState:
    """All that `run.json` holds.

    Attributes:
        recipe: What is trained.
        options: How.
        source: Where the data come from, as `load_dataset` takes it.
        versions: Versions of the packages that a result depends on.
        status: See `Status`.
        error: Why it failed, in one line.
        data: What it is trained on; None before the first sitting.
        teachers: Whom it learns from.
        network: The network's facts.
        progress: How far it is.
        scores: Scores of the packed model, as on its card.
    """

    recipe: Recipe
    options: RunOptions = RunOptions()
    source: str = "mnist"
    versions: dict[str, str] = field(default_factory=dict)
    status: Status = "created"
    error: str = ""
    data: RunData | None = None
    teachers: tuple[Teacher, ...] = ()
    network: NetworkInfo = NetworkInfo()
    progress: RunProgress = RunProgress()
    scores: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON holds it: progress and network side by side with the rest."""
        values: dict[str, Any] = asdict(self)
        network, progress = values.pop("network"), values.pop("progress")
        return {**values, **network, **progress}


def state_from_dict(values: dict[str, Any]) -> RunState:
    """The state of a `run.json`, also of one written before there were typed states.

    Raises:
        KeyError, TypeError, ValueError: It is damaged.
    """
    options = values["options"]
    return RunState(
        recipe=recipe_from_dict(values["recipe"]),
        options=RunOptions(**{**options, "teachers": tuple(options.get("teachers", ()))}),
        source=values["source"],
        versions=values.get("versions", {}),
        status=values.get("status", "created"),
        error=values.get("error", ""),
        data=RunData(**values["data"]) if values.get("data") else None,
        teachers=tuple(Teacher(**teacher) for teacher in values.get("teachers", ())),
        network=NetworkInfo(**_some(values, "parameters", "cores", "precision", "precision_seconds")),
        progress=RunProgress(**_some(values, "step", "epochs", "seconds", "cpu_seconds")),
        scores=values.get("scores", {}),
    )


def _some(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
