import hashlib
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from inkdigits.errors import InkdigitsError, MissingModelError, ModelError, SettingError
from inkdigits.image.glyph import PREPARATION
from inkdigits.models.card import load_card
from inkdigits.models.classifier import TTA_MARGIN, PackedModel, calibrate, softmax
from inkdigits.models.runtime import read_packed
from inkdigits.models.tta import tta_copies
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
    assert model.probabilities(nothing).shape == (0, 11)
    assert model.predict([]) == []


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
    np.testing.assert_allclose(warm.probabilities(glyphs), expected, rtol=1e-5)


def test_probabilities_of_digits_and_non_digit_sum_to_1(model, glyphs):
    probabilities = model.probabilities(glyphs)
    assert probabilities.shape == (len(glyphs), 11)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert np.all(probabilities > 0)


def test_a_model_without_the_reject_class_never_predicts_a_non_digit(glyphs):
    card = replace(load_card(find_model("default")), temperature=2.0)
    logits = np.random.default_rng(0).normal(size=(5, 10)).astype(np.float32)
    probabilities = calibrate(logits, card)
    assert probabilities.shape == (5, 11)
    assert (probabilities[:, 10] == 0).all()
    np.testing.assert_allclose(probabilities[:, :10], softmax(logits / 2), rtol=1e-6)


@pytest.fixture
def mixed(glyphs):
    """Forty glyphs, and forty of two digits in one, which are uncertain."""
    return np.concatenate([glyphs[:40], glyphs[:40] // 2 + glyphs[1:41] // 2])


def test_only_uncertain_glyphs_are_averaged_with_their_copies(copy, mixed):
    model = with_card(copy, tta=True)
    plain, averaged = model.logits(mixed), model.logits(mixed, tta=True)
    ranked = np.sort(plain, axis=1)
    certain = ranked[:, -1] - ranked[:, -2] >= TTA_MARGIN
    assert 0 < certain.sum() < len(mixed)
    np.testing.assert_array_equal(averaged[certain], plain[certain])
    for index in np.flatnonzero(~certain)[:3]:
        inputs = np.concatenate([mixed[index : index + 1], tta_copies(mixed[index])])
        expected = softmax(model.logits(inputs)).mean(axis=0)
        np.testing.assert_allclose(softmax(averaged[index : index + 1])[0], expected, atol=1e-5)


def test_a_prediction_holds_the_copies_that_were_averaged(copy, mixed):
    model = with_card(copy, tta=True, temperature=1.0, not_a_digit_offset=0.0)
    predictions = model.predict(list(mixed))
    np.testing.assert_allclose([one.probabilities for one in predictions], model.probabilities(mixed))
    assert {len(one.copies) for one in predictions} == {0, 4}
    for one in predictions:
        np.testing.assert_allclose(one.own_probabilities, softmax(model.logits(one.glyph[None]))[0], atol=1e-5)
        rows = np.concatenate([one.own_probabilities[None], one.copy_probabilities])
        np.testing.assert_allclose(rows.mean(axis=0), one.probabilities, atol=1e-5)
        if len(one.copies):
            np.testing.assert_array_equal(one.copies, tta_copies(one.glyph))
            np.testing.assert_allclose(one.copy_probabilities, softmax(model.logits(one.copies)), atol=1e-5)


def test_without_tta_on_the_card_no_glyph_has_copies(copy):
    plain = with_card(copy, tta=False)
    noise = np.random.default_rng(3).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    np.testing.assert_array_equal(plain.logits(noise, tta=True), plain.logits(noise))
    assert all(len(one.copies) == 0 for one in plain.predict(list(noise)))


@pytest.mark.parametrize("again", [lambda one: pickle.loads(pickle.dumps(one)), deepcopy], ids=["pickled", "copied"])
def test_a_model_can_be_pickled_and_copied(model, glyphs, again):
    other = again(model)
    assert other.card == model.card
    np.testing.assert_array_equal(other.logits(glyphs), model.logits(glyphs))


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
    with pytest.raises(SettingError, match=r"shape \(N, 28, 28\), uint8.*Make them with to_glyph\(\)") as info:
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
