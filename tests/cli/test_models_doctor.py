import json
import shutil
from dataclasses import replace
from hashlib import sha256

from inkdigits.models.card import load_card
from inkdigits.models.page import model_page
from inkdigits.models.zoo import ZOO, model_names


def test_models_lists_what_ships_a_line_each(inkdigits):
    outcome = inkdigits("models")
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split()[0] for line in lines] == model_names()
    card = load_card(ZOO / "default")
    line = lines[model_names().index("default")]
    assert f"version {card.version}  {card.weights}" in line
    assert f"{card.parameters:,} parameters" in line
    assert f"{(ZOO / 'default' / 'model.tflite').stat().st_size / 1000:.0f} kB" in line
    assert f"validation accuracy {card.scores['validation']['accuracy']:.2%}" in line


def test_models_describes_one(inkdigits):
    outcome = inkdigits("models", "default")
    assert (outcome.code, outcome.err) == (0, "")
    folder = ZOO / "default"
    assert outcome.out == model_page(load_card(folder), (folder / "model.tflite").stat().st_size) + "\n"


def test_json_is_of_one_model(inkdigits):
    assert inkdigits("models", "--json").code == 2


def test_models_shows_the_card_of_one(inkdigits):
    outcome = inkdigits("models", "default", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert json.loads(outcome.out) == json.loads(load_card(ZOO / "default").to_json())


def test_a_model_is_also_named_by_its_folder_or_its_run(inkdigits, tmp_path):
    shutil.copytree(ZOO / "default", tmp_path / "run" / "packed")
    expected = inkdigits("models", "default").out
    assert inkdigits("models", tmp_path / "run" / "packed").out == expected
    assert inkdigits("models", tmp_path / "run").out == expected


def test_an_unknown_model_is_missing_and_the_known_are_named(inkdigits):
    outcome = inkdigits("models", "nobody")
    assert (outcome.code, outcome.out) == (3, "")
    message, hint = outcome.error
    assert "Received: 'nobody'" in message
    assert all(name in hint for name in model_names())


def test_a_damaged_card_is_named(inkdigits, tmp_path):
    (tmp_path / "card.json").write_text("{")
    outcome = inkdigits("models", tmp_path)
    assert (outcome.code, outcome.out) == (1, "")
    message, hint = outcome.error
    assert str(tmp_path / "card.json") in message
    assert hint == "Pack the model again."


def test_a_network_that_was_changed_is_not_used(inkdigits, tmp_path):
    shutil.copytree(ZOO / "default", tmp_path / "model")
    with (tmp_path / "model" / "model.tflite").open("r+b") as file:
        file.seek(1000)
        file.write(b"changed")
    for verb in ("read", "evaluate"):
        arguments = ("read", "sample:mnist", "--model") if verb == "read" else ("evaluate",)
        outcome = inkdigits(*arguments, tmp_path / "model")
        assert (outcome.code, outcome.out) == (1, "")
        assert "SHA-256" in outcome.error[0]


def test_a_model_is_verified(inkdigits, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(ZOO / "tiny-2k", tmp_path / "model")
    outcome = inkdigits("models", "verify", tmp_path / "model")
    assert (outcome.code, outcome.out) == (0, "tiny-2k: a sound network of 7.1 kB, 10 classes\n")


def test_a_network_of_another_form_is_not_verified(inkdigits, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(ZOO / "tiny-2k", tmp_path / "model")
    (tmp_path / "model" / "model.tflite").write_bytes(b"seven")
    replace(load_card(ZOO / "tiny-2k"), sha256=sha256(b"seven").hexdigest()).save(tmp_path / "model")
    outcome = inkdigits("models", "verify", tmp_path / "model")
    assert (outcome.code, outcome.out) == (1, "")
    assert "Expected a LiteRT model" in outcome.error[0]


def test_the_doctor_finds_that_everything_works_here(inkdigits):
    outcome = inkdigits("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert [line.split(":")[0] for line in lines[:5]] == [
        f"ok       {name}" for name in ("machine", "packages", "MNIST", "default model", "a sample")
    ]
    assert "60000 + 10000 glyphs, hashes right" in lines[2]
    assert "ok       [train]" in lines[5:]


def test_the_doctor_says_what_is_missing_and_checks_the_rest(inkdigits, tmp_path, monkeypatch):
    monkeypatch.setattr("inkdigits.data.mnist.EMBEDDED", tmp_path)
    outcome = inkdigits("doctor")
    assert outcome.code == 3
    kinds = [line.split()[0] for line in outcome.out.splitlines()[:5]]
    assert kinds == ["ok", "ok", "missing", "ok", "ok"]
    assert outcome.out.splitlines()[2].startswith("missing  MNIST: Expected MNIST's train-images-idx3-ubyte")


def test_the_doctor_misses_a_default_model(inkdigits, tmp_path, monkeypatch):
    monkeypatch.setattr("inkdigits.models.zoo.ZOO", tmp_path)
    outcome = inkdigits("doctor")
    assert outcome.code == 3
    assert outcome.out.splitlines()[3].startswith("missing  default model: Expected a packed model's name")
