"""Tables of the docs: results of benches, kept as JSON, are written into the pages that show them.

    python bench/tables.py [--check]

A bench calls `publish`, which writes `bench/results/NAME.json`: the table, and when, where, of which commit and by
which command it was measured. A page shows it between the lines `<!-- NAME -->` and `<!-- /NAME -->`. A page shows one
cell between `<!-- NAME: ROW: COLUMN -->` and `<!-- / -->`, in a sentence or in a table; ROW is the first cell
of the row, COLUMN the head.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from inkdigits.files import write_atomically
from inkdigits.reporting.markdown import splice, table
from inkdigits.system import cpu_name, usable_cores

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results"
PAGES = (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md")))
CELL = re.compile(r"(<!-- ([\w-]+): ([^:>\n]+): ([^:>\n]+) -->).*?(<!-- / -->)")
KNOWN = ("date", "commit", "machine", "command", "heads", "rows")  # of every file of a table


def origin(*, note: str = "") -> dict[str, Any]:
    """When, where, of which commit and by which command something is measured; the command is that of this process."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    script = Path(sys.argv[0]).resolve()
    place = script.relative_to(ROOT).as_posix() if script.is_relative_to(ROOT) else f"bench/{script.name}"
    return {
        "date": f"{date.today()}",
        "commit": commit,
        "machine": f"{cpu_name()}, {usable_cores()} cores{f'; {note}' if note else ''}",
        "command": f"python {shlex.join([place, *sys.argv[1:]])}",
    }


def publish(name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], *, note: str = "") -> None:
    """Writes a table and where it comes from. The command is that of this process.

    Args:
        name: Of the file.
        heads: Of the columns.
        rows: Numbers or texts.
        note: What else must be known, such as other work on the machine.
    """
    values = origin(note=note) | {"heads": list(heads), "rows": [list(row) for row in rows]}
    RESULTS.mkdir(exist_ok=True)
    write_atomically(RESULTS / f"{name}.json", (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode())


def shown(name: str) -> str:
    """A result as a page shows it: the table, and a line that says where it comes from."""
    values = load(name)
    rows = [[_text(cell) for cell in row] for row in values["rows"]]
    source = f"{values['date']}, commit {values['commit']}, {values['machine']}. Command: `{values['command']}`."
    return f"{table(values['heads'], rows)}\n\n{source}"


def load(name: str) -> dict[str, Any]:
    """A published result: what `publish` wrote."""
    values: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return values


def cell(name: str, row: str, column: str) -> str:
    """One cell of a result.

    Raises:
        KeyError: The result has no such row or column.
    """
    values = load(name)
    rows = {str(cells[0]): cells for cells in values["rows"]}
    if row not in rows or column not in values["heads"]:
        raise KeyError(f"Expected a row of {[*rows]} and a column of {values['heads']}. Received: {row!r}, {column!r}.")
    return _text(rows[row][values["heads"].index(column)])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def rendered(page: str) -> str:
    """A page with the results as they are."""
    for name in sorted(path.stem for path in RESULTS.glob("*.json")):
        if f"<!-- {name} -->" in page:
            page = splice(page, name, shown(name))
    return CELL.sub(lambda found: f"{found[1]}{cell(found[2], found[3], found[4])}{found[5]}", page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a page is not of today")
    check = parser.parse_args().check
    old = [page for page in PAGES if rendered(text := page.read_text(encoding="utf-8")) != text]
    for page in old:
        print(page.relative_to(ROOT))
        if not check:
            write_atomically(page, rendered(page.read_text(encoding="utf-8")).encode())
    sys.exit(bool(old) and check)


if __name__ == "__main__":
    main()
