"""How well pictures are read in sixteen conditions: MNIST digits on simulated pages, given to the reader as files.

    python bench/pictures.py [--split test] [--count 1000] [--conditions mnist,ruled] [--model default]

Prints a table: how many are right with `min_confidence=0`, with a 95 % Wilson interval, how many are kept at the
default threshold (status "ok"), and how many of those are right. The same seed gives the same pictures, and fewer of
them are the first of more. `--split validation`, the default, is for choices: it has 2,500
digits, and none of calibration. `--split test` is for published numbers.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias
from zlib import crc32

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from conditions import CONDITIONS, TURNS, Subject
from inkdigits.data.dataset import Dataset
from inkdigits.data.source import load_dataset
from inkdigits.data.splits import split_training
from inkdigits.errors import SettingError
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.recognizer import Recognizer
from inkdigits.reporting import markdown

Part: TypeAlias = Literal["validation", "calibration", "test"]

COUNT = 1000
SEED = 1
WORKERS = 2
HEAD = ("condition", "n", "right, 95 % interval", "kept", "right of those")
PART = "picture-bench"  # of a page: the marks around the table
PNG_MAGIC = b"\x89PNG"
SHOWN, THUMB = 4, (128, 96)  # pictures of each condition on the sheet, and their largest size
DESK, CAPTION = "#e4e2dc", "#33312e"


@dataclass(frozen=True)
class Score:
    """What the reader made of the pictures of one condition.

    Attributes:
        right: Of each picture, whether the best guess is right.
        kept: Of each picture, whether its status is "ok" at the default threshold.
    """

    right: tuple[bool, ...]
    kept: tuple[bool, ...]

    @property
    def count(self) -> int:
        """Number of pictures."""
        return len(self.right)

    @property
    def share(self) -> float:
        """Share of the best guesses that are right."""
        return sum(self.right) / self.count

    def row(self, title: str) -> str:
        """A row of the table."""
        right = sum(self.right)
        low, high = wilson_interval(right, self.count)
        sure = [hit for hit, kept in zip(self.right, self.kept, strict=True) if kept]
        of_those = f"{sum(sure) / len(sure):.1%}" if sure else "–"
        right_share, kept = f"{self.share:.1%} [{low:.1%}, {high:.1%}]", f"{len(sure) / self.count:.1%}"
        return markdown.row([title, f"{self.count:,}", right_share, kept, of_those]).replace("%", " %")


@cache
def digits(split: Part) -> Dataset:
    """MNIST's test digits, or the validation part of its training digits.

    Raises:
        SettingError: There is no such split.
    """
    if split == "test":
        return load_dataset("mnist", split="test")
    if split == "validation":
        train = load_dataset("mnist", split="train")
        return train.subset(split_training(train).validation)
    if split == "calibration":
        train = load_dataset("mnist", split="train")
        return train.subset(split_training(train).calibration)
    raise SettingError(f"Expected a split of 'validation' or 'test'. Received: {split!r}.", hint="Name one of them.")


def make_pictures(condition: str, count: int, seed: int, *, split: Part = "test") -> tuple[list[bytes], list[str]]:
    """Makes the pictures of a condition.

    Args:
        condition: A key of `CONDITIONS`.
        count: How many, at most as many as the split has digits; the first ones are the same for any count.
        seed: Which digits, and everything random in the pictures.
        split: Where the digits come from.

    Returns:
        The bytes of each picture file (PNG or JPEG), and each digit's label, "0" to "9".

    Raises:
        SettingError: There is no such condition or split, or there are not so many digits.
    """
    source = digits(split)
    if condition not in CONDITIONS:
        raise SettingError(
            f"Expected a condition of {', '.join(CONDITIONS)}. Received: {condition!r}.", hint="Name one of them."
        )
    if not 1 <= count <= len(source):
        raise SettingError(
            f"Expected 1 to {len(source)} pictures. Received: {count}.", hint="Each digit is used once a condition."
        )
    name = crc32(condition.encode())
    order = np.argsort(np.random.PCG64([seed, name]).random_raw(len(source)), kind="stable")[:count]

    def draw(index: int) -> bytes:
        rng = np.random.Generator(np.random.PCG64([seed, name, index]))
        return CONDITIONS[condition].draw(Subject(source.glyphs[order[index]], index, source.glyphs, rng))

    with ThreadPoolExecutor(WORKERS) as pool:
        pictures = list(pool.map(draw, range(count)))
    return pictures, [str(label) for label in source.labels[order]]


def score(recognizer: Recognizer, pictures: Sequence[bytes], labels: Sequence[str]) -> Score:
    """Reads pictures: once for the best guess, once for what is kept by default."""
    guesses = Recognizer(recognizer.model, min_confidence=0).read_many(pictures)
    kept = list(recognizer.read_many(pictures))
    return Score(
        tuple(page.text == label for page, label in zip(guesses, labels, strict=True)),
        tuple(page.status == "ok" for page in kept),
    )


def turns(exif: Score) -> str:
    """The share that is right of each of EXIF's turns, in one sentence."""
    shares = [exif.right[turn::TURNS] for turn in range(min(TURNS, exif.count))]
    found = ", ".join(f"{turn}: {sum(right) / len(right):.1%}" for turn, right in enumerate(shares, 1))
    return f"Of EXIF's turns (n = {len(shares[-1])} or more each) {found}.".replace("%", " %")


def table(scores: Mapping[str, Score], *, model: str, seed: int, split: Part) -> str:
    """The scores of conditions as Markdown, with what was measured."""
    rows = [score.row(CONDITIONS[name].title) for name, score in scores.items()]
    digits_of = "test digits" if split == "test" else "validation digits (of the training images)"
    lines = [
        *markdown.table(HEAD, []).splitlines(),
        *rows,
        "",
        f"Model {model}, MNIST's {digits_of}, seed {seed}.",
    ]
    return "\n".join([*lines, turns(scores["exif"])] if "exif" in scores else lines)


def save(folder: Path, name: str, pictures: Sequence[bytes], labels: Sequence[str]) -> None:
    """Writes pictures to `folder/name/`, with a `labels.csv` (`file,label`) that `inkdigits evaluate --data` takes."""
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    with (target / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label"])
        for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
            path = target / f"{index:05}.{'png' if picture.startswith(PNG_MAGIC) else 'jpg'}"
            path.write_bytes(picture)
            writer.writerow([path.name, label])


def contact_sheet(pictures: Mapping[str, Sequence[bytes]]) -> Image.Image:
    """A few pictures of each condition under its title, two conditions a row; turned ones as they are stored."""
    width, height = SHOWN * (THUMB[0] + 6) + 12, THUMB[1] + 30
    sheet = Image.new("RGB", (2 * width, -(-len(pictures) // 2) * height + 6), DESK)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for place, (name, files) in enumerate(pictures.items()):
        left, top = place % 2 * width + 9, place // 2 * height + 4
        pen.text((left, top), CONDITIONS[name].title.replace("×", "x"), fill=CAPTION, font=font)
        for column, file in enumerate(files[:SHOWN]):
            sheet.paste(_thumbnail(file), (left + column * (THUMB[0] + 6), top + 22))
    palette = sheet.quantize(256, method=Image.Quantize.MAXCOVERAGE)
    return sheet.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _thumbnail(file: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(file)).convert("RGB")
    if picture.height < THUMB[1]:
        return picture.resize((picture.width * 3, picture.height * 3), Image.Resampling.NEAREST)
    picture.thumbnail(THUMB, Image.Resampling.LANCZOS)
    return picture


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="default", help="a packed model's name or folder, or a run")
    parser.add_argument("--count", type=int, default=COUNT, help="pictures of each condition")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--conditions", default=",".join(CONDITIONS), help="some of the default, with commas")
    parser.add_argument("--docs", type=Path, help="put the table between the markers of this page too")
    parser.add_argument("--sheet", type=Path, help="write a PNG with a few pictures of each condition")
    parser.add_argument("--save", type=Path, help="write the pictures here, a folder with labels.csv a condition")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    recognizer = Recognizer.load(options.model)
    scores: dict[str, Score] = {}
    shown: dict[str, list[bytes]] = {}
    for name in options.conditions.split(","):
        pictures, labels = make_pictures(name, options.count, options.seed, split=options.split)
        shown[name] = pictures[:SHOWN]
        scores[name] = score(recognizer, pictures, labels)
        print(scores[name].row(name), file=sys.stderr, flush=True)
        if options.save:
            save(options.save, name, pictures, labels)
    model = f"`{recognizer.model.card.name}` {recognizer.model.card.version}"
    content = table(scores, model=model, seed=options.seed, split=options.split)
    print(content)
    if options.docs:
        page = options.docs.read_text(encoding="utf-8")
        options.docs.write_text(markdown.splice(page, PART, content), encoding="utf-8")
    if options.sheet:
        contact_sheet(shown).save(options.sheet, optimize=True)


if __name__ == "__main__":
    main()
