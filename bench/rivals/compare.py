"""Digit readers side by side on the same pictures: real ones from a folder, or MNIST digits on simulated pages.

    python bench/rivals/compare.py FOLDER [--sets own_digits,usps] [--rivals rapidocr,tesseract] [--times] [--publish]
    python bench/rivals/compare.py --conditions all --count 100 [--publish]

Prints Markdown tables: how many pictures of each set are right, with a 95 % Wilson interval; a paired test of inkdigits
and each rival on the same pictures; how many of FOLDER's `not_digits` are accepted as a digit at a confidence of 0.9 or
more. `--times` adds milliseconds per picture, warm, from file to answer, one picture after the other. `--publish`
writes them to `bench/results/`, `python bench/tables.py` into the page. Each rival runs in an environment of its own,
made on first use in the cache folder; its answers stay there as CSV. `README.md` beside this file says what each rival
is.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from environments import RIVALS, run_rival
from scores import Answers, PictureSet, System, accuracy, accuracy_by_set, non_digits, paired, pooled, times

from inkdigits.errors import InkdigitsError, SettingError
from inkdigits.recognizer import Recognizer
from inkdigits.reporting import markdown
from inkdigits.system import usable_cores
from tables import publish

SETS = ("own_digits", "folder_digits", "dida", "usps")
REFUSALS = "not_digits"
SEED = 1
CONDITION_COUNT = 100
WARM_UPS = 3


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


def ask(name: str, picture_set: PictureSet, options: argparse.Namespace) -> Answers:
    """A rival's answers to a set; its CSV stays in the cache."""
    cache = options.cache
    folder = (cache / "answers" / picture_set.name).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    listing, answers = folder / "pictures.txt", folder / f"{name}.csv"
    if options.reuse and answers.is_file():
        return read_answers(answers, picture_set.paths)
    listing.write_text("".join(f"{path}\n" for path in picture_set.paths), encoding="utf-8")
    run_rival(RIVALS[name], listing, answers, cache, threads=options.threads)
    return read_answers(answers, picture_set.paths)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="real pictures, as for bench/real_pictures.py")
    parser.add_argument("--sets", default=",".join(SETS), help="which of the folder's, with commas")
    parser.add_argument("--conditions", help="simulated pages in place of a folder: all, or some with commas")
    parser.add_argument("--count", type=int, help=f"pictures a set (default: all; {CONDITION_COUNT} a condition)")
    parser.add_argument("--rivals", default=",".join(RIVALS), help="some of the default, with commas")
    parser.add_argument("--own-model", default="default", help="our packed models, names or folders, with commas")
    parser.add_argument("--cache", type=Path, default=Path(".cache/rivals"), help="environments, files and answers")
    parser.add_argument(
        "--threads", type=int, default=usable_cores(), help="of the rivals' networks (default: all cores)"
    )
    parser.add_argument("--reuse", action="store_true", help="take answers to the same pictures from the cache")
    parser.add_argument("--times", action="store_true", help="milliseconds per picture too: on a quiet machine")
    parser.add_argument("--publish", action="store_true", help="write the tables of the docs")
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


def answers_of(options: argparse.Namespace, sets: Sequence[PictureSet]) -> dict[str, System]:
    """The answers of every system to every set, ours first."""
    systems: dict[str, System] = {}
    for model in options.own_model.split(","):
        recognizer = Recognizer.load(model)
        title = "inkdigits" if model == "default" else f"inkdigits, {recognizer.model.card.name}"
        systems[title] = {part.name: own_answers(recognizer, part.paths) for part in sets}
    for name in filter(None, options.rivals.split(",")):
        answers = {}
        for part in sets:
            answers[part.name] = ask(name, part, options)
            right = answers[part.name].right(part.labels)
            print(f"{name} {part.name}: {right} of {len(part.paths)} right", file=sys.stderr, flush=True)
        systems[RIVALS[name].title] = answers
    return systems


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    sets = choose_sets(options)
    systems = answers_of(options, sets)
    digits = [part for part in sets if part.name != REFUSALS]
    if options.conditions:
        merged, whole = pooled(systems, digits)
        tables = {
            "rivals-simulated": accuracy_by_set(merged, [*digits, whole]),
            "rivals-simulated-paired": paired(merged, [whole]),
        }
    else:
        tables = {"rivals-real": accuracy(systems, digits), "rivals-real-paired": paired(systems, digits)}
        if len(digits) < len(sets):
            tables["rivals-non-digits"] = non_digits(systems, digits)
    if options.times:
        tables["rivals-times-simulated" if options.conditions else "rivals-times"] = times(systems, digits)
    for place, (heads, rows) in tables.items():
        print(f"\n{markdown.table(heads, rows)}")
        if options.publish:
            publish(place, heads, rows)


if __name__ == "__main__":
    main()
