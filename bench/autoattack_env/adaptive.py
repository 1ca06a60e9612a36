"""Attacks made for a network behind a binarization, of which AutoAttack knows nothing.

In go a network, glyphs that it classifies correctly, `(N, 1, 28, 28)`, 0 to 1, and their labels; out come booleans
`(N,)`: which are still classified correctly. Each takes the worst over all its steps, measured on the network itself.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

SMOOTHED = 5.0  # steepness of the copy that gradients are taken of
CORNER_STEP = 2.0  # of epsilon: from one bound of a pixel to the other
STEPS = 100


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """Logit of the right digit minus the highest other one, shape `(N,)`; below 0 if the prediction is wrong."""
    own = logits.gather(1, labels[:, None])[:, 0]
    return own - logits.scatter(1, labels[:, None], -torch.inf).max(dim=1).values


def _gradient(model: nn.Module, x: Tensor, labels: Tensor, loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(loss(model(x), labels).sum(), x)[0]


def _targeted(target: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Logit of the target minus that of the right digit: what a targeted attack raises."""

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return logits.gather(1, target[:, None])[:, 0] - logits.gather(1, labels[:, None])[:, 0]

    return loss


def climb(
    model: nn.Module, source: nn.Module, x: Tensor, labels: Tensor, epsilon: float, *, first_step: float, target: int
) -> Tensor:
    """Steps along the sign of another network's gradient, toward the digit of some rank, from a random corner.

    Args:
        model: The network that must be misled.
        source: The network whose gradient is followed.
        x: Glyphs.
        labels: Shape `(N,)`.
        epsilon: Largest change of a pixel (L∞).
        first_step: Step size at the start, a share of epsilon; it falls linearly to 1 %. 2 leads from corner to corner.
        target: The digit aimed at: 1 for the most probable wrong one.
    """
    low, high = (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)
    with torch.no_grad():
        order = model(x).scatter(1, labels[:, None], -torch.inf).argsort(dim=1, descending=True)
    loss = _targeted(order[:, target - 1])
    point = torch.where(torch.rand_like(x) < 0.5, low, high)
    right = torch.ones(len(x), dtype=torch.bool)
    for step in range(STEPS):
        size = epsilon * first_step * max(0.01, 1 - step / STEPS)
        point = (point + size * _gradient(source, point, labels, loss).sign()).clamp(low, high)
        with torch.no_grad():
            right &= margin(model(point), labels) > 0
    return right


def flip_greedily(
    model: nn.Module, source: nn.Module, x: Tensor, labels: Tensor, epsilon: float, *, norm: str, flips: int = 200
) -> Tensor:
    """Moves one pixel after the other, the one that the gradient says misleads most for its cost.

    Under L∞ a pixel moves to a bound; under L2 just past half ink, where a binarization flips, as long as the norm
    of all changes is at most epsilon.
    """
    if norm == "Linf":
        low, high = (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)
    else:
        low, high = torch.where(x > 0.5, 0.5 - 1e-4, x), torch.where(x > 0.5, x, 0.5 + 1e-4)
    point, right = x.clone(), torch.ones(len(x), dtype=torch.bool)
    open_ = torch.ones_like(x, dtype=torch.bool)
    rows = torch.arange(len(x))
    for _ in range(flips):
        gradient = _gradient(source, point, labels, lambda logits, truth: -margin(logits, truth))
        goal = torch.where(gradient > 0, high, low)
        change = goal - point
        cost = change.abs().clamp_min(1e-6) ** 2 if norm == "L2" else torch.ones_like(x)
        gain = torch.where(open_, gradient * change / cost, -torch.inf)
        if norm == "L2":
            spent = ((point - x) ** 2).sum(dim=(1, 2, 3), keepdim=True)
            gain = torch.where(spent + (goal - x) ** 2 - (point - x) ** 2 <= epsilon**2, gain, -torch.inf)
        best = gain.flatten(1).argmax(dim=1)
        usable = gain.flatten(1)[rows, best] > 0
        if not usable.any():
            break
        moved = point.flatten(1).clone()
        moved[rows[usable], best[usable]] = goal.flatten(1)[rows[usable], best[usable]]
        open_.flatten(1)[rows[usable], best[usable]] = False
        point = moved.view_as(x)
        with torch.no_grad():
            right &= margin(model(point), labels) > 0
    return right
