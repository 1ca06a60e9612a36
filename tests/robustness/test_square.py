import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.image.glyph import Glyphs
from inkdigits.robustness.square import square_attack


def leaning(glyphs: Glyphs) -> NDArray[np.float64]:
    """Says 1 where the upper left quarter is darker than half, else 0."""
    ink = glyphs[:, :14, :14].mean(axis=(1, 2)) / 255
    scores = np.full((len(glyphs), 10), -1e3)
    scores[:, 1], scores[:, 0] = ink - 0.5, 0.0
    return scores


def test_only_what_is_far_from_the_border_withstands() -> None:
    glyphs = np.stack([np.full((28, 28), 255 * ink // 100, np.uint8) for ink in (100, 90, 70, 60)])
    labels = np.ones(4, int)
    assert square_attack(leaning, glyphs, labels, 0.3, queries=300).tolist() == [True, True, False, False]


def test_no_pixel_changes_more_than_allowed_and_the_same_seed_asks_the_same() -> None:
    glyphs = np.full((3, 28, 28), 100, np.uint8)
    asked: list[Glyphs] = []

    def answer(some: Glyphs) -> NDArray[np.float64]:
        asked.append(some)
        return leaning(some)

    square_attack(answer, glyphs, np.zeros(3, int), 0.1, queries=20)
    once, asked[:] = asked[:], []
    square_attack(answer, glyphs, np.zeros(3, int), 0.1, queries=20)
    assert all(np.array_equal(a, b) for a, b in zip(once, asked, strict=True))
    assert {int(abs(some.astype(int) - 100).max()) for some in once[1:]} == {25}


@pytest.mark.parametrize("queries", [1, 5])
def test_what_is_read_wrong_from_the_start_withstands_nothing(queries: int) -> None:
    glyphs = np.full((2, 28, 28), 255, np.uint8)
    assert not square_attack(leaning, glyphs, np.zeros(2, int), 0.1, queries=queries).any()


def test_every_square_changes_something() -> None:
    glyphs = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
    asked: list[Glyphs] = []

    def answer(some: Glyphs) -> NDArray[np.float64]:
        asked.append(some.copy())
        return np.eye(10)[np.zeros(len(some), int)]  # never misled, never worse: the best stays the stripes

    square_attack(answer, glyphs, np.zeros(6, int), 0.1, queries=60)
    stripes = asked[1]
    assert all((tried != stripes).any(axis=(1, 2)).all() for tried in asked[2:])


def test_what_becomes_of_others_does_not_matter() -> None:
    """The second glyph meets the same squares whether the first falls at once or never."""
    glyphs = np.full((2, 28, 28), 120, np.uint8)
    asked: dict[int, list[Glyphs]] = {}
    for first_label in (0, 1):
        seen = asked.setdefault(first_label, [])

        def answer(some: Glyphs, seen: list[Glyphs] = seen) -> NDArray[np.float64]:
            seen.append(some[-1].copy())
            return np.eye(10)[np.zeros(len(some), int)]

        square_attack(answer, glyphs, np.array([first_label, 0]), 0.1, queries=30)
    assert len(asked[0]) == len(asked[1]) > 2
    assert all(np.array_equal(a, b) for a, b in zip(asked[0], asked[1], strict=True))
