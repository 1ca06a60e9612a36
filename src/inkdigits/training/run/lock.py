"""The lock of a run: one process at a time writes into its folder. Who only reads needs none.

The system releases it when the process ends, however it ends. The file stays: whether it is locked decides.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inkdigits.errors import OutputError, TrainingError

LOCK_NAME = "run.lock"
_UNWRITABLE = (errno.EACCES, errno.EROFS)  # nobody writes into such a folder
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # of file systems, such as some network folders
_PLACE = 1 << 30  # of the locked byte on Windows, which nobody else could read

_held: dict[Path, int] = {}  # thread by folder


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Locks a run's folder, which is made if there is none. The thread that holds the lock may lock it again.

    Raises:
        TrainingError: Another process trains or packs this run.
        OutputError: The folder cannot be made, or the disk is full.
    """
    key = folder.resolve()
    if _held.get(key) == threading.get_ident():
        yield
        return
    handle = _open(folder)
    try:
        if handle is not None:
            _lock(handle, folder)
            _held[key] = threading.get_ident()
        yield
    finally:
        _held.pop(key, None)
        if handle is not None:
            os.close(handle)


def _open(folder: Path) -> int | None:
    """The lock's file; None if the folder may not be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        if error.errno in _UNWRITABLE and folder.is_dir():
            return None
        raise OutputError(
            f"Expected to write into {folder}. Received: {error.strerror}.",
            hint="Free some space or choose another folder.",
        ) from error


def _lock(handle: int, folder: Path) -> None:
    try:
        _try_lock(handle)
    except OSError as error:
        if error.errno in _WITHOUT_LOCKS:
            return
        holder = os.read(handle, 20).decode("ascii", "replace").strip()
        raise TrainingError(
            f"Expected a run that no other process writes. Received: {folder}, which process {holder or '?'} is "
            "training or packing.",
            hint="Wait until it has ended, or choose another folder.",
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())


def _try_lock(handle: int) -> None:
    """Locks at once or raises an `OSError`."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
