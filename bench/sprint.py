"""How soon MNIST is learned: the recipe `sprint` and its neighbours, against stock Keras `fit` of `mnist_convnet`.

    python bench/sprint.py [--seeds 20] [--stock 2] [--docs docs/sprint.md] [--plot docs/sprint.png]

Of each rung the mean accuracy on MNIST's test split and the median time of its training are printed: from the first
glyph looked at to the last step, the graph built before. Stock `fit` is Keras' example as it stands, in a process of
its own with TensorFlow's own threads, timed without its evaluations until an epoch ends at 99 % on the test split:
the only choice made on it here, and it favors `fit`. All choices of rungs were made on the validation part (`--no-
test`).
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
from inkdigits.reporting import markdown
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe
from recipes import train_once

STOCK_GOAL, STOCK_EPOCHS = 0.99, 15


@dataclass(frozen=True)
class Rung:
    """A goal, % right and seconds, and the recipe that is to reach it, with changes."""

    goal: float
    seconds: float
    what: str
    recipe: Recipe


SPRINT = find_recipe("sprint")
LADDER = (
    Rung(97.27, 0.15, "`sprint`, 60 steps of 128", replace(SPRINT, max_steps=60, batch_size=128, learning_rate=1.4e-2)),
    Rung(98.0, 0.25, "`sprint`, 85 steps", replace(SPRINT, max_steps=85)),
    Rung(99.0, 0.6, "`sprint`, 310 steps of 160", SPRINT),
    Rung(99.4, 4.0, "`sprint-4s`", find_recipe("sprint-4s")),
    Rung(99.6, 10.0, "`sprint-10s`", find_recipe("sprint-10s")),
)


def stock(seed: int) -> dict[str, Any]:
    """Keras' example `mnist_convnet`, until an epoch ends at 99 % on the test split."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(seed)
    parts = load_mnist("train"), load_mnist("test")
    x, x_test = (np.expand_dims(part.glyphs.astype("float32") / 255, -1) for part in parts)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    labels, test_labels = (keras.utils.to_categorical(part.labels, 10) for part in parts)
    seconds, accuracy, epochs = 0.0, 0.0, 0
    while accuracy < STOCK_GOAL and epochs < STOCK_EPOCHS:
        began = time.perf_counter()
        model.fit(x, labels, batch_size=128, epochs=1, validation_split=0.1, verbose=0)
        seconds += time.perf_counter() - began
        epochs += 1
        accuracy = model.evaluate(x_test, test_labels, batch_size=500, verbose=0)[1]
    return {"seconds": seconds, "epochs": epochs, "accuracy": accuracy * 100}


def measure_stock(count: int) -> list[dict[str, Any]]:
    results = []
    for seed in range(count):
        command = [sys.executable, __file__, "--stock-seed", str(seed)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results.append(json.loads(done.stdout.splitlines()[-1]))
    return results


def draw(rows: list[dict[str, Any]], fits: list[dict[str, Any]], path: Path) -> None:
    """Errors over seconds, both logarithmic."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(7, 4.4), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    seconds, wrong = ([row[key] for row in rows] for key in ("seconds", "wrong"))
    axes.errorbar(seconds, wrong, yerr=[row["spread"] for row in rows], fmt="o-", color="#1f5a99", capsize=3)
    for x, y in zip(seconds, wrong, strict=True):
        axes.annotate(f"{100 - y:.2f} % in {x:.2f} s", (x, y), xytext=(7, 5), textcoords="offset points", fontsize=9)
    for fit in fits:
        axes.plot(fit["seconds"], 100 - fit["accuracy"], "s", color="#d1601f")
    if fits:
        last = fits[-1]
        axes.annotate("Keras' fit of mnist_convnet", (last["seconds"], 100 - last["accuracy"]), xytext=(-8, 9),
                      textcoords="offset points", ha="right", fontsize=9, color="#d1601f")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="training, seconds", ylabel="wrong on MNIST's test split, %")
    axes.set_yticks([0.3, 0.5, 1, 2, 3], labels=["0.3", "0.5", "1", "2", "3"])
    axes.set_xticks([0.1, 0.3, 1, 3, 10, 30], labels=["0.1", "0.3", "1", "3", "10", "30"])
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3, which="both")
    axes.set_xlim(right=max([*seconds, *(fit["seconds"] for fit in fits)]) * 2)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="half as many where one takes seconds")
    parser.add_argument("--stock", type=int, default=2, help="trainings with fit")
    parser.add_argument("--stock-seed", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--no-test", action="store_true", help="validation part; no fit")
    parser.add_argument("--docs", type=Path, help="a page whose marked table is written anew")
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    if arguments.stock_seed is not None:
        print(json.dumps(stock(arguments.stock_seed)))
        return
    fits = [] if arguments.no_test else measure_stock(arguments.stock)
    stock_seconds = mean(fit["seconds"] for fit in fits) if fits else None
    head = ["goal", "network and length", "% right", "n", "s", "CPU-s", "stock `fit` takes"]
    lines = markdown.table(head, []).splitlines()
    rows = []
    for rung in LADDER:
        seeds = arguments.seeds if rung.seconds < 1 else max(2, arguments.seeds // 2)
        runs = [train_once(rung.recipe, seed, test=not arguments.no_test) for seed in range(seeds)]
        accuracies = [100 * run["validation" if arguments.no_test else "test"] for run in runs]
        seconds, cpu = ([run[key] for run in runs] for key in ("seconds", "cpu_seconds"))
        rows.append({"seconds": median(seconds), "wrong": 100 - mean(accuracies), "spread": stdev(accuracies)})
        times = f"{stock_seconds / median(seconds):.0f} times as long" if rung.goal == 99.0 and stock_seconds else ""
        lines.append(
            f"| {rung.goal} % in {rung.seconds} s | {rung.what} | {mean(accuracies):.2f} ± {stdev(accuracies):.2f} | "
            f"{len(runs)} | {median(seconds):.2f} ± {stdev(seconds):.2f} | {median(cpu):.2f} | {times} |"
        )
        print(lines[-1], flush=True)
    for fit in fits:
        lines.append(
            f"| 99.0 % | stock `fit`, {fit['epochs']} epochs | {fit['accuracy']:.2f} | 1 | {fit['seconds']:.1f} | | |"
        )
        print(lines[-1])
    if arguments.docs:
        page = arguments.docs.read_text(encoding="utf-8")
        arguments.docs.write_text(markdown.splice(page, "sprint", "\n".join(lines)), encoding="utf-8")
    if arguments.plot:
        draw(rows, fits, arguments.plot)


if __name__ == "__main__":
    main()
