import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import validation_split
from inkdigits.errors import SettingError
from inkdigits.image.glyph import crop
from inkdigits.labels import NOT_A_DIGIT
from inkdigits.layout.digit import prepare_digit
from inkdigits.synthesis import synthesize as module
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.symbols import symbol_names
from inkdigits.synthesis.synthesize import synthesize

DIGITS = ("scenes", "written", "printed", "plain")
REFUSED = ("symbols", "letters", "scribbles", "several", "turned", "textures")
MIXTURE = Mixture(scenes=13, written=5, symbols=4, textures=1)
SMALLER = Mixture(scenes=7, written=5, symbols=2)


def rng(seed=0):
    return np.random.default_rng(seed)


def make(kind, count=8, *, seed=(1, 2), split="train"):
    """One chunk, made in this process."""
    return module._make(kind, count, seed, split)


@pytest.fixture(scope="module")
def sources():
    return {split: module._Sources(split) for split in ("train", "validation")}


@pytest.fixture(scope="module")
def made():
    """`MIXTURE` of chunks of 5 in two processes, and `SMALLER` in one; that starts three, which takes a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", 5)
        patch.setattr(module, "WORKERS", 2)
        larger = synthesize(MIXTURE, seed=3)
        patch.setattr(module, "WORKERS", 1)
        return larger, synthesize(SMALLER, seed=3)


def test_a_synthesis_has_the_counts_kinds_and_types_that_were_asked_for(made):
    glyphs, labels, kinds = made[0]
    assert glyphs.shape == (23, 28, 28)
    assert glyphs.dtype == labels.dtype == np.uint8
    assert kinds.tolist() == ["scenes"] * 13 + ["written"] * 5 + ["symbols"] * 4 + ["textures"]
    assert (labels[:18] < 10).all()
    assert (labels[18:] == NOT_A_DIGIT).all()


def test_processes_only_share_the_work(made):
    glyphs, labels, _ = made[0]
    places = list(MIXTURE.counts)
    chunks = [("scenes", 5), ("scenes", 5), ("scenes", 3), ("written", 5), ("symbols", 4), ("textures", 1)]
    numbers = [0, 1, 2, 0, 0, 0]  # of the chunks of each kind
    parts = [
        make(kind, size, seed=(3, places.index(kind), number, False))
        for (kind, size), number in zip(chunks, numbers, strict=True)
    ]
    np.testing.assert_array_equal(glyphs, np.concatenate([part for part, _ in parts]))
    np.testing.assert_array_equal(labels, np.concatenate([part for _, part in parts]))


def test_of_each_kind_a_larger_mixture_begins_with_the_glyphs_of_a_smaller(made):
    (larger, labels, kinds), (smaller, few, names) = made
    for kind, count in SMALLER.counts.items():
        np.testing.assert_array_equal(larger[kinds == kind][:count], smaller[names == kind])
        np.testing.assert_array_equal(labels[kinds == kind][:count], few[names == kind])


def test_chunks_differ(made):
    glyphs = made[0][0]
    assert not np.array_equal(glyphs[:5], glyphs[5:10])


@pytest.mark.parametrize("kind", DIGITS + REFUSED)
def test_every_kind_makes_glyphs_with_ink_and_its_labels(kind):
    glyphs, labels = make(kind)
    assert glyphs.shape == (8, 28, 28)
    assert (glyphs.max(axis=(1, 2)) > 100).all()
    assert len({glyph.tobytes() for glyph in glyphs}) == 8
    assert (labels == NOT_A_DIGIT).all() if kind in REFUSED else (labels < 10).all()


@pytest.mark.parametrize("kind", DIGITS)
def test_digits_of_all_ten_classes_come(kind):
    assert len(set(make(kind, 80)[1].tolist())) == 10


@pytest.mark.parametrize("kind", ["scenes", "letters"])
def test_the_seed_decides(kind):
    first, again, other = (make(kind, seed=seed)[0] for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_split_draws_from_its_own_part_of_the_training_digits(sources):
    dataset = load_mnist("train")
    chosen, held_out = validation_split(dataset.labels)
    np.testing.assert_array_equal(sources["train"].glyphs, dataset.glyphs[chosen])
    np.testing.assert_array_equal(sources["validation"].glyphs, dataset.glyphs[held_out])
    parts = {
        split: {(crop(glyph).tobytes(), int(label)) for glyph, label in zip(source.glyphs, source.labels, strict=True)}
        for split, source in sources.items()
    }
    generator = rng()
    drawn = {(ink.tobytes(), label) for ink, label in (sources["validation"].mnist(generator) for _ in range(300))}
    assert drawn <= parts["validation"]
    assert not drawn & parts["train"]


@pytest.mark.parametrize("kind", ["scenes", "several", "turned"])
def test_the_split_decides_over_the_digits_of_a_chunk(kind):
    train, validation = (make(kind, split=split)[0] for split in ("train", "validation"))
    assert not np.array_equal(train, validation)


def test_a_digit_shows_its_label(sources):
    fonts = module.load_handwriting()
    for seed in range(20):
        ink, label = sources["train"].printed(rng(seed))
        index = rng(seed).choice(fonts.indices_of("0123456789"))
        assert fonts.characters[index] == str(label)
        assert crop(ink).shape == ink.shape


def test_nothing_is_refused_that_a_person_may_take_for_a_digit():
    indices, characters, _ = module._characters(digits=False)
    taught = {characters[index] for index in indices}
    assert not taught & set("0123456789oOlISsZzBqgb|")
    assert {"A", "x", "?"} <= taught
    assert set(module._refused_symbols()) == {*symbol_names(), "greek-delta", "greek-zeta"}


def test_greek_letters_are_refused_more_often_than_others():
    names = module._refused_symbols()
    greek, others = ({name for name in names if name.startswith("greek-") is is_greek} for is_greek in (True, False))
    assert min(map(names.count, greek)) >= 2
    assert max(map(names.count, others)) == 1


@pytest.mark.parametrize(
    ("found", "overlap"),
    [((10, 20, 30, 40), 1), ((25, 20, 30, 40), 1 / 3), ((10, 20, 15, 20), 1 / 4), ((10, 20, 60, 40), 1 / 2),
     ((40, 20, 30, 40), 0), ((10, 60, 30, 40), 0)],
)  # fmt: skip
def test_overlap_is_intersection_over_union(found, overlap):
    assert module._overlap(found, (10, 20, 30, 40)) == pytest.approx(overlap)
    assert module._overlap((10, 20, 30, 40), found) == pytest.approx(overlap)


def test_a_picture_is_left_out_if_it_is_blank_or_shows_something_else():
    gray = np.full((60, 60), 230, np.uint8)
    assert module._glyph(gray, None, 0.5) is None
    gray[20:40, 28:33] = 20
    assert module._glyph(gray, None, 0.5).shape == (28, 28)
    assert module._glyph(gray, (28, 20, 5, 20), 0.5) is not None
    assert module._glyph(gray, (5, 20, 5, 20), 0.5) is None


def test_several_digits_stand_side_by_side_in_their_box(sources):
    wide = []
    for seed in range(20):
        gray, (left, top, width, height), label = module._paint_several(sources["train"], rng(seed))
        assert label == NOT_A_DIGIT
        assert 0 <= left <= left + width <= gray.shape[1]
        assert 0 <= top <= top + height <= gray.shape[0]
        wide.append(width / height)
    assert np.median(wide) > 1.3


class Source:
    """Gives bars of 30 x 6 for the digits 0, 1, 8 and 7."""

    def __init__(self):
        self.labels = iter((0, 1, 8, 7))

    def any_digit(self, _rng):
        return np.full((30, 6), 255, np.uint8), next(self.labels)


def test_a_turned_digit_lies_and_is_one_that_has_another_shape_then():
    lying = []
    for seed in range(20):
        source = Source()
        gray, box, label = module._paint_turned(source, rng(seed))
        assert box[2] > box[3]
        assert label == NOT_A_DIGIT
        assert next(source.labels, None) is None  # 0, 1 and 8 were passed over
        found = prepare_digit(gray).box
        lying.append(found is not None and found[2] > found[3])
    assert np.mean(lying) > 0.8


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": -1}, "Expected a seed of 0 or more. Received: -1"),
        ({"seed": 0, "split": "test"}, "Expected a split of 'train' or 'validation'. Received: 'test'.*no"),
    ],
)
def test_a_seed_or_split_out_of_range_is_refused(options, said):
    with pytest.raises(SettingError, match=said):
        synthesize(MIXTURE, **options)
