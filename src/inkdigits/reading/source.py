"""Where pictures come from: files, folders, globs, standard input, samples. Names in, loadable pictures out."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from inkdigits.errors import PictureError
from inkdigits.image.load import SUFFIXES

SAMPLES = Path(__file__).parent.parent / "samples"
SAMPLE_PREFIX = "sample:"
STDIN = "-"


def sample_names() -> list[str]:
    """Names of the pictures that ship with the package, sorted."""
    return sorted(path.stem for path in SAMPLES.iterdir() if path.suffix in SUFFIXES)


def find_sample(name: str) -> Path:
    """The file of a sample picture.

    Raises:
        PictureError: There is none of that name.
    """
    for path in SAMPLES.glob(f"{glob.escape(name)}.*"):
        return path
    raise PictureError(
        f"Expected a sample among {', '.join(sample_names())}. Received: {name!r}.", hint="Name one of these."
    )


def expand(names: Iterable[str]) -> Iterator[tuple[str, Path | bytes]]:
    """Turns what a user names into pictures.

    Args:
        names: Files, folders (searched recursively, sorted), globs, `-` for standard input, `sample:NAME`.

    Yields:
        The picture's name, and its path or its bytes. A file that does not exist is passed on: loading says so.

    Raises:
        PictureError: A folder or a glob holds no pictures, or there is no such sample.
    """
    for name in names:
        if name == STDIN:
            yield name, sys.stdin.buffer.read()
        elif name.startswith(SAMPLE_PREFIX):
            yield name, find_sample(name.removeprefix(SAMPLE_PREFIX))
        elif Path(name).is_dir():
            yield from _pictures_in(Path(name))
        elif not Path(name).exists() and glob.has_magic(name):
            yield from _matches(name)
        else:
            yield name, Path(name)


def _pictures_in(folder: Path) -> Iterator[tuple[str, Path]]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not paths:
        raise PictureError(
            f"Expected pictures in {folder}. Received: none.", hint=f"Known endings: {', '.join(sorted(SUFFIXES))}."
        )
    for path in paths:
        yield str(path), path


def _matches(pattern: str) -> Iterator[tuple[str, Path]]:
    paths = sorted(Path(match) for match in glob.glob(pattern, recursive=True))
    if not paths:
        raise PictureError(f"Expected pictures that match {pattern}. Received: none.", hint="Check the pattern.")
    for path in paths:
        if path.is_dir():
            yield from _pictures_in(path)
        else:
            yield str(path), path
