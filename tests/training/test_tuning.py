import json
from dataclasses import replace

import pytest

from inkdigits.cli import run
from inkdigits.data.export import export_dataset
from inkdigits.errors import SettingError
from inkdigits.export.train import tuned_recipe
from inkdigits.synthesis.mixture import Mixture
from inkdigits.training import tuning
from inkdigits.training.recipes import find_recipe
from inkdigits.training.search_space import search_space, settings_of, with_settings
from inkdigits.training.tuning import tune


def states(study):
    return [trial.state.name for trial in study.trials]


def test_the_recipe_itself_is_the_first_trial_and_a_stopped_search_goes_on(mlp, small, tmp_path):
    searched = {"trials": 2, "settings": ["learning_rate", "beta_1"]}
    study = tune(mlp, small, tmp_path / "study.db", **searched)
    assert study.trials[0].params == {"learning_rate": mlp.learning_rate, "beta_1": 0.9}
    first = [trial.params for trial in study.trials]
    assert len(first) == 2
    again = tune(mlp, small, tmp_path / "study.db", **(searched | {"trials": 3}))
    assert [trial.params for trial in again.trials[:2]] == first
    assert len(again.trials) == 3
    assert again.best_value == max(trial.value for trial in again.trials)
    with pytest.raises(SettingError, match="Expected a study of"):
        tune(mlp, small, tmp_path / "study.db", trials=3)


def test_a_hopeless_trial_is_given_up_early(mlp, small, tmp_path):
    """After eight trials at rates that learn, one that does not is pruned at the end of an epoch."""
    recipe = replace(mlp, epochs=3, learning_rate=5e-3)
    study = tune(recipe, small, tmp_path / "study.db", trials=9, settings=["learning_rate"])
    assert states(study)[:8] == ["COMPLETE"] * 8
    study.enqueue_trial({"learning_rate": recipe.learning_rate / 4})
    study = tune(recipe, small, tmp_path / "study.db", trials=10, settings=["learning_rate"])
    hopeless = study.trials[-1]
    assert hopeless.state.name == "PRUNED"
    assert len(hopeless.intermediate_values) < recipe.epochs


def test_the_space_lies_around_the_recipe(convnet):
    ranges = search_space(convnet)
    assert ranges["learning_rate"].least < convnet.learning_rate < ranges["learning_rate"].most
    assert {"rotate_deg", "scale", "shear", "shift", "thickness", "dropout"} <= ranges.keys()
    assert "elastic" not in ranges  # the recipe bends nothing
    assert not {"rotate_deg", "dropout"} & search_space(find_recipe("sprint")).keys()


def test_the_settings_that_were_drawn_reach_the_recipe(convnet):
    drawn = {"learning_rate": 0.02, "beta_1": 0.8, "dropout": 0.1, "shift": 2.0, "batch_size": 64}
    changed = with_settings(convnet, drawn)
    assert (changed.learning_rate, changed.betas, changed.batch_size) == (0.02, (0.8, 0.999), 64)
    assert changed.network.dropout == 0.1
    assert changed.augmentation == replace(convnet.augmentation, shift=2.0)


def test_an_unknown_setting_is_refused(mlp, small, tmp_path):
    with pytest.raises(SettingError, match="Received: \\['rotate_deg'\\]"):
        tune(mlp, small, tmp_path / "study.db", trials=1, settings=["rotate_deg"])


def test_a_recipe_with_its_own_settings_is_the_recipe(convnet):
    assert with_settings(convnet, settings_of(convnet, list(search_space(convnet)))) == convnet


def test_a_recipe_is_tuned_with_its_synthesized_glyphs(mlp, small, tmp_path, monkeypatch):
    fitted = []
    fit = tuning.fit
    monkeypatch.setattr(tuning, "fit", lambda *args, **options: fitted.append(fit(*args, **options)) or fitted[-1])
    recipe = replace(mlp, epochs=1, synthesis=Mixture(mnist=20, symbols=30))
    tuning.tune(recipe, small, tmp_path / "study.db", trials=1, settings=["learning_rate"])
    assert fitted[0].model.output_shape == (None, 11)


def test_the_command_writes_what_it_found(small, tmp_path, capfd):
    export_dataset(small, tmp_path / "data.npz", "npz")
    search = ["tune", "sprint", "--epochs", "1", "--trials", "2", "--settings", "learning_rate"]
    assert run([*search, "--data", str(tmp_path / "data.npz"), "-o", str(tmp_path / "found")]) == 0
    out, err = capfd.readouterr()
    best = json.loads(out)
    assert best == json.loads((tmp_path / "found" / "best.json").read_text())
    assert best["recipe"] == "sprint"
    assert 0 <= best["accuracy"] <= 1
    assert best["settings"].keys() == {"learning_rate", "epochs"}
    assert err.count("trial ") == 2
    assert best["settings"]["epochs"] == 1
    assert tuned_recipe(tmp_path / "found" / "best.json").epochs == 1
    assert (tmp_path / "found" / "trials.png").stat().st_size > 5000
