"""One variation model over every character: what each of its settings does, and that 0 switches it off."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.notation import load_skeletons, parse
from inkdigits.synthesis.pen import WIDTHS
from inkdigits.synthesis.writer import BLEND, Variation, write

EXACT = Variation(jitter=0.0, density=30, least=8)
"""Nothing varies but the modes and the choice of a variant."""


def rng(seed=0):
    return np.random.default_rng(seed)


def character(lines):
    return parse(f"[x]\n{lines}")["x"]


def writings(lines, variation=EXACT, count=100, **options):
    generator = rng()
    return [write(character(lines), generator, variation, **options) for _ in range(count)]


def bends(stroke):
    """The angles between the steps of a stroke, in radians."""
    steps = np.diff(stroke, axis=0)
    steps = steps[np.hypot(*steps.T) > 1e-9]
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    return np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi)


def test_without_variation_a_skeleton_is_its_curve():
    for strokes in writings("  0,0 0,100 | 0,50 60,50", count=3):
        assert strokes[0][[0, -1]].tolist() == [[0, 0], [0, 1]]
        assert strokes[1][[0, -1]].tolist() == [[0, 0.5], [0.6, 0.5]]


def test_one_writing_goes_a_part_of_the_way_to_each_mode():
    starts = np.array([strokes[0][0] for strokes in writings("  0,0 0,100\n  ~ 100,0 0,100\n  ~ 0,-40 0,100")])
    for place, far in zip(starts.T, (1, -0.4), strict=True):
        share = place / far
        assert share.min() == pytest.approx(-0.05, abs=0.05)
        assert share.max() == pytest.approx(1.1, abs=0.05)
        assert share.std() > 0.25  # 0.29 if all were equally common
    assert abs(np.corrcoef(starts.T)[0, 1]) < 0.4  # each mode for itself


def test_jitter_moves_each_point_and_a_variant_may_have_its_own():
    for lines, expected in (("  0,0 50,50 100,100", 0.02), ("own: 1, jitter 0.05\n  0,0 50,50 100,100", 0.05)):
        ends = np.array([strokes[0][-1] for strokes in writings(lines, replace(EXACT, jitter=0.02), 400)])
        assert ends.std(axis=0) == pytest.approx([expected] * 2, rel=0.15)  # 4 standard errors at n = 400


def test_care_makes_some_writings_steadier_than_others():
    zigzag = "  " + " ".join(f"{10 * index},{index % 2}" for index in range(40))
    steady, varied = (
        np.array([strokes[0][:, 1].std() for strokes in writings(zigzag, replace(EXACT, jitter=0.02, care=care))])
        for care in (0.0, 0.4)
    )
    assert varied.std() > 2 * steady.std()


def test_drift_moves_strokes_after_the_first():
    drifting = replace(EXACT, drift=0.1)
    first, second = (
        np.array([strokes[index][0] for strokes in writings("  0,0 0,100 | 0,100 50,100", drifting)])
        for index in (0, 1)
    )
    assert not first.any()
    assert second.std(axis=0) == pytest.approx([0.1, 0.1], rel=0.3)
    still = writings("own: 1, drift 0.0\n  0,0 0,100 | 0,100 50,100", drifting)
    assert all(strokes[1][0].tolist() == [0, 1] for strokes in still)


def test_proportion_moves_the_waist_and_keeps_top_and_bottom():
    heights = [strokes[0][:, 1] for strokes in writings("  0,0 0,50! 0,100", replace(EXACT, proportion=0.1), 400)]
    assert {(line[0], line[-1]) for line in heights} == {(0, 1)}
    waists = [float(line[:-1][np.diff(line) == 0][0]) for line in heights]  # the corner is a point given twice
    assert np.std(waists) == pytest.approx(0.1 * 0.5 * np.log(2), rel=0.2)  # the slope of 0.5 ** exp(t) at t = 0


def test_an_exclamation_mark_is_a_corner_and_angular_writers_make_more():
    bend = "  0,0 50,0 50,50 100,50 100,100"
    (smooth,), (sharp,) = (writings(lines, count=1)[0] for lines in (bend, bend.replace("50,0 ", "50,0! ")))
    assert bends(smooth).max() < 0.6
    assert (bends(sharp) > 1.2).sum() == 1
    angular = writings(bend, replace(EXACT, angular=1.0), 50)
    assert np.mean([(bends(strokes[0]) > 1.2).any() for strokes in angular]) > 0.7


def test_variants_come_by_their_weights_and_without_weights_equally_often():
    for lines, share in (("a: 3\n  0,0 1,1\nb: 1\n  0,0 1,1 | 2,2 3,3", 0.25), ("  0,0 1,1\n  0,0 1,1 | 2,2 3,3", 0.5)):
        double = sum(len(strokes) == 2 for strokes in writings(lines, count=800))
        assert abs(double - 800 * share) < 4 * np.sqrt(800 * share * (1 - share))


def test_a_variant_may_be_named():
    assert all(len(w) == 2 for w in writings("a: 3\n  0,0 1,1\nb: 1\n  0,0 1,1 | 2,2 3,3", variant="b"))
    with pytest.raises(SettingError, match="Received: 'c'. There are: a, b"):
        writings("a: 3\n  0,0 1,1\nb: 1\n  0,0 1,1 | 2,2 3,3", variant="c")


def test_some_writings_stand_between_two_variants():
    lines = "  0,0 0,100\n  100,0 100,50 100,100"
    apart = {float(strokes[0][0, 0]) for strokes in writings(lines)}
    assert apart == {0, 1}
    blended = np.array([strokes[0][0, 0] for strokes in writings(lines, replace(EXACT, blend=1.0))])
    shares = np.minimum(np.abs(blended), np.abs(1 - blended))
    assert len(set(blended.tolist())) == 100
    assert BLEND[0] <= min(blended.min(), 1 - blended.max()) < 0
    assert shares.max() <= 0.5
    assert len({float(strokes[0][0, 0]) for strokes in writings(lines, replace(EXACT, blend=0.6))} & {0.0, 1.0}) == 2


@pytest.mark.parametrize("lines", ["  0,0 1,1\n  0,0 1,1 | 2,2 3,3", "  @50,50,40,50\n  @50,50,20,50"])
def test_variants_of_other_strokes_or_with_rings_are_not_blended(lines):
    alone, blended = (writings(lines, replace(EXACT, blend=share), count=1)[0] for share in (0.0, 1.0))
    assert all(np.array_equal(one, two) for one, two in zip(alone, blended, strict=True))


def test_overshoot_moves_the_ends_along_the_stroke_and_hooks_add_a_point():
    loose = replace(EXACT, overshoot=0.05, drift=0.1)
    ends = np.array([strokes[0][-1] for strokes in writings("  0,0 0,100", loose, 300)])
    assert not ends[:, 0].any()
    assert ends[:, 1].std() == pytest.approx(0.05, rel=0.2)
    plain = len(writings("  0,0 0,100", loose, 1)[0][0])
    hooked = [len(strokes[0]) - plain for strokes in writings("  0,0 0,100", replace(loose, hooks=0.1), 400)]
    assert set(hooked) == {0, 1}
    assert abs(sum(hooked) - 80) < 4 * np.sqrt(400 * 0.2 * 0.8)  # 0.1 at each of two ends


def test_a_ring_is_closed_and_drawn_in_either_direction():
    turns = set()
    for (ring,) in writings("  @50,50,60,40", count=40):
        assert np.hypot(*(ring - ring[0])[-3:].T).min() < 0.2
        assert np.ptp(ring, axis=0) == pytest.approx([1.2, 0.8], abs=0.06)
        x, y = (ring - 0.5).T
        turns.add(bool((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() > 0))
    assert turns == {True, False}


def test_the_finest_pen_fills_a_dot():
    ((dot,),) = writings("  *50,50,9", count=1)
    middle, radius = (dot.min(axis=0) + dot.max(axis=0)) / 2, np.ptp(dot[:, 0]) / 2
    places = [start + share * (end - start) for start, end in pairwise(dot) for share in np.linspace(0, 1, 9)]
    for distance in np.linspace(0, 0.95 * radius, 8):
        for angle in np.linspace(0, 6, 12):
            inside = middle + distance * np.array([np.cos(angle), np.sin(angle)])
            assert np.hypot(*(np.array(places) - inside).T).min() < WIDTHS[0] / 2


def test_the_same_generator_writes_the_same_and_another_writes_another():
    variation = replace(EXACT, jitter=0.02, blend=0.6, drift=0.01)
    for letter in load_skeletons("greek").values():
        first, again, other = (np.concatenate(write(letter, rng(seed), variation)) for seed in (3, 3, 4))
        assert first.tobytes() == again.tobytes()
        assert first.tobytes() != other.tobytes()
