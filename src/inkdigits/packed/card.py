"""The card of a packed model: what it is, what it was trained for, how good it is. Knows nothing of LiteRT."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from inkdigits.errors import ModelError

CARD_NAME = "card.json"
MODEL_NAME = "model.tflite"


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
        sha256: Of `model.tflite`.
        recipe: The whole recipe it was trained by.
        training: Seed, data, epochs, seconds, package versions.
        scores: What was measured, by split: accuracy, loss, number of glyphs; agreement with the Keras model.
        license: Of the model and of what it was trained on; empty if whoever trained it did not say.
    """

    name: str
    version: str
    preparation: str
    weights: str
    parameters: int
    temperature: float
    sha256: str
    recipe: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    license: str = ""

    def save(self, folder: Path) -> None:
        """Writes `card.json` into a folder."""
        (folder / CARD_NAME).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


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
        return card
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"Expected a packed model's card at {path}. Received: {error}.", hint="Pack the model again."
        ) from error
