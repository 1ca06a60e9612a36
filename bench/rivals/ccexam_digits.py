"""ccexam as a digit reader: its SVHN network, the one of its three that takes pictures in color and either polarity.

    python ccexam_digits.py PICTURES.txt ANSWERS.csv [--threads N]

It runs in an environment with `ccexam` and knows nothing of inkdigits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import runner

if TYPE_CHECKING:
    from PIL import Image

MODEL = "svhn"


class Reader:
    """ccexam's network with its own preparation, on the CPU."""

    def __init__(self, threads: int) -> None:
        import torch
        from ccexam.inference import InferenceFactory

        torch.set_num_threads(threads)
        self._torch: Any = torch
        self._inference: Any = InferenceFactory.create(MODEL, device="cpu")

    def read(self, picture: Image.Image) -> runner.Answer:
        """The digit in a picture."""
        with self._torch.no_grad():
            logits = self._inference.model(self._inference.transform(picture).unsqueeze(0))
            probabilities = logits.softmax(dim=1)[0]
        digit = int(probabilities.argmax())
        return str(digit), float(probabilities[digit])


if __name__ == "__main__":
    options = runner.parse("Reads digits with ccexam.", None)
    runner.run(Reader(options.threads).read, options)
