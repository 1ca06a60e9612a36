"""The PyTorch twin of a convnet of inkdigits: weights of Keras in, a module that gives the same logits out.

It runs in the environment of the attacks, which holds PyTorch and not this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

LOGITS_TOLERANCE = 1e-4  # largest difference between the logits of both


class HardBinarization(torch.autograd.Function):  # type: ignore[misc]
    """Glyphs to 0 or 1 at half ink. Its gradient is that of a sigmoid: backward pass differentiable approximation.

    Source:
        A. Athalye et al., "Obfuscated Gradients Give a False Sense of Security", 2018 (BPDA).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, steepness: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.steepness = steepness
        return (x > 0.5).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        soft = torch.sigmoid(ctx.steepness * (ctx.saved_tensors[0] - 0.5))
        return gradients[0] * ctx.steepness * soft * (1 - soft), None


class Twin(nn.Module):  # type: ignore[misc]
    """A convnet with the weights of a Keras model.

    Args:
        weights: `conv_1/kernel` and so on, as Keras shapes them.
        stages: Convolutions before each pooling.
        binarization: `"soft"`, `"hard"` or `"none"`.
        steepness: Steepness of the soft binarization, or of the hard one's gradient.
    """

    def __init__(
        self, weights: Mapping[str, np.ndarray[Any, Any]], stages: tuple[int, ...], binarization: str, steepness: float
    ) -> None:
        super().__init__()
        self.weights = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
        for name in self.weights:
            if name.startswith("conv_") and name.endswith("/kernel"):
                kernel = self.weights[name].permute(3, 2, 0, 1)  # (out, in, height, width)
                self.weights[name] = kernel.contiguous(memory_format=torch.channels_last)
        self.stages, self.binarization, self.steepness = stages, binarization, steepness
        self.dense = [*sorted({name.split("/")[0] for name in weights if name.startswith("dense_")}), "logits"]

    def binarized(self, x: Tensor) -> Tensor:
        """Glyphs as the first convolution sees them, the same shape."""
        if self.binarization == "hard":
            return HardBinarization.apply(x, self.steepness)
        return torch.sigmoid(self.steepness * (x - 0.5)) if self.binarization == "soft" else x

    def classify(self, x: Tensor) -> Tensor:
        """Logits `(N, 10)` of binarized glyphs `(N, 1, 28, 28)`."""
        number = 0
        x = x.contiguous(memory_format=torch.channels_last)
        for convolutions in self.stages:
            for _ in range(convolutions):
                number += 1
                kernel, bias = self.weights[f"conv_{number}/kernel"], self.weights[f"conv_{number}/bias"]
                x = functional.relu(functional.conv2d(x, kernel, bias))
            x = functional.max_pool2d(x, 2)
        x = x.permute(0, 2, 3, 1).flatten(1)  # Keras flattens (height, width, channel)
        for name in self.dense:
            x = x @ self.weights[f"{name}/kernel"] + self.weights[f"{name}/bias"]
            x = x if name == "logits" else functional.relu(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.binarized(x))

    def smoothed(self, steepness: float) -> Twin:
        """The same network behind a soft binarization of another steepness: its gradients reach more pixels."""
        copy = Twin({}, self.stages, "soft", steepness)
        copy.weights, copy.dense = self.weights, self.dense
        return copy


def check_logits(model: nn.Module, glyphs: Tensor, expected: np.ndarray[Any, Any]) -> float:
    """The largest difference from the logits of Keras.

    Raises:
        SystemExit: It is above `LOGITS_TOLERANCE`.
    """
    with torch.no_grad():
        difference = float((model(glyphs) - torch.from_numpy(expected)).abs().max())
    if not difference <= LOGITS_TOLERANCE:
        raise SystemExit(f"Expected the logits of Keras to {LOGITS_TOLERANCE}. Received: {difference} away.")
    return difference
