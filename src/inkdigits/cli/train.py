"""`inkdigits train`: a recipe and data in, a run folder with a packed model out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from inkdigits.data.dataset import Dataset
    from inkdigits.training.distributed.cluster import Workers
    from inkdigits.training.recipe import Recipe
    from inkdigits.training.run.folder import Run


def _sizes(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        return tuple(int(part) for part in value.split(",") if part.strip())
    except ValueError:
        raise click.BadParameter(f"expected sizes such as 512,256,128, received {value!r}") from None


@click.command("train", short_help="Train a network by a recipe and pack it.")
@click.option("--recipe", default="mlp-128", show_default=True, help="Which recipe; --list shows them.")
@click.option("--list", "list_recipes", is_flag=True, help="List the recipes and leave.")
@click.option("--data", default="mnist", show_default=True, help="mnist, a folder, or an IDX, CSV or NPZ file.")
@click.option("--strict", is_flag=True, help="Stop at the first bad row or picture of the data.")
@click.option("--epochs", type=int, help="Passes over the training glyphs.")
@click.option("--max-steps", type=int, help="End after so many batches.")
@click.option("--batch-size", type=int, help="Glyphs a step.")
@click.option("--hidden", callback=_sizes, metavar="N,N", help="Neurons of each hidden layer, such as 512,256,128.")
@click.option("--activation", type=click.Choice(["relu", "sigmoid", "tanh", "linear"]), help="Of the hidden layers.")
@click.option("--dropout", type=float, help="Share of the last hidden layer's outputs that training drops.")
@click.option("--optimizer", type=click.Choice(["adam", "sgd", "rmsprop"]), help="How weights are changed.")
@click.option("--learning-rate", type=float, help="The constant rate, or the peak of a one-cycle schedule.")
@click.option("--schedule", type=click.Choice(["constant", "one-cycle"]), help="Of the learning rate.")
@click.option("--label-smoothing", type=float, help="Probability mass spread over all classes.")
@click.option("--precision", type=click.Choice(["auto", "float32", "bfloat16"]), help="Of the products.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same weights again.")
@click.option("--patience", type=int, metavar="N", help="Stop after N epochs without better validation accuracy.")
@click.option("--tensorboard", is_flag=True, help="Also write files for TensorBoard.")
@click.option("--deterministic", is_flag=True, help="The same weights on any number of cores; slower.")
@click.option("--teacher", "teachers", multiple=True, metavar="RUN", callback=lambda _context, _option, given: tuple(
              str(Path(folder).resolve()) for folder in given),
              help="Learn what a trained run answers, instead of the labels; several: their mean.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Train in N processes on this machine; TF_CONFIG, where set, decides instead.")  # fmt: skip
@click.option("--weights", type=click.Choice(["auto", "int8", "float32"]), default="auto", show_default=True,
              help="Of the packed model; auto: int8 if it agrees with Keras on 99.9 %.")  # fmt: skip
@click.option("--name", default="", help="Of the packed model; by default the recipe's.")
@click.option(
    "--log-every", type=click.IntRange(min=1), metavar="N", help="Print a line every N steps (by default: every epoch)."
)
@click.option("--resume", type=click.Path(file_okay=False, path_type=Path), metavar="RUN",
              help="Go on with a stopped run, as it was started.")  # fmt: skip
@click.option(
    "--or-resume", is_flag=True, help="Go on with the run of -o if it has begun: for schedulers that restart."
)
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), metavar="RUN",
              help="The run's folder; by default runs/RECIPE-N.")  # fmt: skip
def command(
    recipe: str,
    list_recipes: bool,
    data: str,
    strict: bool,
    output: Path | None,
    resume: Path | None,
    or_resume: bool,
    log_every: int | None,
    workers: int,
    **settings: Any,
) -> int:
    """Trains a network by a recipe, with changes to it if you like, and packs it for reading.

    Ctrl-C stops it after the step under way: what was reached is packed, and --resume goes on from there, with
    the run's own recipe, seed and data (--data says where the data are if they have moved).

    \b
    Examples:
      inkdigits train --recipe convnet
      inkdigits train --recipe mlp-128 --hidden 256,256 --activation sigmoid --epochs 20
      inkdigits train --data my-digits/ -o runs/mine
      inkdigits train --recipe convnet --workers 2
      inkdigits train --recipe mlp-128 --teacher runs/convnet-1
    """
    from inkdigits.training.recipe import change
    from inkdigits.training.recipes import find_recipe

    if list_recipes:
        _show_recipes()
        return 0
    chosen = change(find_recipe(recipe), {name: value for name, value in settings.items() if name in _RECIPE_SETTINGS})
    given = _given_options()
    if or_resume and output is not None and (output / "run.json").is_file():
        resume, output = output, None
        given -= {"output"}
    elif resume is not None:
        _refuse_changes(given)
    if workers > 1 and "TF_CONFIG" not in os.environ:
        from inkdigits.training.distributed.launch import launch

        arguments = click.get_current_context().find_root().obj
        return launch([sys.executable, "-m", "inkdigits", *arguments], workers)
    team = _join()
    from inkdigits.training.run.folder import RunOptions, open_run, start_run

    if resume is None:
        options = RunOptions(**{name: value for name, value in settings.items() if name not in _RECIPE_SETTINGS})
        source = data if data == "mnist" else str(Path(data).resolve())
        run = start_run(output or _free_folder(chosen.name), chosen, options, source=source, chief=team.chief)
    else:
        run = open_run(resume)
        source = data if "data" in given else run.facts["source"]
    train_set, check = load_training_data(source, strict=strict)
    _train(run, train_set, check, resume=resume is not None, log_every=log_every, workers=team)
    return 0


def _join() -> Workers:
    """Joins the other workers, if any, before TensorFlow computes anything."""
    from inkdigits.cli.terminal import quiet_native_stderr

    with quiet_native_stderr():
        import inkdigits.training.network  # noqa: F401 - first: it says what to install if TensorFlow is absent
        from inkdigits.training.distributed.cluster import join, one_thread_an_operation

        one_thread_an_operation()
        return join()


def _given_options() -> set[str]:
    """The options that stand on the command line."""
    context = click.get_current_context()
    typed = click.core.ParameterSource.COMMANDLINE
    return {name for name in context.params if context.get_parameter_source(name) is typed}


def _refuse_changes(given: set[str]) -> None:
    """Refuses options that a resumed run would not heed."""
    from inkdigits.errors import SettingError

    if extra := sorted(given - {"resume", "data", "strict", "log_every", "workers"}):
        names = ", ".join("--" + name.replace("_", "-") for name in extra)
        raise SettingError(
            f"Expected --resume to go on as the run was started. Received: also {names}.",
            hint="Leave them out, or start a new run.",
        )


_RECIPE_SETTINGS = frozenset(
    ("epochs", "max_steps", "batch_size", "hidden", "activation", "dropout", "optimizer", "learning_rate", "schedule")
) | {"label_smoothing", "precision"}


def _show_recipes() -> None:
    from inkdigits.training.recipes import RECIPES

    width = max(len(recipe.name) for recipe in RECIPES)
    for recipe in RECIPES:
        click.echo(f"{recipe.name:{width}}  {recipe.summary}")


def load_training_data(source: str, *, strict: bool) -> tuple[Dataset, Dataset | None]:
    """The training set, and the test glyphs, if any, to check the packed model on: their labels are not looked at."""
    from inkdigits.cli.terminal import show_left_out
    from inkdigits.data.source import check_leakage, has_test_part, load_dataset

    dataset = load_dataset(source, strict=strict)
    show_left_out(dataset)
    if not has_test_part(source):
        return dataset, None
    test = load_dataset(source, split="test")
    check_leakage(dataset, test)
    return dataset, test


def _free_folder(name: str) -> Path:
    number = 1
    while (folder := Path("runs") / f"{name}-{number}").exists():
        number += 1
    return folder


def _train(
    run: Run, dataset: Dataset, check: Dataset | None, *, resume: bool, log_every: int | None, workers: Workers
) -> None:
    from inkdigits.cli.terminal import TrainingDisplay, quiet_native_stderr
    from inkdigits.export.from_run import train_and_pack

    if not workers.chief:
        train_and_pack(run, dataset, resume=resume, workers=workers)
        return
    _announce(run.recipe, dataset, run.folder, workers)
    with TrainingDisplay(run.recipe, log_every=log_every) as display:
        card = train_and_pack(
            run,
            dataset,
            check=check,
            listener=display,
            report_every=log_every or 100,
            resume=resume,
            converting=quiet_native_stderr,
            workers=workers,
        )
    assert card is not None, "the chief packs"
    facts = run.facts
    scores = card.scores["validation"]
    if facts["status"] == "interrupted":
        click.echo(f"stopped by you; go on with: inkdigits train --resume {run.folder}", err=True)
    click.echo(
        f"{facts['epochs']:.2f} epochs in {facts['seconds']:.1f} s; validation accuracy {scores['accuracy']:.2%}, "
        f"loss {scores['loss']:.4f} (n = {scores['count']}); packed as {card.weights}, "
        f"agrees with Keras on {card.scores['keras']['labels_agree']:.2%}",
        err=True,
    )
    click.echo(f"next: inkdigits evaluate {run.folder}", err=True)
    click.echo(run.folder)


def _announce(recipe: Recipe, dataset: Dataset, folder: Path, workers: Workers) -> None:
    who = f", {workers.count} workers" if workers.count > 1 else ""
    click.echo(f"training {recipe.name} on {len(dataset)} glyphs of {dataset.name} into {folder}{who}", err=True)
