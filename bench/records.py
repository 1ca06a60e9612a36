"""The records: MNIST's accuracy at each size, of trained runs kept in a folder, their ensemble and what is distilled.

    python bench/records.py --runs runs/records [--only best,distilled,tiny-2k] [--seeds 5] [--no-test] [--docs PAGE]

Runs that are there already are only measured; one that was stopped goes on. `best` learns from labels; `ensemble` is
the mean of the softmax of its seeds; `distilled` is `best` taught by that ensemble; the small ones are taught by one
network of the recipe `teacher`. "float32" is the Keras network, "packed" the model that ships, int8. No answer is
averaged over changed glyphs. All choices were made on held-out training digits.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset
from inkdigits.data.label_errors import CORRECTIONS
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training
from inkdigits.export.from_run import train_and_pack
from inkdigits.models.card import MODEL_NAME
from inkdigits.models.classifier import PackedModel, softmax
from inkdigits.reporting import markdown
from inkdigits.training.predict import compile_predict
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run.folder import Run, open_run, start_run
from inkdigits.training.run.state import RunOptions
from inkdigits.training.run.trained import trained_model

SMALL = ("tiny-25k", "tiny-8k", "tiny-2k")
COLUMNS = [
    "recipe",
    "parameters",
    "n",
    "test, float32, %",
    "ten labels corrected",
    "packed",
    "validation",
    "kB",
    "s",
    "CPU-s",
]


@dataclass(frozen=True)
class Parts:
    """What is measured on: the validation part, the test split or, of choices, nothing of it."""

    validation: Dataset
    test: Dataset | None


@dataclass(frozen=True)
class Scores:
    """Probabilities of one network on each part, and right answers of its packed model, in %."""

    validation: NDArray[np.float64]
    test: NDArray[np.float64] | None
    packed: float | None = None


def trained(folder: Path, recipe: str, seed: int, teachers: tuple[str, ...] = ()) -> Run:
    """The run in a folder, trained to its end."""
    known = (folder / "run.json").is_file()
    options = RunOptions(seed=seed, teachers=teachers, weights="int8")
    run = open_run(folder) if known else start_run(folder, find_recipe(recipe), options, source="mnist")
    if run.state.status != "finished":
        train_and_pack(run, load_mnist("train"), resume=known)
    return run


def scores_of(run: Run, parts: Parts) -> Scores:
    model = trained_model(run)

    def probabilities(part: Dataset) -> NDArray[np.float64]:
        return softmax(compile_predict(model)(part.glyphs))

    if parts.test is None:
        return Scores(probabilities(parts.validation), None)
    packed = PackedModel(run.folder / "packed").probabilities(parts.test.glyphs)
    return Scores(probabilities(parts.validation), probabilities(parts.test), right(packed, parts.test.labels))


def right(probabilities: NDArray[np.float64], labels: NDArray[np.integer]) -> float:
    return 100 * float((probabilities.argmax(axis=1) == labels).mean())


def row(name: str, scores: list[Scores], parts: Parts, runs: list[Run]) -> str:
    """A line of the table; of an ensemble, `runs` are its members and their seconds are added."""
    cells = ["–"] * 3
    if parts.test is not None:
        tests = [one.test for one in scores if one.test is not None]
        corrected = parts.test.labels.copy()
        corrected[list(CORRECTIONS)] = list(CORRECTIONS.values())
        both = (parts.test.labels, corrected)
        cells = [markdown.spread([right(one, labels) for one in tests]) for labels in both]
        packed = [one.packed for one in scores if one.packed is not None]
        cells.append(markdown.spread(packed) if packed else "–")
    size = sum((run.folder / "packed" / MODEL_NAME).stat().st_size for run in runs) / len(scores) / 1000
    seconds, cpu = (
        sum(getattr(run.state.progress, key) for run in runs) / len(scores) for key in ("seconds", "cpu_seconds")
    )
    parameters = sum(run.state.network.parameters for run in runs) / len(scores)
    validation = markdown.spread([right(one.validation, parts.validation.labels) for one in scores])
    cells = [f"`{name}`", f"{parameters:,.0f}", str(len(scores)), *cells, validation]
    return markdown.row([*cells, f"{size:.1f}", f"{seconds:.0f}", f"{cpu:.0f}"])


def rows(folder: Path, seeds: int, small_seeds: int, parts: Parts, only: set[str]) -> Iterator[str]:
    if only & {"best", "ensemble", "distilled"}:
        members = [trained(folder / f"best-{seed}", "best", seed) for seed in range(seeds)]
        yield from large_rows(folder, members, parts, only)
    for name in SMALL:
        if name in only:
            teacher = (str(trained(folder / "teacher", "teacher", 0).folder.resolve()),)
            runs = [trained(folder / f"{name}-{seed}", name, seed, teacher) for seed in range(small_seeds)]
            yield row(name, [scores_of(run, parts) for run in runs], parts, runs)


def large_rows(folder: Path, members: list[Run], parts: Parts, only: set[str]) -> Iterator[str]:
    scores = [scores_of(run, parts) for run in members]
    if "best" in only:
        yield row("best", scores, parts, members)
    if "ensemble" in only:
        tests = [one.test for one in scores if one.test is not None]
        validation = np.mean([one.validation for one in scores], axis=0)
        together = Scores(validation, np.mean(tests, axis=0) if tests else None)
        yield row("ensemble", [together], parts, members)
    if "distilled" in only:
        teachers = tuple(str(run.folder.resolve()) for run in members)
        distilled = trained(folder / "distilled", "best", len(members), teachers)
        yield row("distilled", [scores_of(distilled, parts)], parts, [distilled])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True, help="where the runs are kept")
    parser.add_argument("--only", default=",".join(["best", "ensemble", "distilled", *SMALL]))
    parser.add_argument("--seeds", type=int, default=5, help="of best")
    parser.add_argument("--small-seeds", type=int, default=3, help="of each small one")
    parser.add_argument("--no-test", action="store_true")
    parser.add_argument("--docs", type=Path, help="a page whose marked table is written anew")
    arguments = parser.parse_args()
    from inkdigits.training.distributed.cluster import use_single_threaded_ops

    use_single_threaded_ops()
    dataset = load_mnist("train")
    held_out = dataset.subset(split_training(dataset).validation)
    parts = Parts(held_out, None if arguments.no_test else load_mnist("test"))
    lines = markdown.table(COLUMNS, []).splitlines()
    print("\n".join(lines), flush=True)
    for line in rows(arguments.runs, arguments.seeds, arguments.small_seeds, parts, set(arguments.only.split(","))):
        print(line, flush=True)
        lines.append(line)
    if arguments.docs:
        page = arguments.docs.read_text(encoding="utf-8")
        arguments.docs.write_text(markdown.splice(page, "records", "\n".join(lines)), encoding="utf-8")


if __name__ == "__main__":
    main()
