"""The LiteRT runtime: the files of a packed model in, logits out. Takes inputs of any shape."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import ModelError
from inkdigits.models.card import MODEL_NAME, Card, load_card

READS = 5  # tries to get two files that match: a folder that is replaced once matches at the second
THREADS = 2


class Engine:
    """A LiteRT interpreter for one batch size; a smaller batch is filled up. Not safe to use from several threads.

    Args:
        content: Content of a `.tflite` file with one input, uint8 or float32 from 0 to 1, and one output, float32
            logits.
        size: Inputs per call.
        threads: Threads of LiteRT.
        input_shape: Shape of one input.

    Attributes:
        classes: Logits per input.

    Raises:
        ModelError: The network is damaged or of another form.
    """

    def __init__(self, content: bytes, size: int, threads: int, input_shape: tuple[int, ...] = (28, 28)) -> None:
        # Imported here: the card of a model can be read without loading LiteRT.
        from ai_edge_litert.interpreter import Interpreter

        self._shape = (size, *input_shape)
        try:
            self._interpreter: Any = Interpreter(model_content=content, num_threads=threads)
            inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
            self._interpreter.resize_tensor_input(inputs[0]["index"], self._shape)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, IndexError, TypeError, OverflowError, KeyError) as error:
            raise _unfit(f"Expected a LiteRT model with inputs of shape {input_shape}. Received: {error}.") from error
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._bytes = inputs[0]["dtype"] == np.uint8
        output = self._interpreter.get_output_details()[0]
        self.classes = int(output["shape"][-1]) if len(output["shape"]) else 0
        self._check(inputs, outputs)

    def _check(self, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> None:
        fits = len(inputs) == len(outputs) == 1 and inputs[0]["dtype"] in (np.uint8, np.float32)
        if not (fits and outputs[0]["dtype"] == np.float32 and len(outputs[0]["shape"]) == 2):
            kinds = [f"{np.dtype(each['dtype'])} {tuple(each['shape'])}" for each in (*inputs, *outputs)]
            raise _unfit(
                "Expected a network with one input, uint8 or float32, and one output of float32 logits (N, classes). "
                f"Received: {', '.join(kinds)}."
            )

    def run(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Computes the logits, shape `(N, classes)`, of at most `size` inputs.

        Raises:
            ModelError: The network cannot be computed, or a logit is not finite.
        """
        count = len(inputs)
        if count < self._shape[0]:
            full = np.zeros(self._shape, np.uint8)
            full[:count] = inputs
            inputs = full
        batch = inputs if self._bytes else inputs.astype(np.float32) / np.float32(255)
        try:
            self._interpreter.set_tensor(self._input, batch)
            self._interpreter.invoke()
        except (ValueError, RuntimeError, IndexError, TypeError) as error:
            raise _unfit(f"Expected a network that LiteRT can compute. Received: {error}.") from error
        logits: NDArray[np.float32] = self._interpreter.get_tensor(self._output)[:count]
        if not np.isfinite(logits).all():
            raise _unfit("Expected finite logits. Received: NaN or infinity.")
        return logits


def _unfit(message: str) -> ModelError:
    return ModelError(message, hint="Train it anew or pack it again.")


def read_packed(folder: Path) -> tuple[Card, bytes]:
    """Reads a packed model's card and network, which must belong together.

    Packing may replace the folder while it is read. If the two files do not match, both are read again.

    Returns:
        The card, and the content of `model.tflite`.

    Raises:
        ModelError: A file is missing, damaged or belongs to another model.
    """
    path = folder / MODEL_NAME
    for _ in range(READS):
        card = load_card(folder)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(f"Expected the network at {path}. Received: {error}.", hint="Pack it again.") from error
        received = hashlib.sha256(content).hexdigest()
        if received == card.sha256:
            return card, content
    raise ModelError(
        f"Expected {path} with SHA-256 {card.sha256}. Received: {received}.",
        hint="The file was changed or cut off: copy or pack the model again.",
    )
