"""Attacks on one network: an NPZ of weights, glyphs and Keras' logits in; which digits stay right, a JSON, out.

    python run_attacks.py NETWORK.npz ANSWERS.json [--norm Linf] [--epsilon 0.3] [--only NAMES] [--skip NAMES]

It runs in an environment of its own (requirements.txt). Each attack gets the digits that all before it have left right,
so the last line is the worst case per digit. The twin's logits are compared with Keras' first.

Source:
    F. Croce, M. Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
    attacks", 2020: APGD, FAB and Square as the package pyautoattack, of the same authors, has them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from adaptive import CORNER_STEP, SMOOTHED, climb, flip_greedily, margin
from pyautoattack import AutoAttack
from torch import Tensor
from twin import Twin, check_logits

QUERIES = 5000
RESTARTS = 5  # of APGD
TARGETS = 9

Attack = Callable[[Tensor, Tensor], Tensor]
"""Glyphs and labels in, which are still classified correctly out."""


def autoattack(model: Twin, name: str, norm: str, epsilon: float) -> Attack:
    """A part of AutoAttack.

    Args:
        model: The network.
        name: `"apgd-ce"`, `"apgd-dlr"`, `"apgd-t"`, `"fab-t"` or `"square"`.
        norm: `"Linf"` or `"L2"`.
        epsilon: Largest change in that norm.
    """
    suite = AutoAttack(model, attacks=[name], norm=norm, eps=epsilon, seed=0, version="custom")
    suite.apgd.n_restarts, suite.square.n_queries = RESTARTS, QUERIES
    suite.apgd_targeted.n_target_classes = suite.fab.n_target_classes = TARGETS
    attack = {"apgd-t": suite.apgd_targeted, "fab-t": suite.fab, "square": suite.square}.get(name, suite.apgd)
    suite.apgd.loss = name.removeprefix("apgd-")
    suite.fab.targeted, suite.fab.n_restarts = True, 1

    def right(x: Tensor, labels: Tensor) -> Tensor:
        with torch.no_grad():
            found = attack.perturb(x.clone(), labels.clone())
            return within(x, found, norm, epsilon).logical_not() | (margin(model(found), labels) > 0)

    return right


def within(x: Tensor, found: Tensor, norm: str, epsilon: float) -> Tensor:
    """Which attacked glyphs are allowed: no farther than epsilon from their glyph and from 0 to 1."""
    change = (found - x).flatten(1)
    size = change.abs().max(dim=1).values if norm == "Linf" else change.norm(dim=1)
    values = found.flatten(1)
    return (size <= epsilon + 1e-5) & (values.min(dim=1).values >= 0) & (values.max(dim=1).values <= 1)


def attacks(model: Twin, norm: str, epsilon: float) -> dict[str, Attack]:
    """All attacks, by name, the cheap ones first."""
    smoothed = model.smoothed(SMOOTHED)
    found = {
        "apgd-ce": autoattack(model, "apgd-ce", norm, epsilon),
        "greedy flips": lambda x, labels: flip_greedily(model, smoothed, x, labels, epsilon, norm=norm),
    }
    if norm == "Linf":
        for source, where in ((smoothed, "by a smoothed copy"), (model, "by the network")):
            for target in (1, 2):
                found[f"corners {where} to rank {target}"] = partial(
                    climb, model, source, epsilon=epsilon, first_step=CORNER_STEP, target=target
                )
    return found | {name: autoattack(model, name, norm, epsilon) for name in ("apgd-dlr", "apgd-t", "square", "fab-t")}


def run(found: dict[str, Attack], x: Tensor, labels: Tensor, right: Tensor, batch: int) -> Iterator[dict[str, Any]]:
    """Runs attacks one after the other on the digits still right; for each its name, what it left right, seconds."""
    right = right.clone()
    for name, attack in found.items():
        began = time.perf_counter()
        torch.manual_seed(0)
        for rows in right.nonzero()[:, 0].split(batch):
            right[rows] &= attack(x[rows], labels[rows])
        yield {"attack": name, "right": right.tolist(), "seconds": time.perf_counter() - began}


def attack_network(options: argparse.Namespace) -> None:
    """Attacks the digits of a file. What an earlier call has done is kept: it goes on where that one was stopped."""
    with np.load(options.network) as file:
        arrays = dict(file)
    given = json.loads(str(arrays.pop("description")))
    glyphs, labels, expected = (arrays.pop(name) for name in ("glyphs", "labels", "logits"))
    model = Twin(arrays, tuple(given["stages"]), given["binarization"], given["steepness"]).eval()
    x, truth = torch.from_numpy(glyphs)[:, None].float() / 255, torch.from_numpy(labels).long()
    difference = check_logits(model, x, expected)
    if options.answers.is_file():
        lines = json.loads(options.answers.read_text(encoding="utf-8"))["lines"]
    else:
        with torch.no_grad():
            lines = [{"attack": "none", "right": (margin(model(x), truth) > 0).tolist(), "seconds": 0.0}]
    done = {line["attack"] for line in lines} | set(options.skip.split(","))
    left = {name: attack for name, attack in attacks(model, options.norm, options.epsilon).items() if name not in done}
    wanted = {name: attack for name, attack in left.items() if name in (options.only or name).split(",")}
    for line in run(wanted, x, truth, torch.tensor(lines[-1]["right"]), options.batch):
        print(
            f"{line['attack']}: {sum(line['right'])} of {len(x)}, {line['seconds']:.0f} s", file=sys.stderr, flush=True
        )
        lines.append(line)
        options.answers.write_text(json.dumps({"logits_difference": difference, "lines": lines}), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--norm", choices=["Linf", "L2"], default="Linf")
    parser.add_argument("--epsilon", type=float, default=0.3)
    parser.add_argument("--only", default="", help="names of attacks, separated by commas; all by default")
    parser.add_argument("--skip", default="", help="names of attacks to leave out, separated by commas")
    parser.add_argument("--batch", type=int, default=250)
    options = parser.parse_args()
    torch.set_num_threads(1)
    attack_network(options)


if __name__ == "__main__":
    main()
