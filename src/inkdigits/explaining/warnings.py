"""Warnings: what a picture is like and what the model said in, named warnings with what to do out.

A code is stable, for programs; its text is one or two sentences for people. It knows nothing of files or drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from inkdigits.explaining.nearest import Neighbour
from inkdigits.image.quality import Traits

Warned: TypeAlias = tuple[str, str]
"""A warning's code and its text."""

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

BLANK = ("blank", "No ink stands out from the paper. Take the picture closer, with more light or a darker pen.")

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


def warn_of_picture(traits: Traits, longer_side: int) -> Iterator[Warned]:
    """Warnings about how the picture was taken and drawn.

    Args:
        traits: Its measures.
        longer_side: Of the digit, pixels of the picture as it was taken.
    """
    if traits.shapes > 1:
        yield (
            "several_shapes",
            f"{traits.shapes} shapes stand apart, and only one digit is read. Cut the picture around one digit.",
        )
    if traits.contrast < FAINT:
        yield (
            "faint",
            f"The ink is only {traits.contrast:.0f} of 255 levels off the paper. Use a darker pen or more light.",
        )
    if traits.cut and not traits.lines:  # a line through the digit ends at the edges, and is no stroke of it
        edges = " and the ".join(traits.cut)
        yield "touches_edge", f"The digit ends at the {edges} edge and may be cut. Leave paper around it."
    if longer_side < SMALL:
        yield "too_small", f"The digit is only {longer_side} pixels long. Take the picture closer: 20 are needed."
    noisy = traits.grain > GRAINY or traits.specks > SPECKLED
    if not traits.lines and not noisy:  # neither lines nor holes say how wide the strokes are
        yield from _warn_of_pen(traits)
    if traits.blur > BLURRED:
        yield "blurred", "The strokes have no clear edge. Hold the camera still and let it focus."
    if noisy:
        yield "noisy_paper", "The paper is grainy or speckled. Use more light, plain paper and a darker pen."
    if traits.lines:
        yield "ruled_paper", "Straight lines run across the picture. Use plain paper, or cut between the lines."


def _warn_of_pen(traits: Traits) -> Iterator[Warned]:
    if 0 < traits.stroke < THIN:
        yield "thin_stroke", "The strokes are very thin for the digit's size. Use a thicker pen."
    if traits.stroke > THICK:
        yield "thick_stroke", "The strokes are so thick that gaps may have closed. Use a thinner pen, or write larger."


def warn_of_answer(
    ranked: Sequence[tuple[str, float]],
    turned: Sequence[tuple[int, str, float]],
    neighbours: Sequence[Neighbour],
    *,
    limit: float = 1.0,
) -> Iterator[Warned]:
    """Warnings about what the model said.

    Args:
        ranked: The ten digits and their probabilities, likeliest first; what is missing to 1 is no digit at all.
        turned: For each turn that the model would read, degrees counter-clockwise: the answer then and its probability.
        neighbours: The nearest training digits; none if there was nothing to compare with.
        limit: What is more probably no digit than this the model refuses, 0 to 1.
    """
    (answer, confidence), (second, runner_up) = ranked[:2]
    degrees, other, sure = max(turned, key=lambda turn: turn[2], default=(0, answer, 0.0))
    if confidence < UNSURE and sure >= SURE_TURNED:
        way = {90: "a quarter to the left", 180: "upside down", 270: "a quarter to the right"}[degrees]
        yield "turned", f"Turned {way} it would be {_a(other)}, {percent(sure)}. Turn the picture if that is right."
    if runner_up >= RUNNER_UP:
        known = LOOK_ALIKES.get((answer, second), "Write it again, more clearly.")
        yield "look_alike", f"It could also be {_a(second)}, {percent(runner_up)}. {known}"
    if neighbours and all(near.label != answer for near in neighbours):
        labels = ", ".join(near.label for near in neighbours)
        yield "unlike_training", f"The training digits most like this are {labels}. Check the answer yourself."
    elif neighbours and neighbours[0].distance > FAR:
        yield "unlike_training", "No training digit is much like this. Check the answer yourself."
    none = 1 - sum(probability for _, probability in ranked)
    if none >= NO_DIGIT or none > limit:
        refused = f": this model answers up to {percent(limit)}" if limit < none < NO_DIGIT else ""
        yield (
            "not_a_digit",
            f"It may be no digit, {percent(none)}{refused}. Check that the picture shows one digit and little else.",
        )


def _a(digit: str) -> str:
    return f"{'an' if digit == '8' else 'a'} {digit}"


def percent(share: float) -> str:
    """A probability as people read it; it never claims to be certain or impossible."""
    if share >= 0.9995:
        return "over 99.9 %"
    return "below 0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"
