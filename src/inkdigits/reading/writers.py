"""Writers: pages in, text, CSV, JSON or JSON lines out, one page at a time; and a page's own files."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from PIL import Image

from inkdigits.files import draft_of
from inkdigits.names import inert_cell, printable, printable_json
from inkdigits.reading.result import Page

CSV_COLUMNS = ("path", "kind", "text", "status", "reason", "confidence", "error")
_encoder = json.JSONEncoder(ensure_ascii=False)  # made once: it takes as long as to encode a page
LONGEST_STEM = 100  # bytes: a file's name has room for 255 in all


def write_text(pages: Iterable[Page], out: TextIO, *, alone: bool = False) -> None:
    """Writes the answers, a line each; the name before it, unless the picture is `alone`."""
    for page in pages:
        if page.status != "error":
            out.write(f"{page.text}\n" if alone else f"{printable(page.path or 'picture')}: {page.text}\n")


def write_csv(pages: Iterable[Page], out: TextIO, *, raw: bool = False) -> None:
    """Writes one row per page, below a row of names.

    Args:
        pages: In the order given.
        out: Takes the text.
        raw: Whether cells that a spreadsheet would execute are left as they are.
    """
    cell = str if raw else inert_cell
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for page in pages:
        confidence = "" if page.confidence is None else f"{page.confidence:.6g}"
        row = (page.path, page.kind, page.text, page.status, page.reason, confidence, page.error)
        writer.writerow([cell(text or "") for text in row])


def write_jsonl(objects: Iterable[dict[str, Any]], out: TextIO) -> None:
    """Writes one JSON object per line."""
    for item in objects:
        out.write(printable_json(_encoder.encode(item)) + "\n")


def write_json(objects: Iterable[dict[str, Any]], out: TextIO) -> None:
    """Writes one JSON array, an object per line; if it is interrupted, the array holds what was done."""
    before = "["
    try:
        for item in objects:
            out.write(before + printable_json(_encoder.encode(item)))
            before = ",\n "
    finally:
        out.write("[]\n" if before == "[" else "]\n")


@dataclass
class Tally:
    """Counts pages by status and reason."""

    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, page: Page) -> None:
        """Counts a page."""
        self.statuses[page.status] += 1
        if page.status == "rejected":
            self.reasons[str(page.reason)] += 1

    @property
    def total(self) -> int:
        """How many pages were counted."""
        return self.statuses.total()

    def __str__(self) -> str:
        counts = [f"{self.statuses[name]} {name}" for name in ("ok", "uncertain", "rejected") if self.statuses[name]]
        if self.reasons:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self.reasons.most_common())
            counts[-1] += f" ({reasons})"
        if self.statuses["error"]:
            counts.append(f"{self.statuses['error']} could not be read")
        pictures = "1 picture" if self.total == 1 else f"{self.total} pictures"
        return f"{pictures}: {', '.join(counts)}"


def save_glyphs(page: Page, folder: Path, index: int) -> None:
    """Saves the glyphs that counted for a page, if any, named by the page's place in the order and its path.

    Args:
        page: With or without its record; without, the first glyph that counted is saved.
        folder: Exists.
        index: Place in the order.
    """
    glyphs = [digit.glyph for line in page.lines for digit in line.digits if digit.glyph is not None]
    if page.record is not None:
        glyphs = [tried.candidate.glyph for tried in page.record.counted]
    for number, glyph in enumerate(glyphs):
        name = file_name(page.path, index, "" if number == 0 else f"_{number + 1}")
        with draft_of(folder / name) as draft:
            Image.fromarray(glyph).save(draft)


def file_name(path: str | None, index: int, suffix: str = "") -> str:
    """The name of a page's own file: its place in the order, then the start of its path's stem.

    Example:
        >>> file_name("scans/seven.jpg", 3)
        '00003_seven.png'
    """
    stem = os.fsencode(Path(path or "picture").stem.replace(":", "_"))
    return f"{index:05}_{stem[:LONGEST_STEM].decode(errors='ignore') or 'picture'}{suffix}.png"
