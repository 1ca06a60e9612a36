"""How a packed model stands up to damage: MNIST-C's corruptions, curves over its amount, letters.

    python bench/robustness.py [--model default] [--count 1000]

Glyphs are damaged and go straight to the model, without the preparation of a picture; they are the last of MNIST's test
split. Nothing here was trained on them.
"""

from __future__ import annotations

import argparse

import numpy as np

from inkdigits.data.corruptions import CORRUPTIONS, corrupt
from inkdigits.data.damage import KINDS, damage
from inkdigits.data.mnist import load_mnist
from inkdigits.data.synthesis.mixture import Mixture
from inkdigits.data.synthesis.synthesize import synthesize
from inkdigits.evaluation.detection import auroc, false_positives_at
from inkdigits.evaluation.metrics import accuracy
from inkdigits.image.glyph import Glyphs
from inkdigits.packed.model import PackedModel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="default")
    parser.add_argument("--count", type=int, default=1000, help="digits of each kind of damage")
    arguments = parser.parse_args()
    model, test, count = PackedModel.load(arguments.model), load_mnist("test"), arguments.count
    glyphs, labels = test.glyphs[-count:], test.labels[-count:]

    def right(damaged: Glyphs) -> float:
        return 100 * accuracy(labels, model.probabilities(damaged).argmax(axis=1))

    scores = {name: right(corrupt(glyphs, name)) for name in CORRUPTIONS}
    for name, score in scores.items():
        print(f"{name:15} {score:6.1f}", flush=True)
    worst = min(scores, key=scores.__getitem__)
    print(f"mean {np.mean(list(scores.values())):.1f}, worst {scores[worst]:.1f} ({worst}), n = {count} each")
    for name, kind in KINDS.items():
        curve = ", ".join(f"{amount:g}: {right(damage(glyphs, name, amount)):.1f}" for amount in kind.amounts)
        print(f"{name} ({kind.unit}): {curve}", flush=True)
    letters, _, _ = synthesize(Mixture(letters=count), seed=1, split="validation")
    digits, others = (model.probabilities(some).max(axis=1) for some in (glyphs, letters))
    print(
        f"letters: AUROC {auroc(digits, others):.4f}, FPR95 {false_positives_at(digits, others):.1%}, n = {len(others)}"
    )


if __name__ == "__main__":
    main()
