"""From Keras' `fit` to the compiled loop: the five scripts of `examples/compiled_loop`, each in a process of its own.

    python bench/loop_steps.py [--rounds 3] [--epochs 10] [--digits 60000] [--publish]

The scripts run in turns. Each is compared with step 1 of the same round, twice. All epochs hold the building of network
and graph. One epoch after the first does not. Imports, loading the data and measuring the accuracy are not timed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

from inkdigits.reporting.markdown import table
from tables import publish

SCRIPTS = sorted((Path(__file__).parent.parent / "examples" / "compiled_loop").glob("step_*.py"))
PRINTED = re.compile(r"([\d.]+) s for \d+ epochs, ([\d.]+) s for each .*: ([\d.]+)%", re.DOTALL)


class Result(NamedTuple):
    """What a script printed: seconds of all epochs, seconds of an epoch after the first, % right on the test split."""

    seconds: float
    epoch_seconds: float
    right: float


def run(script: Path, epochs: int, digits: int) -> Result:
    command = [sys.executable, str(script), str(epochs), str(digits)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = PRINTED.search(done.stdout)
    if found is None:
        raise ValueError(f"Expected seconds and accuracy from {script.name}. Received: {done.stdout!r}.")
    return Result(*map(float, found.groups()))


def spread(values: list[float], digits: int) -> str:
    """The median and, of several, the range."""
    text = f"{median(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def summarize(step: str, results: list[Result], first: list[Result]) -> list[str]:
    """A row of the table: a step against step 1, round by round."""
    pairs = list(zip(first, results, strict=True))
    return [
        step,
        spread([result.seconds for result in results], 2),
        spread([one.seconds / result.seconds for one, result in pairs], 1),
        spread([result.epoch_seconds for result in results], 3),
        spread([one.epoch_seconds / result.epoch_seconds for one, result in pairs], 1),
        f"{median(result.right for result in results):.2f}",
        str(len(results)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--digits", type=int, default=60_000)
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    options = parser.parse_args()
    rounds = [[run(script, options.epochs, options.digits) for script in SCRIPTS] for _ in range(options.rounds)]
    columns = [list(column) for column in zip(*rounds, strict=True)]
    names = [f"`{script.stem}`" for script in SCRIPTS]
    rows = [summarize(name, column, columns[0]) for name, column in zip(names, columns, strict=True)]
    heads = ["script", f"{options.epochs} epochs and graph, s", "times as fast", "one epoch, s", "times as fast"]
    heads += ["right, %", "rounds"]
    print(table(heads, rows))
    if options.publish:
        publish("loop_steps", heads, rows)


if __name__ == "__main__":
    main()
