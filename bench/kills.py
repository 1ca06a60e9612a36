"""Kills trainings at random moments, or lets the disk get full, and resumes them: is the result always the same?

    python bench/kills.py [--kills 60] [--full-disks 30] [--window SECONDS] [--seed 0] [--publish]

Each training is a small network on 1,200 digits, with packing. It is killed (SIGKILL) at a random moment of its whole
life, or of the last `--window` seconds of it. Then its folder is looked at, and the training is resumed. A training
that ended before its kill is not counted as one, and another is made. `--full-disks` are trainings on a disk (tmpfs,
which needs root on Linux) that is full after a random number of bytes; the disk then grows, and they are resumed.

Counted are folders in which something else than the whole, calibrated model loads, and resumed trainings whose
`model.tflite` and `card.json` (apart from times) are the same as of an undisturbed training. Prints one JSON line per
training and a sentence at the end; the exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np

from inkdigits.checksum import without_checksum
from inkdigits.data.mnist import load_mnist
from inkdigits.errors import InkdigitsError, OutputError
from inkdigits.training.recipe import Mlp, Recipe
from inkdigits.training.run.folder import can_resume, is_run, open_run, start_run
from inkdigits.training.run.state import RunOptions
from tables import publish

RECIPE = Recipe(
    name="small", summary="", network=Mlp(hidden=(32,), dropout=0.2), epochs=3, batch_size=50, precision="float32"
)
FULL = 9  # exit code of a training that finds no room
LEAST_DISK = 1 << 15
HEADS = ["trainings", "n", "the same files after resuming", "half models", "dead ends", "one clear error"]
Whole: TypeAlias = tuple[bytes, dict[str, Any]]
MOST_TRIES = 3  # times as many trainings as kills
TIMES = ("seconds", "cpu_seconds")


def train(folder: Path) -> None:
    """Trains a run to its end, from its start or from where it was."""
    from inkdigits.export.from_run import train_and_pack

    try:
        begun = can_resume(folder)
        run = open_run(folder) if begun else start_run(folder, RECIPE, RunOptions(), source="mnist")
        train_and_pack(run, load_mnist("train").subset(np.arange(1200)), resume=begun)
    except OutputError as error:
        (folder.parent.parent / "error").write_text(error.message, encoding="utf-8")
        sys.exit(FULL)


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


def result(folder: Path) -> Whole:
    """The packed network's bytes and its card without times."""
    card = without_checksum(json.loads((folder / "packed" / "card.json").read_text(encoding="utf-8")))
    for name in TIMES:
        card["training"].pop(name)
    return (folder / "packed" / "model.tflite").read_bytes(), card


def found(folder: Path, whole: Whole) -> str:
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
    context: ForkServerContext, folder: Path, after: float, whole: Whole, *, from_end: bool
) -> dict[str, Any]:
    """Kills a training so many seconds after its start or its last step, looks at its folder, and resumes it."""
    process = start(context, folder)
    while from_end and process.exitcode is None and not steps_done(folder):
        time.sleep(0.001)
    time.sleep(after)
    hit = process.exitcode is None
    process.kill()
    process.join()
    return {"after": round(after, 3), "hit": hit, **resumed(context, folder, whole)}


def resumed(context: ForkServerContext, folder: Path, whole: Whole) -> dict[str, Any]:
    """What a stopped training left, and whether it ends as an undisturbed one."""
    status = open_run(folder).state.status if is_run(folder) else "none"
    seen = found(folder, whole)
    again = start(context, folder)
    again.join()
    ended = again.exitcode == 0 and open_run(folder).state.status == "finished"
    return {"status": status, "found": seen, "ended": ended, "same": ended and result(folder) == whole}


def fill_once(context: ForkServerContext, folder: Path, size: int, whole: Whole) -> dict[str, Any]:
    """Trains on a disk of so many bytes; makes it larger and resumes."""
    folder.mkdir()
    mount(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs")
    try:
        process = start(context, folder / "run")
        process.join()
        error = (folder.parent / "error").read_text(encoding="utf-8") if process.exitcode == FULL else ""
        clear = "No space left on device" in error and error.startswith("Expected to write")
        mount(folder, "-o", "remount,size=100m")
        return {"bytes": size, "hit": process.exitcode != 0, "clear": clear, **resumed(context, folder / "run", whole)}
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def mount(folder: Path, *arguments: str) -> None:
    subprocess.run(["mount", *arguments, str(folder)], check=True)


def undisturbed(context: ForkServerContext, folder: Path, *, from_end: bool) -> float:
    """Trains once without a kill; gives the seconds from its start or its last step to the end."""
    began = time.perf_counter()
    process = start(context, folder)
    while from_end and not steps_done(folder):
        time.sleep(0.001)
    began = time.perf_counter() if from_end else began
    process.join()
    return time.perf_counter() - began


def until_hit(count: int, once: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """So many trainings that were stopped before their end."""
    tried: list[dict[str, Any]] = []
    while sum(one["hit"] for one in tried) < count and len(tried) < MOST_TRIES * count:
        tried.append(once(len(tried)))
        print(json.dumps(tried[-1]), flush=True)
    return [one for one in tried if one["hit"]]


def row(what: str, stopped: list[dict[str, Any]], clear: str) -> list[Any]:
    half, same, dead = (sum(bool(test(one)) for one in stopped) for test in (
        lambda one: one["found"] == "half", lambda one: one["same"], lambda one: not one["ended"]))  # fmt: skip
    return [what, len(stopped), same, half, dead, clear]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--full-disks", type=int, default=30)
    parser.add_argument("--window", type=float, help="kill in the last seconds of a training, not in its whole life")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    arguments = parser.parse_args()
    moments, from_end = random.Random(arguments.seed), arguments.window is not None
    context = preloaded()
    with TemporaryDirectory() as name:
        place = Path(name)
        seconds = min(undisturbed(context, place / name, from_end=from_end) for name in ("whole", "again"))
        whole = result(place / "whole")
        first = max(0.0, seconds - arguments.window) if from_end else 0.0
        size = sum(path.stat().st_size for path in (place / "whole").rglob("*") if path.is_file())
        kills = until_hit(arguments.kills, lambda number: kill_once(
            context, place / f"kill{number}", moments.uniform(first, seconds), whole, from_end=from_end))  # fmt: skip
        full = until_hit(arguments.full_disks, lambda number: fill_once(
            context, place / f"disk{number}", moments.randrange(LEAST_DISK, 2 * size), whole))  # fmt: skip
    rows = [
        row(f"killed in the last {arguments.window} s" if from_end else "killed at any moment", kills, "–"),
        row("full disk", full, f"{sum(one['clear'] for one in full)}"),
    ]
    print(*rows, sep="\n")
    if arguments.publish:
        publish("kills", HEADS, rows)
    sys.exit(any(one["found"] == "half" or not one["same"] or not one.get("clear", True) for one in (*kills, *full)))


if __name__ == "__main__":
    main()
