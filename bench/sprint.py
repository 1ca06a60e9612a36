"""How soon MNIST is learned: the recipe `sprint` and its neighbors, against stock Keras `fit` of `mnist_convnet`.

    python bench/sprint.py [--seeds 20] [--stock 3] [--publish] [--plot docs/sprint.png]

Each training runs in a process of its own. Two times of each are measured, for `sprint` and for `fit` alike:

- Graph built before: the steps alone, from the first glyph looked at to the last step. `fit` has taken one step before,
  and a recipe was trained once before in the same process, so that libraries are loaded on both sides.
- Graph included: the first training of a process, from the data in memory to the last step, with the building of
  network and graph. A recipe's choice of a precision is included, too.

Stock `fit` is Keras' example on the same 55,000 digits, in one call for all epochs, with TensorFlow's own threads. It
has no validation digits. It ends with the first epoch that is right on 99 % of the test split; these evaluations are
not timed. That is the only choice made on the test split here, and it favors `fit`. All choices of recipes were made
on the validation part (`--no-test`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.reporting.markdown import spread
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe
from recipes import train_once
from tables import publish

STOCK_GOAL, STOCK_EPOCHS = 0.99, 15
HEADS = ["goal", "network and length", "right, %", "n", "s, graph built before", "s, graph included", "CPU-s"]


@dataclass(frozen=True)
class Rung:
    """A goal, % right and seconds, and the recipe that is to reach it, with changes."""

    goal: float
    seconds: float
    what: str
    recipe: Recipe


SPRINT = find_recipe("sprint")
LADDER = (
    Rung(97.5, 0.15, "`sprint`, 60 steps of 128", replace(SPRINT, max_steps=60, batch_size=128, learning_rate=1.4e-2)),
    Rung(98.0, 0.25, "`sprint`, 85 steps", replace(SPRINT, max_steps=85)),
    Rung(99.0, 0.6, "`sprint`, 310 steps of 160", SPRINT),
    Rung(99.4, 4.0, "`sprint-4s`", find_recipe("sprint-4s")),
    Rung(99.6, 10.0, "`sprint-10s`", find_recipe("sprint-10s")),
)


def stock(seed: int) -> dict[str, Any]:
    """Keras' example `mnist_convnet`, until an epoch ends at 99 % on the test split."""
    import keras

    chosen = split_training(load_mnist("train")).training
    parts = load_mnist("train").subset(chosen), load_mnist("test")
    x, x_test = (part.glyphs.astype("float32")[..., None] / 255 for part in parts)
    labels = keras.utils.to_categorical(parts[0].labels, 10)
    began = time.perf_counter()
    model = stock_model(seed)
    build_graph(model, x, labels)
    graph = time.perf_counter() - began
    checking, accuracies = 0.0, []

    def check(*_: object) -> None:
        nonlocal checking
        began = time.perf_counter()
        answers = model.predict(x_test, batch_size=500, verbose=0).argmax(axis=1)
        accuracies.append(float((answers == parts[1].labels).mean()))
        model.stop_training = accuracies[-1] >= STOCK_GOAL
        checking += time.perf_counter() - began

    began = time.perf_counter()
    note = keras.callbacks.LambdaCallback(on_epoch_end=check)
    model.fit(x, labels, batch_size=128, epochs=STOCK_EPOCHS, verbose=0, callbacks=[note])
    seconds = time.perf_counter() - began - checking
    return {
        "seconds": seconds,
        "seconds_with_graph": graph + seconds,
        "epochs": len(accuracies),
        "test": accuracies[-1],
    }


def stock_model(seed: int) -> Any:
    """The network of Keras' example, compiled as there."""
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def build_graph(model: Any, x: Any, labels: Any) -> None:
    """Takes one step with `fit`, which builds its graph, and puts weights and optimizer back."""
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    before = [variable.numpy() for variable in variables]
    model.fit(x, labels, batch_size=128, steps_per_epoch=1, verbose=0)
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)


def train(what: str, seed: int, *, test: bool = True) -> dict[str, Any]:
    """One training in a process of its own: a rung's number, or `fit`."""
    command = [sys.executable, __file__, "--one", what, "--seed", str(seed), *([] if test else ["--no-test"])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def train_here(what: str, seed: int, *, test: bool) -> dict[str, Any]:
    """A training in this new process: `fit`, or a rung twice, since only the second finds all libraries loaded."""
    if what == "fit":
        return stock(seed)
    first, second = (train_once(LADDER[int(what)].recipe, seed, test=test) for _ in range(2))
    return second | {"seconds_with_graph": first["seconds_with_graph"]}


def draw(rungs: list[list[dict[str, Any]]], fits: list[dict[str, Any]], part: str, path: Path) -> None:
    """Errors over seconds, the graph built before; both logarithmic."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(7, 4.4), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    seconds = [median(run["seconds"] for run in runs) for runs in rungs]
    wrong = [100 - 100 * mean(run[part] for run in runs) for runs in rungs]
    spreads = [100 * stdev(run[part] for run in runs) for runs in rungs]
    axes.errorbar(seconds, wrong, yerr=spreads, fmt="o-", color="#1f5a99", capsize=3)
    for x, y in zip(seconds, wrong, strict=True):
        axes.annotate(f"{100 - y:.2f} % in {x:.2f} s", (x, y), xytext=(7, 5), textcoords="offset points", fontsize=9)
    for fit in fits:
        axes.plot(fit["seconds"], 100 - 100 * fit["test"], "s", color="#d1601f")
    if fits:
        last = fits[-1]
        axes.annotate("Keras' fit of mnist_convnet", (last["seconds"], 100 - 100 * last["test"]), xytext=(-8, 9),
                      textcoords="offset points", ha="right", fontsize=9, color="#d1601f")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="training, seconds", ylabel="wrong on MNIST's test split, %")
    axes.set_yticks([0.3, 0.5, 1, 2, 3], labels=["0.3", "0.5", "1", "2", "3"])
    axes.set_xticks([0.1, 0.3, 1, 3, 10, 30], labels=["0.1", "0.3", "1", "3", "10", "30"])
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3, which="both")
    axes.set_xlim(right=max([*seconds, *(fit["seconds"] for fit in fits)]) * 2)
    figure.savefig(path, dpi=120)


def times(runs: list[dict[str, Any]], key: str, digits: int = 2) -> str:
    """Median and standard deviation of one of the times."""
    seconds = [run[key] for run in runs]
    return f"{median(seconds):.{digits}f}" + (f" ± {stdev(seconds):.{digits}f}" if len(runs) > 1 else "")


def times_as_long(fits: list[dict[str, Any]], runs: list[dict[str, Any]], key: str) -> str:
    """The time of `fit` by the median time of the runs: median and range over the trainings with `fit`."""
    ratios = [fit[key] / median(run[key] for run in runs) for fit in fits]
    return f"{median(ratios):.0f} ({min(ratios):.0f} to {max(ratios):.0f})"


def measure_rung(number: int, seeds: int, part: str) -> tuple[list[str], list[dict[str, Any]]]:
    """A row of the table, and the trainings that it shows."""
    rung = LADDER[number]
    runs = [train(str(number), seed, test=part == "test") for seed in range(seeds)]
    row = [f"{rung.goal} % in {rung.seconds} s", rung.what, spread([100 * run[part] for run in runs]), str(len(runs))]
    row += [times(runs, "seconds"), times(runs, "seconds_with_graph"), times(runs, "cpu_seconds")]
    print(" | ".join(row), flush=True)
    return row, runs


def compare_with_fit(fits: list[dict[str, Any]], runs: list[dict[str, Any]]) -> list[list[str]]:
    """The rows of stock `fit` and of its times as multiples of those of `sprint`."""
    epochs = ", ".join(str(fit["epochs"]) for fit in fits)
    row = ["99.0 %", f"stock `fit`, {epochs} epochs", spread([100 * fit["test"] for fit in fits]), str(len(fits))]
    row += [times(fits, "seconds", 1), times(fits, "seconds_with_graph", 1), "–"]
    ratios = [times_as_long(fits, runs, key) for key in ("seconds", "seconds_with_graph")]
    rows = [row, ["99.0 %", "stock `fit`, times as long as `sprint`", "–", str(len(fits)), *ratios, "–"]]
    print("\n".join(" | ".join(row) for row in rows))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="half as many where one takes seconds")
    parser.add_argument("--stock", type=int, default=3, help="trainings with fit")
    parser.add_argument("--no-test", action="store_true", help="validation part; no fit")
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(train_here(arguments.one, arguments.seed, test=not arguments.no_test)))
        return
    part = "validation" if arguments.no_test else "test"
    print(" | ".join(HEADS))
    rungs = [
        measure_rung(number, arguments.seeds if rung.seconds < 1 else max(2, arguments.seeds // 2), part)
        for number, rung in enumerate(LADDER)
    ]
    fits = [train("fit", seed) for seed in range(0 if arguments.no_test else arguments.stock)]
    rows = [row for row, _ in rungs]
    if fits:
        rows += compare_with_fit(
            fits, next(runs for rung, (_, runs) in zip(LADDER, rungs, strict=True) if rung.recipe is SPRINT)
        )
    if arguments.publish:
        publish("sprint", HEADS, rows)
    if arguments.plot:
        draw([runs for _, runs in rungs], fits, part, arguments.plot)


if __name__ == "__main__":
    main()
