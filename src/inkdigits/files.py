"""Files and folders written so that a crash leaves the old content or the new one, never a part.

An output is written to a draft beside it, which then takes its place. Each draft has a name of its own, such as
`card.part-5f0c1a2b.json`, so that two writers never share one. A killed process leaves its drafts: `remove_drafts`.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inkdigits.errors import InkdigitsError, OutputError, SettingError

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of Linux' renameat2
_DRAFT = re.compile(r"\.(part|old)(-[0-9a-f]{8})?(\.[^.]*)?$")  # earlier versions had no number
_STEM, _SUFFIX = 40, 16  # characters of a name that its drafts keep: a name has at most 255 bytes
_STREAMS = ("/dev/std", "/dev/fd/", "/proc/")  # paths of files that are already open


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that a crash at any moment leaves the old content or the new one, never a part.

    Raises:
        OutputError: The disk is full or the file cannot be written; what was there before is still there.
    """
    with draft_of(path) as draft:
        draft.write_bytes(content)


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Gives the path of a draft, which takes the file's place when the block ends without an exception.

    The draft has the file's suffix, which some libraries ask for: `model.part-5f0c1a2b.keras`. It gets the permissions
    of the file that it replaces, or of any new file. If `path` is a symlink, the file that it names is replaced.

    What is no regular file, such as a FIFO or `/dev/stdout`, has no draft: the block writes to it directly.

    Raises:
        OutputError: The disk is full or the file cannot be written; what was there before is still there.
    """
    with _reported(path):
        if _is_stream(path):
            yield path
            return
        target = _writable(path)
        draft = _beside(target)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            yield draft
            _sync(draft, os.O_RDWR)
            _take_mode(draft, target)
            draft.replace(target)
            _sync_folder(target.parent)
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)  # half a file would only keep a full disk full
            raise


@contextmanager
def folder_draft_of(folder: Path) -> Iterator[Path]:
    """Gives an empty draft folder, which takes the folder's place when the block ends without an exception.

    Where there is a folder already, Linux exchanges the two in one step: at each moment one whole folder is there.
    Other systems rename the old one first; a crash between the two renames leaves none, and both under other names.
    If `folder` is a symlink, the folder that it names is replaced.

    Raises:
        OutputError: The disk is full or the folder cannot be written; what was there before is still there.
    """
    import shutil  # here: it loads every compressor, and reading needs none

    target = Path(os.path.realpath(folder))
    draft = _beside(target)
    with _reported(folder):
        try:
            draft.mkdir(parents=True)
            yield draft
            _sync_folder(draft)
            if target.is_dir():
                _take_mode(draft, target)
            if target.is_dir() and not _exchange(draft, target):
                old = _beside(target, "old")
                target.rename(old)
                draft.rename(target)
                draft = old
            elif not target.is_dir():
                draft.rename(target)
            _sync_folder(target.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def check_not_input(output: Path, *inputs: str | Path) -> None:
    """Refuses an output that is an input, by whatever name, before the input is replaced by what is made of it.

    Raises:
        SettingError: It is one.
    """
    if any(_are_same(output, source) for source in inputs):
        raise SettingError(
            f"Expected an output that is no input. Received: {output}, which is read, too.",
            hint="Name another file or folder.",
        )


def is_writable(path: Path) -> bool:
    """Whether this process may write a file, or into a folder."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _are_same(first: Path, second: str | Path) -> bool:
    try:
        return first.samefile(second)
    except (OSError, ValueError):  # one of them is no file yet, or a name of something else
        return False


def is_draft(candidate: Path, *, of: Path) -> bool:
    """Whether a file or folder has the name of a draft of an output, also of one that earlier versions wrote."""
    name = _DRAFT.sub("", candidate.name)
    return name != candidate.name and name == of.stem[:_STEM] and candidate.parent == of.parent


def remove_drafts(path: Path) -> None:
    """Removes the drafts of an output that killed processes left. Nobody may be writing this output."""
    import shutil

    for draft in list(path.parent.iterdir()) if path.parent.is_dir() else []:
        if not is_draft(draft, of=path):
            continue
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            with suppress(OSError):
                draft.unlink()


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Turns errors of the system into one that names the output. A reader that has left is no error of the output."""
    try:
        yield
    except (InkdigitsError, BrokenPipeError):
        raise
    except OSError as error:
        raise OutputError(
            f"Expected to write {path}. Received: {error.strerror or error}.",
            hint="Free some space or choose another folder.",
        ) from error


def _is_stream(path: Path) -> bool:
    """Whether an output exists and is neither a regular file nor a folder, or stands for an open file."""
    if path.absolute().as_posix().startswith(_STREAMS):
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _writable(path: Path) -> Path:
    """The file that a path names, through symlinks.

    Raises:
        OSError: It is a folder, or may not be written.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError("it is a folder")
    if target.exists() and not is_writable(target):
        raise PermissionError("it is read-only")
    return target


def _beside(path: Path, kind: str = "part") -> Path:
    """A new name for a draft in the folder of an output."""
    return path.with_name(f"{path.stem[:_STEM]}.{kind}-{secrets.token_hex(4)}{path.suffix[:_SUFFIX]}")


def _take_mode(draft: Path, target: Path) -> None:
    """Gives a draft the permissions of what it replaces, if there is anything."""
    with suppress(FileNotFoundError):
        draft.chmod(stat.S_IMODE(target.stat().st_mode))


def _exchange(first: Path, second: Path) -> bool:
    """Swaps two folders in one step, where the system can."""
    if sys.platform != "linux":
        return False
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    names = (_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second))
    return swap is not None and swap(*names, _RENAME_EXCHANGE) == 0


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
