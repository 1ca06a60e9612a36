"""The manifest of the real pictures: with it anyone can collect the same set again and check that it is the same.

    python bench/real_manifest.py FOLDER     # writes bench/real_manifest.csv; for who holds the pictures

Per picture: set, file, source (owner and name of the public repository on GitHub), licence, SHA-256 of the file, label,
and whether it is marked as hard. The label of a non-digit is what it shows. A file can be found by its SHA-256 if its
source names it otherwise. `usps` is one array, with the hash of its pixels and then its labels, as bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from inkdigits.files import write_atomically

MANIFEST = Path(__file__).parent / "real_manifest.csv"
USPS = "arrays/usps_2000.npz"
SETS = ("own_digits", "folder_digits", "dida", "usps", "not_digits")
NOT_RECORDED = "not recorded"
MOST_NAMES = 3  # of one kind of difference


@dataclass(frozen=True)
class Entry:
    """A row of the manifest; every value as text."""

    set: str
    file: str
    source: str
    licence: str
    sha256: str
    label: str
    hard: str


def entries_of(root: Path, name: str) -> list[Entry]:
    """The rows of a set as they are in a folder.

    Args:
        root: As `bench/real_pictures.py` takes it.
        name: The set.

    Returns:
        One row per line of the set's `labels.csv`; the hash of a missing file is empty. Nothing without a set.
    """
    if name == "usps":
        return _usps(root)
    listing = root / name / "labels.csv"
    if not listing.is_file():
        return []
    with listing.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Entry(
            name,
            row["file"],
            row.get("repo") or NOT_RECORDED,
            row.get("licence") or NOT_RECORDED,
            _hash(root / name / row["file"]),
            row.get("label", row.get("what", "")),
            row.get("hard", ""),
        )
        for row in rows
    ]


def _usps(root: Path) -> list[Entry]:
    if not (root / USPS).is_file():
        return []
    with np.load(root / USPS) as data:
        content = data["images"].astype(np.uint8).tobytes() + data["labels"].astype(np.uint8).tobytes()
    return [Entry("usps", USPS, NOT_RECORDED, NOT_RECORDED, hashlib.sha256(content).hexdigest(), "", "")]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def read_manifest(path: Path = MANIFEST) -> list[Entry]:
    """The rows of the manifest."""
    with path.open(newline="", encoding="utf-8") as file:
        return [Entry(**row) for row in csv.DictReader(file)]


def differences(root: Path, sets: Sequence[str], manifest: Path = MANIFEST) -> list[str]:
    """What differs between a folder and the manifest, one line per set and kind of difference; nothing if all agree."""
    lines = []
    wanted = read_manifest(manifest)
    for name in sets:
        known = {entry.file: entry for entry in wanted if entry.set == name}
        found = {entry.file: entry for entry in entries_of(root, name)}
        both = [(known[file], found[file]) for file in known if file in found and found[file].sha256]
        kinds = {
            "missing": [file for file in known if file not in found or not found[file].sha256],
            "with other content": [mine.file for mine, theirs in both if mine.sha256 != theirs.sha256],
            "with another label": [mine.file for mine, theirs in both if mine.label != theirs.label],
            "with another mark of hard": [mine.file for mine, theirs in both if mine.hard != theirs.hard],
            "not in the manifest": [file for file in found if file not in known],
        }
        lines += [_line(name, kind, files) for kind, files in kinds.items() if files]
    return lines


def _line(name: str, kind: str, files: Sequence[str]) -> str:
    names = ", ".join(files[:MOST_NAMES]) + (", …" if len(files) > MOST_NAMES else "")
    return f"{name}: {len(files)} {kind}: {names}"


def write_manifest(entries: Iterable[Entry], path: Path = MANIFEST) -> None:
    """Writes the manifest."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Entry)])
    writer.writerows(astuple(entry) for entry in entries)
    write_atomically(path, text.getvalue().encode())


if __name__ == "__main__":
    write_manifest(entry for name in SETS for entry in entries_of(Path(sys.argv[1]), name))
