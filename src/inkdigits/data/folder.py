"""Folders of pictures: class folders or a list of files in, a data set out. Every picture is prepared as for reading.

Class folders are named `0` to `9`, with pictures in them at any depth. A list is a `labels.csv` with the columns `file`
(relative to the folder) and `label`. Nothing is read that lies outside the folder, wherever links and names lead.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Dataset, LoadIssue, add_issue, damage_reported
from inkdigits.data.tabular import bounded_lines
from inkdigits.errors import DataError, InkdigitsError
from inkdigits.image.glyph import GLYPH_SIDE, Glyph
from inkdigits.image.load import load
from inkdigits.labels import CLASSES
from inkdigits.layout.candidates import find_candidates

LABELS_NAME = "labels.csv"
CLASS_NAMES = tuple(str(label) for label in range(CLASSES))
WORKERS = 2  # threads that decode and prepare; OpenCV and Pillow let go of Python's lock
MOST_SHOWN = 100  # characters of a name or a header in a message
MOST_MESSAGE = 1000
BATCH = 256  # pictures handed out at once: a strict loading stops soon after a bad one
TINY_SIDE = 20  # pixels: MNIST fits a digit into 20 x 20; strokes of smaller pictures are one pixel or less
ENLARGED_SIDE = 64  # pixels, at least


class _Entry(NamedTuple):
    where: str
    path: Path
    label: int


def has_labels(folder: Path) -> bool:
    """Whether a folder holds a `labels.csv`."""
    return (folder / LABELS_NAME).is_file()


def has_classes(folder: Path) -> bool:
    """Whether a folder holds at least one class folder, `0` to `9`."""
    return any((folder / name).is_dir() for name in CLASS_NAMES)


def load_folder(folder: Path, *, strict: bool = False) -> Dataset:
    """Loads labeled pictures. Those smaller than 20 x 20 pixels are enlarged first.

    Args:
        folder: Holds `labels.csv`, which decides if it is there, or class folders `0` to `9`. Hidden files are skipped.
        strict: Whether the first picture that cannot be used ends the loading.

    Returns:
        The data set, in the order of `labels.csv`, or by class and then by name; a picture that is damaged, blank or
        wrongly listed is an issue.

    Raises:
        DataError: There is neither, no picture can be used, or one cannot and `strict` is set.
    """
    if not has_labels(folder) and not has_classes(folder):
        raise DataError(
            f"Expected class folders 0 to 9, or {LABELS_NAME}, in {folder}. Received: neither.",
            hint="Check the folder.",
        )
    issues: list[LoadIssue] = []
    find = _listed if has_labels(folder) else _sorted_by_class
    entries = list(find(folder, issues, strict))
    glyphs, labels, sources = list[Glyph](), list[int](), list[str]()
    for entry, prepared in _prepare_all(entries):
        if isinstance(prepared, str):
            add_issue(issues, LoadIssue(entry.where, prepared, entry.label), strict=strict)
        else:
            glyphs.append(prepared)
            labels.append(entry.label)
            sources.append(entry.where)
    stacked = np.array(glyphs, np.uint8).reshape(-1, GLYPH_SIDE, GLYPH_SIDE)
    name = str(folder if folder.name else folder.resolve())
    return Dataset(stacked, np.array(labels, np.uint8), name, tuple(issues), tuple(sources))


def _prepare_all(entries: list[_Entry]) -> Iterator[tuple[_Entry, Glyph | str]]:
    with ThreadPoolExecutor(WORKERS) as pool:
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            yield from zip(batch, pool.map(_prepare, [entry.path for entry in batch]), strict=True)


def _prepare(path: Path) -> Glyph | str:
    """The glyph of the one digit in a picture, or why there is none."""
    try:
        primary = find_candidates(_enlarged(load(path))).primary
    except InkdigitsError as error:
        return error.message[:MOST_MESSAGE]
    return "the picture is blank" if primary is None else primary.glyph


def _enlarged(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A tiny picture with strokes wide enough to be found; others as they are."""
    longest = max(gray.shape)
    if longest >= TINY_SIDE:
        return gray
    factor = -(-ENLARGED_SIDE // longest)
    return np.asarray(cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC))


def _sorted_by_class(folder: Path, issues: list[LoadIssue], strict: bool) -> Iterator[_Entry]:
    root = folder.resolve()
    for child in sorted(folder.iterdir()):
        if child.name.startswith(".") or not child.is_dir():
            continue
        if child.name not in CLASS_NAMES:
            add_issue(issues, LoadIssue(child.name, "the folder's name is no class of 0 to 9"), strict=strict)
            continue
        closed: list[OSError] = []
        for path in sorted(_files_below(child, closed)):
            entry = _Entry(path.relative_to(folder).as_posix(), path, int(child.name))
            if reason := _why_not_read(path, root):
                add_issue(issues, LoadIssue(entry.where, reason, entry.label), strict=strict)
            else:
                yield entry
        for error in closed:
            where = Path(os.fsdecode(error.filename)).relative_to(folder).as_posix()
            reason = f"the folder cannot be searched: {error.strerror}"
            add_issue(issues, LoadIssue(where, reason, int(child.name)), strict=strict)


def _files_below(folder: Path, closed: list[OSError]) -> Iterator[Path]:
    """All but hidden files and what is in hidden folders; links to folders are not followed."""
    for inner, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(inner, name) for name in names if not name.startswith("."))


def _why_not_read(path: Path, root: Path) -> str:
    """Why a path is not read; empty if it may be: it leads to a regular file inside the folder, or to none."""
    try:
        real = os.path.realpath(path)
    except ValueError as error:  # a zero byte
        return f"it is no path: {error}"
    if not Path(real).is_relative_to(root):
        return "it leads out of the folder"
    # os.path, for it answers False of a name too long, where a Path raises.
    return "it is no regular file" if os.path.exists(real) and not os.path.isfile(real) else ""  # noqa: PTH110, PTH113


def _listed(folder: Path, issues: list[LoadIssue], strict: bool) -> Iterator[_Entry]:
    root = folder.resolve()
    for line, row in _rows(folder / LABELS_NAME):
        file, label = (row["file"] or "").strip(), (row["label"] or "").strip()
        where = f"{LABELS_NAME}, line {line}"
        if not file:
            add_issue(issues, LoadIssue(where, "no file is named"), strict=strict)
        elif label not in CLASS_NAMES:
            reason = f"label {label[:MOST_SHOWN]!r} of {file[:MOST_SHOWN]} instead of 0 to 9"
            add_issue(issues, LoadIssue(where, reason), strict=strict)
        elif outside := _why_not_read(folder / file, root):
            add_issue(issues, LoadIssue(where, f"{file[:MOST_SHOWN]}: {outside}", int(label)), strict=strict)
        else:
            yield _Entry(file, folder / file, int(label))


def _rows(path: Path) -> list[tuple[int, dict[str, str | None]]]:
    """The rows of a list with their line numbers."""
    with (
        damage_reported("a list of files and labels in UTF-8", path),
        path.open(newline="", encoding="utf-8-sig") as file,
    ):
        reader = csv.DictReader(line for _, line in bounded_lines(file, path))
        names = reader.fieldnames or ()
        if not {"file", "label"} <= set(names):
            shown = ", ".join(names)[:MOST_SHOWN] or "none"
            raise DataError(
                f"Expected the columns file and label in {path}. Received: {shown}.",
                hint="Begin the file with the line: file,label",
            )
        return [(reader.line_num, row) for row in reader]
