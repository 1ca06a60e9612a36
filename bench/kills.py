"""Kills trainings at random moments of their end, and resumes them: is the result always the same, and always whole?

    python bench/kills.py [--kills 30] [--window 2.0] [--seed 0]

Each training is a small network on 1,200 digits. It is killed (SIGKILL) at a random moment of the last two seconds of
an undisturbed training. Then its folder is looked at, and the training is resumed. A training that ended before its
kill is not counted as one, and another is made. Counted are folders in which something else than the whole, calibrated
model loads, and resumed trainings whose `model.tflite` and `card.json` (apart from times) are the same as of an
undisturbed training. Prints one JSON line per kill and a sentence at the end; the exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import time
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from inkdigits.data.mnist import load_mnist
from inkdigits.errors import InkdigitsError
from inkdigits.training.recipe import Mlp, Recipe
from inkdigits.training.run.folder import is_run, open_run, start_run
from inkdigits.training.run.state import RunOptions

RECIPE = Recipe(
    name="small", summary="", network=Mlp(hidden=(32,), dropout=0.2), epochs=3, batch_size=50, precision="float32"
)
MOST_TRIES = 3  # times as many trainings as kills
TIMES = ("seconds", "cpu_seconds")


def train(folder: Path) -> None:
    """Trains a run to its end, from its start or from where it was."""
    from inkdigits.export.from_run import train_and_pack

    begun = is_run(folder)
    run = open_run(folder) if begun else start_run(folder, RECIPE, RunOptions(), source="mnist")
    train_and_pack(run, load_mnist("train").subset(np.arange(1200)), resume=begun)


def preloaded() -> ForkServerContext:
    """Processes that begin with TensorFlow imported, so that one starts in a moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["inkdigits.export.from_run"])
    process = context.Process(target=int)  # the first waits until TensorFlow is imported
    process.start()
    process.join()
    return context


def start(context: ForkServerContext, folder: Path) -> ForkServerProcess:
    process = context.Process(target=train, args=(folder,))
    process.start()
    return process


def steps_done(folder: Path) -> bool:
    """Whether the last checkpoint of the last epoch is written."""
    path = folder / "history.jsonl"
    return path.is_file() and len(path.read_text(encoding="utf-8").splitlines()) == RECIPE.epochs


def result(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """The packed network's bytes and its card without times."""
    card = json.loads((folder / "packed" / "card.json").read_text(encoding="utf-8"))
    for name in TIMES:
        card["training"].pop(name)
    return (folder / "packed" / "model.tflite").read_bytes(), card


def found(folder: Path, whole: tuple[bytes, dict[str, Any]]) -> str:
    """What a reader finds in a killed run: `"nothing"`, `"whole"`, or `"half"`, which must not be."""
    from inkdigits.models.classifier import PackedModel

    for candidate in (folder, folder / "packed", *folder.glob("packed.part-*")):
        try:
            PackedModel.load(candidate)
        except InkdigitsError:
            continue
        return "whole" if not candidate.name.startswith("packed.part") and result(folder) == whole else "half"
    return "nothing"


def kill_once(
    context: ForkServerContext, folder: Path, after: float, whole: tuple[bytes, dict[str, Any]]
) -> dict[str, Any]:
    """Kills a training so many seconds after its last step, looks at its folder, and resumes it."""
    process = start(context, folder)
    while process.exitcode is None and not steps_done(folder):
        time.sleep(0.001)
    time.sleep(after)
    hit = process.exitcode is None
    process.kill()
    process.join()
    status, seen = open_run(folder).state.status, found(folder, whole)
    again = start(context, folder)
    again.join()
    same = again.exitcode == 0 and result(folder) == whole
    finished = open_run(folder).state.status == "finished"
    return {"after": round(after, 3), "hit": hit, "status": status, "found": seen, "same": same and finished}


def undisturbed(context: ForkServerContext, folder: Path) -> float:
    """Trains once without a kill; gives the seconds from the last step to the end."""
    process = start(context, folder)
    while not steps_done(folder):
        time.sleep(0.001)
    began = time.perf_counter()
    process.join()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--window", type=float, default=2.0, help="the last seconds of a training")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    context = preloaded()
    with TemporaryDirectory() as place:
        seconds = min(undisturbed(context, Path(place, name)) for name in ("whole", "again"))
        whole = result(Path(place, "whole"))
        first = max(0.0, seconds - arguments.window)
        kills: list[dict[str, Any]] = []
        while sum(kill["hit"] for kill in kills) < arguments.kills and len(kills) < MOST_TRIES * arguments.kills:
            folder = Path(place, str(len(kills)))
            kills.append(kill_once(context, folder, moments.uniform(first, seconds), whole))
            print(json.dumps(kills[-1]), flush=True)
    kills = [kill for kill in kills if kill["hit"]]
    half, same = sum(kill["found"] == "half" for kill in kills), sum(kill["same"] for kill in kills)
    print(f"{len(kills)} kills in the last {seconds - first:.1f} s; half models: {half}; "
          f"the same files after resuming: {same} of {len(kills)}")  # fmt: skip
    sys.exit(half > 0 or same < len(kills))


if __name__ == "__main__":
    main()
