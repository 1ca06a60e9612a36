"""Files and folders written so that a crash leaves the old content or the new one, never a part."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inkdigits.errors import TrainingError

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of Linux' renameat2


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that a crash at any moment leaves the old content or the new one, never a part.

    Raises:
        TrainingError: The disk is full or the folder cannot be written; what was there before is still there.
    """
    with draft_of(path) as draft:
        draft.write_bytes(content)


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Gives the path of a draft, which takes the file's place when the block ends without an exception.

    The draft has the file's suffix, which some libraries ask for: `model.part.keras`.

    Raises:
        TrainingError: The disk is full or the folder cannot be written; what was there before is still there.
    """
    draft = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        yield draft
        _sync(draft, os.O_RDWR)
        draft.replace(path)
        _sync_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)  # half a file would only keep a full disk full
        if isinstance(error, OSError):
            raise _not_written(path, error) from error
        raise


@contextmanager
def folder_draft_of(folder: Path) -> Iterator[Path]:
    """Gives an empty draft folder, which takes the folder's place when the block ends without an exception.

    Where there is a folder already, Linux exchanges the two in one step: at each moment one whole folder is there.
    Other systems rename the old one first; a crash between the two renames leaves none, and both under other names.

    Raises:
        TrainingError: The disk is full or the folder cannot be written; what was there before is still there.
    """
    import shutil  # here: it loads every compressor, and reading needs none

    draft = folder.with_name(folder.name + ".part")
    try:
        shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed
        draft.mkdir(parents=True)
        yield draft
        _sync_folder(draft)
        if folder.is_dir() and not _exchange(draft, folder):
            old = folder.with_name(folder.name + ".old")
            shutil.rmtree(old, ignore_errors=True)
            folder.rename(old)
            draft.rename(folder)
            draft = old
        elif not folder.is_dir():
            draft.rename(folder)
        _sync_folder(folder.parent)
    except OSError as error:
        raise _not_written(folder, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Swaps two folders in one step, where the system can."""
    if sys.platform != "linux":
        return False
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    names = (_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second))
    return swap is not None and swap(*names, _RENAME_EXCHANGE) == 0


def _not_written(path: Path, error: OSError) -> TrainingError:
    return TrainingError(
        f"Expected to write {path}. Received: {error}.", hint="Free some space or choose another folder."
    )


def _sync_folder(folder: Path) -> None:
    """Makes a rename outlast a power cut, where folders can be opened for it."""
    if os.name == "posix":
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, mode: int) -> None:
    handle = os.open(path, mode)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
