"""Where pictures come from: files, folders, globs, standard input, samples. Names in, loadable pictures out."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inkdigits.errors import PictureError
from inkdigits.image.formats import SUFFIXES, TIFF_SUFFIXES, page_names
from inkdigits.image.limits import MAX_FILE_BYTES
from inkdigits.image.load import Picture

SAMPLES = Path(__file__).parent.parent / "samples"
SAMPLE_PREFIX = "sample:"
STDIN = "-"
SEPARATORS = ("/", os.sep)
DOCUMENTS = frozenset(
    {".pdf", ".djvu", ".doc", ".docx", ".odt", ".ppt", ".pptx", ".svg", ".psd", ".xcf", ".eps", ".ai"}
)
"""Endings of files that may show digits and are no pictures: a folder's are counted, not passed over in silence."""


@dataclass(frozen=True)
class Source:
    """One picture to read, or why there is none.

    Attributes:
        name: As its user named it.
        picture: What to load; None if there is none.
        error: What was expected and what was received.
        hint: What to do about it.
    """

    name: str
    picture: Path | bytes | None = field(repr=False)
    error: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Sources:
    """What names stand for.

    Attributes:
        pictures: In the order given.
        passed_over: How many documents in folders were passed over, by ending.
    """

    pictures: tuple[Source, ...]
    passed_over: Counter[str]


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


def resolve(picture: Picture) -> Picture:
    """The picture itself; the file of a sample for `"sample:NAME"`.

    Raises:
        PictureError: There is no such sample.
    """
    if isinstance(picture, str) and picture.startswith(SAMPLE_PREFIX):
        return find_sample(picture.removeprefix(SAMPLE_PREFIX))
    return picture


def names_one(name: str) -> bool:
    """Whether a name stands for one picture: it is neither a folder nor a glob."""
    # os.path, for it answers False where a Path raises: a name too long, a folder that may not be looked into.
    if os.path.isdir(name):  # noqa: PTH112
        return False
    return os.path.exists(name) or not glob.has_magic(name)  # noqa: PTH110


def expand(names: Iterable[str]) -> Sources:
    """Turns what a user names into pictures.

    Args:
        names: Files, folders (searched recursively, sorted), globs, `-` for standard input, `sample:NAME`.

    Returns:
        Every picture, in the order given. A name that stands for none has its own entry that says so. Folders and
        globs give no file that was already given.
    """
    passed_over: Counter[str] = Counter()
    expanded = [(name, list(_expand(name, passed_over))) for name in names]
    if len(expanded) == 1:  # its files differ
        return Sources(tuple(expanded[0][1]), passed_over)
    found: list[Source] = []
    given: set[str] = set()
    for name, sources in expanded:
        for source in sources:
            key = os.path.realpath(source.picture) if isinstance(source.picture, Path) else ""
            if key not in given or source.name == name:
                found.append(source)
            given |= {key} - {""}
    return Sources(tuple(found), passed_over)


def _expand(name: str, passed_over: Counter[str]) -> Iterator[Source]:
    if name == STDIN:
        yield Source(name, sys.stdin.buffer.read(MAX_FILE_BYTES + 1))
    elif "://" in name:
        yield Source(name, None, f"Expected a file. Received: the address {name}.", "Download it first.")
    elif name.startswith(SAMPLE_PREFIX):
        try:
            yield Source(name, find_sample(name.removeprefix(SAMPLE_PREFIX)))
        except PictureError as error:
            yield Source(name, None, error.message, error.hint)
    elif names_one(name):
        yield from _pages_of(Path(name), name)
    else:
        yield from _search(name, passed_over)


def _search(name: str, passed_over: Counter[str]) -> Iterator[Source]:
    """The pictures of a folder or a glob, sorted."""
    closed: list[OSError] = []
    if Path(name).is_dir():
        paths = _pictures_in(Path(name), passed_over, closed)
        error, hint = f"Expected pictures in {name}.", f"Known endings: {', '.join(sorted(SUFFIXES))}."
    else:
        paths = set()
        for match in _matches(name, closed):
            paths |= _pictures_in(match, passed_over, closed) if match.is_dir() else {match}
        error, hint = f"Expected pictures that match {name}.", "Check the pattern."
    if not paths and not closed:
        yield Source(name, None, f"{error} Received: none.", hint)
    for path in sorted(_once(paths), key=lambda path: path.parts):  # as paths, in a third of the time
        yield from _pages_of(path, str(path))
    for folder in {str(error.filename): error for error in closed}.values():
        message = f"Expected a folder that can be searched. Received: {folder.strerror}."
        yield Source(str(folder.filename), None, message, "Check its rights.")


def _matches(pattern: str, closed: list[OSError]) -> Iterator[Path]:
    """What matches a glob. `**` goes through folders, but not through links to folders: they may lead in a circle."""
    head, found, tail = pattern.partition("**")
    if not found or (head and not head.endswith(SEPARATORS)) or (tail and not tail.startswith(SEPARATORS)):
        yield from map(Path, glob.glob(pattern))
        return
    for start in glob.glob(head) if glob.has_magic(head) else [head or os.curdir]:
        for inner, folders, names in os.walk(start, onerror=closed.append):
            folders[:] = [name for name in folders if not name.startswith(".")]
            if tail.strip("".join(SEPARATORS)):
                yield from _matches(str(Path(glob.escape(inner), tail.lstrip("".join(SEPARATORS)))), closed)
            else:
                yield from (Path(inner, name) for name in names if not name.startswith("."))


def _once(paths: set[Path]) -> Iterator[Path]:
    """Each file once: of a link and its file, the file."""
    links = {path for path in paths if path.is_symlink()}
    yield from paths - links
    seen = {os.path.realpath(path) for path in paths - links} if links else set()
    for path in sorted(links):
        if (real := os.path.realpath(path)) not in seen:
            seen.add(real)
            yield path


def _pages_of(path: Path, name: str) -> Iterator[Source]:
    """A file, or each page of a TIFF of several."""
    names = page_names(path) if path.suffix.lower() in TIFF_SUFFIXES else []
    yield from (Source(page, Path(page)) for page in names) if len(names) > 1 else [Source(name, path)]


def _pictures_in(folder: Path, passed_over: Counter[str], closed: list[OSError]) -> set[Path]:
    """The files with a picture's ending, no hidden ones; folders that cannot be searched are added to `closed`."""
    pictures = set()
    for inner, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            ending = os.path.splitext(name)[1].lower()  # noqa: PTH122  a Path per file would take longer
            path = os.path.join(inner, name)  # noqa: PTH118
            if name.startswith(".") or not os.path.isfile(path):  # noqa: PTH113
                continue
            if ending in DOCUMENTS:
                passed_over[ending] += 1
            elif ending in SUFFIXES:
                pictures.add(Path(path))
    return pictures
