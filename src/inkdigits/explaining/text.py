"""An explanation as text: the glyph beside the probabilities, then what decided, then the warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from inkdigits.explaining.warnings import percent
from inkdigits.image.glyph import Glyph
from inkdigits.names import printable

if TYPE_CHECKING:
    from inkdigits.explaining.explanation import Explanation

SHADES = " ░▒▓█"
PLAIN_SHADES = " .:*#"  # for encodings without blocks
BAR = 24  # characters of a probability of 1


def explanation_text(explanation: Explanation, *, encoding: str | None = "utf-8") -> str:
    """Describes an explanation for a terminal.

    Args:
        explanation: The explanation of any picture.
        encoding: That it will be written in: blocks are drawn with plain characters if it has none.
    """
    page = explanation.page
    answer = f"{explanation.answer}, {percent(explanation.probability)}, " if explanation.answer else ""
    status = page.status + (f" ({page.reason})" if page.reason else "")
    lines = [f"{printable(page.path or 'picture')}: {answer}{status}"]
    shades = SHADES if _can_encode(SHADES, encoding) else PLAIN_SHADES
    if explanation.glyph is not None:
        bars = ["", *_bars(explanation, shades[-1])]
        picture = _glyph_lines(explanation.glyph, shades)
        rows = [f"{left:28}  {bars[row] if row < len(bars) else ''}".rstrip() for row, left in enumerate(picture)]
        lines += [row for row in rows if row]
        lines += [_inputs(explanation)] if _inputs(explanation) else []
        lines.append(explanation.decisive_sentence)
    if explanation.nearest:
        labels = " ".join(near.label for near in explanation.nearest)
        near, far = explanation.nearest[0].distance, explanation.nearest[-1].distance
        lines.append(f"Nearest training digits: {labels} (distance {near:.2f} to {far:.2f}).")
    lines += [f"warning: {code}: {text}" for code, text in explanation.warnings]
    return "\n".join(lines) + "\n"


def _inputs(explanation: Explanation) -> str:
    """Which other inputs the answer is made of; empty if the glyph alone was classified."""
    counted = explanation.counted
    copies = sum(len(tried.prediction.copies) for tried in counted)
    parts = [f"{len(explanation.record.tried)} candidates tried"] if len(explanation.record.tried) > 1 else []
    if explanation.record.decision.combination == "best":
        parts.append(f"the best is {counted[0].candidate.origin!r}")
    if explanation.record.decision.combination == "mean":
        parts.append("their mean is the answer")
    if copies:
        parts.append(f"{copies} TTA copies averaged")
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _can_encode(characters: str, encoding: str | None) -> bool:
    try:
        characters.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _glyph_lines(glyph: Glyph, shades: str) -> list[str]:
    """The glyph in 14 rows of 28 characters: a character is about twice as high as wide."""
    levels = glyph.reshape(14, 2, 28).mean(axis=1)
    steps = np.ceil(levels / 255 * (len(shades) - 1) - 0.2).astype(int).clip(0)
    return ["".join(shades[step] for step in row) for row in steps]


def _bars(explanation: Explanation, block: str) -> Iterator[str]:
    for label, share in [*sorted(explanation.alternatives), ("no digit", explanation.not_a_digit)]:
        words = percent(share).replace("over", ">").replace("below", "<")
        yield f"{label:>8} {block * round(BAR * share):{BAR}} {words:>8}"
