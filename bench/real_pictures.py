"""Measures reading on folders of real pictures with a `labels.csv` (`file,label,...`), one digit a picture.

    python bench/real_pictures.py FOLDER [--model NAME] [--sets own_digits,dida] [--errors DIR] [--publish]

First it checks the folder against the manifest, `bench/real_manifest.csv`, and prints what differs.

Prints for each set how many are right with `min_confidence=0`, with a 95 % Wilson interval; at the default threshold,
how many are kept (not rejected) and how many of these are right; and the calibration error. Of `not_digits`, if
present, it prints how many are accepted as digits, with and without those that look like one. `--publish` writes both
tables to `bench/results/`; it needs a folder that agrees with the manifest.

These pictures are development sets: no network was trained on them, but they guided choices (docs/pictures.md).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inkdigits.evaluation.metrics import expected_calibration_error, wilson_interval
from inkdigits.image.load import Picture
from inkdigits.reading.result import Page
from inkdigits.recognizer import Recognizer
from inkdigits.reporting.markdown import table
from real_manifest import differences
from tables import publish

# o, O, l, I, |, /, circle, minus: in these sets an iota counts as an l, and a circle/cross may be a circle.
LOOK_ALIKES = frozenset({"o", "omikron", "circle", "circle/cross", "minus", "l", "iota"})
LOOK_ALIKE_LETTERS = frozenset({"b", "q"})  # handwritten, a person may take them for 6 and 9
NON_DIGITS = {
    "all": frozenset[str](),
    "without o, l, circle, minus": LOOK_ALIKES,
    "the same, with iotas": LOOK_ALIKES - {"iota"},
    "without b, q too": LOOK_ALIKES | LOOK_ALIKE_LETTERS,
}
"""Kinds of non-digits that are left out, by the name of the row."""
SETS = ("own_digits", "folder_digits", "dida", "usps")
HEADS = ["pictures", "n", "right", "kept", "right of the kept", "calibration error"]
NON_DIGIT_HEADS = ["non-digits", "n", "accepted", "accepted as ok"]


def load_set(root: Path, name: str) -> tuple[list[Picture], list[str], list[dict[str, str]]]:
    if name == "usps":
        with np.load(root / "arrays" / "usps_2000.npz") as data:
            return list(data["images"]), [str(label) for label in data["labels"]], [{} for _ in data["labels"]]
    with (root / name / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [root / name / row["file"] for row in rows], [row.get("label", "") for row in rows], rows


def row(name: str, guesses: Sequence[Page], pages: Sequence[Page], labels: Sequence[str]) -> list[Any]:
    """One set as a row of the table: the best guesses, and what is kept of them at the default threshold."""
    right = [page.text == label for page, label in zip(guesses, labels, strict=True)]
    kept = [page.text == label for page, label in zip(pages, labels, strict=True) if page.status != "rejected"]
    return [
        name,
        len(pages),
        share(sum(right), len(right)),
        f"{100 * len(kept) / len(pages):.1f} %",
        f"{100 * sum(kept) / max(len(kept), 1):.2f} %",
        f"{100 * calibration_error(guesses, labels):.2f} %",
    ]


def share(part: int, count: int) -> str:
    """A share in percent with its 95 % Wilson interval."""
    low, high = wilson_interval(part, count)
    return f"{100 * part / count:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def calibration_error(pages: Sequence[Page], labels: Sequence[str]) -> float:
    """Of the best guesses, over the probabilities of the digits; a picture without any is left out."""
    read = [(page, int(label)) for page, label in zip(pages, labels, strict=True) if page.lines]
    rows = np.zeros((len(read), 10))
    for row, (page, _) in zip(rows, read, strict=True):
        for text, probability in page.lines[0].digits[0].alternatives:
            row[int(text)] = probability
    return expected_calibration_error(np.array([label for _, label in read]), rows)


def non_digit_rows(recognizer: Recognizer, folder: Path) -> list[list[Any]]:
    """How many non-digits are accepted as digits, at the default threshold and as `ok`."""
    _, _, rows = load_set(folder.parent, folder.name)
    pages = list(recognizer.read_many([folder / row["file"] for row in rows]))
    result: list[list[Any]] = []
    for name, left_out in NON_DIGITS.items():
        chosen = [page for page, row in zip(pages, rows, strict=True) if row["what"] not in left_out]
        accepted = sum(page.status != "rejected" for page in chosen)
        sure = sum(page.status == "ok" for page in chosen)
        result.append([name, len(chosen), share(accepted, len(chosen)), f"{100 * sure / len(chosen):.1f} %"])
    return result


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


def set_rows(recognizer: Recognizer, folder: Path, names: Sequence[str], errors: Path | None) -> list[list[Any]]:
    """The rows of some sets; of a set with hard pictures a second row without them."""
    guesser = Recognizer(recognizer.model, min_confidence=0)
    result = []
    for name in names:
        pictures, labels, rows = load_set(folder, name)
        guesses, pages = (list(some.read_many(pictures)) for some in (guesser, recognizer))
        result.append(row(name, guesses, pages, labels))
        easy = [index for index, entry in enumerate(rows) if entry.get("hard") == "0"]
        if easy and len(easy) < len(rows):
            parts = [guesses[i] for i in easy], [pages[i] for i in easy], [labels[i] for i in easy]
            result.append(row(f"{name}, hard left out", *parts))
        if errors:
            save_errors(guesses, pictures, labels, errors / name)
    return result


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--errors", type=Path, help="write each wrong picture and its glyph here")
    parser.add_argument("--publish", action="store_true", help="write the tables of the docs")
    return parser.parse_args()


def main() -> None:
    options = parse()
    names = options.sets.split(",")
    has_non_digits = (options.folder / "not_digits" / "labels.csv").is_file()
    differ = differences(options.folder, [*names, *(["not_digits"] if has_non_digits else [])])
    print(*differ or ["The pictures are those of the manifest."], sep="\n", file=sys.stderr)
    recognizer = Recognizer.load(options.model)
    tables = {"real-pictures": (HEADS, set_rows(recognizer, options.folder, names, options.errors))}
    if has_non_digits:
        tables["real-non-digits"] = (NON_DIGIT_HEADS, non_digit_rows(recognizer, options.folder / "not_digits"))
    for name, (heads, rows) in tables.items():
        print(f"\n{table(heads, rows)}")
        if options.publish and not differ:
            publish(name, heads, rows, note=f"model {recognizer.model.card.name}")
    if options.publish and differ:
        raise SystemExit("Expected the pictures of the manifest. Received: others; nothing is published.")


if __name__ == "__main__":
    main()
