"""Accuracy of the recipes: mean and spread over seeds, on MNIST's validation part and, once, its test split.

    python bench/recipes.py [--recipes mlp-128,convnet] [--seeds 5] [--no-test] [-o results.json] [--runs FOLDER]

A recipe with a synthesis, `reader`, takes half an hour a seed and is measured as it ships: packed, from a run that is
kept in FOLDER, so that a stopped measurement goes on where it was.

Seconds are those of the training itself, from the first glyph looked at to the last step; what TensorFlow needs to
build the graph before, a second or two, is not counted.

Choices (epochs, rates) are made with `--no-test`; the table in docs/recipes.md is the run without it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import mean

from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.reporting.markdown import spread
from inkdigits.training.recipe import Recipe, change
from inkdigits.training.recipes import find_recipe

RECIPES = ("mlp-128", "mlp-128x2", "mlp-256x2", "mlp-256x2-sigmoid", "mlp-512-256-128", "convnet")


def train_once(recipe: Recipe, seed: int, *, test: bool) -> dict[str, float]:
    """Trains in the compiled loop and nothing else: no checkpoints, no packing."""
    from inkdigits.training.fit import fit
    from inkdigits.training.predict import compile_predict, evaluate

    dataset = load_mnist("train")
    chosen, held_out, _ = split_training(dataset)
    began = time.perf_counter()
    fitted = fit(recipe, dataset.subset(chosen), seed=seed)
    whole = time.perf_counter() - began  # the network, the choice of a precision and the graph as well
    result = {"seconds": fitted.seconds, "cpu_seconds": fitted.cpu_seconds, "seconds_with_graph": whole}
    predict = compile_predict(fitted.model)
    parts = {"validation": dataset.subset(held_out)} | ({"test": load_mnist("test")} if test else {})
    for name, part in parts.items():
        result[name] = evaluate(predict, part).score.accuracy
    return result


def train_and_pack(recipe: Recipe, seed: int, runs: Path, *, test: bool) -> dict[str, float]:
    from inkdigits.export.from_run import train_and_pack
    from inkdigits.models.classifier import PackedModel
    from inkdigits.training.run.folder import open_run, start_run
    from inkdigits.training.run.state import RunOptions

    dataset = load_mnist("train")
    folder = runs / f"{recipe.name}-seed-{seed}"
    known = (folder / "run.json").is_file()
    run = open_run(folder) if known else start_run(folder, recipe, RunOptions(seed=seed), source="mnist")
    began_cpu = time.process_time()
    if run.state.status != "finished":
        train_and_pack(run, dataset, resume=known)
    packed = PackedModel(folder / "packed")
    result = {"seconds": run.state.progress.seconds, "cpu_seconds": time.process_time() - began_cpu}
    held_out = dataset.subset(split_training(dataset).validation)
    for part in [("validation", held_out), *([("test", load_mnist("test"))] if test else [])]:
        result[part[0]] = float((packed.probabilities(part[1].glyphs)[:, :10].argmax(axis=1) == part[1].labels).mean())
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", default=",".join(RECIPES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--no-test", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="a changed setting")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--runs", type=Path, default=Path("runs/bench"), help="where runs with a synthesis are kept")
    arguments = parser.parse_args()
    settings = {pair.split("=")[0]: json.loads(pair.split("=", 1)[1]) for pair in arguments.set}
    results = {}
    print(f"{'recipe':20} {'validation %':>14} {'test %':>14} {'s':>7} {'CPU-s':>7}   n = {arguments.seeds} seeds")
    for name in arguments.recipes.split(","):
        recipe, test = change(find_recipe(name), settings), not arguments.no_test
        if recipe.synthesis is None:
            runs = [train_once(recipe, seed, test=test) for seed in range(arguments.seeds)]
        else:
            runs = [train_and_pack(recipe, seed, arguments.runs, test=test) for seed in range(arguments.seeds)]
        results[name] = runs
        columns = [spread([100 * run["validation"] for run in runs])]
        columns.append("-" if arguments.no_test else spread([100 * run["test"] for run in runs]))
        times = [mean(run[key] for run in runs) for key in ("seconds", "cpu_seconds")]
        print(f"{name:20} {columns[0]:>14} {columns[1]:>14} {times[0]:7.2f} {times[1]:7.2f}", flush=True)
    if arguments.output:
        arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
