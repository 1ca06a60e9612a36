"""Synthesis: labeled glyphs of pictures that MNIST lacks, made by writing, rendering and preparing them.

Each picture goes through the same preparation as a user's picture: the network is trained on what preparation leaves.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Labels
from inkdigits.errors import SettingError
from inkdigits.geometry import Box
from inkdigits.image.glyph import Glyph, Glyphs
from inkdigits.image.load import Gray
from inkdigits.layout.candidates import find_candidates
from inkdigits.synthesis.kinds import RENDERERS, Part, Sources
from inkdigits.synthesis.mixture import Mixture

Seed = tuple[int, ...]

CHUNK = 500  # pictures of one seed: results do not depend on how many processes there are
WORKERS = 2  # processes
LEAST_OVERLAP = 0.5  # of the box found with the true one: less, and the glyph shows something else
LEAST_OVERLAP_OF_SEVERAL = 0.8  # less, and it may show a single digit


def synthesize(mixture: Mixture, *, seed: int, split: Part = "training") -> tuple[Glyphs, Labels, NDArray[np.str_]]:
    """Makes glyphs of rendered pictures; a picture whose content is not found gives none, and another is rendered.

    It starts processes anew: a script that calls it needs `if __name__ == "__main__":`.

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
    """
    parts, kinds = _in_processes(_make_glyphs, mixture, seed, split)
    return np.concatenate([glyphs for glyphs, _ in parts]), np.concatenate([labels for _, labels in parts]), kinds


def render_pictures(mixture: Mixture, *, seed: int, split: Part) -> tuple[list[Gray], Labels, NDArray[np.str_]]:
    """Renders whole pictures, as a user would give them to a reader: also those whose content is hard to find.

    It starts processes anew, as `synthesize` does.

    Args:
        mixture: How many of which kind.
        seed: The same seed gives the same pictures.
        split: Which part of MNIST's training digits is put on pages.

    Returns:
        Gray pictures, shape `(H, W)`, uint8, in the order of the mixture's kinds; labels 0 to 10, shape `(N,)`; the
        kind of each, shape `(N,)`.

    Raises:
        SettingError: `seed` is below 0, or there is no such split.
    """
    parts, kinds = _in_processes(_make_pictures, mixture, seed, split)
    return [gray for some, _ in parts for gray in some], np.concatenate([labels for _, labels in parts]), kinds


def _in_processes(
    make: Callable[[str, int, Seed, Part], tuple[Any, Labels]], mixture: Mixture, seed: int, split: Part
) -> tuple[Sequence[tuple[Any, Labels]], NDArray[np.str_]]:
    """Makes chunks of each kind, and names the kind of each item."""
    _check(seed, split)
    place = get_args(Part).index(split)
    tasks = []
    for number, (kind, count) in enumerate(mixture.counts.items()):
        sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
        tasks += [(kind, size, (seed, number, index, place)) for index, size in enumerate(sizes)]
    # Started anew, not forked: TensorFlow's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with _off_the_import_path(), ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        parts = list(pool.map(make, *zip(*tasks, strict=True), repeat(split)))
    return parts, np.repeat([kind for kind, _, _ in tasks], [len(labels) for _, labels in parts])


@contextmanager
def _off_the_import_path() -> Iterator[None]:
    """Processes started within do not import from the current folder: it may hold a file named like a module."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        os.environ.pop("PYTHONSAFEPATH")
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before


def _check(seed: int, split: str) -> None:
    if seed < 0:
        raise SettingError(f"Expected a seed of 0 or more. Received: {seed}.", hint="0 is usual.")
    if split not in get_args(Part):
        raise SettingError(
            f"Expected a split of {', '.join(get_args(Part))}. Received: {split!r}.",
            hint="Each is a part of MNIST's training digits: nothing is made of the test split.",
        )


def _make_glyphs(kind: str, count: int, seed: Seed, split: Part) -> tuple[Glyphs, Labels]:
    """One chunk: pictures are rendered until `count` of them gave a glyph."""
    render = partial(RENDERERS[kind], Sources(split), np.random.default_rng(seed))
    glyphs, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    done = 0
    while done < count:
        gray, box, label = render()
        glyph = _glyph(gray, box, LEAST_OVERLAP_OF_SEVERAL if kind == "several" else LEAST_OVERLAP)
        if glyph is not None:
            glyphs[done], labels[done] = glyph, label
            done += 1
    return glyphs, labels


def _make_pictures(kind: str, count: int, seed: Seed, split: Part) -> tuple[list[Gray], Labels]:
    """One chunk of whole pictures."""
    render = partial(RENDERERS[kind], Sources(split), np.random.default_rng(seed))
    rendered = [render() for _ in range(count)]
    return [gray for gray, _, _ in rendered], np.array([label for _, _, label in rendered], np.uint8)


def _glyph(gray: Gray, box: Box | None, least_overlap: float) -> Glyph | None:
    """The glyph that preparation makes of a picture; None if it found nothing, or missed what is in `box`."""
    primary = find_candidates(gray).primary
    if primary is None or (box is not None and _overlap(primary.box, box) < least_overlap):
        return None
    return primary.glyph


def _overlap(found: Box, true: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    left, top = max(found[0], true[0]), max(found[1], true[1])
    right = min(found[0] + found[2], true[0] + true[2])
    bottom = min(found[1] + found[3], true[1] + true[3])
    shared = max(right - left, 0) * max(bottom - top, 0)
    return shared / (found[2] * found[3] + true[2] * true[3] - shared)
