"""Measures reading on folders of real pictures with a `labels.csv` (`file,label,...`), one digit a picture.

    python bench/real_pictures.py FOLDER [--model NAME] [--sets own_digits,folder_digits,dida] [--errors DIR]

Prints for each set how many are right with `min_confidence=0`, with a 95 % Wilson interval; at the default threshold,
how many are kept (not rejected) and how many of these are right; and the calibration error. Of
`not_digits`, if present, it prints how many are taken for a digit, with and without those that look like one.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from inkdigits.evaluation.metrics import expected_calibration_error, wilson_interval
from inkdigits.image.load import Picture
from inkdigits.reading.result import Page
from inkdigits.recognizer import Recognizer

# o, O, l, I, |, /, circle, minus: in these sets an iota counts as an l, and a circle/cross may be a circle.
LOOK_ALIKES = frozenset({"o", "omikron", "circle", "circle/cross", "minus", "l", "iota"})
LOOK_ALIKE_LETTERS = frozenset({"b", "q"})  # handwritten, a person may take them for 6 and 9
SETS = ("own_digits", "folder_digits", "dida", "usps")


def load_set(root: Path, name: str) -> tuple[list[Picture], list[str], list[dict[str, str]]]:
    if name == "usps":
        with np.load(root / "arrays" / "usps_2000.npz") as data:
            return list(data["images"]), [str(label) for label in data["labels"]], [{} for _ in data["labels"]]
    with (root / name / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [root / name / row["file"] for row in rows], [row.get("label", "") for row in rows], rows


def line(name: str, guesses: Sequence[Page], pages: Sequence[Page], labels: Sequence[str]) -> str:
    """One set in one line: the best guesses, and what is kept of them at the default threshold."""
    right = [page.text == label for page, label in zip(guesses, labels, strict=True)]
    kept = [page.text == label for page, label in zip(pages, labels, strict=True) if page.status != "rejected"]
    low, high = wilson_interval(sum(right), len(right))
    return (
        f"{name:18} n={len(pages):5}  right {sum(right) / len(right):7.2%} [{low:.2%}, {high:.2%}]  "
        f"kept {len(kept) / len(pages):6.1%}, of these right {sum(kept) / max(len(kept), 1):7.2%}  "
        f"ECE {calibration_error(guesses, labels):.2%}"
    )


def calibration_error(pages: Sequence[Page], labels: Sequence[str]) -> float:
    """Of the best guesses, over the probabilities of the digits; a picture without any is left out."""
    read = [(page, int(label)) for page, label in zip(pages, labels, strict=True) if page.lines]
    rows = np.zeros((len(read), 10))
    for row, (page, _) in zip(rows, read, strict=True):
        for text, probability in page.lines[0].digits[0].alternatives:
            row[int(text)] = probability
    return expected_calibration_error(np.array([label for _, label in read]), rows)


def refusals(recognizer: Recognizer, folder: Path) -> Iterator[str]:
    """How much of what is no digit is taken for one, at the default threshold and for sure."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pages = list(recognizer.read_many([folder / row["file"] for row in rows]))
    for name, left_out in (
        ("not_digits", frozenset[str]()),
        ("less o, l, circle, minus", LOOK_ALIKES),
        ("less b, q too", LOOK_ALIKES | LOOK_ALIKE_LETTERS),
    ):
        chosen = [page for page, row in zip(pages, rows, strict=True) if row["what"] not in left_out]
        taken = sum(page.status != "rejected" for page in chosen)
        sure = sum(page.status == "ok" for page in chosen)
        low, high = wilson_interval(taken, len(chosen))
        share = f"taken for a digit {taken / len(chosen):6.1%} [{low:.1%}, {high:.1%}]"
        yield f"{name:24} n={len(chosen):4}  {share}, for a sure one {sure / len(chosen):.1%}"


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
    guesser = Recognizer(recognizer.model, min_confidence=0)
    for name in arguments.sets.split(","):
        pictures, labels, rows = load_set(arguments.folder, name)
        guesses, pages = (list(some.read_many(pictures)) for some in (guesser, recognizer))
        print(line(name, guesses, pages, labels))
        easy = [index for index, row in enumerate(rows) if row.get("hard") == "0"]
        if easy and len(easy) < len(rows):
            parts = [guesses[i] for i in easy], [pages[i] for i in easy], [labels[i] for i in easy]
            print(line(f"{name} hard=0", *parts))
        if arguments.errors:
            save_errors(guesses, pictures, labels, arguments.errors / name)
    if (arguments.folder / "not_digits" / "labels.csv").is_file():
        print(*refusals(recognizer, arguments.folder / "not_digits"), sep="\n")


if __name__ == "__main__":
    main()
