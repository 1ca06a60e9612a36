"""Chunks of a synthesis, each made of one seed: rendered pictures, or the glyphs that preparation makes of them."""

from __future__ import annotations

from functools import partial

import numpy as np

from inkdigits.data.dataset import Labels
from inkdigits.geometry import Box
from inkdigits.image.glyph import Glyph, Glyphs
from inkdigits.image.load import Gray
from inkdigits.layout.candidates import find_candidates
from inkdigits.synthesis.kinds import RENDERERS, Part, Sources

Seed = tuple[int, ...]

LEAST_OVERLAP = 0.5  # of the box found with the true one: less, and the glyph shows something else
LEAST_OVERLAP_OF_SEVERAL = 0.8  # less, and it may show a single digit


def make_glyphs(kind: str, count: int, seed: Seed, split: Part) -> tuple[Glyphs, Labels]:
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


def make_pictures(kind: str, count: int, seed: Seed, split: Part) -> tuple[list[Gray], Labels]:
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
