"""The card of a packed model: what it is, what it was trained for, how good it is. Knows nothing of LiteRT."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from inkdigits.errors import ModelError

CARD_NAME = "card.json"
MODEL_NAME = "model.tflite"
WEIGHTS = ("auto", "int8", "float32")
POINT_KEYS = frozenset({"threshold", "kept", "coverage", "wrong", "error", "error_bound"})
COUNT_KEYS = frozenset({"kept", "wrong"})  # the others are 0 to 1


Weights = Literal["auto", "int8", "float32"]
"""Number format of a packed model's weights; `"auto"`: int8 if it agrees with Keras, else float32."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """The facts that travel with a network.

    Attributes:
        name: What `--model` takes.
        version: Of this model, not of the package.
        preparation: The preparation that its training glyphs went through.
        weights: `"int8"` or `"float32"`.
        parameters: Number of weights.
        temperature: Divides the logits before the softmax, so that probabilities are calibrated.
        no_digit_shift: Taken from the logit of no digit after that, in nats: training shows more of what is no digit
            than people do.
        no_digit_limit: What is more probably no digit than this is refused, 0 to 1; 1 if nothing is for that alone.
        views: Whether a glyph that leaves the network in doubt is shown to it turned and slanted, too.
        sha256: Of `model.tflite`.
        recipe: The whole recipe it was trained by.
        training: Seed, data, epochs, seconds, package versions.
        scores: What was measured, by split: accuracy, loss, number of glyphs; agreement with the Keras model.
        operating_points: What each threshold keeps of the calibration split: `threshold` (least confidence; of what is
            refused as no digit the confidence is 0 here), `kept` (count), `coverage` (share), `wrong` (count), `error`
            (share of the kept), `error_bound` (its upper bound at 95 % confidence); empty of models packed before there
            were any.
        license: Of the model and of what it was trained on; empty if whoever trained it did not say.
    """

    name: str
    version: str
    preparation: str
    weights: str
    parameters: int
    temperature: float
    sha256: str
    no_digit_shift: float = 0.0
    no_digit_limit: float = 1.0
    views: bool = False
    recipe: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    operating_points: list[dict[str, float]] = field(default_factory=list)
    license: str = ""

    def save(self, folder: Path) -> None:
        """Writes `card.json` into a folder."""
        (folder / CARD_NAME).write_text(self.to_json() + "\n", encoding="utf-8")

    def to_json(self) -> str:
        """The card as JSON that people can read."""
        facts = ",\n".join(f"  {json.dumps(name)}: {_fact(name, value)}" for name, value in asdict(self).items())
        return f"{{\n{facts}\n}}"


def _fact(name: str, value: Any) -> str:
    """A fact as indented JSON; operating points take a line each."""
    if name == "operating_points" and value:
        return "[\n    " + ",\n    ".join(json.dumps(point) for point in value) + "\n  ]"
    return json.dumps(value, indent=2).replace("\n", "\n  ")


def load_card(folder: Path) -> Card:
    """Reads the card of a packed model.

    Raises:
        ModelError: There is none, or it is damaged.
    """
    path = folder / CARD_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        known = {item.name for item in fields(Card)}
        card = Card(**{name: value for name, value in data.items() if name in known})
        if not 0 < card.temperature < 1000:
            raise ValueError(f"a temperature of {card.temperature}")
        if not (abs(card.no_digit_shift) < 1000 and 0 <= card.no_digit_limit <= 1):
            raise ValueError(f"a no_digit_shift of {card.no_digit_shift}, a no_digit_limit of {card.no_digit_limit}")
        _check_points(card.operating_points)
        return card
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"Expected a packed model's card at {path}. Received: {error}.", hint="Pack the model again."
        ) from error


def _check_points(points: Any) -> None:
    """A ValueError says what is wrong with operating points."""
    if not isinstance(points, list):
        raise ValueError(f"operating points {points!r}")
    for index, point in enumerate(points):
        if not isinstance(point, dict) or not point.keys() >= POINT_KEYS:
            raise ValueError(f"operating point {index} without {', '.join(sorted(POINT_KEYS - set(point)))}")
        for key in sorted(POINT_KEYS):
            value, most = point[key], float("inf") if key in COUNT_KEYS else 1
            if type(value) not in (int, float) or not 0 <= value <= most:
                raise ValueError(f"operating point {index} with {key} {value!r}")
