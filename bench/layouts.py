"""How a digit is found among cell borders, under shadows and beside other symbols: simulated pictures, read as files.

    python bench/layouts.py cells|shadows|several|single [--count 100] [--split validation] [--kinds a,b]

Prints for each kind how many readings are right, wrong and rejected at the default threshold, and how many best guesses
are right. Of `several` no digit is right: a picture is right if it is
rejected.
"""

from __future__ import annotations

import argparse
import io
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image, ImageDraw

from cells import CELLS
from conditions import Subject
from inkdigits.recognizer import Recognizer
from pictures import Part, digits
from shadows import SHADOWS
from symbols import SEVERAL, SINGLE

SEED = 5
GROUPS = {"cells": CELLS, "shadows": SHADOWS, "several": SEVERAL, "single": SINGLE}


def draw_all(
    group: str, kind: str, count: int, *, split: Part = "validation", seed: int = SEED
) -> tuple[list[bytes], list[str]]:
    """Pictures of one kind and their labels; fewer are the first of more."""
    source, name = digits(split), crc32(f"{group}/{kind}".encode())
    order = np.argsort(np.random.PCG64([seed, name]).random_raw(len(source)), kind="stable")[:count]
    pictures = []
    for index, digit in enumerate(order):
        rng = np.random.Generator(np.random.PCG64([seed, name, index]))
        pictures.append(GROUPS[group][kind].draw(Subject(source.glyphs[digit], index, source.glyphs, rng)))
    labels = source.labels[order].tolist() if group != "several" else [""] * count  # several symbols are no digit
    return pictures, [str(label) for label in labels]


def measure(recognizer: Recognizer, pictures: Sequence[bytes], labels: Sequence[str]) -> tuple[str, list[int]]:
    """A row of the table, and which pictures are not read right."""
    start = time.process_time()
    pages = list(recognizer.read_many(pictures))
    seconds = time.process_time() - start
    guesses = Recognizer(recognizer.model, min_confidence=0).read_many(pictures)
    read = [page.text if page.status != "rejected" else "" for page in pages]
    right = sum(text == label for text, label in zip(read, labels, strict=True))
    best = sum(page.text == label for page, label in zip(guesses, labels, strict=True))
    reasons = Counter(str(page.reason) for page in pages if page.status == "rejected")
    rejected = sum(reasons.values())
    wrong = sum(text not in ("", label) for text, label in zip(read, labels, strict=True))
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    missed = [index for index, (text, label) in enumerate(zip(read, labels, strict=True)) if text != label]
    row = f"{right} | {wrong} | {rejected} ({why}) | {best} | {1e3 * seconds / len(pages):.1f}"
    return row, missed


def save_sheet(pictures: Sequence[bytes], captions: Sequence[str], path: Path, side: int = 160) -> None:
    columns = 8
    rows = (len(pictures) + columns - 1) // columns
    sheet = Image.new("RGB", (columns * side, max(rows, 1) * (side + 14)), "#88a")
    pen = ImageDraw.Draw(sheet)
    for index, (data, caption) in enumerate(zip(pictures, captions, strict=True)):
        left, top = index % columns * side, index // columns * (side + 14)
        with Image.open(io.BytesIO(data)) as image:
            thumb = image.convert("RGB")
        thumb.thumbnail((side - 4, side - 4))
        sheet.paste(thumb, (left, top + 14))
        pen.text((left + 2, top), caption, fill="black")
    sheet.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", choices=list(GROUPS))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--model", default="default")
    parser.add_argument("--kinds", help="comma-separated; all by default")
    parser.add_argument("--missed", type=Path, help="write a contact sheet of what is not read right into this folder")
    options = parser.parse_args()
    recognizer = Recognizer.load(options.model)
    kinds = options.kinds.split(",") if options.kinds else list(GROUPS[options.group])
    print("| kind | right | wrong | rejected | best guess right | CPU ms |\n|---|--:|--:|---|--:|--:|")
    for kind in kinds:
        pictures, labels = draw_all(options.group, kind, options.count, split=options.split, seed=options.seed)
        row, missed = measure(recognizer, pictures, labels)
        print(f"| {GROUPS[options.group][kind].title} (n = {options.count}) | {row} |", flush=True)
        if options.missed:
            options.missed.mkdir(parents=True, exist_ok=True)
            shown = [pictures[index] for index in missed]
            save_sheet(shown, [f"{index}: {labels[index]}" for index in missed], options.missed / f"{kind}.png")


if __name__ == "__main__":
    main()
