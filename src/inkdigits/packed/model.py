"""Packed models: glyphs in, logits out, with LiteRT. Knows nothing of pictures, TensorFlow or training."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import MissingModelError, ModelError
from inkdigits.image.glyph import GLYPH_SIDE, PREPARATION, Glyphs
from inkdigits.image.views import VIEWS, views
from inkdigits.packed.card import CARD_NAME, MODEL_NAME, Card, load_card

ZOO = Path(__file__).parent.parent / "zoo"
BATCH = 64  # glyphs a call: LiteRT's best throughput starts here, and the buffers stay small
FEW = 24  # glyphs that are faster run one by one than in a batch that is filled up
THREADS = 2
DOUBT = 8.0  # nats between the best two logits: of MNIST's glyphs one in ten; more of them change no answer
LEAST_CHANCE = 1e-30  # its logarithm is finite
CLASSES = 10


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
        self.card: Card = load_card(folder)
        if self.card.preparation != PREPARATION:
            raise ModelError(
                f"Expected a model trained for preparation {PREPARATION!r}. Received: {self.card.preparation!r}.",
                hint="Train and pack it again with this version of inkdigits.",
            )
        self._content = _checked_content(folder / MODEL_NAME, self.card.sha256)
        self.size = len(self._content)
        self._threads = threads
        self._lock = threading.Lock()
        self._engines = {1: _Engine(self._content, 1, threads)}
        self.classes = self._engines[1].classes

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
        if glyphs.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE) or glyphs.dtype != np.uint8:
            raise ModelError(
                f"Expected glyphs of shape (N, 28, 28), uint8. Received: {glyphs.shape}, {glyphs.dtype}.",
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
        if not self.card.views or not len(glyphs):
            return logits
        best_two = np.partition(logits, -2, axis=1)[:, -2:]
        doubtful = np.flatnonzero(best_two[:, 1] - best_two[:, 0] < DOUBT)
        if len(doubtful):
            others = self.logits(np.concatenate([views(glyphs[index]) for index in doubtful]))
            chances = softmax(others).reshape(len(doubtful), -1, self.classes).sum(axis=1) + softmax(logits[doubtful])
            logits[doubtful] = np.log(np.maximum(chances / (1 + len(VIEWS)), LEAST_CHANCE))
        return logits

    def _engine(self, size: int) -> _Engine:
        if size not in self._engines:
            self._engines[size] = _Engine(self._content, size, self._threads)
        return self._engines[size]


class _Engine:
    """A LiteRT interpreter set up for one batch size; a smaller batch is filled up."""

    def __init__(self, content: bytes, size: int, threads: int) -> None:
        # Imported here: the card of a model can be read without loading LiteRT.
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter: Any = Interpreter(model_content=content, num_threads=threads)
            details = self._interpreter.get_input_details()[0]
            self._interpreter.resize_tensor_input(details["index"], (size, GLYPH_SIDE, GLYPH_SIDE))
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"Expected a LiteRT model of 28 x 28 glyphs. Received: {error}.", hint="Pack the model again."
            ) from error
        self._size = size
        self._input = details["index"]
        self._bytes = details["dtype"] == np.uint8
        output = self._interpreter.get_output_details()[0]
        self._output = output["index"]
        self.classes = int(output["shape"][-1])

    def run(self, glyphs: Glyphs) -> NDArray[np.float32]:
        count = len(glyphs)
        if count < self._size:
            full = np.zeros((self._size, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
            full[:count] = glyphs
            glyphs = full
        batch = glyphs if self._bytes else glyphs.astype(np.float32) / np.float32(255)
        self._interpreter.set_tensor(self._input, batch)
        self._interpreter.invoke()
        logits: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return logits[:count]


def _checked_content(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"Expected the network at {path}. Received: {error}.", hint="Pack it again.") from error
    received = hashlib.sha256(content).hexdigest()
    if received != sha256:
        raise ModelError(
            f"Expected {path} with SHA-256 {sha256}. Received: {received}.",
            hint="The file was changed or cut off: copy or pack the model again.",
        )
    return content


def calibrate(logits: NDArray[np.float32], card: Card) -> NDArray[np.float64]:
    """Turns logits into probabilities by a card's temperature and shift.

    Args:
        logits: Shape `(N, classes)`, of the ten digits and, if the model can refuse, of no digit.
        card: Of the model.

    Returns:
        Shape `(N, classes)`, float64; each row sums to 1.
    """
    scaled = np.asarray(logits, np.float64) / card.temperature
    scaled[:, CLASSES:] -= card.no_digit_shift
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
    return np.asarray(no_digit > np.minimum(probabilities.max(axis=1), card.no_digit_limit), np.bool_)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities of logits, shape `(N, classes)`, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)
