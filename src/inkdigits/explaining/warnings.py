"""Warnings: the record of a reading in, named warnings with what to do out.

A code is stable, for programs; its text is one or two sentences for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from inkdigits.explaining.nearest import NearestExample
from inkdigits.image.quality import ImageQuality, assess_quality
from inkdigits.labels import CLASSES, NOT_A_DIGIT
from inkdigits.models.card import Threshold
from inkdigits.reading.record import Pixels, Record, Tried
from inkdigits.reading.result import Alternative


class ReadingWarning(NamedTuple):
    """What may mislead a reading, and what to do about it."""

    code: str
    text: str


class Turned(NamedTuple):
    """What the glyph would be read as if it were turned.

    Attributes:
        degrees: Counter-clockwise.
        answer: The digit then.
        probability: And its probability.
    """

    degrees: int
    answer: str
    probability: float


CODES = (
    "blank",
    "several_shapes",
    "faint",
    "touches_edge",
    "too_small",
    "thin_stroke",
    "thick_stroke",
    "blurred",
    "noisy_paper",
    "ruled_paper",
    "turned",
    "look_alike",
    "unlike_training",
    "not_a_digit",
)

FAINT = 40  # gray levels between strokes and paper
SMALL = 12  # pixels of the digit's longer side; MNIST's own have 20
THIN = 0.012  # of the digit's longer side; 66 pictures of 0.01 to 0.02 were all read rightly
THICK = 0.27
BLURRED = 0.4  # of the stroke's width
GRAINY = 0.12  # of the contrast
SPECKLED = 25  # more specks than these are no dust any more
RUNNER_UP = 0.05  # a second answer less likely than this is not worth a word
SURE_TURNED = 0.98  # a turned picture that is read this surely, where the upright one is not
UNSURE = 0.8  # the upright one
FAR = 0.22  # distance to the nearest training digit; of MNIST's test digits 1 in 200 is beyond 0.19
NO_DIGIT = 0.2  # probability that it is none

# What a rejected picture is warned of where nothing was measured that says why.
REASONS: dict[str, ReadingWarning] = {
    "blank": ReadingWarning(
        "blank", "No ink stands out from the paper. Take the picture closer, with more light or a darker pen."
    ),
    "too_small": ReadingWarning("too_small", "The digit has too few pixels. Take the picture closer: 20 are needed."),
    "low_contrast": ReadingWarning("faint", "The ink is hardly darker than the paper. Use a darker pen or more light."),
    "several": ReadingWarning("several_shapes", "There is more than one digit. Cut the picture around one digit."),
    "not_a_digit": ReadingWarning(
        "not_a_digit", "This is no digit. Check that the picture shows one digit and little else."
    ),
}

# What sets two digits apart, by the answer and the runner-up.
LOOK_ALIKES: dict[tuple[str, str], str] = {
    ("0", "2"): "A 0 whose ends cross at the bottom looks like a 2: close it at the top.",
    ("0", "6"): "A 0 with a tail at the top looks like a 6: close it without a tail.",
    ("0", "8"): "A 0 pinched in the middle looks like an 8: keep it round.",
    ("0", "9"): "A 0 with a tail at the bottom looks like a 9: close it without a tail.",
    ("1", "2"): "A 1 with a long foot looks like a 2: leave the foot out.",
    ("1", "4"): "A 1 with a long flag looks like a 4: keep the flag short.",
    ("1", "7"): "A 1 with a flag looks like a 7: keep the flag short.",
    ("2", "1"): "A narrow 2 looks like a 1: draw its foot wider.",
    ("2", "3"): "A 2 with a rounded foot looks like a 3: draw the foot straight.",
    ("2", "7"): "A 2 with a short foot looks like a 7: draw the foot wider.",
    ("3", "2"): "A 3 with a flat foot looks like a 2: round its lower half.",
    ("3", "5"): "A 3 with a flat top looks like a 5: round its upper half.",
    ("3", "8"): "A 3 that nearly closes looks like an 8: leave its left side open.",
    ("3", "9"): "A 3 whose upper half closes looks like a 9: leave it open.",
    ("4", "6"): "A 4 with a rounded, closed lower half looks like a 6: draw its bar straight.",
    ("4", "9"): "A 4 closed at the top looks like a 9: leave the top open.",
    ("5", "3"): "A 5 without its corner looks like a 3: draw the corner at the upper left.",
    ("5", "6"): "A 5 whose lower half closes looks like a 6: leave it open at the left.",
    ("5", "8"): "A 5 that closes looks like an 8: leave it open.",
    ("5", "9"): "A 5 whose hat closes looks like a 9: keep the hat apart.",
    ("6", "0"): "A 6 with a short tail looks like a 0: draw the tail longer.",
    ("6", "4"): "A 6 with a straight back looks like a 4: round it.",
    ("6", "5"): "A 6 that does not close looks like a 5: close its loop.",
    ("6", "8"): "A 6 whose tail curls in looks like an 8: leave its top open.",
    ("7", "1"): "A 7 with a short top looks like a 1: draw the top longer.",
    ("7", "2"): "A 7 with a foot looks like a 2: leave the foot out.",
    ("7", "9"): "A 7 whose top curls in looks like a 9: draw the top straight.",
    ("8", "3"): "An 8 that is open at the left looks like a 3: close both loops.",
    ("8", "9"): "An 8 with a narrow lower loop looks like a 9: draw the loop wider.",
    ("9", "4"): "A 9 open at the top looks like a 4: close its loop.",
    ("9", "7"): "A 9 with a flat, open loop looks like a 7: close its loop.",
    ("9", "8"): "A 9 whose tail curls in looks like an 8: draw the tail straight.",
}


def warn_of(
    record: Record,
    pixels: Pixels,
    turned: Sequence[Turned],
    nearest: Sequence[NearestExample],
    not_a_digit_threshold: Threshold,
) -> tuple[ReadingWarning, ...]:
    """Warnings about a reading.

    Args:
        record: How the picture was read.
        pixels: Its picture.
        turned: For each turn of the glyph that is accepted as a digit, what it would be read as.
        nearest: The nearest training examples; none if there was nothing to compare with.
        not_a_digit_threshold: Above this probability of a non-digit a reading is doubted: one number, or one per digit.
    """
    found: list[ReadingWarning] = []
    chosen, row = record.chosen, record.decision.probabilities
    if chosen is not None and row is not None:
        found += warn_of_picture(measure(chosen, record, pixels), max(chosen.candidate.box[2:]))
        order = sorted(range(CLASSES), key=lambda label: -row[label])
        ranked = [Alternative(str(label), float(row[label])) for label in order]
        limit = float(np.broadcast_to(not_a_digit_threshold, CLASSES)[order[0]])
        found += warn_of_answer(ranked, float(row[NOT_A_DIGIT]), turned, nearest, threshold=limit)
    reason = REASONS.get(record.decision.reason or "")
    if reason is not None and reason.code not in (one.code for one in found):
        found.insert(0, reason)
    return tuple(found)


def measure(chosen: Tried, record: Record, pixels: Pixels) -> ImageQuality:
    """Measures the picture in which a candidate was found; rulings that the reading coped with are no longer there."""
    seen, work = chosen.candidate, pixels.work
    ink = work.bare if seen.unruled else work.ink
    if seen.origin == "lit evenly":  # all else that stands out may be a shadow
        ink = record.ink
    quality = assess_quality(work.gray, ink, seen.component.box)
    handled = seen.unruled or record.decision.status == "ok"
    return replace(quality, lines=0) if handled else quality


def warn_of_picture(quality: ImageQuality, longer_side: int) -> Iterator[ReadingWarning]:
    """Warnings about how the picture was taken and drawn.

    Args:
        quality: Its measures.
        longer_side: The digit's longer side, pixels of the picture as it was taken.
    """
    if quality.shapes > 1:
        yield ReadingWarning(
            "several_shapes",
            f"{quality.shapes} shapes stand apart, and only one digit is read. Cut the picture around one digit.",
        )
    if quality.contrast < FAINT:
        yield ReadingWarning(
            "faint",
            f"The ink is only {quality.contrast:.0f} of 255 levels off the paper. Use a darker pen or more light.",
        )
    if quality.cut and not quality.lines:  # a line through the digit ends at the edges, and is no stroke of it
        edges = " and the ".join(quality.cut)
        yield ReadingWarning(
            "touches_edge", f"The digit ends at the {edges} edge and may be cut. Leave paper around it."
        )
    if longer_side < SMALL:
        yield ReadingWarning(
            "too_small", f"The digit is only {longer_side} pixels long. Take the picture closer: 20 are needed."
        )
    noisy = quality.grain > GRAINY or quality.specks > SPECKLED
    if not quality.lines and not noisy:  # neither lines nor holes say how wide the strokes are
        yield from _warn_of_pen(quality)
    if quality.blur > BLURRED:
        yield ReadingWarning("blurred", "The strokes have no clear edge. Hold the camera still and let it focus.")
    if noisy:
        yield ReadingWarning(
            "noisy_paper", "The paper is grainy or speckled. Use more light, plain paper and a darker pen."
        )
    if quality.lines:
        yield ReadingWarning(
            "ruled_paper", "Straight lines run across the picture. Use plain paper, or cut between the lines."
        )


def _warn_of_pen(quality: ImageQuality) -> Iterator[ReadingWarning]:
    if 0 < quality.stroke < THIN:
        yield ReadingWarning("thin_stroke", "The strokes are very thin for the digit's size. Use a thicker pen.")
    if quality.stroke > THICK:
        yield ReadingWarning(
            "thick_stroke", "The strokes are so thick that gaps may have closed. Use a thinner pen, or write larger."
        )


def warn_of_answer(
    ranked: Sequence[Alternative],
    not_a_digit: float,
    turned: Sequence[Turned],
    nearest: Sequence[NearestExample],
    *,
    threshold: float = 1.0,
) -> Iterator[ReadingWarning]:
    """Warnings about what the model predicted.

    Args:
        ranked: Digits and their probabilities, most probable first.
        not_a_digit: Probability of a non-digit.
        turned: For each turn of the glyph that is accepted as a digit, what it would be read as.
        nearest: The nearest training examples; none if there was nothing to compare with.
        threshold: Above this probability of a non-digit a reading is doubted, 0 to 1.
    """
    (answer, probability), (second, runner_up) = ranked[:2]
    best = max(turned, key=lambda turn: turn.probability, default=Turned(0, answer, 0.0))
    if probability < UNSURE and best.probability >= SURE_TURNED:
        way = {90: "a quarter to the left", 180: "upside down", 270: "a quarter to the right"}[best.degrees]
        yield ReadingWarning(
            "turned",
            f"Turned {way} it would be {_a(best.answer)}, {percent(best.probability)}. "
            "Turn the picture if that is right.",
        )
    if runner_up >= RUNNER_UP:
        known = LOOK_ALIKES.get((answer, second), "Write it again, more clearly.")
        yield ReadingWarning("look_alike", f"It could also be {_a(second)}, {percent(runner_up)}. {known}")
    if nearest and all(near.label != answer for near in nearest):
        labels = ", ".join(near.label for near in nearest)
        yield ReadingWarning(
            "unlike_training", f"The training digits most like this are {labels}. Check the answer yourself."
        )
    elif nearest and nearest[0].distance > FAR:
        yield ReadingWarning("unlike_training", "No training digit is much like this. Check the answer yourself.")
    if not_a_digit >= NO_DIGIT or not_a_digit > threshold:
        limit = f": this model accepts up to {percent(threshold)}" if threshold < not_a_digit < NO_DIGIT else ""
        yield ReadingWarning(
            "not_a_digit",
            f"It may be no digit, {percent(not_a_digit)}{limit}. "
            "Check that the picture shows one digit and little else.",
        )


def _a(digit: str) -> str:
    return f"{'an' if digit == '8' else 'a'} {digit}"


def percent(share: float) -> str:
    """A probability as people read it; it never claims to be certain or impossible."""
    if share >= 0.9995:
        return "over 99.9 %"
    return "below 0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"
