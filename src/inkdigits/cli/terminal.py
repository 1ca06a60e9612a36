"""What several commands show on a terminal, all of it on stderr. Knows nothing of models."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet_native_stderr() -> Iterator[None]:
    """Keeps native code off stderr: LiteRT and TensorFlow report every step there, whatever is asked of them."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # closed: quiet already
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def progress(total: int, *, least: int = 1) -> Iterator[Callable[[], None]]:
    """Shows how far a command is, if stderr is a terminal and results do not go there; yields what counts one.

    Args:
        total: How many there are.
        least: Fewer are not worth a bar.
    """
    if total < least or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress as RichProgress

    with RichProgress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda: bar.advance(task)
