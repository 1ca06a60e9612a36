"""Checksums inside JSON objects: what a failing disk or a broken copy has changed is refused, not believed.

A checksum finds accidents. It is no signature: whoever changes an object on purpose can write another checksum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

CHECKSUM = "checksum"


def with_checksum(values: Mapping[str, Any]) -> dict[str, Any]:
    """An object and, as its last value, the checksum of the others."""
    return {**values, CHECKSUM: _checksum(values)}


def without_checksum(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an object, which fit its checksum. One that has none, as of earlier versions, is taken as it is.

    Raises:
        ValueError: They do not fit.

    Example:
        >>> without_checksum(with_checksum({"accuracy": 0.99}))
        {'accuracy': 0.99}
    """
    rest = {name: value for name, value in values.items() if name != CHECKSUM}
    if CHECKSUM in values and values[CHECKSUM] != _checksum(rest):
        raise ValueError(f"values that do not fit their checksum (whoever changed them on purpose: delete {CHECKSUM})")
    return rest


def _checksum(values: Mapping[str, Any]) -> str:
    """SHA-256 of the values as JSON with sorted names and without spaces."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
