"""How many digits a run still reads right under AutoAttack and under attacks made for its binarization.

    python bench/autoattack.py RUN [--split test] [--digits 1000] [--skip fab-t]

Each network is written to a file with its digits. PyTorch, in an environment of its own (bench/autoattack_env), attacks
an exact twin of it. The baseline is the same network, trained and read behind a hard threshold at half ink. What is in
the cache is not attacked again, so a stopped bench goes on. Only the test split is published; choices are made on
validation digits.

Source:
    The baseline: L. Schott et al., "Towards the first adversarially robust neural network model on MNIST", 2018.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import tables
from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import split_training, take_evenly
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.files import write_atomically
from inkdigits.training.recipe import Convnet, Recipe

ENVIRONMENT = Path(__file__).parent / "autoattack_env"
BASELINE = "behind a hard threshold"
PER_DIGIT = ("glyphs", "labels", "logits")
GRADIENT_STEEPNESS = 10.0  # of the sigmoid whose gradient stands in for that of the hard threshold


@dataclass(frozen=True)
class Job:
    """One norm and strength to attack under.

    Attributes:
        title: Column of the table.
        norm: `"Linf"` or `"L2"`.
        epsilon: Largest change in that norm, full ink is 1.
        digits: At most so many of the digits are attacked.
        only: Names of the attacks, separated by commas; empty for all.
    """

    title: str
    norm: str
    epsilon: float
    digits: int
    only: str = ""


UNBOUNDED = Job("L∞ 1.0", "Linf", 1.0, 200, "apgd-ce")  # may change everything, so a working attack leaves none right
JOBS = (Job("L∞ 0.3", "Linf", 0.3, 10_000), Job("L2 1.5", "L2", 1.5, 200), UNBOUNDED)


def digits_of(split: str, count: int) -> Dataset:
    """So many digits of the test split or of the validation digits, taken evenly."""
    data = load_mnist("test" if split == "test" else "train")
    if split != "test":
        data = data.subset(split_training(data).validation)
    return data.subset(take_evenly(len(data), count))


def network_arrays(model: Any, network: Convnet, *, hard: bool) -> dict[str, Any]:
    """The weights and the description of a network, as the attacks take them.

    Args:
        model: The Keras model.
        network: Its architecture.
        hard: Whether a hard threshold binarizes the glyphs before the model.
    """
    named = [layer for layer in model.layers if layer.name.startswith(("conv_", "dense_")) or layer.name == "logits"]
    weights = {f"{layer.name}/{part}": getattr(layer, part).numpy() for layer in named for part in ("kernel", "bias")}
    description = {
        "stages": [len(stage) for stage in network.stages],
        "binarization": "hard" if hard else "soft" if network.soft_binarization else "none",
        "steepness": GRADIENT_STEEPNESS if hard else network.soft_binarization,
    }
    return {**weights, "description": np.array(json.dumps(description))}


def digit_arrays(model: Any, digits: Dataset, *, hard: bool) -> dict[str, Any]:
    """The digits that are attacked and the model's logits of them, which its twin must give as well."""
    x = (binarized(digits).glyphs if hard else digits.glyphs) / 255
    logits = model.predict(x.astype(np.float32), batch_size=500, verbose=0)
    return {"glyphs": digits.glyphs, "labels": digits.labels, "logits": logits}


def binarized(digits: Dataset) -> Dataset:
    """The digits with every pixel above half ink full, the others empty."""
    return replace(digits, glyphs=np.where(digits.glyphs > 127, 255, 0).astype(np.uint8))


def both(model: Any, network: Convnet, digits: Dataset, *, hard: bool) -> dict[str, Any]:
    """A network and its digits, as the attacks take them."""
    return network_arrays(model, network, hard=hard) | digit_arrays(model, digits, hard=hard)


def baseline(recipe: Recipe, cache: Path) -> Any:
    """The recipe's network for binarized digits, trained without an adversary, or from the cache."""
    import keras

    from inkdigits.training.fit import fit

    path = cache / "baseline.keras"
    if path.is_file():
        return keras.models.load_model(path)
    data = load_mnist("train")
    plain = replace(recipe, network=hard_network(recipe.network), adversary=None, precision="float32")
    model = fit(plain, binarized(data.subset(split_training(data).training))).model
    model.save(path)
    return model


def hard_network(network: Any) -> Convnet:
    """The network without its soft binarization."""
    softless: Convnet = replace(network, soft_binarization=0.0)
    return softless


def attack(arrays: Mapping[str, Any], job: Job, cache: Path, skip: str = "") -> Mapping[str, Any]:
    """What the attacks leave right, as far as it is not in the cache: `logits_difference` and `lines`."""
    digits = {name: arrays[name][take_evenly(len(arrays["labels"]), job.digits)] for name in PER_DIGIT}
    key = cache_key({**arrays, **digits}, job)
    network, answers = cache / f"{key}.npz", cache / f"{key}.json"
    np.savez(network, **{**arrays, **digits})
    switches = ["--norm", job.norm, "--epsilon", str(job.epsilon), "--only", job.only, "--skip", skip]
    script = str(ENVIRONMENT / "run_attacks.py")
    subprocess.run([str(python_of(cache)), script, str(network), str(answers), *switches], check=True)
    found: Mapping[str, Any] = json.loads(answers.read_text(encoding="utf-8"))
    return found


def cache_key(arrays: Mapping[str, Any], job: Job) -> str:
    """Names a network, its digits, the attacks and their code; the logits follow from them."""
    parts = [f"{job.norm} {job.epsilon} {job.only}".encode()]
    parts += [path.read_bytes() for path in sorted(ENVIRONMENT.glob("*.*"))]
    parts += [np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays) if name != "logits"]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def python_of(cache: Path) -> Path:
    """The Python of the attacks' environment, which is made if it is not there."""
    folder, wanted = cache / "environment", (ENVIRONMENT / "requirements.txt").read_bytes()
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    if not (stamp.is_file() and stamp.read_bytes() == wanted):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(ENVIRONMENT / "requirements.txt")]
        subprocess.run(install, check=True)
        write_atomically(stamp, wanted)
    return python


def check_unbounded(answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Stops where an attack that may change every pixel at will leaves digits right: it would be broken.

    Raises:
        SystemExit: So it is.
    """
    for name, found in answers.items():
        if left := sum(found[JOBS.index(UNBOUNDED)]["lines"][-1]["right"]):
            raise SystemExit(f"Expected no digit right under an unbounded attack. Received: {left}, {name}.")


def rate(right: Sequence[bool]) -> str:
    """Share that is right, % with its 95 % interval."""
    low, high = wilson_interval(sum(right), len(right))
    return f"{sum(right) / len(right):.1%} [{low * 100:.1f}, {high * 100:.1f}]"


def summary_rows(answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[list[str]]:
    """One row per network: clean, then the worst case under each job."""
    rows = []
    for name, found in answers.items():
        lines = [one["lines"] for one in found]
        rows.append([name, rate(lines[0][0]["right"]), *(rate(line[-1]["right"]) for line in lines)])
    return rows


def part_rows(answers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[list[str]]:
    """One row per attack of the first job: digits right after it and all before it, a column per network."""
    columns = [found[0]["lines"] for found in answers.values()]
    return [
        [names[0]["attack"], *(f"{sum(line['right'])}" for line in names)]
        for names in zip(*columns, strict=True)
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run of a convnet")
    parser.add_argument("--split", choices=["test", "validation"], default="test")
    parser.add_argument("--digits", type=int, default=1000)
    parser.add_argument("--cache", type=Path, default=Path(".cache/autoattack"))
    parser.add_argument("--skip", default="", help="attacks to leave out, such as fab-t")
    options = parser.parse_args()
    from inkdigits.training.run.folder import open_run
    from inkdigits.training.run.trained import trained_model

    options.cache.mkdir(parents=True, exist_ok=True)
    run = open_run(options.run)
    assert isinstance(run.recipe.network, Convnet)
    digits = digits_of(options.split, options.digits)
    networks = {run.recipe.name: both(trained_model(run), run.recipe.network, digits, hard=False)}
    networks[BASELINE] = both(baseline(run.recipe, options.cache), hard_network(run.recipe.network), digits, hard=True)
    answers = {
        name: [attack(arrays, job, options.cache, options.skip) for job in JOBS] for name, arrays in networks.items()
    }
    check_unbounded(answers)
    heads = ["network", "clean", *(f"{job.title}, n = {min(job.digits, len(digits)):,}" for job in JOBS)]
    for row in [heads, *summary_rows(answers), *part_rows(answers)]:
        print(" | ".join(row))
    print({name: max(one["logits_difference"] for one in found) for name, found in answers.items()})
    if options.split == "test":
        tables.publish("autoattack", heads, summary_rows(answers))
        note = f"right of {len(digits):,} digits"
        tables.publish("autoattack-parts", ["attack, L∞ 0.3", *networks], part_rows(answers), note=note)


if __name__ == "__main__":
    main()
