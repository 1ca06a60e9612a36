"""`inkdigits tune`: searches a recipe's settings on the validation part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.terminal import say, show

if TYPE_CHECKING:
    import optuna


@click.command("tune", short_help="Search a recipe's settings.")
@click.argument("recipe")
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Trials, earlier ones included.",
)
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Trainings per trial.")
@click.option("--settings", metavar="NAME,NAME", help="Settings to search; by default all of the recipe's.")
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs of each training; by default the recipe's.")
@click.option("--data", default="mnist", show_default=True, help="mnist, a folder, or an IDX, CSV or NPZ file.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Where study.db, best.json and trials.png go; by default tune/RECIPE.")  # fmt: skip
def command(
    recipe: str,
    trials: int,
    seeds: int,
    settings: str | None,
    epochs: int | None,
    data: str,
    output: Path | None,
) -> None:
    """Searches the settings of RECIPE with Optuna, by accuracy on the validation split.

    The settings are learning_rate, label_smoothing, batch_size, beta_1 and beta_2; dropout, if the recipe has it; and
    the amounts of its augmentation. Unpromising trials are stopped early. A stopped search continues when it is started
    again.

    \b
    Example:
      inkdigits tune sprint --trials 60 --seeds 3 --settings learning_rate,beta_1,beta_2
    """
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.data.source import load_dataset
    from inkdigits.files import check_not_input, write_atomically
    from inkdigits.training.recipe import change
    from inkdigits.training.recipes import find_recipe

    chosen = change(find_recipe(recipe), {"epochs": epochs})
    folder = output or Path("tune") / chosen.name
    check_not_input(folder, data)
    with quiet_native_stderr():
        import inkdigits.training.network  # noqa: F401 - first: it says what to install if TensorFlow is absent
        from inkdigits.reporting.plots import plot_trials
        from inkdigits.training.distributed.cluster import use_single_threaded_ops
        from inkdigits.training.tuning import tune

        use_single_threaded_ops()
    names = [name.strip() for name in settings.split(",")] if settings else []
    study = tune(
        chosen, load_dataset(data), folder / "study.db", trials=trials, seeds=seeds, settings=names, listener=_tell
    )
    found = study.best_params | ({"epochs": epochs} if epochs is not None else {})
    best = {"recipe": chosen.name, "accuracy": study.best_value, "settings": found, "seeds": seeds}
    write_atomically(folder / "best.json", (json.dumps(best, indent=2) + "\n").encode())
    values = [trial.value for trial in study.trials if trial.state.is_finished()]
    plot_trials(values, folder / "trials.png")
    show(json.dumps(best))
    say(f"next: inkdigits train --settings {folder / 'best.json'}")


def _tell(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    value = (
        f"{trial.value:.2%}" if trial.state.name == "COMPLETE" and trial.value is not None else trial.state.name.lower()
    )
    settings = ", ".join(f"{name} {number:.4g}" for name, number in trial.params.items())
    best = max(other.value or 0 for other in study.trials if other.state.is_finished())
    say(f"trial {trial.number:3}  {value:8} best {best:.2%}  {settings}")
