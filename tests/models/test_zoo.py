"""The packed models that ship are what docs/recipes.md says of them."""

import json
import shutil
from pathlib import Path

import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.errors import MissingModelError, UnfinishedRunError
from inkdigits.models.classifier import PackedModel
from inkdigits.models.zoo import ZOO, find_model, model_names

# The most bytes, and the fewest of MNIST's 10,000 test digits read right: the lower end of what is published.
SHIPPED = {
    "best": (260_000, 9950),
    "default": (360_000, 9949),
    "robust": (100_000, 9900),
    "tiny-25k": (40_000, 9940),
    "tiny-8k": (16_000, 9925),
    "tiny-2k": (8_000, 9860),
}


def test_these_ship() -> None:
    assert model_names() == sorted(SHIPPED)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_it_is_as_small_and_as_right_as_published(name: str) -> None:
    most_bytes, least_right = SHIPPED[name]
    model, mnist_test = PackedModel.load(name), load_mnist("test")
    assert model.size <= most_bytes
    answers = model.probabilities(mnist_test.glyphs).argmax(axis=1)
    assert (answers == mnist_test.labels).sum() >= least_right


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_its_card_says_how_to_train_it_again(name: str) -> None:
    card = PackedModel.load(name).card
    assert card.name == name
    assert card.recipe["name"] == ("reader" if name == "default" else name)
    assert card.training["data"]["sha256"]


@pytest.mark.parametrize("status", ["created", "running", "packing", "interrupted"])
def test_a_run_that_has_not_ended_says_so(status: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"status": status}))
    with pytest.raises(UnfinishedRunError, match=rf"has not ended: its status is '{status}'\. Resume it") as caught:
        find_model(tmp_path)
    assert caught.value.folder == str(tmp_path)


def test_a_run_that_failed_says_why(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"status": "failed", "error": "Expected finite weights."}))
    with pytest.raises(UnfinishedRunError, match=r"which failed: Expected finite weights\. Train it anew") as caught:
        find_model(tmp_path)
    assert caught.value.folder == ""


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_run_is_a_run(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UnfinishedRunError, match="its status is 'damaged'"):
        find_model(tmp_path)


def test_a_keras_file_is_to_be_packed_first(tmp_path: Path) -> None:
    (tmp_path / "mine.keras").write_bytes(b"")
    with pytest.raises(MissingModelError, match=r"a Keras file\. Pack it first: inkdigits pack .*mine\.keras -o mine"):
        find_model(tmp_path / "mine.keras")


@pytest.mark.parametrize("planted", ["default", "default/packed"])
def test_a_folder_named_like_a_shipped_model_does_not_replace_it(
    planted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ZOO / "tiny-2k", tmp_path / planted)
    monkeypatch.chdir(tmp_path)
    assert find_model("default") == ZOO / "default"
    assert find_model("./default") == Path(planted)


def test_a_name_that_no_system_takes_is_a_missing_model() -> None:
    with pytest.raises(MissingModelError, match=r"Received: File name too long\. Check the path"):
        find_model("x" * 5000)
