"""digit-recognizer-py as a digit reader: its `DigitRecognizer`, with its own inversion of dark ink on light paper.

    python digit_recognizer_py.py PICTURES.txt ANSWERS.csv [--threads N]

It runs in an environment with `digit-recognizer-py` and knows nothing of inkdigits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import runner

if TYPE_CHECKING:
    from PIL import Image


class Reader:
    """digit-recognizer-py's network, on the CPU."""

    def __init__(self, threads: int) -> None:
        import torch
        from digit_recognizer import DigitRecognizer

        torch.set_num_threads(threads)
        self._recognizer: Any = DigitRecognizer(device="cpu")

    def read(self, picture: Image.Image) -> runner.Answer:
        """The digit in a picture."""
        result = self._recognizer.predict(picture, detailed=True)
        return str(result.digit), float(result.confidence)


if __name__ == "__main__":
    options = runner.parse("Reads digits with digit-recognizer-py.", None)
    runner.run(Reader(options.threads).read, options)
