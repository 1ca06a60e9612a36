"""The packed models that ship with the package, and finding a packed model by name or folder."""

from __future__ import annotations

import json
from pathlib import Path

from inkdigits.errors import MissingModelError, UnfinishedRunError
from inkdigits.models.card import CARD_NAME

RUN_NAME = "run.json"  # of a run's folder; its status and error are all that is read here
ZOO = Path(__file__).parent.parent / "zoo"


def model_names() -> list[str]:
    """Names of the packed models that ship with the package, sorted."""
    return sorted(path.parent.name for path in ZOO.glob(f"*/{CARD_NAME}"))


def find_model(name: str | Path) -> Path:
    """The folder of a packed model.

    A name from `model_names()` is always the model that ships, so that no folder can take its place unnoticed.

    Args:
        name: A name from `model_names()`, the folder of a packed model, or a run's folder. A folder of the name default
            is `"./default"`, as a string: a `Path` drops the dot.

    Raises:
        UnfinishedRunError: It is a run that has no packed model yet.
        MissingModelError: There is none.
    """
    if str(name) in model_names():
        return ZOO / str(name)
    folder = Path(name)
    try:
        for candidate in (folder, folder / "packed"):
            if (candidate / CARD_NAME).is_file():
                return candidate
        if (folder / RUN_NAME).is_file():
            raise _unfinished(folder)
        if folder.suffix == ".keras" and folder.is_file():
            raise MissingModelError(
                f"Expected a packed model. Received: {folder}, a Keras file.",
                hint=f"Pack it first: inkdigits pack {folder} -o {folder.stem}",
            )
    except OSError as error:  # a name that is too long, or a folder without rights
        raise MissingModelError(
            f"Expected a packed model's name or folder, or a run. Received: {error.strerror}.",
            hint="Check the path and its rights.",
        ) from error
    raise MissingModelError(
        f"Expected a packed model's name or folder, or a run. Received: {str(name)!r}.",
        hint=f"Models that ship: {', '.join(model_names())}. Train one with: inkdigits train",
    )


def _unfinished(folder: Path) -> UnfinishedRunError:
    """Says how far a run without a packed model is."""
    try:
        state = json.loads((folder / RUN_NAME).read_text(encoding="utf-8"))
        status, reason = state.get("status", "created"), state.get("error", "")
    except (OSError, ValueError, AttributeError):
        status, reason = "damaged", ""
    if status == "failed":
        return UnfinishedRunError(
            f"Expected a run with a packed model. Received: {folder}, which failed: {reason or 'no reason is known'}",
            hint="Train it anew with other settings.",
        )
    return UnfinishedRunError(
        f"Expected a run with a packed model. Received: {folder}, which has not ended: its status is {status!r}.",
        hint="Resume it: the model is packed at its end.",
        folder=str(folder),
    )
