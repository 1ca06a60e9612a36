"""The compiled loop against `model.fit`: the same network, optimizer, batch of 128 and glyphs, in turns, in one run.

    python bench/training_loop.py [--recipes mlp-128,...] [--rounds 3] [--publish]

Each round trains each network three times, in processes of their own: with `fit` in float32, with the loop in float32,
which is the same arithmetic, and with the loop in bfloat16. All three are timed alike: the median of the epochs after
the first. So no time holds the building of a graph. There is no validation. `fit` is called once for all epochs.

The table shows medians of the rounds, and of the rounds' ratios, with their range. The peak is that of matrix products,
measured just before. `--augmented best` also measures what share of it a recipe reaches with its augmentation.
"""

from __future__ import annotations

import argparse
from statistics import median

from inkdigits.benchmarks.environment import measure_environment
from inkdigits.benchmarks.training_trial import Outcome, Setting, measure
from inkdigits.reporting.markdown import row
from tables import publish

RECIPES = "mlp-128,mlp-128x2,mlp-256x2,mlp-256x2-sigmoid,mlp-512-256-128,convnet,best"
BATCH = 128
HEADS = [
    "ms per step",
    "`fit`",
    "loop, float32",
    "faster",
    "loop, bfloat16",
    "faster",
    "of the bfloat16 peak",
    "rounds",
]


def ratio(base: list[float], ours: list[float]) -> str:
    """How many times as fast: the median of the rounds and their range."""
    ratios = [one / other for one, other in zip(base, ours, strict=True)]
    return f"{median(ratios):.1f}× ({min(ratios):.1f} to {max(ratios):.1f})"


def summarize(name: str, rounds: list[list[Outcome]], peak: float) -> list[str]:
    """A row of the table: `fit`, the loop in float32 and in bfloat16, in each round."""
    fit, plain, narrow = (
        [1e3 * BATCH / outcome.glyphs_per_second for outcome in way] for way in zip(*rounds, strict=True)
    )
    share = median(outcomes[2].gflops for outcomes in rounds) / peak
    cells = [f"`{name}`", f"{median(fit):.2f}", f"{median(plain):.2f}", ratio(fit, plain)]
    return [*cells, f"{median(narrow):.2f}", ratio(fit, narrow), f"{share:.0%}", str(len(rounds))]


def measure_augmented(name: str, cores: int, rounds: int) -> None:
    """Prints the share of the bfloat16 peak that a recipe reaches as it trains, augmentation included."""
    setting = Setting(recipe=name, precision="bfloat16", cores=cores, augmented=True)
    shares = []
    for _ in range(rounds):
        peak = measure_environment().bfloat16_gflops
        shares.append(measure(setting).gflops / peak)
    print(f"`{name}` with its augmentation: {median(shares):.0%} ({min(shares):.0%} to {max(shares):.0%}) of the peak")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default=RECIPES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--augmented", default="best", help="a recipe, or nothing")
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    arguments = parser.parse_args()
    machine = measure_environment()
    peaks = {"float32": machine.float32_gflops, "bfloat16": machine.bfloat16_gflops}
    products = "matrix products: " + ", ".join(f"{name} {peak:.0f} GFLOP/s" for name, peak in peaks.items())
    print(products, row(HEADS), "|---" * len(HEADS) + "|", sep="\n")
    rows = []
    for name in arguments.recipes.split(","):
        ways = [Setting(recipe=name, way="fit", cores=machine.cores)]
        ways += [Setting(recipe=name, precision=precision, cores=machine.cores) for precision in peaks]
        rounds = [[measure(setting) for setting in ways] for _ in range(arguments.rounds)]
        rows.append(summarize(name, rounds, peaks["bfloat16"]))
        print(row(rows[-1]), flush=True)
    if arguments.publish:
        publish("training_loop", HEADS, rows, note=products)
    if arguments.augmented:
        measure_augmented(arguments.augmented, machine.cores, arguments.rounds)


if __name__ == "__main__":
    main()
