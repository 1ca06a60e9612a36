"""Training from Python: a recipe's name and data in, a run with a packed model out. `inkdigits train` does the same.

TensorFlow is imported only when the training itself begins: by then the run's folder can be resumed.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits.data.dataset import Dataset
from inkdigits.data.source import check_leakage, has_test_part, load_dataset
from inkdigits.errors import MissingExtraError, OutputError, SettingError
from inkdigits.training.recipe import Recipe, change
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run.folder import Run, check_free, open_run, start_run
from inkdigits.training.run.lock import run_lock
from inkdigits.training.run.state import RunOptions

if TYPE_CHECKING:
    from inkdigits.training.run.session import Progress

RUNS = Path("runs")


@dataclass(frozen=True)
class Prepared:
    """A run that can be trained, and its data.

    Attributes:
        run: The run.
        dataset: All its training glyphs.
        resumed: Whether it was begun before.
    """

    run: Run
    dataset: Dataset
    resumed: bool


def train(
    recipe: str | Recipe = "mlp-128",
    *,
    data: str | Path = "mnist",
    output: Path | str | None = None,
    options: RunOptions | None = None,
    listener: Callable[[Progress], None] = lambda _: None,
) -> Run:
    """Trains a network by a recipe and packs it.

    Args:
        recipe: A recipe or its name.
        data: `"mnist"`, or the path of a folder or of an IDX, CSV or NPZ file.
        output: The run's folder; by default `runs/RECIPE-N`.
        options: Seed, patience, precision of the packed model, and so on.
        listener: Called about twice per second with the progress.

    Returns:
        The run: `run.state.scores` has its measures, and `PackedModel.load(run.folder)` its network.

    Raises:
        MissingExtraError: TensorFlow is not installed.
        DataError: The data are missing or damaged.
        TrainingError: The loss became infinite, or the network did not learn.
        OutputError: The folder cannot be written.
    """
    chosen = find_recipe(recipe) if isinstance(recipe, str) else recipe
    folder = None if output is None else Path(output)
    with new_run(chosen, str(data), folder, options or RunOptions()) as prepared:
        return _train(prepared, listener)


def resume(
    folder: Path | str, *, data: str | Path | None = None, listener: Callable[[Progress], None] = lambda _: None
) -> Run:
    """Continues a run that was stopped or killed, and packs it.

    Args:
        folder: Folder of the run.
        data: Where its data are now, if they have moved.
        listener: Called about twice per second with the progress.

    Returns:
        The run.

    Raises:
        MissingModelError: There is no such run.
        TrainingError: It is damaged, or the data are others than it was started with.
    """
    with resumed_run(Path(folder), None if data is None else str(data)) as prepared:
        return _train(prepared, listener)


def _train(prepared: Prepared, listener: Callable[[Progress], None]) -> Run:
    from inkdigits.export.from_run import train_and_pack

    train_and_pack(prepared.run, prepared.dataset, listener=listener, resume=prepared.resumed)
    return prepared.run


@contextmanager
def new_run(
    recipe: Recipe, data: str, folder: Path | None, options: RunOptions, *, strict: bool = False, chief: bool = True
) -> Iterator[Prepared]:
    """Loads the data and makes the run's folder, without TensorFlow. The run is locked until the block ends.

    Args:
        recipe: What to train.
        data: As `train` takes it.
        folder: The run's; None for `runs/RECIPE-N`.
        options: How to train.
        strict: Whether the first row or picture that cannot be used is an error.
        chief: Whether this process writes the run.

    Raises:
        MissingExtraError: TensorFlow is not installed.
        DataError: The data are missing, damaged, or share glyphs with their test part.
        MissingModelError: A teacher is missing.
        TrainingError: The folder is not free, or another process trains into it.
        OutputError: It cannot be written.
    """
    _require_tensorflow()
    source = data if data == "mnist" else str(Path(data).resolve())
    for teacher in options.teachers:
        open_run(Path(teacher))
    dataset = load_training_data(source, strict=strict)
    if not chief:
        run = start_run(folder or RUNS / recipe.name, recipe, options, source=source, chief=False)
        yield Prepared(run, dataset, resumed=False)
        return
    place = folder or _free_folder(recipe.name)
    check_free(place)
    with run_lock(place):
        yield Prepared(start_run(place, recipe, options, source=source), dataset, resumed=False)


@contextmanager
def resumed_run(
    folder: Path, data: str | None = None, *, strict: bool = False, chief: bool = True
) -> Iterator[Prepared]:
    """Opens a run that was begun before, and its data, without TensorFlow. The run is locked until the block ends.

    Args:
        folder: Folder of the run.
        data: Where its data are now, if they have moved.
        strict: Whether the first row or picture that cannot be used is an error.
        chief: Whether this process writes the run.

    Raises:
        MissingModelError: There is no such run.
        TrainingError: It is damaged, or another process trains it.
    """
    _require_tensorflow()
    open_run(folder)  # says if there is none, before a lock is made
    with run_lock(folder) if chief else nullcontext():
        yield reopen(folder, data, strict=strict)


def reopen(folder: Path, data: str | None = None, *, strict: bool = False) -> Prepared:
    """Opens a run and its data for reading, without TensorFlow; arguments as of `resumed_run`."""
    _require_tensorflow()
    run = open_run(folder)
    source = run.state.source if data is None or data == "mnist" else str(Path(data).resolve())
    return Prepared(run, load_training_data(data if data == "mnist" else source, strict=strict), resumed=True)


def tuned_recipe(file: Path) -> Recipe:
    """The best recipe of a search: `best.json`, as `inkdigits tune` writes it.

    Raises:
        SettingError: The file is missing or of another form.
    """
    from inkdigits.training.search_space import with_settings

    try:
        best: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return with_settings(find_recipe(best["recipe"]), best["settings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingError(
            f"Expected a best.json of inkdigits tune at {file}. Received: {error!r}.",
            hint="Make one with: inkdigits tune RECIPE",
        ) from error


def changed_recipe(recipe: str, tuned: Path | None, settings: dict[str, Any]) -> Recipe:
    """A recipe with changed settings.

    Args:
        recipe: Its name.
        tuned: A `best.json` that replaces it; None for none.
        settings: Changes to either; None leaves a setting as it is.
    """
    return change(find_recipe(recipe) if tuned is None else tuned_recipe(tuned), settings)


def load_training_data(source: str, *, strict: bool = False) -> Dataset:
    """Loads a training set, and refuses one that shares glyphs with its own test part.

    Args:
        source: As `load_dataset` takes it.
        strict: Whether the first row or picture that cannot be used is an error.

    Raises:
        DataError: The data are missing, damaged, or share glyphs with their test part.
    """
    dataset = load_dataset(source, strict=strict)
    if has_test_part(source):
        check_leakage(dataset, load_dataset(source, split="test"))
    return dataset


def _require_tensorflow() -> None:
    """Says what to install if TensorFlow is absent, without the seconds that its import takes."""
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError(
            "Expected tensorflow for training. Received: it is not installed.",
            hint="Run: pip install 'inkdigits[train]'",
        )


def _free_folder(name: str) -> Path:
    """Makes the first folder of that name that is not there: another process makes another one.

    Raises:
        OutputError: It cannot be made.
    """
    number = 1
    while True:
        folder = RUNS / f"{name}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise OutputError(
                f"Expected to make {folder}. Received: {error.strerror}.", hint="Choose another folder."
            ) from error
        else:
            return folder
