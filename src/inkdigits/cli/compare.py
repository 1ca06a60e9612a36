"""`inkdigits compare`: classical algorithms and the project's recipes, trained and measured on the same digits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from inkdigits.benchmarks.algorithms import Contender

QUICK, ALL = 5000, 60_000  # training digits
QUICK_ONES = "logistic regression,k-NN,extra trees,SVM on PCA-50,sprint,default"


@click.command("compare", short_help="Train and measure classical algorithms and recipes on the same digits.")
@click.option("--quick", is_flag=True, help=f"The fast ones alone, on {QUICK:,} training digits.")
@click.option("--only", metavar="NAME,NAME", help="Which are compared; --list says who there is.")
@click.option("--list", "list_contenders", is_flag=True, help="List who can be compared, and stop.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("comparison"),
              show_default=True, metavar="DIR", help="Where the report and the models go.")  # fmt: skip
def command(quick: bool, only: str | None, list_contenders: bool, output: Path) -> int:
    """Trains each on MNIST's 60,000 training digits, in a process of its own, and asks it for the 10,000 test digits.

    \b
    Examples:
      inkdigits compare --quick
      inkdigits compare --only "k-NN,SVM on PCA-50,sprint" -o my-comparison
    """
    from inkdigits.benchmarks.algorithms import CONTENDERS, find_contender

    if list_contenders:
        for one in CONTENDERS:
            click.echo(f"{one.name:20} {one.family:13} {one.what}")
        return 0
    if only is None:
        only = QUICK_ONES if quick else ",".join(one.name for one in CONTENDERS)
    names = dict.fromkeys(name.strip() for name in only.split(","))
    return _compare([find_contender(name) for name in names], QUICK if quick else ALL, output)


def _compare(chosen: Sequence[Contender], count: int, output: Path) -> int:
    """Writes the report anew after each contender, so that what comes later can spoil nothing."""
    from inkdigits.benchmarks.algorithm_trial import measure
    from inkdigits.cli import EXIT_FAILED, show_error
    from inkdigits.data.mnist import load_mnist
    from inkdigits.errors import TrainingError
    from inkdigits.reporting.comparison import ranked, table, write_comparison
    from inkdigits.reporting.plots import require_matplotlib

    require_matplotlib()
    test, outcomes = load_mnist("test"), []
    about = f"Trained on {count:,} of MNIST's training digits, measured on its {len(test):,} test digits; {_machine()}."
    for contender in chosen:
        click.echo(f"{contender.name} ...", err=True)
        try:
            outcomes.append(measure(contender, output / "models" / contender.name.replace(" ", "-"), count))
        except TrainingError as error:
            show_error(f"{contender.name}: {error.message}", error.hint)
            continue
        page = write_comparison(output, ranked(outcomes, test), about)
    if outcomes:
        click.echo(table(ranked(outcomes, test)))
        click.echo(f"report: {page}", err=True)
    return 0 if len(outcomes) == len(chosen) else EXIT_FAILED


def _machine() -> str:
    import platform
    from datetime import date
    from importlib.metadata import version

    from inkdigits.system import cpu_name, usable_cores

    versions = ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "inkdigits"))
    return f"{cpu_name()}, {usable_cores()} cores, Python {platform.python_version()}, {versions}, {date.today()}"
