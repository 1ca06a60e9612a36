"""What `read` and `explain` report on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inkdigits.cli.terminal import say, show_error

if TYPE_CHECKING:
    from inkdigits.cli.pictures import Result
    from inkdigits.reading.source import Sources

MANY = 50  # pictures: from here on a terminal shows how far the reading is


class Reporter:
    """Reports on stderr what becomes of the pictures: errors and statuses as they come, a summary at the end.

    Args:
        sources: What is read.
        show_statuses: Names each page that is not ok.
        show_explanations: Writes each explanation.
    """

    def __init__(self, sources: Sources, *, show_statuses: bool = False, show_explanations: bool = False) -> None:
        from inkdigits.reading.writers import Tally

        self._sources = sources
        self._show_statuses, self._show_explanations = show_statuses, show_explanations
        self._tally = Tally()

    def watch(self, results: Iterator[Result]) -> Iterator[Result]:
        """Passes results on, and reports each."""
        from inkdigits.cli.terminal import progress

        with progress(len(self._sources.pictures), least=MANY) as advance:
            for page, explanation in results:
                advance()
                self._tally.add(page)
                if page.status == "error":
                    show_error(f"{page.path}: {page.error}", page.hint)
                elif page.status != "ok" and self._show_statuses:
                    say(f"{page.path}: {page.status} ({page.reason})")
                if explanation is not None and self._show_explanations:
                    from inkdigits.explaining.text import explanation_text

                    say(*explanation_text(explanation, encoding=sys.stderr.encoding).splitlines())
                yield page, explanation

    def finish(self) -> int:
        """Writes the summary, and gives the exit code: 1 if any picture could not be read."""
        from inkdigits.cli import EXIT_FAILED

        passed = self._sources.passed_over
        if self._tally.total > 1 or passed:
            over = ", ".join(f"{count} {ending}" for ending, count in sorted(passed.items()))
            say(f"{self._tally}" + (f"; {passed.total()} passed over ({over})" if over else ""))
        if self._show_statuses and self._tally.reasons.keys() - {"blank"}:
            say("hint: inkdigits explain PICTURE says why; --min-confidence 0 gives the best guess.")
        if ".pdf" in passed:
            say("hint: make pictures of a PDF's pages: pdftoppm -r 200 -png FILE.pdf page")
        return EXIT_FAILED if self._tally.statuses["error"] else 0
