"""The fields of a card: strict JSON in, checked values out. Knows nothing of what they mean."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

TEXTS = ("name", "version", "preparation", "weights", "sha256", "task", "license")
NUMBERS = ("temperature", "not_a_digit_offset")
OBJECTS = ("recipe", "training", "scores", "calibration")
GROUPS = {"training": ("data", "versions"), "scores": ("keras", "validation", "pictures", "test")}
NUMBERS_OF_SCORES = ("accuracy", "count", "loss")
MOST_NUMBER = 1e15  # every number of a card is far below; a larger one could not be a float, or not be shown
MOST_DEPTH = 8
MOST_TEXT = 1000


def parse_object(text: str) -> dict[str, Any]:
    """A JSON object. NaN and infinity are no JSON, and neither is a name that stands twice.

    Raises:
        ValueError: It is something else.
    """
    data = json.loads(text, parse_constant=_no_number, object_pairs_hook=_unique)
    if not isinstance(data, dict):
        raise ValueError(f"a {type(data).__name__} instead of an object")
    return data


def _no_number(name: str) -> float:
    raise ValueError(f"{name}, which is no number of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name that stands twice")
    return values


def check_fields(card: object) -> None:
    """Checks types and ranges of a card's fields, and of what they hold.

    Raises:
        ValueError: A field has another type, or holds a number that is not finite or too large.
    """
    values = vars(card)
    for name in TEXTS:
        _expect(name, values[name], isinstance(values[name], str) and len(values[name]) <= MOST_TEXT)
    for name in NUMBERS:
        _expect(name, values[name], _is_number(values[name]))
    parameters, tta = values["parameters"], values["tta"]
    _expect("parameters", parameters, _is_number(parameters) and isinstance(parameters, int) and parameters >= 0)
    _expect("tta", tta, isinstance(tta, bool))
    for name in OBJECTS:
        _check_object(name, values[name])
    for name, groups in GROUPS.items():
        for group in groups:
            _expect(f"{name}.{group}", values[name].get(group, {}), isinstance(values[name].get(group, {}), Mapping))
    for part, score in values["scores"].items():
        for name in NUMBERS_OF_SCORES if isinstance(score, Mapping) else ():
            _expect(f"scores.{part}.{name}", score.get(name, 0), _is_number(score.get(name, 0)))
    for part in ("validation", "pictures"):
        complete = {"accuracy", "count"} <= set(values["scores"].get(part, ("accuracy", "count")))
        _expect(f"scores.{part}", values["scores"].get(part), complete)
    for name, count in values["calibration"].items():
        _expect(f"calibration.{name}", count, _is_number(count))


def _check_object(name: str, value: Any) -> None:
    _expect(name, value, isinstance(value, Mapping))
    _check_depth(name, value, 0)


def _check_depth(name: str, value: Any, depth: int) -> None:
    _expect(name, "too deep an object", depth <= MOST_DEPTH)
    if isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            _check_depth(name, item, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _expect(name, value, _is_number(value))


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= MOST_NUMBER and math.isfinite(value)


def _expect(name: str, value: Any, fits: bool) -> None:
    if not fits:
        raise ValueError(f"{name}: {str(value)[:100] if not isinstance(value, int) else 'a number out of range'}")
