"""Synthesis: labeled glyphs of pictures that MNIST lacks, made by writing, rendering and preparing them.

Each picture goes through the same preparation as a user's picture: the network is trained on what preparation leaves.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Labels
from inkdigits.errors import SettingError
from inkdigits.image.glyph import Glyphs
from inkdigits.image.load import Gray
from inkdigits.synthesis.kinds import Part
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.workers import Chunk, Task, make_in_processes

CHUNK = 500  # pictures of one seed: results do not depend on how many processes there are
WORKERS = 2  # processes


def synthesize(mixture: Mixture, *, seed: int, split: Part = "training") -> tuple[Glyphs, Labels, NDArray[np.str_]]:
    """Makes glyphs of rendered pictures; a picture whose content is not found gives none, and another is rendered.

    Args:
        mixture: How many of which kind.
        seed: The same seed gives the same glyphs. A larger mixture begins each kind with the glyphs of a smaller one.
        split: Which part of MNIST's training digits is put on pages. Pens and fonts are the same for each part; only
            their random numbers differ.

    Returns:
        Glyphs, shape `(N, 28, 28)`, in the order of the mixture's kinds; labels 0 to 9, or 10 for a non-digit, shape
        `(N,)`; the kind of each, shape `(N,)`.

    Raises:
        SettingError: `seed` is below 0, or there is no such split.
        TrainingError: A process was killed.
    """
    parts, kinds = _make("glyphs", mixture, seed, split)
    return np.concatenate([glyphs for glyphs, _ in parts]), np.concatenate([labels for _, labels in parts]), kinds


def render_pictures(mixture: Mixture, *, seed: int, split: Part) -> tuple[list[Gray], Labels, NDArray[np.str_]]:
    """Renders whole pictures, as a user would give them to a reader: also those whose content is hard to find.

    Args:
        mixture: How many of which kind.
        seed: The same seed gives the same pictures.
        split: Which part of MNIST's training digits is put on pages.

    Returns:
        Gray pictures, shape `(H, W)`, uint8, in the order of the mixture's kinds; labels 0 to 10, shape `(N,)`; the
        kind of each, shape `(N,)`.

    Raises:
        SettingError: `seed` is below 0, or there is no such split.
        TrainingError: A process was killed.
    """
    parts, kinds = _make("pictures", mixture, seed, split)
    return [gray for some, _ in parts for gray in some], np.concatenate([labels for _, labels in parts]), kinds


def _make(
    what: Literal["glyphs", "pictures"], mixture: Mixture, seed: int, split: Part
) -> tuple[list[Chunk], NDArray[np.str_]]:
    """Makes chunks of each kind, and names the kind of each item."""
    _check(seed, split)
    place = get_args(Part).index(split)
    tasks = []
    for number, (kind, count) in enumerate(mixture.counts.items()):
        sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
        tasks += [Task(what, kind, size, (seed, number, index, place), split) for index, size in enumerate(sizes)]
    chunks = make_in_processes(tasks, WORKERS)
    return chunks, np.repeat([task.kind for task in tasks], [task.count for task in tasks])


def _check(seed: int, split: str) -> None:
    if seed < 0:
        raise SettingError(f"Expected a seed of 0 or more. Received: {seed}.", hint="0 is usual.")
    if split not in get_args(Part):
        raise SettingError(
            f"Expected a split of {', '.join(get_args(Part))}. Received: {split!r}.",
            hint="Each is a part of MNIST's training digits: nothing is made of the test split.",
        )
