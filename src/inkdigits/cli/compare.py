"""`inkdigits compare`: classical algorithms and the project's recipes, trained and measured on the same digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.terminal import say, show, show_error

if TYPE_CHECKING:
    from inkdigits.benchmarks.algorithm_comparison import Comparison


@click.command("compare", short_help="Train and measure classical algorithms and recipes on the same digits.")
@click.option("--quick", is_flag=True, help="Only the fast ones, on 5,000 training digits.")
@click.option("--only", metavar="NAME,NAME", help="Which are compared; --list shows all.")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="How often each is trained, with another seed each time.")  # fmt: skip
@click.option("--list", "list_algorithms", is_flag=True, help="List what can be compared, and stop.")
@click.option("--data", default="mnist", show_default=True,
              help="mnist, a folder, or an IDX, CSV or NPZ file. Without a test split, a sixth is one.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("comparison"),
              show_default=True, metavar="DIR", help="Where the report and the models go.")  # fmt: skip
def command(quick: bool, only: str | None, seeds: int, list_algorithms: bool, data: str, output: Path) -> int:
    """Trains each on the same training digits, in a process of its own, and asks it for the same test digits.

    \b
    Examples:
      inkdigits compare --quick
      inkdigits compare --only "k-NN,SVM on PCA-50,sprint" -o my-comparison
      inkdigits compare --quick --data my-digits/
    """
    from inkdigits.benchmarks.algorithms import ALGORITHMS
    from inkdigits.cli import EXIT_FAILED

    if list_algorithms:
        for one in ALGORITHMS:
            show(f"{one.name:20} {one.family:13} {one.what}")
        return 0
    from inkdigits.benchmarks.algorithm_comparison import compare
    from inkdigits.files import check_not_input
    from inkdigits.reporting.comparison import comparison_table, write_comparison
    from inkdigits.reporting.plots import require_matplotlib

    require_matplotlib()  # before what takes minutes
    check_not_input(output, data)

    def tell(name: str, so_far: Comparison | None) -> None:
        """Writes the report anew after each algorithm, so that a later one can spoil nothing."""
        if so_far is None:
            say(f"{name} ...")
            return
        if so_far.failures and so_far.failures[-1][0] == name:
            error = so_far.failures[-1][1]
            show_error(f"{name}: {error.message}", f"{error.hint} Others: --only.")
        elif so_far.scores:
            write_comparison(output, so_far)

    names = [name.strip() for name in only.split(",")] if only else None
    comparison = compare(names, data=data, quick=quick, seeds=seeds, folder=output, listener=tell)
    if comparison.scores:
        show(*comparison_table(comparison.scores).splitlines())
        say(f"report: {output / 'comparison.md'}")
    return EXIT_FAILED if comparison.failures else 0
