"""The card of a packed model: what it is, what it was trained for, how good it is. Knows nothing of LiteRT."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from inkdigits.checksum import with_checksum, without_checksum
from inkdigits.errors import ModelError
from inkdigits.files import write_atomically
from inkdigits.labels import CLASSES
from inkdigits.models.card_fields import check_fields, parse_object
from inkdigits.models.operating_points import OperatingPoint

CARD_NAME = "card.json"
MOST_CARD_BYTES = 1_000_000  # those that ship have about 10,000
MODEL_NAME = "model.tflite"
NOT_A_DIGIT_NAME = "not_a_digit"  # name of the reject class
DIGITS = tuple(str(label) for label in range(CLASSES))
OLD_NAMES = {  # of cards that were packed before the names of today
    "no_digit_shift": "not_a_digit_offset",
    "no_digit_limit": "not_a_digit_threshold",
    "views": "tta",
}

Weights = Literal["auto", "int8", "float32"]
"""Number format of a packed model's weights; `"auto"`: int8 if it agrees with Keras, else float32."""
WEIGHTS: tuple[Weights, ...] = get_args(Weights)
Threshold: TypeAlias = float | tuple[float, ...]
"""One number for every digit, or ten, one for each digit that an answer may be."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known about a packed network, and what reading needs besides its weights.

    Attributes:
        name: What `--model` takes.
        version: Version of this model, not of the package.
        task: What one answer is: `"digit"`.
        input_shape: Shape of one input, uint8.
        classes: Names of the logits, in order: the ten digits and, if the model has the reject class, `not_a_digit`.
        preparation: The preparation that its training glyphs went through.
        weights: `"int8"` or `"float32"`.
        parameters: Number of weights.
        temperature: Divides the logits before the softmax, so that probabilities are calibrated.
        not_a_digit_offset: Subtracted from the not-a-digit logit after the division, in nats. Corrects for non-digits
            being more frequent in training than in use (Saerens et al., 2002).
        not_a_digit_threshold: A glyph is rejected if its not-a-digit probability exceeds this, 0 to 1: a number for all
            digits, or ten, for the most probable digit is a 0, a 1, and so on.
        tta: Whether uncertain glyphs are also classified rotated and slanted (test-time augmentation).
        sha256: SHA-256 of `model.tflite`.
        recipe: The whole recipe it was trained by.
        training: Seed, data, epochs, seconds, package versions.
        scores: What was measured, by split: accuracy, loss, number of glyphs; agreement with the Keras model.
        operating_points: What each threshold keeps of the calibration pictures; empty of cards older than they are.
        calibration: Number of calibration pictures by source: what the operating points were measured on. Empty of
            cards that were packed when they were measured on single glyphs.
        license: License of the model and of what it was trained on; empty if whoever trained it did not say.

    Raises:
        ValueError: A value is out of its range.
    """

    name: str
    version: str
    preparation: str
    weights: str
    parameters: int
    temperature: float
    sha256: str
    task: str = "digit"
    input_shape: tuple[int, ...] = (28, 28)
    classes: tuple[str, ...] = DIGITS
    not_a_digit_offset: float = 0.0
    not_a_digit_threshold: Threshold = 1.0
    tta: bool = False
    recipe: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    operating_points: tuple[OperatingPoint, ...] = ()
    calibration: dict[str, int] = field(default_factory=dict)
    license: str = ""

    def __post_init__(self) -> None:
        check_fields(self)
        if not 0 < self.temperature < 1000:
            raise ValueError(f"a temperature of {self.temperature}")
        limits = self.not_a_digit_threshold
        limits = limits if isinstance(limits, tuple) else (limits,)
        fits = len(limits) in (1, CLASSES) and all(0 <= limit <= 1 for limit in limits)
        if not (abs(self.not_a_digit_offset) < 1000 and fits):
            raise ValueError(
                f"a not_a_digit_offset of {self.not_a_digit_offset}, "
                f"a not_a_digit_threshold of {self.not_a_digit_threshold}"
            )
        if not self.input_shape or not all(isinstance(side, int) and side > 0 for side in self.input_shape):
            raise ValueError(f"an input_shape of {self.input_shape}")
        if not self.classes or not all(isinstance(name, str) for name in self.classes):
            raise ValueError(f"classes {self.classes}")

    def save(self, folder: Path) -> None:
        """Writes `card.json` into a folder, so that a crash leaves the old card or the new one.

        Raises:
            OutputError: The disk is full or the folder cannot be written.
        """
        write_atomically(folder / CARD_NAME, (self.to_json() + "\n").encode())

    def to_json(self) -> str:
        """The card as JSON that people can read."""
        values = with_checksum(asdict(self))
        lines = ",\n".join(f"  {json.dumps(name)}: {_value(name, value)}" for name, value in values.items())
        return f"{{\n{lines}\n}}"


def _value(name: str, value: Any) -> str:
    """A value as JSON; operating points take one line each, short lists one line."""
    if name == "operating_points" and value:
        return "[\n    " + ",\n    ".join(json.dumps(point) for point in value) + "\n  ]"
    if name in ("input_shape", "classes", "not_a_digit_threshold"):
        return json.dumps(value)
    return json.dumps(value, indent=2).replace("\n", "\n  ")


def load_card(folder: Path) -> Card:
    """Reads the card of a packed model, also one of before today's names.

    Raises:
        ModelError: There is none, or it is damaged.
    """
    path = folder / CARD_NAME
    try:
        with path.open("rb") as file:
            content = file.read(MOST_CARD_BYTES + 1)
        if len(content) > MOST_CARD_BYTES:
            raise ValueError(f"more than {MOST_CARD_BYTES:,} bytes")
        return parse_card(content.decode())
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"Expected a packed model's card at {path}. Received: {error}.", hint="Pack the model again."
        ) from error


def parse_card(text: str) -> Card:
    """A card from its JSON. What a later version added is passed over.

    Raises:
        ValueError: It is damaged; also a `TypeError` or an `AttributeError`.
    """
    data = without_checksum(parse_object(text))
    values = {OLD_NAMES.get(name, name): value for name, value in data.items()}
    if "classes" not in values and "no_digit_limit" in data and data["no_digit_limit"] < 1:
        values["classes"] = (*DIGITS, NOT_A_DIGIT_NAME)
    known = {item.name for item in fields(Card)}
    values = {name: value for name, value in values.items() if name in known}
    for name in ("input_shape", "classes", "not_a_digit_threshold"):
        if isinstance(values.get(name), list):
            values[name] = tuple(values[name])
    points = values.get("operating_points", [])
    if not isinstance(points, list):
        raise ValueError(f"operating points {points!r}")
    return Card(**{**values, "operating_points": tuple(_point(index, point) for index, point in enumerate(points))})


def _point(index: int, point: Any) -> OperatingPoint:
    names = [item.name for item in fields(OperatingPoint)]
    missing = sorted(set(names) - set(point)) if isinstance(point, dict) else sorted(names)
    if missing:
        raise ValueError(f"operating point {index} without {', '.join(missing)}")
    try:
        return OperatingPoint(**{name: point[name] for name in names})
    except ValueError as error:
        raise ValueError(f"{error} (number {index})") from error
