"""What the way through a picture costs: MNIST's test digits saved as PNG and read back, against the raw arrays.

    python bench/glyph_door.py [--model default] [--count 10000]

Both through the same packed model. The door may cost at most 0.05 points.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from inkdigits.data.mnist import load_mnist
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.recognizer import Recognizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--count", type=int, default=10_000)
    arguments = parser.parse_args()
    recognizer = Recognizer.load(arguments.model, min_confidence=0)
    test = load_mnist("test")
    glyphs, labels = test.glyphs[: arguments.count], test.labels[: arguments.count].astype(str)
    raw = recognizer.model.probabilities(glyphs)[:, :10].argmax(1).astype(str)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{index:05}.png" for index in range(len(glyphs))]
        for path, glyph in zip(paths, glyphs, strict=True):
            content = io.BytesIO()
            Image.fromarray(glyph).save(content, "PNG")
            path.write_bytes(content.getvalue())
        pages = list(recognizer.read_many(paths))
    same = np.mean([
        bool(page.lines) and np.array_equal(np.asarray(page.lines[0].digits[0].glyph), glyph)
        for page, glyph in zip(pages, glyphs, strict=True)
    ])  # fmt: skip
    for name, answers in (("raw arrays", raw), ("through PNG", np.array([page.text for page in pages]))):
        right = int((answers == labels).sum())
        low, high = wilson_interval(right, len(labels))
        print(f"{name:12} {right / len(labels):.2%}  [{low:.2%}, {high:.2%}]  n = {len(labels)}")
    print(f"glyphs that come back byte for byte: {same:.2%}")


if __name__ == "__main__":
    main()
