"""`inkdigits compare`: classical algorithms and the project's recipes, trained and measured on the same digits."""

from __future__ import annotations

from pathlib import Path

import click

QUICK = 5000  # training digits
QUICK_ONES = "logistic regression,k-NN,extra trees,SVM on PCA-50,sprint,default"


@click.command("compare", short_help="Train and measure classical algorithms and recipes on the same digits.")
@click.option("--quick", is_flag=True, help=f"The fast ones alone, on {QUICK:,} training digits.")
@click.option("--only", metavar="NAME,NAME", help="Which are compared; --list says who there is.")
@click.option("--list", "list_contenders", is_flag=True, help="List who can be compared, and stop.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("comparison"),
              show_default=True, metavar="DIR", help="Where the report and the models go.")  # fmt: skip
def command(quick: bool, only: str | None, list_contenders: bool, output: Path) -> None:
    """Trains each on MNIST's 60,000 training digits, in a process of its own, and asks it for the 10,000 test digits.

    \b
    Examples:
      inkdigits compare --quick
      inkdigits compare --only "k-NN,SVM on PCA-50,sprint" -o my-comparison
    """
    from inkdigits.comparison.contenders import CONTENDERS, find_contender

    if list_contenders:
        for one in CONTENDERS:
            click.echo(f"{one.name:20} {one.family:13} {one.what}")
        return
    names = QUICK_ONES if quick and only is None else only
    chosen = CONTENDERS if names is None else [find_contender(name.strip()) for name in names.split(",")]
    from inkdigits.comparison.report import ranked, table, write_comparison
    from inkdigits.comparison.trial import measure
    from inkdigits.data.mnist import load_mnist
    from inkdigits.evaluation.plots import require_matplotlib

    require_matplotlib()
    test, count, outcomes = load_mnist("test"), QUICK if quick else 60_000, []
    for contender in chosen:
        click.echo(f"{contender.name} ...", err=True)
        outcomes.append(measure(contender, output / "models" / contender.name.replace(" ", "-"), count))
    rows = ranked(outcomes, test)
    about = f"Trained on {count:,} of MNIST's training digits, measured on its {len(test):,} test digits; {_machine()}."
    page = write_comparison(output, rows, about)
    click.echo(table(rows))
    click.echo(f"report: {page}", err=True)


def _machine() -> str:
    import platform
    from datetime import date
    from importlib.metadata import version

    from inkdigits.machine import cpu_name, usable_cores

    versions = ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "inkdigits"))
    return f"{cpu_name()}, {usable_cores()} cores, Python {platform.python_version()}, {versions}, {date.today()}"
