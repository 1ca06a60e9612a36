"""Measures reading on folders of real pictures with a `labels.csv` (`file,label,...`), one digit a picture.

    python bench/real_pictures.py FOLDER [--model NAME] [--sets own_digits,folder_digits,dida] [--errors DIR]

Prints for each set how many are right with `min_confidence=0`, with a 95 % Wilson interval, and how many of the sure
answers (status "ok" at the default threshold) are right. `arrays/usps_2000.npz` and
`not_digits` are measured if present.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.image.load import Picture
from inkdigits.reading.recognizer import Recognizer
from inkdigits.reading.result import Page

SETS = ("own_digits", "folder_digits", "dida", "usps")


def load_set(root: Path, name: str) -> tuple[list[Picture], list[str], list[dict[str, str]]]:
    if name == "usps":
        with np.load(root / "arrays" / "usps_2000.npz") as data:
            return list(data["images"]), [str(label) for label in data["labels"]], [{} for _ in data["labels"]]
    with (root / name / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [root / name / row["file"] for row in rows], [row["label"] for row in rows], rows


def line(name: str, pages: Sequence[Page], labels: Sequence[str]) -> str:
    right = [page.text == label for page, label in zip(pages, labels, strict=True)]
    low, high = wilson_interval(sum(right), len(right))
    kept = [hit for hit, page in zip(right, pages, strict=True) if page.status == "ok"]
    sure = f"{sum(kept) / max(len(kept), 1):7.2%} of the {len(kept) / len(pages):.1%} that are sure"
    share = sum(right) / len(right)
    return f"{name:18} n={len(pages):5}  right {share:7.2%}  [{low:.2%}, {high:.2%}]   {sure}"


def save_errors(pages: Sequence[Page], pictures: Sequence[Picture], labels: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, (page, picture, label) in enumerate(zip(pages, pictures, labels, strict=True)):
        if page.text != label:
            source = Image.fromarray(picture) if isinstance(picture, np.ndarray) else Image.open(picture)  # type: ignore[arg-type]
            sheet = Image.new("RGB", (400, 200), "gray")
            source = source.convert("RGBA")
            source.thumbnail((200, 200))
            sheet.paste(source, (0, 0))
            if page.lines and page.lines[0].digits[0].glyph is not None:
                sheet.paste(Image.fromarray(page.lines[0].digits[0].glyph).resize((200, 200)), (200, 0))
            sheet.save(folder / f"{index:05}_is_{label}_read_{page.text or 'blank'}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--errors", type=Path, help="write each wrong picture and its glyph here")
    arguments = parser.parse_args()
    recognizer = Recognizer.load(arguments.model)
    for name in arguments.sets.split(","):
        pictures, labels, rows = load_set(arguments.folder, name)
        pages = recognizer.read(pictures, min_confidence=0)
        print(line(name, pages, labels))
        easy = [index for index, row in enumerate(rows) if row.get("hard") == "0"]
        if easy and len(easy) < len(rows):
            print(line(f"{name} hard=0", [pages[i] for i in easy], [labels[i] for i in easy]))
        if arguments.errors:
            save_errors(pages, pictures, labels, arguments.errors / name)
    if (arguments.folder / "not_digits" / "labels.csv").is_file():
        with (arguments.folder / "not_digits" / "labels.csv").open(newline="", encoding="utf-8") as file:
            paths = [arguments.folder / "not_digits" / row["file"] for row in csv.DictReader(file)]
        accepted = [page.status == "ok" for page in recognizer.read(paths)]
        print(f"{'not_digits':18} n={len(paths):5}  taken for a sure digit {sum(accepted) / len(accepted):.1%}")


if __name__ == "__main__":
    main()
