"""Guards a change of structure: the weights of five short trainings, and the answers to 1,500 pictures.

    python bench/guard.py weights [--record]                 # about 2 minutes
    python bench/guard.py answers FOLDER [--record]          # FOLDER: real pictures, see bench/real_pictures.py

Without `--record` both compare with what `bench/results/` holds and print every difference; the exit code is 1 if there
is one. Weights depend on the processor (other kernels round otherwise), so they are recorded by processor. Everything
goes through the command line, so that the same script measures any version of the package.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from conditions import CONDITIONS
from pictures import make_pictures

RESULTS = Path(__file__).parent / "results"
WEIGHTS, ANSWERS = RESULTS / "guard_weights.json", RESULTS / "guard_answers.jsonl"
COMMAND = [sys.executable, "-P", "-m", "inkdigits"]
TRAININGS = {
    "mlp-128": ["--max-steps", "60"],
    "convnet": ["--max-steps", "30"],
    "sprint": ["--max-steps", "60"],
    "robust": ["--max-steps", "10"],
    "teacher": ["--max-steps", "20"],
    "tiny-2k": ["--max-steps", "40", "--teacher", "teacher"],  # the last but one training
}
REAL = {"own_digits": 200, "folder_digits": 150, "dida": 150, "not_digits": 100, "orand_car_a": 50, "meza_cells": 50}
SIMULATED = 50  # of each condition of the picture bench, of MNIST's validation digits
TOLERANCE = 1e-6  # of a probability


def processor() -> str:
    """What weights depend on: the processor's vector extensions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    vendor = next((line.split()[-1] for line in lines if line.startswith("vendor_id")), platform.machine())
    return " ".join([vendor, *(flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags)])


def weights_hash(checkpoint: Path) -> str:
    """A hash of all arrays of a checkpoint, whatever they are named."""
    with np.load(checkpoint) as data:
        arrays = sorted(np.ascontiguousarray(data[name]).tobytes() for name in data.files if data[name].ndim)
    return sha256(b"".join(arrays)).hexdigest()


def train_all() -> dict[str, str]:
    hashes = {}
    with TemporaryDirectory() as folder:
        for name, options in TRAININGS.items():
            arguments = [str(Path(folder, "teacher")) if word == "teacher" else word for word in options]
            run = Path(folder, name)
            command = [*COMMAND, "train", "--recipe", name, "--deterministic", "-o", str(run), *arguments]
            subprocess.run(command, check=True, capture_output=True, timeout=900)
            hashes[name] = weights_hash(run / "checkpoints" / "last.npz")
            print(f"{name:10} {hashes[name]}", flush=True)
    return hashes


def real_pictures(root: Path) -> Iterator[tuple[str, Path]]:
    """Evenly spread pictures of each real set."""
    for name, count in REAL.items():
        with (root / name / "labels.csv").open(newline="", encoding="utf-8") as file:
            files = [row["file"] for row in csv.DictReader(file)]
        for index in np.linspace(0, len(files) - 1, min(count, len(files))).astype(int):
            yield name, root / name / files[index]


def simulated_pictures(folder: Path) -> Iterator[tuple[str, Path]]:
    for condition in CONDITIONS:
        for index, data in enumerate(make_pictures(condition, SIMULATED, seed=3, split="validation")[0]):
            path = folder / f"{condition}-{index:03}.img"
            path.write_bytes(data)
            yield condition, path


def answers(root: Path) -> list[dict[str, Any]]:
    """What the shipped model answers to each picture, by default and with `--min-confidence 0`."""
    with TemporaryDirectory() as folder:
        pictures = [*real_pictures(root), *simulated_pictures(Path(folder))]
        paths = [str(path) for _, path in pictures]
        default, guess = (read(paths, options) for options in ([], ["--min-confidence", "0"]))
        return [
            summary(kind, sha256(path.read_bytes()).hexdigest()[:16], page, best)
            for (kind, path), page, best in zip(pictures, default, guess, strict=True)
        ]


def read(paths: list[str], options: list[str]) -> list[dict[str, Any]]:
    command = [*COMMAND, "read", "--format", "jsonl", *options, *paths]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900).stdout.splitlines()
    return [json.loads(line) for line in lines]


def summary(kind: str, picture: str, page: dict[str, Any], best: dict[str, Any]) -> dict[str, Any]:
    digit = best["lines"][0]["digits"][0] if best["lines"] else {"text": "", "box": None, "alternatives": []}
    found = {text: round(probability, 7) for text, probability in digit["alternatives"]}
    return {
        "kind": kind,
        "picture": picture,
        "status": page["status"],
        "reason": page["reason"],
        "guess": digit["text"],
        "box": digit["box"],
        "probabilities": [found.get(str(label), 0.0) for label in range(10)] if found else [],
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs between two summaries of one picture; probabilities only if all else is the same."""
    found = [key for key in ("picture", "guess", "status", "reason", "box") if before[key] != after[key]]
    if not found and len(before["probabilities"]) == len(after["probabilities"]) > 0:
        most = np.abs(np.subtract(before["probabilities"], after["probabilities"])).max()
        found = ["probabilities"] if most > TOLERANCE else []
    return found


def compare_answers(now: list[dict[str, Any]]) -> int:
    recorded = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    if len(recorded) != len(now):
        print(f"{len(recorded)} pictures were recorded, {len(now)} are read now")
        return 1
    counts: Counter[tuple[str, str]] = Counter()
    for before, after in zip(recorded, now, strict=True):
        for key in changes(before, after):
            counts[before["kind"], key] += 1
            if key != "probabilities":
                print(f"{before['kind']:14} {before['picture']}: {key} {before[key]} -> {after[key]}")
    for (kind, key), count in sorted(counts.items()):
        print(f"{kind:14} {key:14} {count}")
    changed = sum(bool(changes(before, after)) for before, after in zip(recorded, now, strict=True))
    print(f"{changed} of {len(now)} pictures are answered differently")
    return int(changed > 0)


def compare_weights(now: dict[str, str]) -> int:
    recorded = json.loads(WEIGHTS.read_text(encoding="utf-8")) if WEIGHTS.is_file() else {}
    if processor() not in recorded:
        print(f"no weights recorded on {processor()}: record them with the version to compare with")
        return 1
    changed = [name for name, value in now.items() if recorded[processor()].get(name) != value]
    print(f"changed: {', '.join(changed) or 'none'}")
    return int(bool(changed))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["weights", "answers"])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    if options.what == "weights":
        weights = train_all()
        if not options.record:
            return compare_weights(weights)
        recorded = json.loads(WEIGHTS.read_text(encoding="utf-8")) if WEIGHTS.is_file() else {}
        WEIGHTS.write_text(json.dumps(recorded | {processor(): weights}, indent=2) + "\n", encoding="utf-8")
        return 0
    if options.folder is None:
        parser.error("answers needs the FOLDER of real pictures")
    now = answers(options.folder)
    if not options.record:
        return compare_answers(now)
    ANSWERS.write_text("".join(json.dumps(line) + "\n" for line in now), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
