"""The pen: strokes in, ink out."""

from dataclasses import replace

import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.image.glyph import to_glyph
from inkdigits.synthesis.curve import smooth
from inkdigits.synthesis.pen import FLOWS, HEIGHTS, MARGIN, RIMS, TIPS, Pen, choose_pen, draw, draw_in_place

SIX = smooth([(0.5, 0), (0.2, 0.2), (0, 0.6), (0.1, 0.9), (0.3, 1), (0.5, 0.8), (0.3, 0.6), (0.05, 0.75)])


def generator(seed=0):
    return np.random.default_rng(seed)


def plain_pen(**settings):
    usual = Pen(tip="round", flow="even", width=0.06, change=0.0, taper=0.0, angle=-0.8, wash=0.0)
    return replace(usual, **settings)


def test_ink_is_full_somewhere_and_has_a_margin_of_paper():
    for seed in range(60):
        ink = draw((SIX,), generator(seed))
        assert ink.dtype == np.uint8
        assert ink.max() > 200
        paper = ink.copy()
        paper[MARGIN:-MARGIN, MARGIN:-MARGIN] = 0
        assert not paper.any()


def test_the_height_is_that_asked_for_and_else_within_its_range():
    thin = [draw((SIX,), generator(seed), height=60).shape[0] - 2 * MARGIN for seed in range(30)]
    assert all(56 <= height <= 60 * 1.3 for height in thin)
    chosen = [draw((SIX,), generator(seed)).shape[0] for seed in range(60)]
    assert min(chosen) < 40
    assert max(chosen) > 90
    assert max(chosen) < HEIGHTS[1] * 1.4


def test_the_same_generator_draws_the_same_ink():
    first, again, other = (draw((SIX,), generator(seed)).tobytes() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_wider_pen_leaves_more_ink():
    areas = []
    for width in (0.03, 0.06, 0.12):
        ink = draw((SIX,), generator(), height=100, pen=plain_pen(width=width))
        areas.append(int((ink > 127).sum()))
    assert areas[0] * 1.5 < areas[1] < areas[2] / 1.5


def test_a_chisel_is_wide_across_its_edge_and_narrow_along_it():
    pen = plain_pen(tip="chisel", angle=0.0, width=0.12)
    down = draw((smooth([(0, 0), (0, 1)]),), generator(), height=100, pen=pen)
    across = draw((smooth([(0, 0), (1, 0)]),), generator(), height=100, pen=pen)
    assert down.shape[1] > 1.5 * across.shape[0]


def test_a_pointed_nib_spreads_on_the_way_down():
    pen = plain_pen(tip="pointed", width=0.1)
    down, up = (draw((smooth(way),), generator(), height=100, pen=pen) for way in ([(0, 0), (0, 1)], [(0, 1), (0, 0)]))
    assert down.shape[1] > 1.4 * up.shape[1]


def test_a_brush_begins_and_ends_thinly():
    pen = plain_pen(tip="brush", width=0.15, taper=0.3)
    ink = draw((smooth([(0, 0), (0, 1)]),), generator(), height=100, pen=pen) > 127
    widths = ink.sum(axis=1)
    assert widths[MARGIN + 3] < 0.7 * widths.max()


def test_an_outline_has_the_same_edge_as_a_filled_stroke_and_paper_inside():
    line = smooth([(0, 0), (0, 1)])
    filled, hollow = (
        draw((line,), generator(), height=100, pen=plain_pen(width=0.2, rim=rim)) > 127 for rim in (0, 0.03)
    )
    assert hollow.shape == filled.shape
    rows = slice(MARGIN + 20, -MARGIN - 20)
    assert filled[rows].sum(axis=1).mean() == pytest.approx(20, abs=1)
    assert hollow[rows].sum(axis=1).mean() == pytest.approx(2 * 3, abs=1)
    assert np.array_equal(hollow[rows, : MARGIN + 2], filled[rows, : MARGIN + 2])
    middle = filled.shape[1] // 2
    assert not hollow[rows, middle - 4 : middle + 4].any()
    assert hollow[: MARGIN + 3, middle].any()  # closed at its end
    assert hollow[-MARGIN - 3 :, middle].any()


@pytest.mark.parametrize("flow", ["pencil", "dry", "skipping"])
def test_ink_that_does_not_flow_evenly_is_lighter(flow):
    even = draw((SIX,), generator(2), height=100, pen=plain_pen(width=0.1))
    uneven = draw((SIX,), generator(2), height=100, pen=plain_pen(width=0.1, flow=flow))
    assert uneven[uneven > 0].mean() < even[even > 0].mean() - 4


def test_a_pencil_leaves_grain_within_a_stroke():
    line = smooth([(0, 0), (0, 1)])
    jumps = []
    for flow in ("skipping", "pencil"):
        ink = draw((line,), generator(1), height=100, pen=plain_pen(width=0.15, flow=flow))
        jumps.append(np.abs(np.diff(ink[:, 10].astype(int))).mean())
    assert jumps[1] > jumps[0] + 10


def test_a_pen_that_covers_its_own_line_is_changed_for_a_thinner_one():
    single, narrow_loop = smooth([(0, 0), (0, 1)]), smooth([(0, 0), (-0.02, 0.5), (0, 1), (0.02, 0.5), (0, 0)])
    line, loop = (draw((way,), generator(), height=100, pen=plain_pen(width=0.18)) for way in (single, narrow_loop))
    assert loop.shape[1] < 0.9 * line.shape[1]


def test_a_dot_is_drawn():
    dot = draw((np.array([[0.0, 0.0]]),), generator(), height=60)
    assert to_glyph(dot).any()


def test_no_strokes_and_no_height_are_refused():
    with pytest.raises(SettingError, match="Received: 0 strokes"):
        draw((), generator())
    with pytest.raises(SettingError, match="Leave height out"):
        draw((SIX,), generator(), height=3)


def test_pens_are_of_all_kinds():
    pens = [choose_pen(generator(seed)) for seed in range(400)]
    assert {pen.tip for pen in pens} == set(TIPS)
    assert {pen.flow for pen in pens} == set(FLOWS)
    assert 0.02 < np.mean([pen.rim > 0 for pen in pens]) < 0.09
    assert all(RIMS[0] <= pen.rim <= RIMS[1] < pen.width / 2 for pen in pens if pen.rim)
    widths = [pen.width for pen in pens]
    assert min(widths) < 0.03
    assert max(widths) > 0.16
    assert sum(TIPS.values()) == pytest.approx(1)
    assert sum(FLOWS.values()) == pytest.approx(1)


PEN = Pen(tip="round", flow="even", width=0.1, change=0.0, taper=0.0, angle=0.0, wash=0.0)


def test_strokes_in_place_stay_where_they_are():
    stroke = np.linspace((1.0, 0.5), (2.0, 0.5), 20)
    ink = draw_in_place((stroke,), np.random.default_rng(0), height=20, pen=PEN, size=(20, 60))
    rows, columns = np.nonzero(ink > 128)
    assert ink.shape == (20, 60)
    assert abs(rows.mean() - 9.5) < 1
    assert abs(columns.min() - 20) <= 2
    assert abs(columns.max() - 40) <= 2


def test_strokes_in_place_are_cut_off_at_the_edge():
    stroke = np.linspace((-1.0, 0.5), (9.0, 0.5), 20)
    ink = draw_in_place((stroke,), np.random.default_rng(0), height=20, pen=PEN, size=(20, 60))
    assert (ink[9:11] > 128).all()
