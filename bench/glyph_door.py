"""What the way through a picture costs: MNIST's test digits saved as PNG and read back, against the raw arrays.

    python bench/glyph_door.py [--model default] [--count 10000] [--publish]

Both through the same packed model. Reading as a picture may cost at most 0.05 points.
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
from inkdigits.reporting.markdown import table
from tables import publish

HEADS = ("MNIST's test digits", "n", "right", "glyphs returned byte for byte")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
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
    rows: list[list[str | int]] = []
    for name, answers in (("raw arrays", raw), ("through PNG", np.array([page.text for page in pages]))):
        right = int((answers == labels).sum())
        low, high = wilson_interval(right, len(labels))
        percent = f"{100 * right / len(labels):.2f} % [{100 * low:.2f}, {100 * high:.2f}]"
        rows.append([name, len(labels), percent, f"{100 * same:.2f} %" if name == "through PNG" else "–"])
    print(table(HEADS, rows))
    if arguments.publish:
        publish("glyph-door", HEADS, rows, note=f"model {recognizer.model.card.name}")


if __name__ == "__main__":
    main()
