"""The lattice of a line: the log probability of each class in each frame, as a network with CTC gives it.

Class 0 is CTC's blank. A path takes one class per frame; its text is what is left when repeated classes are merged and
blanks removed. The probability of a text is the sum over its paths.

Source:
    A. Graves et al., "Connectionist temporal classification", 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkdigits.errors import ModelError, SettingError

Array = NDArray[np.float64]

CHARACTERS = "0123456789.,-/:+()% "  # of the line model, after the blank
LEAST = 1e-12  # added to each probability: a network's 0 is not certain, and sums of paths stay far from underflow


@dataclass(frozen=True, eq=False)
class Lattice:
    """Log probabilities of a line. Made by `make_lattice`.

    Attributes:
        characters: The character of class 1, of class 2, and so on.
        log_probabilities: Shape `(1 + characters, T)`, float64. Row 0 is the blank. Each column sums to 1.
        cumulative: Shape `(1 + characters, T + 1)`: sums of `log_probabilities` over the frames before frame t.
    """

    characters: str
    log_probabilities: Array
    cumulative: Array

    @property
    def frames(self) -> int:
        """Number of frames, T."""
        return int(self.log_probabilities.shape[1])

    def classes(self, text: str) -> NDArray[np.intp]:
        """The classes of a text's characters, shape `(len(text),)`.

        Raises:
            SettingError: The model does not know a character.
        """
        return np.array([self.characters.index(one) + 1 for one in known(text, self.characters)], np.intp)


def make_lattice(log_probabilities: ArrayLike, characters: str = CHARACTERS, *, blank: int = 0) -> Lattice:
    """Checks and normalizes a network's output.

    Args:
        log_probabilities: Shape `(T, C)`, natural logarithms; logits serve as well. A zero probability is `-inf`.
        characters: The characters of the other classes, in their order; `C - 1` different ones.
        blank: The class of CTC's blank.

    Returns:
        The lattice: each frame sums to 1, no probability is below about `LEAST`.

    Raises:
        ModelError: The shape does not fit the characters, a value is NaN or +inf, or all classes of a frame are -inf.
        SettingError: A character occurs twice, or there is no class `blank`.

    Example:
        >>> make_lattice(np.log([[0.5, 0.25, 0.25]]), "01").frames
        1
    """
    if len(set(characters)) != len(characters) or not characters:
        raise SettingError(
            f"Expected different characters, at least one. Received: {characters!r}.",
            hint="Take them from the model's card.",
        )
    values = np.asarray(log_probabilities, np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] != len(characters) + 1:
        raise ModelError(
            f"Expected log probabilities of shape (T, {len(characters) + 1}): a blank and {len(characters)} "
            f"characters. Received: {values.shape}.",
            hint="Take the characters from the card of the model that computed them.",
        )
    if not 0 <= blank < values.shape[1]:
        raise SettingError(
            f"Expected a blank of 0 to {len(characters)}. Received: {blank}.", hint="Take it from the model's card."
        )
    most = values.max(axis=1, keepdims=True)
    if not np.isfinite(most).all():
        raise ModelError(
            "Expected log probabilities below +inf, one or more per frame above -inf. Received: "
            f"{values[~np.isfinite(most[:, 0])][0].max()}.",
            hint="Check the picture that the network received.",
        )
    probabilities = np.exp(values - most)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True) + LEAST
    ordered = np.concatenate([probabilities[:, [blank]], np.delete(probabilities, blank, axis=1)], axis=1)
    rows = np.ascontiguousarray(np.log(ordered / ordered.sum(axis=1, keepdims=True)).T)
    return Lattice(characters, rows, np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1))


def known(text: str, characters: str) -> str:
    """The text, all of whose characters the model knows.

    Raises:
        SettingError: One of them is unknown.
    """
    unknown = sorted(set(text) - set(characters))
    if unknown:
        raise SettingError(
            f"Expected characters that the model reads: {characters!r}. Received: {''.join(unknown)!r} in {text!r}.",
            hint="Remove them, or use a model that reads them.",
        )
    return text
