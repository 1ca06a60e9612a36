"""The errors that inkdigits raises. Knows nothing of the rest of the package.

Every message says what was expected, what was received and what to do. The tree::

    InkdigitsError
    ├── PictureError (ValueError)        a picture cannot be read or used
    │   └── MissingPictureError (FileNotFoundError)   there is no such file
    ├── DataError (ValueError)           a data set is broken, empty or of another shape
    ├── SettingError (ValueError)        a recipe, option or argument is out of range
    ├── ModelError (ValueError)          a packed model is broken or does not fit this version
    ├── TrainingError (RuntimeError)     a training cannot go on
    ├── OutputError (OSError)            an output cannot be written: what was there before is still there
    └── MissingError                     something that is needed is not there
        ├── MissingModelError            no such model, run or recipe
        │   └── UnfinishedRunError       a run that has no packed model yet
        ├── MissingDataError (DataError)   no such data set
        └── MissingExtraError (ImportError)   an optional dependency is not installed

An uncertain or rejected reading is a result, never an error.
"""

from __future__ import annotations

import importlib
from types import ModuleType


class InkdigitsError(Exception):
    """The base of all errors of this package.

    Args:
        message: What was expected and what was received. What a library says may take several lines; they become one.
        hint: What to do about it, in one line; empty if the message says it all.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        message = " ".join(line.strip() for line in message.splitlines())
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class PictureError(InkdigitsError, ValueError):
    """A picture cannot be read, or an array is no picture."""


class MissingPictureError(PictureError, FileNotFoundError):
    """There is no picture of that path."""


class DataError(InkdigitsError, ValueError):
    """A data set is missing, damaged, empty or of another shape than expected."""


class SettingError(InkdigitsError, ValueError):
    """A recipe, an option or an argument is out of its range."""


class ModelError(InkdigitsError, ValueError):
    """A packed model is damaged, or made for another preparation than this version's."""


class TrainingError(InkdigitsError, RuntimeError):
    """A training cannot start or go on."""


class OutputError(InkdigitsError, OSError):
    """An output cannot be written: the disk is full, or the folder may not be written."""


class MissingError(InkdigitsError):
    """Something that is needed is not there."""


class MissingModelError(MissingError):
    """No packed model, run or recipe of that name."""


class UnfinishedRunError(MissingModelError):
    """A run that has no packed model yet.

    Args:
        message: As of every error.
        hint: As of every error.
        folder: The run's folder.
    """

    def __init__(self, message: str, *, hint: str = "", folder: str = "") -> None:
        super().__init__(message, hint=hint)
        self.folder = folder


class MissingDataError(MissingError, DataError):
    """No data set of that name or path."""


class MissingExtraError(MissingError, ImportError):
    """An optional dependency is not installed."""


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Imports an optional dependency, or says which extra brings it.

    Args:
        module: The module to import, such as `"tensorflow"`.
        extra: The extra of this package that installs it, such as `"train"`.
        purpose: What it is needed for, as a noun: `"training"`.

    Returns:
        The imported module.

    Raises:
        MissingExtraError: The module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Expected {module} for {purpose}. Received: it is not installed.",
            hint=f"Run: pip install 'inkdigits[{extra}]'",
        ) from error
