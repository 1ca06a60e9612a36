"""inkdigits reads handwritten digits in pictures, and trains, proves and packs the networks that do it.

    >>> import inkdigits
    >>> inkdigits.read("sample:chalk").text
    '5'

Importing this package loads neither NumPy, OpenCV, LiteRT nor TensorFlow: each name loads what it
needs when it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkdigits.errors import (
        DataError,
        InkdigitsError,
        MissingError,
        ModelError,
        PictureError,
        SettingError,
        TrainingError,
    )
    from inkdigits.explaining.explanation import explain
    from inkdigits.export.train import resume, train
    from inkdigits.models.classifier import PackedModel
    from inkdigits.reading.recognizer import Recognizer, read
    from inkdigits.reading.result import Digit, Line, Page
    from inkdigits.training.run.folder import Run
    from inkdigits.training.run.state import RunOptions

__version__ = "0.1.0"

_HOMES = {
    "DataError": "inkdigits.errors",
    "Digit": "inkdigits.reading.result",
    "InkdigitsError": "inkdigits.errors",
    "Line": "inkdigits.reading.result",
    "MissingError": "inkdigits.errors",
    "ModelError": "inkdigits.errors",
    "PackedModel": "inkdigits.models.classifier",
    "Page": "inkdigits.reading.result",
    "PictureError": "inkdigits.errors",
    "Recognizer": "inkdigits.reading.recognizer",
    "Run": "inkdigits.training.run.folder",
    "RunOptions": "inkdigits.training.run.state",
    "SettingError": "inkdigits.errors",
    "TrainingError": "inkdigits.errors",
    "explain": "inkdigits.explaining.explanation",
    "read": "inkdigits.reading.recognizer",
    "resume": "inkdigits.export.train",
    "train": "inkdigits.export.train",
}

__all__ = [
    "DataError",
    "Digit",
    "InkdigitsError",
    "Line",
    "MissingError",
    "ModelError",
    "PackedModel",
    "Page",
    "PictureError",
    "Recognizer",
    "Run",
    "RunOptions",
    "SettingError",
    "TrainingError",
    "explain",
    "read",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'inkdigits' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
