"""Digit readers side by side on the same pictures: real ones from a folder, or MNIST digits on simulated pages.

    python bench/rivals/compare.py FOLDER [--sets own_digits,usps] [--rivals rapidocr,tesseract]
    python bench/rivals/compare.py --conditions all --count 100 [--docs docs/rivals.md]

Prints one Markdown table: how many of each set are right, with a 95 % Wilson interval; seconds a picture, warm, from
file to answer, one picture after the other; and how many of FOLDER's `not_digits` are taken for a digit at a confidence
of 0.9 or more, beside how many of `own_digits` are kept at it. Each rival runs in an environment of its own, made on
first use in the cache folder; its answers stay there as CSV. `README.md` beside this file says what each rival is.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from environments import RIVALS, run_rival

from inkdigits.errors import InkdigitsError, SettingError
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.recognizer import Recognizer
from inkdigits.reporting import markdown

SETS = ("own_digits", "folder_digits", "dida", "usps")
REFUSALS, KEPT = "not_digits", "own_digits"
SURE = 0.9
SEED = 1
CONDITION_COUNT = 100
WARM_UPS = 3


@dataclass(frozen=True)
class PictureSet:
    """Pictures to read.

    Attributes:
        name: Its column.
        paths: The files.
        labels: Each one's digit, "0" to "9"; empty for what is no digit.
    """

    name: str
    paths: tuple[Path, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """What a system answered to the pictures of a set.

    Attributes:
        digits: Of each picture, "0" to "9", or empty.
        confidences: Of each picture, 0 to 1; None where there is none.
        seconds: Mean of a picture.
    """

    digits: tuple[str, ...]
    confidences: tuple[float | None, ...]
    seconds: float

    def right(self, labels: Sequence[str]) -> int:
        """How many are right."""
        return sum(digit == label for digit, label in zip(self.digits, labels, strict=True))

    def sure(self) -> float | None:
        """The share taken for a digit at a confidence of 0.9 or more; None if digits were given without one."""
        given = [sure for digit, sure in zip(self.digits, self.confidences, strict=True) if digit]
        if any(sure is None for sure in given):
            return None
        return sum(sure is not None and sure >= SURE for sure in given) / len(self.digits)


System: TypeAlias = Mapping[str, Answers]
"""A system's answers by the name of the set."""


def read_answers(path: Path, pictures: Sequence[Path]) -> Answers:
    """Reads what a runner wrote.

    Args:
        path: A CSV with the columns `path,answer` and, where the runner knows them, `confidence,seconds`.
        pictures: What it was asked to read.

    Raises:
        SettingError: It holds other pictures, or others' order.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if [row["path"] for row in rows] != [str(picture) for picture in pictures]:
        raise SettingError(
            f"Expected {len(pictures)} answers in the order asked. Received: {len(rows)} in {path.name}.",
            hint="Look at what the runner wrote to stderr.",
        )
    confidences = tuple(float(row["confidence"]) if row.get("confidence") else None for row in rows)
    seconds = [float(row["seconds"]) for row in rows if row.get("seconds")]
    return Answers(tuple(row["answer"] for row in rows), confidences, sum(seconds) / max(len(seconds), 1))


def own_answers(recognizer: Recognizer, pictures: Sequence[Path]) -> Answers:
    """Our answers: the best guess with `min_confidence=0`; the confidence is 0 where the default would reject."""
    guesser = Recognizer(recognizer.model, min_confidence=0)
    for path in pictures[:WARM_UPS]:
        _guess(guesser, path)
    began = time.perf_counter()
    guesses = [_guess(guesser, path) for path in pictures]
    seconds = (time.perf_counter() - began) / len(pictures)
    pages = recognizer.read_many(pictures)
    sure = tuple((page.confidence or 0.0) if page.text else 0.0 for page in pages)
    return Answers(tuple(guesses), sure, seconds)


def _guess(recognizer: Recognizer, path: Path) -> str:
    try:
        return recognizer.read(path).text
    except InkdigitsError:
        return ""


def real_sets(folder: Path, names: Sequence[str], count: int | None, scratch: Path) -> list[PictureSet]:
    """The sets of a folder, as files: arrays are written to `scratch` as PNG.

    Args:
        folder: As `bench/real_pictures.py` takes it.
        names: Which sets.
        count: How many of each, evenly spaced; None for all.
        scratch: Where arrays become files.
    """
    from real_pictures import load_set

    sets = []
    for name in names:
        pictures, labels, _ = load_set(folder, name)
        chosen = np.linspace(0, len(pictures) - 1, min(count or len(pictures), len(pictures))).round().astype(int)
        paths = [_as_file(pictures[index], scratch / name, int(index)) for index in chosen]
        sets.append(PictureSet(name, tuple(paths), tuple(labels[index] for index in chosen)))
    return sets


def _as_file(picture: object, folder: Path, index: int) -> Path:
    if isinstance(picture, np.ndarray):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{index:05}.png"
        Image.fromarray(picture).save(path)
        return path.resolve()
    return Path(str(picture)).resolve()


def refusals(folder: Path, count: int | None) -> PictureSet:
    """The folder's pictures that hold no digit."""
    with (folder / REFUSALS / "labels.csv").open(newline="", encoding="utf-8") as file:
        paths = [(folder / REFUSALS / row["file"]).resolve() for row in csv.DictReader(file)]
    chosen = np.linspace(0, len(paths) - 1, min(count or len(paths), len(paths))).round().astype(int)
    return PictureSet(REFUSALS, tuple(paths[index] for index in chosen), ("",) * len(chosen))


def simulated_sets(names: Sequence[str], count: int, scratch: Path) -> list[PictureSet]:
    """Pictures of `bench/pictures.py`'s conditions, MNIST's test digits, as files in `scratch`."""
    from conditions import CONDITIONS
    from pictures import make_pictures, save

    sets = []
    for name in CONDITIONS if names == ["all"] else names:
        pictures, labels = make_pictures(name, count, SEED)
        save(scratch, name, pictures, labels)
        with (scratch / name / "labels.csv").open(newline="", encoding="utf-8") as file:
            paths = tuple((scratch / name / row["file"]).resolve() for row in csv.DictReader(file))
        sets.append(PictureSet(name, paths, tuple(labels)))
    return sets


def ask(name: str, picture_set: PictureSet, cache: Path) -> Answers:
    """A rival's answers to a set; its CSV stays in the cache."""
    folder = (cache / "answers" / picture_set.name).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    listing, answers = folder / "pictures.txt", folder / f"{name}.csv"
    listing.write_text("".join(f"{path}\n" for path in picture_set.paths), encoding="utf-8")
    run_rival(RIVALS[name], listing, answers, cache)
    return read_answers(answers, picture_set.paths)


def cell(right: int, count: int) -> str:
    """A share in percent with its interval."""
    low, high = wilson_interval(right, count)
    return f"{right / count:.1%} [{low:.1%}, {high:.1%}]".replace("%", "")


def table(systems: Mapping[str, System], sets: Sequence[PictureSet]) -> str:
    """All systems as Markdown.

    Args:
        systems: By title, the answers to every set.
        sets: The columns; `not_digits`, if there, is told by its share of sure digits.
    """
    columns = [picture_set for picture_set in sets if picture_set.name != REFUSALS]
    refused = any(picture_set.name == REFUSALS for picture_set in sets)
    head = [f"{picture_set.name} (n = {len(picture_set.paths):,})" for picture_set in columns]
    head += ["ms a picture", *([f"{REFUSALS} taken at ≥ {SURE}"] if refused else [])]
    rows = []
    for title, answers in systems.items():
        cells = [cell(answers[part.name].right(part.labels), len(part.paths)) for part in columns]
        cells.append(f"{_milliseconds(answers, columns):.1f}")
        rows.append([title, *cells, *([_refusal(answers)] if refused else [])])
    return markdown.table(["% right [95 % interval]", *head], rows)


def _milliseconds(answers: System, columns: Sequence[PictureSet]) -> float:
    total = sum(answers[part.name].seconds * len(part.paths) for part in columns)
    return 1000 * total / sum(len(part.paths) for part in columns)


def _refusal(answers: System) -> str:
    taken = answers[REFUSALS].sure()
    if taken is None:
        return "–"
    kept = answers[KEPT].sure() if KEPT in answers else None
    return f"{taken:.1%}".replace("%", " %") + (f" ({KEPT} kept: {kept:.0%})".replace("%", " %") if kept else "")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="real pictures, as for bench/real_pictures.py")
    parser.add_argument("--sets", default=",".join(SETS), help="which of the folder's, with commas")
    parser.add_argument("--conditions", help="simulated pages in place of a folder: all, or some with commas")
    parser.add_argument("--count", type=int, help=f"pictures a set (default: all; {CONDITION_COUNT} a condition)")
    parser.add_argument("--rivals", default=",".join(RIVALS), help="some of the default, with commas")
    parser.add_argument("--own-model", default="default", help="our packed models, names or folders, with commas")
    parser.add_argument("--cache", type=Path, default=Path(".cache/rivals"), help="environments, files and answers")
    parser.add_argument("--docs", type=Path, help="put the table between the markers of this page too")
    options = parser.parse_args(arguments)
    if (options.folder is None) == (options.conditions is None):
        parser.error("expected either a folder or --conditions")
    unknown = set(options.rivals.split(",")) - {*RIVALS, ""}
    if unknown:
        parser.error(f"expected rivals of {', '.join(RIVALS)}; received {', '.join(sorted(unknown))}")
    return options


def choose_sets(options: argparse.Namespace) -> list[PictureSet]:
    scratch = options.cache / "pictures"
    if options.conditions:
        return simulated_sets(options.conditions.split(","), options.count or CONDITION_COUNT, scratch)
    sets = real_sets(options.folder, options.sets.split(","), options.count, scratch)
    has_refusals = (options.folder / REFUSALS / "labels.csv").is_file()
    return [*sets, refusals(options.folder, options.count)] if has_refusals else sets


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    sets = choose_sets(options)
    systems: dict[str, System] = {}
    for model in options.own_model.split(","):
        recognizer = Recognizer.load(model)
        answers = {part.name: own_answers(recognizer, part.paths) for part in sets}
        systems[f"inkdigits, model {recognizer.model.card.name}"] = answers
    for name in filter(None, options.rivals.split(",")):
        answers = {}
        for part in sets:
            answers[part.name] = ask(name, part, options.cache)
            right = answers[part.name].right(part.labels)
            print(f"{name} {part.name}: {right} of {len(part.paths)} right", file=sys.stderr, flush=True)
        systems[RIVALS[name].title] = answers
    content = table(systems, sets)
    print(content)
    if options.docs:
        place = "rivals-simulated" if options.conditions else "rivals-real"
        page = options.docs.read_text(encoding="utf-8")
        options.docs.write_text(markdown.splice(page, place, content), encoding="utf-8")


if __name__ == "__main__":
    main()
