"""Ways of training on this machine: the tables and the picture of docs/training.md.

    python bench/training_ways.py [--recipes mlp-128,convnet] [--rounds 3] [--publish]

It repeats the study of `inkdigits bench training`. The tables show medians over the rounds, and the range of the speed.
All ways are timed alike: the median of the epochs after the first, so that no time holds the building of a graph. No
way validates while it is timed, and `fit` is called once for all epochs.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from inkdigits.benchmarks.training_study import TrainingStudy, study_training
from inkdigits.benchmarks.training_trial import Outcome
from inkdigits.reporting.markdown import table
from inkdigits.reporting.training_speed import way_name, write_report
from tables import publish

ROOT = Path(__file__).parent.parent
HEADS = ["way", "precision", "batch", "cores", "workers", "glyphs per second (range)", "times `fit`", "of the peak",
         "CPU", "accuracy"]  # fmt: skip
SUMMARY = ["network", "recommended", "glyphs per second", "times `fit`", "rounds"]


def middle(rounds: list[TrainingStudy]) -> TrainingStudy:
    """One study of the medians of several."""
    outcomes = []
    for same in zip(*(study.outcomes for study in rounds), strict=True):
        speeds, gflops, shares = (
            [getattr(outcome, key) for outcome in same] for key in ("glyphs_per_second", "gflops", "cpu_share")
        )
        right = [outcome.accuracy for outcome in same if outcome.accuracy is not None]
        accuracy = median(right) if len(right) == len(same) else None
        outcomes.append(replace(same[0], glyphs_per_second=median(speeds), gflops=median(gflops),
                                cpu_share=median(shares), accuracy=accuracy))  # fmt: skip
    return TrainingStudy(rounds[0].environment, tuple(outcomes))


def ways_row(outcome: Outcome, rounds: list[TrainingStudy]) -> list[str]:
    """A row of a network's table: the median outcome of a setting, and its speed against `fit`, round by round."""
    setting, machine = outcome.setting, rounds[0].environment
    speeds = [next(other for other in study.outcomes if other.setting == setting).glyphs_per_second for study in rounds]
    ratios = [
        speed / study.reference(setting.recipe).glyphs_per_second for speed, study in zip(speeds, rounds, strict=True)
    ]
    peak = machine.bfloat16_gflops if setting.precision == "bfloat16" else machine.float32_gflops
    span = f"{median(speeds):,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f})"
    cells = [setting.way, setting.precision, f"{setting.batch_size:,}", str(setting.cores), str(setting.workers), span]
    cells += [f"{median(ratios):.1f}", f"{outcome.gflops / peak:.0%}", f"{outcome.cpu_share:.1f}"]
    return [*cells, "–" if outcome.accuracy is None else f"{outcome.accuracy:.2%}"]


def summary_row(recipe: str, study: TrainingStudy, rounds: int) -> list[str]:
    chosen, reference = study.recommended(recipe), study.reference(recipe)
    times = chosen.glyphs_per_second / reference.glyphs_per_second
    return [f"`{recipe}`", way_name(chosen.setting), f"{chosen.glyphs_per_second:,.0f}", f"{times:.1f}", str(rounds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default="mlp-128,convnet")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--publish", action="store_true", help="write the tables and the picture of the docs")
    options = parser.parse_args()
    names = options.recipes.split(",")
    rounds = [study_training(names, listener=lambda *_: None) for _ in range(options.rounds)]
    study = middle(rounds)
    machine = study.environment
    note = f"TensorFlow {machine.tensorflow}; matrix products: float32 {machine.float32_gflops:.0f} GFLOP/s, bfloat16 "
    note += f"{machine.bfloat16_gflops:.0f} GFLOP/s; rounds: {options.rounds}"
    tables = {f"training_{name}": [ways_row(outcome, rounds) for outcome in study.of(name)] for name in names}
    summary = [summary_row(name, study, options.rounds) for name in names]
    print(*(table(HEADS, rows, left=2) for rows in tables.values()), table(SUMMARY, summary, left=2), sep="\n\n")
    if options.publish:
        for name, rows in tables.items():
            publish(name, HEADS, rows, note=note)
        publish("training_recommended", SUMMARY, summary)
        with TemporaryDirectory() as folder:
            write_report(study, Path(folder))
            shutil.copy(Path(folder, "training.png"), ROOT / "docs" / "training.png")


if __name__ == "__main__":
    main()
