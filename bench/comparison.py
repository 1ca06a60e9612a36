"""Algorithms against each other: accuracy with several seeds, and what each costs. Writes docs/comparison.md's table.

    python bench/comparison.py [--seeds 5] [--only NAME,...] [--times]

What was measured is kept in `bench/results/comparison/`, one file per algorithm, and not measured again: the bench can
be stopped and goes on. With `--times` the costs are measured anew, with seed 0: only on a machine that does nothing
else. LightGBM is compared where it is installed (`pip install lightgbm`).
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits.benchmarks.algorithm_comparison import Score, rank
from inkdigits.benchmarks.algorithm_trial import Outcome, measure
from inkdigits.benchmarks.algorithms import ALGORITHMS, Algorithm, find_algorithm
from inkdigits.data.mnist import load_mnist
from inkdigits.files import write_atomically
from inkdigits.reporting.comparison import COSTS, Cost, plot
from tables import RESULTS, ROOT, origin, publish

FOLDER = RESULTS / "comparison"
LABELS = load_mnist("test").labels
COSTS_OF = ("fit_seconds", "fit_cpu_seconds", "fit_memory_mb", "batch_seconds", "single_seconds", "slow_single_seconds",
            "memory_mb", "size_mb")  # fmt: skip


def file_of(algorithm: Algorithm) -> Path:
    return FOLDER / f"{re.sub('[^a-z0-9]+', '-', algorithm.name.lower()).strip('-')}.json"


def kept(algorithm: Algorithm) -> dict[str, Any]:
    """What is known of an algorithm: its wrong answers by seed, and its costs."""
    path = file_of(algorithm)
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {"seeds": {}, "costs": None}


def keep(algorithm: Algorithm, known: dict[str, Any]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_atomically(file_of(algorithm), (json.dumps(known, separators=(",", ":")) + "\n").encode())


def try_one(algorithm: Algorithm, seed: int) -> Outcome:
    print(f"{algorithm.name}, seed {seed} ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        return measure(algorithm, Path(folder) / "model", "mnist", seed)


def outcomes(algorithm: Algorithm) -> list[Outcome]:
    """What is known, as trials gave it; costs that were not measured on a quiet machine are not there."""
    known = kept(algorithm)
    costs = {name: (known["costs"] or {}).get(name) for name in COSTS_OF}
    found = []
    for seed in known["seeds"].values():
        answers = LABELS.astype(int)
        for index, answer in seed["wrong"].items():
            answers[int(index)] = answer
        found.append(Outcome(name=algorithm.name, answers=list(answers), **costs))
    return found


def measure_accuracy(algorithm: Algorithm, seeds: int) -> None:
    known = kept(algorithm)
    for seed in range(seeds if algorithm.seeded else 1):
        if str(seed) not in known["seeds"]:
            given = np.array(try_one(algorithm, seed).answers)
            wrong = {str(index): int(given[index]) for index in np.flatnonzero(given != LABELS)}
            known["seeds"][str(seed)] = origin() | {"wrong": wrong}
            keep(algorithm, known)


def measure_costs(algorithm: Algorithm) -> None:
    measured = asdict(try_one(algorithm, 0))
    keep(algorithm, kept(algorithm) | {"costs": origin() | {name: measured[name] for name in COSTS_OF}})


def row(score: Score, costs: Sequence[Cost]) -> list[str]:
    spread = "" if score.spread is None else f" ± {100 * score.spread:.2f}"
    p_value = "–" if score.p_value is None else f"{score.p_value:.2g}"
    right = f"{100 * score.accuracy:.2f}{spread}"
    return [score.outcome.name, find_algorithm(score.outcome.name).what, right, f"{len(score.right)}", p_value,
            *(cost.shown(score.outcome) for cost in costs)]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="names; by default all that are installed")
    parser.add_argument("--times", action="store_true", help="also measure the costs anew")
    arguments = parser.parse_args()
    names = [name.strip() for name in arguments.only.split(",") if name.strip()]
    chosen = [find_algorithm(name) for name in names] or [one for one in ALGORITHMS if one.installed]
    for algorithm in chosen:
        measure_accuracy(algorithm, arguments.seeds)
        if arguments.times:
            measure_costs(algorithm)
    ranked = rank([found for one in ALGORITHMS if (found := outcomes(one))], load_mnist("test"))
    costs = [cost for cost in COSTS if any(cost.of(score.outcome) is not None for score in ranked)]
    heads = ["algorithm", "settings", "right, %", "seeds", "p against the best", *(cost.head for cost in costs)]
    publish("comparison", heads, [row(score, costs) for score in ranked])
    timed = [score for score in ranked if score.outcome.single_seconds is not None]
    if timed:
        plot(timed, ROOT / "docs" / "comparison.png")


if __name__ == "__main__":
    main()
