"""How to read: one dataclass with every option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inkdigits.errors import SettingError
from inkdigits.image.load import MAX_MEGAPIXELS
from inkdigits.reading.decision import MIN_CONFIDENCE

Expect = Literal["auto", "digit"]


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How to read.

    Attributes:
        expect: What the pictures hold. `"auto"` and `"digit"`: one digit per picture.
        min_confidence: Rejects readings of less confidence, 0 to 1; 0 rejects nothing but a blank. None: 0.5.
        max_error: The largest acceptable error rate among accepted readings, such as 0.01, in place of
            `min_confidence`: the threshold comes from the model's card, and is at least 0.5.
        max_megapixels: Refuses larger pictures before they are decoded.

    Raises:
        SettingError: A value is out of its range, or both `min_confidence` and `max_error` are given.
    """

    expect: Expect = "auto"
    min_confidence: float | None = None
    max_error: float | None = None
    max_megapixels: float = MAX_MEGAPIXELS

    def __post_init__(self) -> None:
        if self.expect not in ("auto", "digit"):
            raise SettingError(
                f"Expected 'auto' or 'digit' for expect. Received: {self.expect!r}.",
                hint="Lines and pages come in a later version: cut the picture into digits for now.",
            )
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise SettingError(
                f"Expected a minimal confidence of 0 to 1. Received: {self.min_confidence}.",
                hint=f"{MIN_CONFIDENCE} is usual.",
            )
        if self.min_confidence is not None and self.max_error is not None:
            raise SettingError(
                f"Expected a minimal confidence or a maximal error, not both. Received: {self.min_confidence} and "
                f"{self.max_error}.",
                hint="Leave one out: a maximal error has its own minimal confidence.",
            )
        if not self.max_megapixels > 0:
            raise SettingError(
                f"Expected a limit above 0 megapixels. Received: {self.max_megapixels}.", hint="100 is usual."
            )
