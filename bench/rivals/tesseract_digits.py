"""tesseract as a digit reader: one character a picture (`--psm 10`), only 0 to 9.

    python tesseract_digits.py PICTURES.txt ANSWERS.csv

Each picture is first made dark on light, 60 pixels high and given a margin, which tesseract's own documentation asks
for; on the plain pictures it finds less. One process reads many pictures, so that its start is not counted against it;
the seconds are the mean of the batch. Needs `tesseract` on the path and Pillow; it knows nothing of inkdigits.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import runner
from PIL import Image, ImageOps

COMMAND = ("tesseract", "LIST", "-", "--psm", "10", "--oem", "1", "--dpi", "300")
ONLY_DIGITS = ("-c", "tessedit_char_whitelist=0123456789", "tsv")
BATCH = 200
HEIGHT, MARGIN = 60, 30
WIDEST = 2000
CHARACTER_LEVEL = "5"  # a row of tesseract's table that holds text


def prepare(picture: Image.Image) -> Image.Image:
    """Dark on light, 60 pixels high, with a margin of the paper's own brightness."""
    gray = picture.convert("L")
    if _border(gray) < 128:
        gray = ImageOps.invert(gray)
    width = min(max(round(gray.width * HEIGHT / gray.height), 1), WIDEST)
    return ImageOps.expand(gray.resize((width, HEIGHT), Image.Resampling.BICUBIC), MARGIN, round(_border(gray)))


def _border(gray: Image.Image) -> int:
    """The median brightness of the outermost pixels."""
    width, height = gray.size
    sides = ((0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height))
    values = sorted(value for side in sides for value in gray.crop(side).tobytes())
    return values[len(values) // 2]


def answers(table: str, count: int) -> list[runner.Answer]:
    """Reads tesseract's table.

    Args:
        table: The TSV: `level`, `page_num`, nine more, `text` in column 12, the confidence in percent before it.
        count: Number of pages.

    Returns:
        Of each page the first character found.
    """
    found = [runner.NOTHING] * count
    for line in table.splitlines():
        cells = line.split("\t")
        if cells[0] == CHARACTER_LEVEL and len(cells) == 12 and cells[11].strip():
            page = int(cells[1]) - 1
            if found[page] == runner.NOTHING:
                found[page] = (cells[11].strip(), float(cells[10]) / 100)
    return found


def read_batch(paths: Sequence[Path]) -> list[runner.Answer]:
    """The answers to some pictures, from one process; nothing for those that cannot be opened."""
    found = [runner.NOTHING] * len(paths)
    with TemporaryDirectory() as folder:
        pages = [Path(folder, f"{index}.png") for index, path in enumerate(paths) if _save(path, folder, index)]
        if not pages:
            return found
        listing = Path(folder, "pages.txt")
        listing.write_text("".join(f"{page}\n" for page in pages), encoding="utf-8")
        command = [str(listing) if part == "LIST" else part for part in (*COMMAND, *ONLY_DIGITS)]
        table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for page, read in zip(pages, answers(table, len(pages)), strict=True):
        found[int(page.stem)] = read
    return found


def _save(path: Path, folder: str, index: int) -> bool:
    def save(picture: Image.Image) -> runner.Answer:
        prepare(picture).save(Path(folder, f"{index}.png"))
        return "saved", None

    return runner.answer(save, path) != runner.NOTHING


def rows(paths: Sequence[Path]) -> Iterator[tuple[Path, runner.Answer, float]]:
    """Every path with its answer and seconds."""
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        began = time.perf_counter()
        found = read_batch(batch)
        seconds = (time.perf_counter() - began) / len(batch)
        yield from ((path, read, seconds) for path, read in zip(batch, found, strict=True))


if __name__ == "__main__":
    options = runner.parse("Reads digits with tesseract.", None)
    runner.write(options.answers, rows(runner.paths_in(options.pictures)))
