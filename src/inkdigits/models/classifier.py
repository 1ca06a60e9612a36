"""Packed models: glyphs in, logits and calibrated probabilities out, with LiteRT."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import ModelError, SettingError
from inkdigits.image.glyph import GLYPH_SIDE, PREPARATION, Glyph, Glyphs
from inkdigits.labels import CLASSES
from inkdigits.models.card import Card
from inkdigits.models.runtime import THREADS, Engine, read_packed
from inkdigits.models.tta import TRANSFORMATIONS, tta_copies
from inkdigits.models.verify import verify_network
from inkdigits.models.zoo import ZOO, find_model

BATCH = 64  # glyphs per call: LiteRT's best throughput starts here, and the buffers stay small
FEW = 24  # glyphs that are faster run in small batches than in one that is filled up
SMALL_BATCH = 4  # as many as TTA makes copies; a second thread gains nothing on so few
TTA_MARGIN = 8.0  # nats between the best two logits: one in ten of MNIST's glyphs has less; more change no answer
LEAST_PROBABILITY = 1e-30  # its logarithm is finite


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model predicts for one glyph.

    Attributes:
        glyph: Shape `(28, 28)`, uint8.
        probabilities: Calibrated, shape `(11,)`: of the ten digits and of a non-digit; they sum to 1.
        own_probabilities: Those of the glyph alone, without its copies, shape `(11,)`.
        copies: The TTA copies whose softmax is averaged with the glyph's own, shape `(N, 28, 28)`, uint8; N is 0 if
            the glyph alone was classified.
        copy_probabilities: Those of each copy alone, shape `(N, 11)`.
    """

    glyph: Glyph = field(repr=False)
    probabilities: NDArray[np.float64]
    own_probabilities: NDArray[np.float64] = field(repr=False)
    copies: Glyphs = field(repr=False)
    copy_probabilities: NDArray[np.float64] = field(repr=False)


class PackedModel:
    """A network ready to classify, with its card. Several threads may share it; it can be pickled and copied.

    Args:
        folder: Holds `model.tflite` and `card.json`.
        threads: Threads of LiteRT.

    Attributes:
        card: What the model is.
        content: Bytes of `model.tflite`.
        classes: Logits per glyph: ten digits, and perhaps an eleventh for non-digits.
        size: Bytes of the network.

    Raises:
        ModelError: A file is missing or damaged, or the model was trained for another preparation.
    """

    def __init__(self, folder: Path, *, threads: int = THREADS) -> None:
        card, content = read_packed(folder)
        if folder.parent != ZOO:
            verify_network(card, content)
        self._set_up(card, content, threads)

    @classmethod
    def from_content(cls, card: Card, content: bytes, *, threads: int = THREADS) -> PackedModel:
        """Makes a packed model of what its two files would hold.

        Args:
            card: The card.
            content: Bytes of `model.tflite`.
            threads: Threads of LiteRT.

        Raises:
            ModelError: As of the class.
        """
        model = cls.__new__(cls)
        model._set_up(card, content, threads)
        return model

    def _set_up(self, card: Card, content: bytes, threads: int) -> None:
        self.card, self.content = card, content
        if self.card.preparation != PREPARATION:
            raise ModelError(
                f"Expected a model trained for preparation {PREPARATION!r}. Received: {self.card.preparation!r}.",
                hint="Train and pack it again with this version of inkdigits.",
            )
        self.size = len(self.content)
        self._threads = threads
        self._lock = threading.Lock()
        self._engines = {1: Engine(self.content, 1, 1, self.card.input_shape)}
        self.classes = self._engines[1].classes
        if self.classes != len(self.card.classes):
            raise ModelError(
                f"Expected a network with a logit per class: {', '.join(self.card.classes)}. "
                f"Received: {self.classes} logits.",
                hint="Pack the model again.",
            )

    def with_card(self, card: Card) -> PackedModel:
        """The same network with another card, such as one with another temperature."""
        return PackedModel.from_content(card, self.content, threads=self._threads)

    @classmethod
    def load(cls, name: str | Path = "default") -> PackedModel:
        """Loads a packed model by name, folder or run.

        Raises:
            MissingModelError: There is none of that name.
            ModelError: It is damaged, or trained for another preparation.
        """
        return cls(find_model(name))

    @property
    def has_not_a_digit(self) -> bool:
        """Whether the model has a class for non-digits."""
        return self.classes > CLASSES

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_content, (self.card, self.content, self._threads)

    def logits(self, glyphs: Glyphs, *, tta: bool = False) -> NDArray[np.float32]:
        """Runs the network.

        Args:
            glyphs: Shape `(N, 28, 28)`, uint8.
            tta: Also classifies transformed copies of the glyphs whose best two logits are less than `TTA_MARGIN`
                apart, if the card asks for it. Their logits are then logarithms of the mean of the softmax over the
                glyph and its copies.

        Returns:
            Shape `(N, classes)`, float32: of the ten digits and, if the model has that class, of non-digits. A glyph's
            logits do not depend on the other glyphs of the batch.

        Raises:
            SettingError: The glyphs have another shape or type.
        """
        if glyphs.shape[1:] != self.card.input_shape or glyphs.dtype != np.uint8:
            raise SettingError(
                f"Expected glyphs of shape (N, {', '.join(map(str, self.card.input_shape))}), uint8. "
                f"Received: {glyphs.shape}, {glyphs.dtype}.",
                hint="Make them with to_glyph().",
            )
        logits = self._run(glyphs)
        if tta:
            self._average(glyphs, logits)
        return logits

    def probabilities(self, glyphs: Glyphs) -> NDArray[np.float64]:
        """Calibrated probabilities, with test-time augmentation if the card asks for it.

        Args:
            glyphs: Shape `(N, 28, 28)`, uint8.

        Returns:
            Shape `(N, 11)`, float64: of the ten digits and of a non-digit, which is 0 for models without that class.
            Each row sums to 1.

        Raises:
            SettingError: The glyphs have another shape or type.
        """
        return calibrate(self.logits(glyphs, tta=True), self.card)

    def predict(self, glyphs: Sequence[Glyph]) -> list[Prediction]:
        """The probabilities of each glyph, together with the TTA copies that they are averaged over.

        Args:
            glyphs: Each of shape `(28, 28)`, uint8.
        """
        if not glyphs:
            return []
        stacked = np.stack(glyphs)
        logits = self.logits(stacked)
        own = calibrate(logits, self.card)
        copies, copy_logits = self._average(stacked, logits)
        rows = calibrate(logits, self.card) if copies else own
        none = np.empty((0, GLYPH_SIDE, GLYPH_SIDE), np.uint8), np.empty((0, CLASSES + 1))
        averaged = {index: (copies[index], calibrate(some, self.card)) for index, some in copy_logits.items()}
        return [
            Prediction(glyph, rows[index], own[index], *averaged.get(index, none)) for index, glyph in enumerate(glyphs)
        ]

    def _average(
        self, glyphs: Glyphs, logits: NDArray[np.float32]
    ) -> tuple[dict[int, Glyphs], dict[int, NDArray[np.float32]]]:
        """Averages the uncertain rows of `logits` in place; returns the copies by row, and their logits."""
        if not self.card.tta or not len(glyphs):
            return {}, {}
        best_two = np.partition(logits, -2, axis=1)[:, -2:]
        uncertain = np.flatnonzero(best_two[:, 1] - best_two[:, 0] < TTA_MARGIN)
        if not len(uncertain):
            return {}, {}
        copies = [tta_copies(glyphs[index]) for index in uncertain]
        others = self._run(np.concatenate(copies)).reshape(len(uncertain), len(TRANSFORMATIONS), self.classes)
        total = softmax(others.reshape(-1, self.classes)).reshape(others.shape).sum(axis=1) + softmax(logits[uncertain])
        logits[uncertain] = np.log(np.maximum(total / (1 + len(TRANSFORMATIONS)), LEAST_PROBABILITY))
        rows = uncertain.tolist()
        return dict(zip(rows, copies, strict=True)), dict(zip(rows, others, strict=True))

    def _run(self, glyphs: Glyphs) -> NDArray[np.float32]:
        count = len(glyphs)
        logits = np.empty((count, self.classes), np.float32)
        start = 0
        while start < count:
            left = count - start
            size = BATCH if left > FEW else SMALL_BATCH if left >= SMALL_BATCH else 1
            part = glyphs[start : start + size]
            with self._lock:  # per call: a large batch does not keep other threads waiting
                logits[start : start + size] = self._engine(size).run(part)
            start += size
        return logits

    def _engine(self, size: int) -> Engine:
        if size not in self._engines:
            threads = self._threads if size == BATCH else 1
            self._engines[size] = Engine(self.content, size, threads, self.card.input_shape)
        return self._engines[size]


def _from_content(card: Card, content: bytes, threads: int) -> PackedModel:
    return PackedModel.from_content(card, content, threads=threads)


def calibrate(logits: NDArray[np.float32], card: Card) -> NDArray[np.float64]:
    """Turns logits into probabilities by a card's temperature and offset.

    Args:
        logits: Shape `(N, classes)`, of the ten digits and, if the model has that class, of non-digits.
        card: The model's card.

    Returns:
        Shape `(N, 11)`, float64: of the ten digits and of a non-digit; each row sums to 1.
    """
    scaled = np.asarray(logits, np.float64) / card.temperature
    scaled[:, CLASSES:] -= card.not_a_digit_offset
    probabilities = softmax(scaled)
    if probabilities.shape[1] > CLASSES:
        return probabilities
    return np.concatenate([probabilities, np.zeros((len(probabilities), 1))], axis=1)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities of logits, shape `(N, classes)`, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)
