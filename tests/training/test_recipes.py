import json
from dataclasses import asdict

import pytest

from inkdigits.errors import MissingModelError, SettingError
from inkdigits.synthesis.mixture import Mixture
from inkdigits.training.recipe import Augmentation, Convnet, Mlp, Recipe, change, recipe_from_dict
from inkdigits.training.recipes import RECIPES, find_recipe


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_survives_the_way_through_json(recipe):
    assert recipe_from_dict(json.loads(json.dumps(asdict(recipe)))) == recipe


def test_so_does_one_with_a_synthesis():
    synthesis, augmentation = Mixture(mnist=300, letters=20), Augmentation(elastic=0.6)
    recipe = change(find_recipe("convnet"), {"synthesis": synthesis, "augmentation": augmentation})
    again = recipe_from_dict(json.loads(json.dumps(asdict(recipe))))
    assert again == recipe
    assert again.synthesis == synthesis


def test_a_recipe_that_was_written_before_there_was_a_synthesis_has_none():
    recipe = find_recipe("reader")
    written = asdict(recipe)
    del written["synthesis"]
    del written["augmentation"]["elastic"]
    again = recipe_from_dict(written)
    assert again.synthesis is None
    assert again.augmentation.elastic == 0


def test_the_names_of_earlier_versions_are_understood():
    recipe = change(find_recipe("robust"), {"tta": True})
    written = json.loads(json.dumps(asdict(recipe)))
    written["views"], written["schedule"] = written.pop("tta"), "one-cycle"
    written["network"]["contrast"] = written["network"].pop("soft_binarization")
    assert recipe_from_dict(written) == recipe
    assert "views" in written, "what was given is not changed"


@pytest.mark.parametrize(
    ("synthesis", "rejects"),
    [(None, False), (Mixture(mnist=9), False), (Mixture(mnist=9, textures=1), True), (Mixture(letters=9), True)],
)
def test_a_recipe_rejects_if_its_synthesis_holds_non_digits(synthesis, rejects):
    assert change(find_recipe("mlp-128"), {"synthesis": synthesis}).rejects is rejects


def test_an_unknown_recipe_is_answered_with_the_known_ones():
    with pytest.raises(MissingModelError, match=r"Expected a recipe among mlp-128, .*reader.*Received: 'mlp-129'"):
        find_recipe("mlp-129")


def test_settings_change_the_recipe_and_its_network():
    changed = change(find_recipe("mlp-128"), {"hidden": (64, 32), "activation": "tanh", "epochs": 3, "dropout": None})
    assert changed.network == Mlp(hidden=(64, 32), activation="tanh")
    assert changed.epochs == 3
    assert find_recipe("mlp-128").epochs != 3


def test_no_settings_leave_the_recipe_as_it_is():
    recipe = find_recipe("convnet")
    assert change(recipe, {"epochs": None}) is recipe


def test_an_unknown_setting_is_refused():
    with pytest.raises(SettingError, match=r"Received: \['epoch'\]"):
        change(find_recipe("mlp-128"), {"epoch": 3})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 0}, "Expected epochs of 1 or more. Received: 0"),
        ({"max_steps": 0}, "Expected max_steps of 1 or more"),
        ({"batch_size": -1}, "Expected batch_size of 1 or more"),
        ({"learning_rate": 0.0}, "Expected learning_rate of above 0"),
        ({"label_smoothing": 1.0}, "Expected label_smoothing of 0 or more, below 1"),
        ({"dropout": 1.0}, "Expected dropout of 0 or more, below 1"),
        ({"hidden": (0,)}, "Expected hidden of sizes of 1 to 65536"),
        ({"activation": "swish"}, "Expected activation of relu or sigmoid"),
        ({"optimizer": "adamw"}, "Expected optimizer of adam or sgd"),
        ({"schedule": "cosine"}, "Expected schedule of constant or triangular"),
        ({"precision": "int8"}, "Expected precision of auto or float32 or bfloat16"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_what_was_expected(settings, said):
    with pytest.raises(SettingError, match=said):
        change(find_recipe("mlp-128"), settings)


def test_filters_of_a_convnet_are_checked_too():
    with pytest.raises(SettingError, match="Expected hidden of sizes"):
        Recipe(name="", summary="", network=Convnet(stages=((0,),)), epochs=1)


def test_steps_leave_out_the_last_incomplete_batch_and_stop_at_max_steps():
    recipe = Recipe(name="", summary="", network=Mlp(hidden=(8,)), epochs=3, batch_size=100)
    assert recipe.steps(1050) == 30
    assert change(recipe, {"max_steps": 12}).steps(1050) == 12
