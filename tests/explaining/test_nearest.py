import numpy as np
import pytest

from inkdigits.errors import DataError
from inkdigits.explaining.nearest import TrainingExamples


@pytest.fixture(scope="module")
def examples(mnist_test):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    return TrainingExamples(glyphs[:2000], labels[:2000])


def test_a_glyph_is_its_own_nearest(examples, mnist_test):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    for index in (0, 7, 1999):
        first, *others = examples.nearest(glyphs[index])
        assert first.label == str(labels[index])
        assert first.distance == pytest.approx(0, abs=1e-6)
        assert np.array_equal(first.glyph, glyphs[index])
        distances = [near.distance for near in others]
        assert len(others) == 4
        assert distances == sorted(distances)


def test_the_nearest_are_mostly_of_the_same_digit(examples, mnist_test):
    glyphs, labels = mnist_test.glyphs, mnist_test.labels
    right = sum(examples.nearest(glyphs[index], 1)[0].label == str(labels[index]) for index in range(2000, 2100))
    assert right >= 85


def test_the_strength_of_the_ink_does_not_matter(examples, mnist_test):
    glyph = mnist_test.glyphs[5]
    assert examples.nearest(glyph // 2)[0].distance == pytest.approx(0, abs=1e-3)


def test_a_small_set_gives_what_it_has():
    glyphs = np.full((2, 28, 28), 255, np.uint8)
    found = TrainingExamples(glyphs, np.array([3, 4])).nearest(glyphs[0])
    assert [near.label for near in found] == ["3", "4"]
    assert TrainingExamples(glyphs[:0], np.array([], int)).nearest(glyphs[0]) == ()


@pytest.mark.parametrize(
    ("glyphs", "labels"),
    [
        (np.zeros((2, 28, 20), np.uint8), np.zeros(2, int)),
        (np.zeros((2, 28, 28)), np.zeros(2, int)),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(3, int)),
    ],
)
def test_glyphs_and_labels_that_do_not_go_together_are_refused(glyphs, labels):
    with pytest.raises(DataError, match=r"Expected glyphs of shape \(N, 28, 28\), uint8, and N labels"):
        TrainingExamples(glyphs, labels)
