"""The Square attack, which needs no gradients: squares of the glyph are changed at random, kept if they mislead.

A network that is robust along its gradients and not to this attack masks its gradients.

Source:
    M. Andriushchenko et al., "Square Attack: a query-efficient black-box adversarial attack via random search", 2020:
    its L∞ attack, the start in stripes and the shrinking of the squares. Here it changes levels of gray, 0 to 255.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.image.glyph import GLYPH_SIDE, Glyphs

Predict = Callable[[Glyphs], NDArray[np.floating[Any]]]
"""Glyphs, shape `(N, 28, 28)`, uint8, in; a score per digit out, shape `(N, 10)`, the highest for the prediction."""

FIRST_SHARE = 0.8  # of the glyph that the first squares change
HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 queries


def square_attack(
    predict: Predict,
    glyphs: Glyphs,
    labels: NDArray[np.integer],
    epsilon: float,
    *,
    queries: int = 1000,
    seed: int = 0,
) -> NDArray[np.bool_]:
    """Which glyphs are still classified correctly under the attack.

    Args:
        predict: The network.
        glyphs: Shape `(N, 28, 28)`, uint8.
        labels: Shape `(N,)`.
        epsilon: Largest change of a pixel, full ink is 1 (L∞); rounded down to a level of gray.
        queries: Changed glyphs that are predicted, per glyph: at least one, the stripes.
        seed: Seed of stripes and squares. They are the same for a glyph whatever happens to the others.

    Returns:
        Shape `(N,)`.
    """
    rng, reach = np.random.default_rng(seed), int(epsilon * 255 + 1e-6)
    clean = glyphs.astype(np.int16)
    low, high = np.maximum(clean - reach, 0), np.minimum(clean + reach, 255)
    stripes = reach * rng.choice([-1, 1], (len(clean), 1, GLYPH_SIDE))
    best = np.clip(clean + stripes, low, high).astype(np.int16)
    unchanged, margin = (_margin(predict(some), labels) for some in (glyphs, best.astype(np.uint8)))
    margin = np.where(unchanged > 0, margin, unchanged)
    for query in range(1, queries):
        left = np.flatnonzero(margin > 0)
        if not len(left):
            break
        squares = _squares(len(clean), _side(query / queries), rng)[left]
        lighter, darker = (np.where(squares, bound[left], best[left]) for bound in (low, high))
        # Of two ways to change a square the other one, where the first changes nothing.
        first = rng.random(len(clean))[left] < 0.5
        same = np.where(first, *((tried == best[left]).all(axis=(1, 2)) for tried in (lighter, darker)))
        tried = np.where((first ^ same)[:, None, None], lighter, darker)
        found = _margin(predict(tried.astype(np.uint8)), labels[left])
        better = found < margin[left]
        best[left[better]], margin[left[better]] = tried[better], found[better]
    return margin > 0


def _margin(scores: NDArray[np.floating[Any]], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Score of the right digit minus the best other score, shape `(N,)`."""
    rows, rest = np.arange(len(labels)), np.array(scores, np.float64)
    own = rest[rows, labels].copy()
    rest[rows, labels] = -np.inf
    return np.asarray(own - rest.max(axis=1))


def _side(done: float) -> int:
    """Side of the squares in pixels after a share of the queries."""
    halvings = sum(done > mark / 10_000 for mark in HALVED_AT)
    return max(1, round(GLYPH_SIDE * math.sqrt(FIRST_SHARE * 0.5**halvings)))


def _squares(count: int, side: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A square somewhere in each of some glyphs, shape `(count, 28, 28)`."""
    tops, lefts = rng.integers(0, GLYPH_SIDE - side + 1, (2, count))
    places = np.arange(GLYPH_SIDE)
    rows = (places >= tops[:, None]) & (places < tops[:, None] + side)
    columns = (places >= lefts[:, None]) & (places < lefts[:, None] + side)
    return np.asarray(rows[:, :, None] & columns[:, None, :])
