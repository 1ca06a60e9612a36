"""The packed models that ship with the package, and finding a packed model by name or folder."""

from __future__ import annotations

from pathlib import Path

from inkdigits.errors import MissingModelError
from inkdigits.models.card import CARD_NAME

ZOO = Path(__file__).parent.parent / "zoo"


def model_names() -> list[str]:
    """Names of the packed models that ship with the package, sorted."""
    return sorted(path.parent.name for path in ZOO.glob(f"*/{CARD_NAME}"))


def find_model(name: str | Path) -> Path:
    """The folder of a packed model.

    Args:
        name: A name from `model_names()`, the folder of a packed model, or a run's folder.

    Raises:
        MissingModelError: There is none.
    """
    folder = Path(name)
    for candidate in (folder, folder / "packed", ZOO / str(name)):
        if (candidate / CARD_NAME).is_file():
            return candidate
    raise MissingModelError(
        f"Expected a packed model's name or folder, or a run. Received: {str(name)!r}.",
        hint=f"Models that ship: {', '.join(model_names())}. Train one with: inkdigits train",
    )
