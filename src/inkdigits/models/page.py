"""A model's card as a page that people can read: a card in, text out."""

from __future__ import annotations

from inkdigits.models.card import NOT_A_DIGIT_NAME, Card
from inkdigits.models.operating_points import percent, usual_bounds
from inkdigits.names import printable

WIDTH = 12


def model_page(card: Card, size: int) -> str:
    """Describes a packed model: what it is, what it takes and gives, how good it is, and where it fails.

    Args:
        card: The model's card.
        size: Bytes of `model.tflite`.
    """
    shape = ", ".join(map(str, card.input_shape))
    rejects = NOT_A_DIGIT_NAME in card.classes
    rows = [
        ("model", f"{card.name}, version {card.version}"),
        ("task", f"one handwritten {card.task} per input"),
        ("network", f"{_recipe(card)}{card.parameters:,} weights, {card.weights}, {size / 1000:.0f} kB"),
        *(("accuracy", line) for line in _accuracies(card)),
        ("use", "digits that people wrote with a pen, on paper or a screen, one digit per picture"),
        (
            "limits",
            "several digits in one picture; letters and signs that look like digits; printed fonts",
        ),
        ("", _rejection(rejects)),
        ("input", f"(N, {shape}) {_range(card)}; made by preparation {card.preparation}"),
        ("output", f"(N, {len(card.classes)}) float32 logits: {', '.join(card.classes)}"),
        ("", f"probabilities = softmax(logits / {card.temperature:.4g}{_offset(card)})"),
    ]
    if card.license:
        rows.append(("license", card.license))
    lines = [f"{name:{WIDTH}}{printable(text)}".rstrip() for name, text in rows]
    return "\n".join([*lines, "", *_bounds(card)])


def _recipe(card: Card) -> str:
    return f"recipe {card.recipe['name']}, " if card.recipe.get("name") else ""


def _accuracies(card: Card) -> list[str]:
    names = {"validation": "held-out training digits", "pictures": "synthesized pictures, non-digits among them"}
    return [
        f"{card.scores[part]['accuracy']:.2%} of {card.scores[part]['count']:,} {text}"
        for part, text in names.items()
        if part in card.scores
    ]


def _range(card: Card) -> str:
    """What the network's file takes; `PackedModel` always takes uint8."""
    return "float32, 0 is paper and 1 full ink" if card.weights == "float32" else "uint8, 0 is paper and 255 full ink"


def _rejection(rejects: bool) -> str:
    if rejects:
        return "rejects what it takes for a non-digit, and with it some real digits"
    return "has no class for non-digits: it gives every picture a digit"


def _offset(card: Card) -> str:
    if not card.not_a_digit_offset:
        return ""
    return f" - {card.not_a_digit_offset:.4g} for {NOT_A_DIGIT_NAME}"


def _bounds(card: Card) -> list[str]:
    bounds = usual_bounds(card.operating_points)
    if not bounds:
        return ["no operating points: this model cannot guarantee an error rate"]
    lines = [
        f"{percent(bound.max_error):>9}   {bound.threshold:14.6f}   {bound.coverage:7.1%} of the calibration digits"
        for bound in bounds
    ]
    head = "operating points, each with 95 % confidence, for digits like the calibration digits"
    return [head, "max error   min confidence   keeps", *lines]
