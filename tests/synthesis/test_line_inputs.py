import numpy as np

from inkdigits.layout.line import LineCandidate
from inkdigits.synthesis.line_inputs import choose_candidate, make_input
from inkdigits.synthesis.lines import Line

GRAY = np.zeros((60, 200), np.uint8)


def candidates(*boxes):
    return tuple(LineCandidate("band", GRAY, box) for box in boxes)


def test_of_the_candidates_that_hold_the_line_the_lowest_is_chosen():
    line = Line(GRAY, "12", (), (50, 20, 40, 20))
    missing, tight, whole = candidates((50, 20, 20, 20), (45, 15, 60, 30), (0, 0, 200, 60))
    assert choose_candidate(line, (missing, whole, tight)) is tight
    assert choose_candidate(line, (missing,)) is None


def test_the_first_candidate_stands_for_a_blank_line():
    first, second = candidates((0, 0, 200, 60), (10, 10, 20, 20))
    assert choose_candidate(Line(GRAY, ""), (first, second)) is first


def test_inputs_are_the_same_again_and_most_lines_give_one():
    made = [make_input(index, seed=21) for index in range(100)]
    kept = [each for each in made if each is not None]
    assert len(kept) >= 88
    assert all(rows.shape[0] == 32 and rows.dtype == np.uint8 for rows, _ in kept)
    again = make_input(40, seed=21)
    assert (again is None) == (made[40] is None)
    if again is not None:
        np.testing.assert_array_equal(again[0], made[40][0])
        assert again[1] == made[40][1]
    assert make_input(next(i for i, each in enumerate(made) if each), seed=21, height=40)[0].shape[0] == 40
