"""The LiteRT runtime: a checked model file in, logits out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import ModelError
from inkdigits.image.glyph import GLYPH_SIDE, Glyphs

THREADS = 2


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
