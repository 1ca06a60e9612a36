"""Where pictures come from: files, folders, globs, standard input, samples. Names in, loadable pictures out."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from inkdigits.errors import PictureError
from inkdigits.image.load import HEIF_SUFFIXES, SUFFIXES

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
    for path in SAMPLES.iterdir():
        if path.stem == name and path.suffix in SUFFIXES:
            return path
    raise PictureError(
        f"Expected a sample among {', '.join(sample_names())}. Received: {name!r}.", hint="Name one of these."
    )


def names_one(name: str) -> bool:
    """Whether a name stands for one picture: it is neither a folder nor a glob."""
    # os.path, for it answers False where a Path raises: a name too long, a folder that may not be looked into.
    if os.path.isdir(name):  # noqa: PTH112
        return False
    return os.path.exists(name) or not glob.has_magic(name)  # noqa: PTH110


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
        elif names_one(name):
            yield name, Path(name)
        else:
            yield from ((str(path), path) for path in _search(name))


def _search(name: str) -> list[Path]:
    """The pictures of a folder or a glob, sorted, each once."""
    if Path(name).is_dir():
        paths = _pictures_in(Path(name))
        message, hint = f"Expected pictures in {name}.", f"Known endings: {', '.join(sorted(SUFFIXES))}."
    else:
        matches = [Path(match) for match in glob.glob(name, recursive=True)]
        paths = {path for match in matches for path in (_pictures_in(match) if match.is_dir() else [match])}
        message, hint = f"Expected pictures that match {name}.", "Check the pattern."
    if not paths:
        raise PictureError(f"{message} Received: none.", hint=hint)
    return sorted(paths)


def _pictures_in(folder: Path) -> set[Path]:
    """The files with a picture's ending, those too that loading can only explain how to convert."""
    endings = SUFFIXES | HEIF_SUFFIXES
    return {path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file()}
