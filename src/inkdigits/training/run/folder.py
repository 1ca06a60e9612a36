"""A run: the folder that a training writes, from before the first step to the packed model. Needs no TensorFlow.

    run.json        recipe, seed, data, versions, status, scores: a `RunState`
    history.jsonl   one line per epoch
    checkpoints/    last.npz, best.npz
    run.lock        locked while a process writes into the folder
    model.keras     the trained network, float32
    packed/         the packed model

It knows nothing of steps: `session` trains.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

from inkdigits.checksum import with_checksum, without_checksum
from inkdigits.errors import MissingModelError, OutputError, TrainingError
from inkdigits.files import is_draft, remove_drafts, write_atomically
from inkdigits.models.card import CARD_NAME
from inkdigits.training.recipe import Recipe
from inkdigits.training.run.lock import LOCK_NAME, run_lock
from inkdigits.training.run.state import RunOptions, RunState, state_from_dict

STATE_NAME, HISTORY_NAME, MODEL_NAME, PACKED = "run.json", "history.jsonl", "model.keras", "packed"
CHECKPOINTS, LAST, BEST = "checkpoints", "last.npz", "best.npz"
VERSIONED = ("inkdigits", "tensorflow", "keras", "numpy", "ai-edge-litert")


class Run:
    """A run's folder and its state.

    Args:
        folder: Where it is.
        state: What `run.json` holds.
    """

    def __init__(self, folder: Path, state: RunState) -> None:
        self.folder = folder
        self.state = state

    @property
    def recipe(self) -> Recipe:
        """The recipe it was started with."""
        return self.state.recipe

    @property
    def options(self) -> RunOptions:
        """The options it was started with."""
        return self.state.options

    def save(self, **changes: Any) -> None:
        """Changes fields of the state and writes `run.json`.

        Raises:
            OutputError: It cannot be written.
        """
        self.state = replace(self.state, **changes)
        content = json.dumps(with_checksum(self.state.to_dict()), indent=2) + "\n"
        write_atomically(self.folder / STATE_NAME, content.encode())

    def check_current(self) -> None:
        """Refuses to write over a state that another process has changed since this one read it.

        Raises:
            TrainingError: It has changed, or is damaged.
        """
        if open_run(self.folder).state != self.state:
            raise TrainingError(
                f"Expected {self.folder} as it was opened. Received: another process has trained or started it since.",
                hint="Open it again, or choose another folder.",
            )

    def remove_drafts(self) -> None:
        """Removes what a killed training left half written."""
        for output in _outputs(self.folder):
            remove_drafts(output)

    @property
    def last_checkpoint(self) -> Path:
        """The checkpoint that a resumed training continues from."""
        return self.folder / CHECKPOINTS / LAST

    @property
    def best_checkpoint(self) -> Path:
        """The best epoch's, by validation accuracy."""
        return self.folder / CHECKPOINTS / BEST

    @property
    def final_checkpoint(self) -> Path:
        """The one to pack: with patience the best, if an epoch has ended; else the last."""
        best = self.options.patience is not None and self.best_checkpoint.is_file()
        return self.best_checkpoint if best else self.last_checkpoint

    @property
    def is_complete(self) -> bool:
        """Whether all steps are done and the model is packed, so that nothing is left to resume."""
        return self.state.status == "finished" and (self.packed / CARD_NAME).is_file()

    @property
    def packed(self) -> Path:
        """The folder of the packed model."""
        return self.folder / PACKED

    def history(self) -> list[dict[str, float]]:
        """The lines of `history.jsonl`; empty before the first epoch's end.

        Raises:
            TrainingError: It is damaged.
        """
        path = self.folder / HISTORY_NAME
        if not path.is_file():
            return []
        entries: list[dict[str, float]] = []
        try:
            for line in path.read_bytes().splitlines():
                entries.append(_history_entry(json.loads(line.decode())))  # noqa: PERF401  their number is that of the bad line
            return entries
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise TrainingError(
                f"Expected one line of JSON per epoch in {path}. Received: line {len(entries) + 1}, {_reason(error)}.",
                hint="Copy the file again, or delete it: the weights do not depend on it.",
            ) from error


def _history_entry(values: dict[str, Any]) -> dict[str, float]:
    entry = without_checksum(values)
    if wrong := [name for name, value in entry.items() if type(value) not in (int, float)]:
        raise ValueError(f"no number in {', '.join(wrong)}")
    return entry


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    return (folder / STATE_NAME).is_file()


def open_run(folder: Path) -> Run:
    """Opens the folder of a run.

    Raises:
        MissingModelError: There is no such run.
        TrainingError: It is damaged.
    """
    path = folder / STATE_NAME
    again = "It has no checkpoint yet: start it again with the command that began it."
    if not path.is_file():
        begun = folder.is_dir() and any(folder.iterdir()) and is_free(folder)
        raise MissingModelError(
            f"Expected a run's folder. Received: {folder}, with no {STATE_NAME}.",
            hint=again if begun else "Check the path.",
        )
    try:
        return Run(folder, state_from_dict(without_checksum(json.loads(path.read_text(encoding="utf-8")))))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TrainingError(
            f"Expected the state of a run in {path}. Received: {_reason(error)}.",
            hint=again if is_free(folder) else f"Copy {STATE_NAME} from a backup, or start a new run.",
        ) from error


def _reason(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())


def can_resume(folder: Path) -> bool:
    """Whether a folder holds a run to go on with. A damaged `run.json` without a checkpoint is none: nothing is lost.

    Raises:
        TrainingError: The run is damaged, and has a checkpoint or more.
    """
    if not is_run(folder):
        return False
    try:
        open_run(folder)
    except TrainingError:
        if is_free(folder):
            return False
        raise
    return True


def start_run(folder: Path, recipe: Recipe, options: RunOptions, *, source: str, chief: bool = True) -> Run:
    """Makes a new run: its folder and its `run.json`, before anything slow happens.

    Args:
        folder: Must not exist, be empty, or hold a run that was ended before its first checkpoint.
        recipe: What to train.
        options: How.
        source: Where the data come from, as `load_dataset` takes it; kept for resuming.
        chief: Whether this process is the one that writes into the folder.

    Raises:
        TrainingError: The folder holds something else.
        OutputError: It cannot be written.
    """
    run = Run(folder, RunState(recipe=recipe, options=options, source=source, versions=versions()))
    if not chief:
        return run
    check_free(folder)
    with run_lock(folder):
        check_free(folder)
        try:
            (folder / CHECKPOINTS).mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"Expected to write into {folder}. Received: {error.strerror}.", hint="Choose another folder."
            ) from error
        run.save()
    return run


def check_free(folder: Path) -> None:
    """Refuses a folder that a new run may not take.

    Raises:
        TrainingError: It holds something else than the start of a run.
    """
    if not is_free(folder):
        raise TrainingError(
            f"Expected a new or empty folder for the run. Received: {folder}, which is not empty.",
            hint="Choose another folder, or resume the run that it holds.",
        )


def is_free(folder: Path) -> bool:
    """Whether a new run may take a folder: it is not there, empty, or holds no more than the start of a run.

    A training that was killed before its first checkpoint has nothing to lose, so the same command may be repeated.
    """
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    started = {STATE_NAME, HISTORY_NAME, CHECKPOINTS, LOCK_NAME}
    inside = [path for path in folder.iterdir() if path.name not in started]
    if (folder / CHECKPOINTS).is_dir():
        inside += (folder / CHECKPOINTS).iterdir()
    return all(any(is_draft(path, of=output) for output in _outputs(folder)) for path in inside)


def _outputs(folder: Path) -> list[Path]:
    """What a training writes, each by a draft."""
    names = (STATE_NAME, HISTORY_NAME, MODEL_NAME, PACKED, f"{CHECKPOINTS}/{LAST}", f"{CHECKPOINTS}/{BEST}")
    return [folder / name for name in names]


def versions() -> dict[str, str]:
    """Versions that a result depends on."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        for candidate in (name, f"{name}-cpu"):
            try:
                found[name] = importlib.metadata.version(candidate)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return found
