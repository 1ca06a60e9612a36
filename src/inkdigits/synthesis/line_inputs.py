"""Training inputs of lines: a seed and an index in, a synthesized line as preparation gives it and its label out."""

from __future__ import annotations

from inkdigits.geometry import Box
from inkdigits.layout.line import LINE_HEIGHT, LineCandidate, Rows, find_line_candidates
from inkdigits.synthesis.kinds import Part
from inkdigits.synthesis.line_settings import LineSettings
from inkdigits.synthesis.lines import Line, make_line

LEAST_COVERED = 0.9  # of the line's true box: a candidate that holds less misses a character


def make_input(
    index: int, *, seed: int, settings: LineSettings | None = None, split: Part = "training", height: int = LINE_HEIGHT
) -> tuple[Rows, str] | None:
    """Makes one line and prepares it as a user's picture.

    Args:
        index: Which line of the seed, 0 or more.
        seed: 0 or more.
        settings: How common each ingredient is; the usual ones if None.
        split: Which part of MNIST's training digits is used.
        height: Rows of the result.

    Returns:
        Rows of shape `(height, W)`, uint8, and the label; None if no candidate holds the line.

    Raises:
        SettingError: `seed` or `index` is below 0.

    Example:
        >>> made = make_input(0, seed=1)
        >>> made is None or made[0].shape[0]
        32
    """
    line = make_line(index, seed=seed, settings=settings, split=split)
    candidate = choose_candidate(line, find_line_candidates(line.gray))
    return None if candidate is None else (candidate.rows(height=height), line.label)


def choose_candidate(line: Line, candidates: tuple[LineCandidate, ...]) -> LineCandidate | None:
    """Chooses the candidate that shows a line best.

    Args:
        line: A synthesized line.
        candidates: What `find_line_candidates` found in its picture.

    Returns:
        The candidate with the fewest rows among those that hold the line; the first if the line's place is unknown;
        None if no candidate holds it.
    """
    if line.box is None:
        return candidates[0]
    true = line.box
    holding = [each for each in candidates if _covered(true, each.box) >= LEAST_COVERED]
    return min(holding, key=lambda each: each.box[3], default=None)


def _covered(true: Box, found: Box) -> float:
    """Share of the true box that lies in the one found."""
    width = min(true[0] + true[2], found[0] + found[2]) - max(true[0], found[0])
    height = min(true[1] + true[3], found[1] + found[3]) - max(true[1], found[1])
    return max(width, 0) * max(height, 0) / max(true[2] * true[3], 1)
