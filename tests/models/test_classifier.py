import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from inkdigits.errors import InkdigitsError, MissingModelError, ModelError
from inkdigits.image.glyph import PREPARATION
from inkdigits.models.card import load_card
from inkdigits.models.classifier import DOUBT, PackedModel, refused, softmax
from inkdigits.models.runtime import read_packed
from inkdigits.models.tta import views
from inkdigits.models.zoo import find_model, model_names


@pytest.fixture
def copy(tmp_path):
    """A folder with a copy of the packed model that ships, to be spoilt."""
    return shutil.copytree(find_model("default"), tmp_path / "copy")


def test_a_model_of_that_name_ships():
    assert "default" in model_names()
    assert model_names() == sorted(model_names())


def test_the_shipped_model_knows_who_it_is(model):
    assert model.card.preparation == PREPARATION
    assert model.card.temperature > 0


def test_a_model_is_found_by_name_by_folder_and_by_run(copy, tmp_path):
    assert find_model("default").name == "default"
    assert find_model(copy) == find_model(str(copy)) == copy
    run = tmp_path / "run"
    shutil.copytree(copy, run / "packed")
    assert find_model(run) == run / "packed"
    assert PackedModel.load(run).card == PackedModel.load("default").card


def test_a_glyph_alone_has_the_logits_it_has_in_a_batch(model, glyphs):
    batch = model.logits(glyphs)
    assert batch.shape == (130, model.classes)
    assert batch.dtype == np.float32
    for index in (0, 1, 63, 64, 127, 128, 129):
        np.testing.assert_allclose(model.logits(glyphs[index : index + 1])[0], batch[index], atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 128, 129, 130])
def test_the_order_is_kept_whatever_the_number_of_glyphs(model, glyphs, count):
    expected = np.concatenate([model.logits(glyph[None]) for glyph in glyphs])
    np.testing.assert_allclose(model.logits(glyphs[:count]), expected[:count], atol=1e-5)
    np.testing.assert_allclose(model.logits(glyphs[:count][::-1]), expected[:count][::-1], atol=1e-5)


def test_no_glyphs_have_no_logits(model):
    nothing = np.empty((0, 28, 28), np.uint8)
    assert model.logits(nothing).shape == (0, model.classes)
    assert model.probabilities(nothing).shape == (0, 10)


def test_the_glyphs_stay_as_they_are(model, glyphs):
    mine = glyphs.copy()
    model.logits(mine)
    np.testing.assert_array_equal(mine, glyphs)


def test_the_answer_does_not_change_with_the_next_question(model, glyphs):
    first = model.logits(glyphs[:1])
    before = first.copy()
    model.logits(glyphs[1:2])
    np.testing.assert_array_equal(first, before)


def with_card(folder, **changes):
    """The packed model in a folder, with another card."""
    replace(load_card(folder), **changes).save(folder)
    return PackedModel(folder)


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_probabilities_are_the_softmax_of_the_shifted_logits_over_the_temperature(copy, glyphs, shift):
    warm = with_card(copy, temperature=2.5, not_a_digit_offset=shift, tta=False)
    logits = warm.logits(glyphs).astype(np.float64)
    powers = np.exp(logits / 2.5 - shift * (np.arange(11) == 10))
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(warm.probabilities(glyphs), expected[:, :10], rtol=1e-5)


def test_probabilities_of_digits_sum_to_1_at_most(model, glyphs):
    probabilities = model.probabilities(glyphs)
    assert probabilities.shape == (len(glyphs), 10)
    assert np.all(probabilities.sum(axis=1) <= 1 + 1e-9)
    assert np.all(probabilities >= 0)


def test_of_doubtful_glyphs_alone_the_views_count(copy, glyphs):
    doubting = with_card(copy, tta=True)
    mixed = np.concatenate([glyphs[:40], glyphs[:40] // 2 + glyphs[1:41] // 2])  # two digits in one are doubtful
    plain, considered = doubting.logits(mixed), doubting.considered_logits(mixed)
    ranked = np.sort(plain, axis=1)
    sure = ranked[:, -1] - ranked[:, -2] >= DOUBT
    assert 0 < sure.sum() < len(mixed)
    np.testing.assert_array_equal(considered[sure], plain[sure])
    for index in np.flatnonzero(~sure)[:3]:
        shown = np.concatenate([mixed[index : index + 1], views(mixed[index])])
        expected = softmax(doubting.logits(shown)).mean(axis=0)
        np.testing.assert_allclose(softmax(considered[index : index + 1])[0], expected, atol=1e-5)


def test_without_views_on_the_card_no_glyph_is_looked_at_again(copy):
    plain = with_card(copy, tta=False)
    noise = np.random.default_rng(3).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    np.testing.assert_array_equal(plain.considered_logits(noise), plain.logits(noise))


def test_what_is_likelier_none_than_its_answer_or_than_the_limit_is_refused():
    card = load_card(find_model("default"))
    rows = np.zeros((4, 10))
    rows[:, 3] = 0.45, 0.85, 0.95, 1.0
    assert refused(rows, replace(card, not_a_digit_threshold=1.0)).tolist() == [True, False, False, False]
    assert refused(rows, replace(card, not_a_digit_threshold=0.1)).tolist() == [True, True, False, False]
    assert refused(rows[:0], card).tolist() == []


def test_softmax_by_hand():
    np.testing.assert_allclose(softmax(np.log([[1.0, 2.0, 5.0]])), [[0.125, 0.25, 0.625]])
    np.testing.assert_allclose(softmax(np.array([[1e4, 1e4], [-1e4, 1e4]])), [[0.5, 0.5], [0.0, 1.0]])


def test_several_threads_get_the_same_answers(glyphs):
    shared = PackedModel.load("default")
    sizes = [1, 130, 64, 2, 65, 1, 33, 100] * 3
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda size: shared.logits(glyphs[:size]), sizes))
    alone = PackedModel.load("default").logits(glyphs)
    for size, answer in zip(sizes, answers, strict=True):
        np.testing.assert_allclose(answer, alone[:size], atol=1e-5)


@pytest.mark.parametrize(
    "glyphs",
    [
        np.zeros((28, 28), np.uint8),
        np.zeros((1, 28, 27), np.uint8),
        np.zeros((1, 28, 28, 1), np.uint8),
        np.zeros((1, 28, 28), np.float32),
        np.zeros((1, 28, 28), bool),
    ],
    ids=lambda glyphs: f"{glyphs.shape} {glyphs.dtype}",
)
def test_glyphs_of_another_shape_or_type_are_refused(model, glyphs):
    with pytest.raises(ModelError, match=r"shape \(N, 28, 28\), uint8.*Make them with to_glyph\(\)") as info:
        model.logits(glyphs)
    assert str(glyphs.shape) in info.value.message
    assert str(glyphs.dtype) in info.value.message


def test_a_changed_network_is_noticed(copy):
    network = copy / "model.tflite"
    network.write_bytes(network.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelError, match=r"SHA-256 [0-9a-f]{64}. Received: [0-9a-f]{64}. The file was changed") as info:
        PackedModel.load(copy)
    assert "copy or pack the model again" in info.value.hint


def test_a_missing_network_is_noticed(copy):
    (copy / "model.tflite").unlink()
    with pytest.raises(ModelError, match=r"network at .*model\.tflite.*Pack it again"):
        PackedModel.load(copy)


def test_what_is_no_network_is_noticed(copy):
    (copy / "model.tflite").write_bytes(b"seven")
    replace(load_card(copy), sha256=hashlib.sha256(b"seven").hexdigest()).save(copy)
    with pytest.raises(ModelError, match=r"Expected a LiteRT model with inputs of shape \(28, 28\).*pack it again"):
        PackedModel.load(copy)


def test_all_six_models_that_ship_load_and_answer(glyphs):
    names = model_names()
    assert len(names) == 6
    for name in names:
        packed = PackedModel.load(name)
        assert packed.logits(glyphs[:3]).shape == (3, len(packed.card.classes))


def test_a_card_whose_classes_are_not_the_networks_is_refused(copy):
    replace(load_card(copy), classes=("yes", "no")).save(copy)
    with pytest.raises(ModelError, match=r"a logit per class: yes, no\. Received: \d+ logits\. Pack the model again"):
        PackedModel.load(copy)


def test_a_network_of_another_input_shape_is_refused_by_the_runtime(copy):
    replace(load_card(copy), input_shape=(32, 256)).save(copy)
    with pytest.raises(ModelError, match=r"(inputs of shape \(32, 256\)|LiteRT can compute).*Received: "):
        PackedModel(copy).logits(np.zeros((1, 32, 256), np.uint8))


def test_a_card_that_is_replaced_while_it_is_read_is_read_again(copy, monkeypatch):
    old = load_card(copy)
    replace(old, sha256="0" * 64).save(copy)  # as if the network were another's
    cards = []

    def load(folder):
        cards.append(load_card(folder))
        old.save(copy)  # packing ends here
        return cards[-1]

    monkeypatch.setattr("inkdigits.models.runtime.load_card", load)
    assert read_packed(copy)[0] == old
    assert len(cards) == 2


def test_a_model_for_another_preparation_is_refused(copy):
    replace(load_card(copy), preparation="0").save(copy)
    with pytest.raises(ModelError, match=r"trained for preparation '.*'. Received: '0'") as info:
        PackedModel.load(copy)
    assert info.value.hint == "Train and pack it again with this version of inkdigits."


def test_a_missing_model_is_answered_with_those_that_ship(tmp_path):
    for name in ("defualt", tmp_path / "no_run"):
        with pytest.raises(MissingModelError, match=r"Models that ship: .*\bdefault\b.*inkdigits train") as info:
            PackedModel.load(name)
        assert repr(str(name)) in info.value.message
    assert issubclass(MissingModelError, InkdigitsError)
