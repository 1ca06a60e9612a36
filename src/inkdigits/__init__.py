"""inkdigits reads handwritten digits in pictures, and trains, evaluates and packs the networks that do it.

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
    from inkdigits.benchmarks.algorithm_comparison import Comparison, compare
    from inkdigits.errors import (
        DataError,
        InkdigitsError,
        MissingError,
        MissingModelError,
        MissingPictureError,
        ModelError,
        OutputError,
        PictureError,
        SettingError,
        TrainingError,
    )
    from inkdigits.evaluation.evaluation import Evaluation
    from inkdigits.explaining.explanation import Explanation
    from inkdigits.explaining.nearest import NearestExample, TrainingExamples
    from inkdigits.explaining.occlusion import Spot
    from inkdigits.explaining.warnings import ReadingWarning
    from inkdigits.export.train import resume, train
    from inkdigits.layout.digit import DigitCandidate
    from inkdigits.models.card import Card
    from inkdigits.models.classifier import PackedModel, Prediction
    from inkdigits.models.operating_points import RiskBound
    from inkdigits.reading.decision import Decision, DecisionPolicy
    from inkdigits.reading.options import ReadingOptions
    from inkdigits.reading.record import Record
    from inkdigits.reading.result import Alternative, Digit, Line, ModelInfo, Page
    from inkdigits.recognizer import Recognizer, explain, read, read_many
    from inkdigits.reporting.evaluate import evaluate
    from inkdigits.reporting.evaluation_report import write_report
    from inkdigits.reporting.result import EvaluationResult
    from inkdigits.training.run.folder import Run
    from inkdigits.training.run.state import RunOptions

__version__ = "0.1.0"

_MODULES = {
    "benchmarks.algorithm_comparison": ("Comparison", "compare"),
    "errors": (
        "DataError",
        "InkdigitsError",
        "MissingError",
        "MissingModelError",
        "MissingPictureError",
        "ModelError",
        "OutputError",
        "PictureError",
        "SettingError",
        "TrainingError",
    ),
    "evaluation.evaluation": ("Evaluation",),
    "explaining.explanation": ("Explanation",),
    "explaining.nearest": ("NearestExample", "TrainingExamples"),
    "explaining.occlusion": ("Spot",),
    "explaining.warnings": ("ReadingWarning",),
    "export.train": ("resume", "train"),
    "layout.digit": ("DigitCandidate",),
    "models.card": ("Card",),
    "models.classifier": ("PackedModel", "Prediction"),
    "models.operating_points": ("RiskBound",),
    "reading.decision": ("Decision", "DecisionPolicy"),
    "reading.options": ("ReadingOptions",),
    "reading.record": ("Record",),
    "reading.result": ("Alternative", "Digit", "Line", "ModelInfo", "Page"),
    "recognizer": ("Recognizer", "explain", "read", "read_many"),
    "reporting.evaluate": ("evaluate",),
    "reporting.evaluation_report": ("write_report",),
    "reporting.result": ("EvaluationResult",),
    "training.run.folder": ("Run",),
    "training.run.state": ("RunOptions",),
}
_HOMES = {name: f"inkdigits.{module}" for module, names in _MODULES.items() for name in names}

__all__ = [
    "Alternative",
    "Card",
    "Comparison",
    "DataError",
    "Decision",
    "DecisionPolicy",
    "Digit",
    "DigitCandidate",
    "Evaluation",
    "EvaluationResult",
    "Explanation",
    "InkdigitsError",
    "Line",
    "MissingError",
    "MissingModelError",
    "MissingPictureError",
    "ModelError",
    "ModelInfo",
    "NearestExample",
    "OutputError",
    "PackedModel",
    "Page",
    "PictureError",
    "Prediction",
    "ReadingOptions",
    "ReadingWarning",
    "Recognizer",
    "Record",
    "RiskBound",
    "Run",
    "RunOptions",
    "SettingError",
    "Spot",
    "TrainingError",
    "TrainingExamples",
    "compare",
    "evaluate",
    "explain",
    "read",
    "read_many",
    "resume",
    "train",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'inkdigits' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
