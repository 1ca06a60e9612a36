"""`inkdigits bench`: what training costs on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.terminal import say, show

if TYPE_CHECKING:
    from inkdigits.benchmarks.training_trial import Outcome


@click.group("bench", short_help="Measure training on this machine.")
def command() -> None:
    """Measures what training costs on this machine."""


@command.command("training", short_help="Which way of parallelizing is fastest here.")
@click.option("--recipes", default="mlp-128,convnet", show_default=True, metavar="NAME,NAME", help="Whose networks.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("bench-training"),
              show_default=True, metavar="DIR", help="Where the report goes.")  # fmt: skip
def training(recipes: str, output: Path) -> None:
    """Tries threads, batch sizes, precisions, compiled loops, fit and several workers, one after the other.

    It takes five to ten minutes on two cores, which nothing else should use meanwhile. It writes a report in Markdown,
    PNG and JSON: what was tried, what it gave and what to do.

    \b
    Example:
      inkdigits bench training -o report/
    """
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.training.recipes import find_recipe

    names = [find_recipe(name.strip()).name for name in recipes.split(",")]
    with quiet_native_stderr():
        from inkdigits.benchmarks.training_study import study_training
        from inkdigits.reporting.plots import require_matplotlib
        from inkdigits.reporting.training_speed import write_report

    require_matplotlib()
    write_report(study_training(names, listener=_tell), output)
    show(output / "training.md")


def _tell(number: int, count: int, outcome: Outcome) -> None:
    setting = outcome.setting
    say(
        f"{number:3}/{count}  {setting.recipe}, {setting.way}, {setting.precision}, batch {setting.batch_size}, "
        f"{setting.cores} cores, {setting.workers} workers: {outcome.glyphs_per_second:,.0f} glyphs/s"
    )
