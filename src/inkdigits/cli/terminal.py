"""What commands show on a terminal: results on stdout, all else on stderr. Knows nothing of models.

Every line goes through `show`, `say` or `show_error`: names may come from anywhere, and could steer a terminal.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from inkdigits.names import printable


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


def show(*texts: object) -> None:
    """Writes results to stdout, a line each; nothing in them steers the terminal or adds a line."""
    for text in texts:
        click.echo(printable(str(text)))


def say(*texts: object) -> None:
    """Writes remarks to stderr, a line each; nothing in them steers the terminal or adds a line."""
    for text in texts:
        click.echo(printable(str(text)), err=True)


def show_error(message: str, hint: str = "") -> None:
    """Writes an error as one line, and its hint as another, to stderr."""
    say(f"error: {' '.join(message.split())}", *([f"hint: {' '.join(hint.split())}"] if hint else []))


def with_flags(text: str, command: click.Command | None) -> str:
    """A text of the library, which names parameters, with the command's flags instead: `max_error` → `--max-error`.

    Only names with an underscore are replaced: others are words, too.
    """
    flags = (
        {option.name: option.opts[0] for option in command.params if option.opts[0].startswith("--")} if command else {}
    )
    return re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: flags.get(found[0], found[0]), text)


def open_closed_streams() -> None:
    """Gives a process that was started with closed standard streams empty ones.

    In this order each takes its own number, the lowest that is free, so that no other file gets it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
            setattr(sys, name, stream)
