import json
from dataclasses import asdict, replace

import pytest

from inkdigits.errors import ModelError
from inkdigits.packed.card import Card, load_card

CARD = Card(
    name="small",
    version="1",
    preparation="1",
    weights="int8",
    parameters=1234,
    temperature=1.25,
    sha256="0" * 64,
    recipe={"epochs": 3},
    training={"seed": 7, "seconds": 12.5},
    scores={"test": {"accuracy": 0.99, "count": 10_000}},
    license="CC0; é",
)


def test_a_saved_card_loads_as_it_was(tmp_path):
    CARD.save(tmp_path)
    assert load_card(tmp_path) == CARD


def test_a_card_is_json_that_people_can_read(tmp_path):
    CARD.save(tmp_path)
    text = (tmp_path / "card.json").read_text(encoding="utf-8")
    assert json.loads(text) == asdict(CARD)
    assert '\n  "name": "small",\n' in text
    assert text.endswith("}\n")


def test_what_a_later_version_adds_to_a_card_is_passed_over(tmp_path):
    (tmp_path / "card.json").write_text(json.dumps(asdict(CARD) | {"color": "blue"}))
    assert load_card(tmp_path) == CARD


def test_a_card_claims_no_license_unless_told():
    facts = {name: value for name, value in asdict(CARD).items() if name != "license"}
    assert Card(**facts).license == ""


def test_a_card_does_not_change():
    with pytest.raises(AttributeError):
        CARD.name = "large"  # type: ignore[misc]
    assert replace(CARD, name="large").name == "large"


def test_a_folder_without_a_card_says_where_it_should_be(tmp_path):
    with pytest.raises(ModelError, match=r"card at .*card\.json\. Received: .*No such file.* Pack the model again"):
        load_card(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b'{"name": "sma', b"\xff\xfe\x00", b'["name"]', b'"name"', b'{"name": "small"}'], ids=repr
)
def test_a_damaged_card_is_refused(content, tmp_path):
    (tmp_path / "card.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"Expected a packed model's card at .*card\.json.*Pack the model again"):
        load_card(tmp_path)


def test_a_card_that_lacks_a_fact_names_it(tmp_path):
    facts = asdict(CARD)
    del facts["temperature"]
    (tmp_path / "card.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match="temperature"):
        load_card(tmp_path)
