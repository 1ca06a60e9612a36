"""Packed models: glyphs in, logits out, with LiteRT. Knows nothing of pictures, TensorFlow or training."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import ModelError
from inkdigits.image.glyph import PREPARATION, Glyphs
from inkdigits.labels import CLASSES
from inkdigits.models.card import Card
from inkdigits.models.runtime import THREADS, Engine, read_packed
from inkdigits.models.tta import VIEWS, views
from inkdigits.models.zoo import find_model

BATCH = 64  # glyphs a call: LiteRT's best throughput starts here, and the buffers stay small
FEW = 24  # glyphs that are faster run one by one than in a batch that is filled up
DOUBT = 8.0  # nats between the best two logits: of MNIST's glyphs one in ten; more of them change no answer
LEAST_CHANCE = 1e-30  # its logarithm is finite


class PackedModel:
    """A network ready to answer, with its card. Safe to use from several threads.

    Args:
        folder: Holds `model.tflite` and `card.json`.
        threads: Threads of LiteRT.

    Attributes:
        card: What the model is.
        classes: Logits a glyph: ten digits, and with an eleventh for what is none.
        size: Bytes of the network.

    Raises:
        ModelError: A file is missing or damaged, or the model was trained for another preparation.
    """

    def __init__(self, folder: Path, *, threads: int = THREADS) -> None:
        self._set_up(*read_packed(folder), threads)

    @classmethod
    def from_content(cls, card: Card, content: bytes, *, threads: int = THREADS) -> PackedModel:
        """Makes a packed model of what its two files would hold.

        Args:
            card: The card.
            content: Of `model.tflite`.
            threads: Threads of LiteRT.

        Raises:
            ModelError: As of the class.
        """
        model = cls.__new__(cls)
        model._set_up(card, content, threads)
        return model

    def _set_up(self, card: Card, content: bytes, threads: int) -> None:
        self.card, self._content = card, content
        if self.card.preparation != PREPARATION:
            raise ModelError(
                f"Expected a model trained for preparation {PREPARATION!r}. Received: {self.card.preparation!r}.",
                hint="Train and pack it again with this version of inkdigits.",
            )
        self.size = len(self._content)
        self._threads = threads
        self._lock = threading.Lock()
        self._engines = {1: Engine(self._content, 1, threads, self.card.input_shape)}
        self.classes = self._engines[1].classes
        if self.classes != len(self.card.classes):
            raise ModelError(
                f"Expected a network with a logit per class: {', '.join(self.card.classes)}. "
                f"Received: {self.classes} logits.",
                hint="Pack the model again.",
            )

    @classmethod
    def load(cls, name: str | Path = "default") -> PackedModel:
        """Loads a packed model by name, folder or run.

        Raises:
            MissingModelError: There is none of that name.
            ModelError: It is damaged, or trained for another preparation.
        """
        return cls(find_model(name))

    def logits(self, glyphs: Glyphs) -> NDArray[np.float32]:
        """Runs the network.

        Args:
            glyphs: Shape `(N, 28, 28)`, uint8.

        Returns:
            Logits, shape `(N, classes)`, float32: of the ten digits and, if the model can refuse, of no digit. A
            glyph's logits do not depend on its neighbours in the batch.

        Raises:
            ModelError: The glyphs have another shape or type.
        """
        if glyphs.shape[1:] != self.card.input_shape or glyphs.dtype != np.uint8:
            raise ModelError(
                f"Expected glyphs of shape (N, {', '.join(map(str, self.card.input_shape))}), uint8. "
                f"Received: {glyphs.shape}, {glyphs.dtype}.",
                hint="Make them with to_glyph().",
            )
        count = len(glyphs)
        logits = np.empty((count, self.classes), np.float32)
        with self._lock:
            start = 0
            while start < count:
                size = BATCH if count - start > FEW else 1
                part = glyphs[start : start + size]
                logits[start : start + size] = self._engine(size).run(part)
                start += size
        return logits

    def probabilities(self, glyphs: Glyphs) -> NDArray[np.float64]:
        """Calibrated probabilities of the ten digits.

        Args:
            glyphs: Shape `(N, 28, 28)`, uint8.

        Returns:
            Shape `(N, 10)`, float64. Each row sums to 1, less the probability that it is no digit, where the model can
            tell.
        """
        return calibrate(self.considered_logits(glyphs), self.card)[:, :CLASSES]

    def considered_logits(self, glyphs: Glyphs) -> NDArray[np.float32]:
        """Runs the network, and where it is in doubt and its card asks for it, once more on other views of the glyph.

        Args:
            glyphs: Shape `(N, 28, 28)`, uint8.

        Returns:
            Logits as `logits` gives them; of the doubtful, logarithms of the mean of the softmax over the glyph and its
            views, so that one view that speaks clearly for another answer, or for none, counts.
        """
        logits = self.logits(glyphs)
        if not self.card.tta or not len(glyphs):
            return logits
        best_two = np.partition(logits, -2, axis=1)[:, -2:]
        doubtful = np.flatnonzero(best_two[:, 1] - best_two[:, 0] < DOUBT)
        if len(doubtful):
            others = self.logits(np.concatenate([views(glyphs[index]) for index in doubtful]))
            chances = softmax(others).reshape(len(doubtful), -1, self.classes).sum(axis=1) + softmax(logits[doubtful])
            logits[doubtful] = np.log(np.maximum(chances / (1 + len(VIEWS)), LEAST_CHANCE))
        return logits

    def _engine(self, size: int) -> Engine:
        if size not in self._engines:
            self._engines[size] = Engine(self._content, size, self._threads, self.card.input_shape)
        return self._engines[size]


def calibrate(logits: NDArray[np.float32], card: Card) -> NDArray[np.float64]:
    """Turns logits into probabilities by a card's temperature and shift.

    Args:
        logits: Shape `(N, classes)`, of the ten digits and, if the model can refuse, of no digit.
        card: Of the model.

    Returns:
        Shape `(N, classes)`, float64; each row sums to 1.
    """
    scaled = np.asarray(logits, np.float64) / card.temperature
    scaled[:, CLASSES:] -= card.not_a_digit_offset
    return softmax(scaled)


def refused(probabilities: NDArray[np.float64], card: Card) -> NDArray[np.bool_]:
    """Tells which glyphs are taken for no digit: likelier none than the best answer, or than the card's limit.

    Args:
        probabilities: Of the ten digits, shape `(N, 10)`; what is missing to 1 is no digit.
        card: Of the model that they come from.

    Returns:
        Shape `(N,)`.
    """
    no_digit = 1 - probabilities.sum(axis=1)
    return np.asarray(no_digit > np.minimum(probabilities.max(axis=1), card.not_a_digit_threshold), np.bool_)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities of logits, shape `(N, classes)`, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)
