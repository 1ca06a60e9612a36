"""How to read: one dataclass with every option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inkdigits.errors import SettingError
from inkdigits.image.load import MAX_MEGAPIXELS

Expect = Literal["auto", "digit", "line", "page"]


MIN_CONFIDENCE = 0.5  # below it another answer, or none, is as likely


SURE = 0.9  # below it an answer is worth a glance at the picture


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How to read.

    Attributes:
        expect: What the pictures hold. `"auto"` and `"digit"`: one digit a picture.
        min_confidence: Rejects readings less sure than this, 0 to 1, and what the model takes for no digit; 0 rejects
            nothing but a blank.
        max_error: Rejects as much as it takes for at most this share of the readings to be wrong, as the model's card
            promises for pictures like those that it was calibrated on, and never less sure ones than by default; in
            place of `min_confidence`.
        max_megapixels: Refuses larger pictures before they are decoded.

    Raises:
        SettingError: A value is out of its range, or not built yet, or both `min_confidence` and `max_error` are given.
    """

    expect: Expect = "auto"
    min_confidence: float = MIN_CONFIDENCE
    max_error: float | None = None
    max_megapixels: float = MAX_MEGAPIXELS

    def __post_init__(self) -> None:
        if self.expect not in ("auto", "digit"):
            raise SettingError(
                f"Expected --expect auto or digit. Received: {self.expect!r}.",
                hint="Lines and pages come in a later version: cut the picture into digits for now.",
            )
        if not 0 <= self.min_confidence <= 1:
            raise SettingError(
                f"Expected a minimal confidence of 0 to 1. Received: {self.min_confidence}.", hint="0.5 is usual."
            )
        if self.max_error is not None and self.min_confidence != MIN_CONFIDENCE:
            raise SettingError(
                f"Expected a minimal confidence or a maximal error, not both. Received: {self.min_confidence} and "
                f"{self.max_error}.",
                hint="Leave one out: a maximal error has its own minimal confidence.",
            )
        if not self.max_megapixels > 0:
            raise SettingError(
                f"Expected a limit above 0 megapixels. Received: {self.max_megapixels}.", hint="100 is usual."
            )
