"""What every rival's runner shares: the list of pictures in, the CSV of answers out.

In come a text file with one picture's path a line and a function that reads one upright picture. Out comes a CSV with
the columns `path,answer,confidence,seconds`, a row a path, in the order given. An empty answer means that the rival
found no digit, or that the picture could not be opened; an empty confidence that the rival gives none. It runs inside a
rival's own environment: it needs Pillow and knows nothing of inkdigits or of any rival.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageOps, ImageStat

Answer: TypeAlias = tuple[str, float | None]
"""The digit, or nothing, and how sure the rival says it is, 0 to 1."""

Read: TypeAlias = Callable[[Image.Image], Answer]

COLUMNS = ("path", "answer", "confidence", "seconds")
NOTHING: Answer = ("", None)
WARM_UPS = 3  # the first readings of a process load and compile things


def upright(path: Path) -> Image.Image:
    """Opens a picture as a careful user would hand it over: turned upright, opaque, RGB.

    Args:
        path: A picture file.

    Returns:
        The picture; what was transparent has become white, or black if the ink is light.

    Raises:
        OSError: It is no picture.
    """
    picture: Image.Image = Image.open(path)
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    alpha = picture.getchannel("A")
    light = alpha.getbbox() is not None and ImageStat.Stat(picture.convert("L"), mask=alpha).mean[0] >= 128
    ground = Image.new("RGBA", picture.size, "black" if light else "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def answer(read: Read, path: Path) -> Answer:
    """The rival's answer to one file; nothing, with a line on stderr, if the rival or the file fails."""
    try:
        return read(upright(path))
    except Exception as error:
        print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
        return NOTHING


def parse(description: str, arguments: Sequence[str] | None, options: Sequence[str] = ()) -> argparse.Namespace:
    """The two paths and the number of threads that every runner takes, and its own switches."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("pictures", type=Path, help="a text file, one picture's path a line")
    parser.add_argument("answers", type=Path, help="the CSV to write")
    parser.add_argument("--threads", type=int, default=1, help="how many the network may use")
    for option in options:
        parser.add_argument(option, action="store_true")
    return parser.parse_args(arguments)


def paths_in(listing: Path) -> list[Path]:
    """The paths in a text file, one a line; empty lines are left out."""
    return [Path(line) for line in listing.read_text(encoding="utf-8").splitlines() if line.strip()]


def write(path: Path, rows: Iterable[tuple[Path, Answer, float]]) -> None:
    """Writes the CSV: of each picture its path, answer and seconds."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for picture, (digit, confidence), seconds in rows:
            sure = "" if confidence is None else f"{confidence:.6f}"
            writer.writerow([picture, digit, sure, f"{seconds:.6f}"])


def run(read: Read, options: argparse.Namespace) -> None:
    """Reads every picture of the list, one after the other, and writes the CSV.

    Args:
        read: Takes an upright RGB picture. Opening the file and reading it are timed together.
        options: From `parse`.
    """
    paths = paths_in(options.pictures)
    for path in paths[:WARM_UPS]:
        answer(read, path)
    rows = []
    for path in paths:
        began = time.perf_counter()
        found = answer(read, path)
        rows.append((path, found, time.perf_counter() - began))
    write(options.answers, rows)
