"""The compiled loop against `model.fit`: the same network, optimizer, batch of 128 and glyphs, in turns, in one run.

    python bench/training_loop.py [--recipes mlp-128,...] [--rounds 3]

Each round trains each network three times, in processes of their own: with `fit` in float32, with the loop in float32,
which is the same arithmetic, and with the loop in bfloat16, what `--precision auto` takes here. Medians of the rounds
and of their ratios are printed, with the matrix-product peak measured just before; then how much of it `best` reaches
as it trains, augmentation included.
"""

from __future__ import annotations

import argparse
from statistics import median

from inkdigits.benchmarks.environment import measure_environment
from inkdigits.benchmarks.training_trial import Setting, measure

RECIPES = "mlp-128,mlp-128x2,mlp-256x2,mlp-256x2-sigmoid,mlp-512-256-128,convnet,best"
BATCH = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default=RECIPES)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    machine = measure_environment()
    peaks = {"float32": machine.float32_gflops, "bfloat16": machine.bfloat16_gflops}
    print("matrix products: " + ", ".join(f"{name} {peak:.0f} GFLOP/s" for name, peak in peaks.items()))
    head = ["ms per step", "`fit`", "loop, float32", "faster", "loop, bfloat16", "faster", "of the peak"]
    print(f"| {' | '.join(head)} |", "|---" * len(head) + "|", sep="\n")
    for name in arguments.recipes.split(","):
        fit = Setting(recipe=name, way="fit", cores=machine.cores)
        loops = [Setting(recipe=name, precision=precision, cores=machine.cores) for precision in peaks]
        rounds = [[measure(setting) for setting in (fit, *loops)] for _ in range(arguments.rounds)]
        steps = [[1e3 * BATCH / outcome.glyphs_per_second for outcome in outcomes] for outcomes in rounds]
        times = [median(column) for column in zip(*steps, strict=True)]
        ratios = [median(step[0] / step[way] for step in steps) for way in (1, 2)]
        share = median(outcomes[2].gflops for outcomes in rounds) / peaks["bfloat16"]
        cells = [f"`{name}`", f"{times[0]:.2f}", f"{times[1]:.2f}", f"{ratios[0]:.1f}×"]
        cells += [f"{times[2]:.2f}", f"{ratios[1]:.1f}×", f"{share:.0%}"]
        print(f"| {' | '.join(cells)} |", flush=True)
    whole = Setting(recipe="best", precision="bfloat16", cores=machine.cores, augmented=True)
    shares = []
    for _ in range(arguments.rounds):
        peak = measure_environment().bfloat16_gflops
        shares.append(measure(whole).gflops / peak)
    print(f"`best` with its augmentation: {median(shares):.0%} of the peak ({min(shares):.0%} to {max(shares):.0%})")


if __name__ == "__main__":
    main()
