"""Files written so that a crash leaves the old content or the new one, never a part."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from inkdigits.errors import TrainingError


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that a crash at any moment leaves the old content or the new one, never a part.

    Raises:
        TrainingError: The disk is full or the folder cannot be written; what was there before is still there.
    """
    draft = path.with_name(path.name + ".part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)  # half a file would only keep a full disk full
        raise TrainingError(
            f"Expected to write {path}. Received: {error}.", hint="Free some space or choose another folder with -o."
        ) from error


def _sync_folder(folder: Path) -> None:
    """Makes a rename outlast a power cut, where folders can be opened for it."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
