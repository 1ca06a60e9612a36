import json
from dataclasses import asdict, replace

import pytest

from inkdigits.checksum import without_checksum
from inkdigits.errors import ModelError
from inkdigits.models.card import DIGITS, Card, load_card
from inkdigits.models.operating_points import OperatingPoint
from inkdigits.models.zoo import ZOO, model_names

POINT = {"threshold": 0.9, "kept": 90, "coverage": 0.9, "wrong": 1, "error": 1 / 90, "error_bound": 0.05165}
POINTS = (OperatingPoint(**{**POINT, "threshold": 0.0}), OperatingPoint(**POINT))
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
    operating_points=POINTS,
    license="CC0; é",
)


def test_a_saved_card_loads_as_it_was(tmp_path):
    CARD.save(tmp_path)
    assert load_card(tmp_path) == CARD


def test_a_card_is_json_that_people_can_read(tmp_path):
    CARD.save(tmp_path)
    text = (tmp_path / "card.json").read_text(encoding="utf-8")
    assert without_checksum(json.loads(text)) == json.loads(json.dumps(asdict(CARD)))
    assert '\n  "name": "small",\n' in text
    assert text.endswith("}\n")


def test_an_operating_point_takes_one_line(tmp_path):
    CARD.save(tmp_path)
    lines = (tmp_path / "card.json").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line.strip(" ,")) for line in lines if '"threshold"' in line] == [
        asdict(point) for point in CARD.operating_points
    ]


def test_input_shape_and_classes_take_one_line():
    lines = CARD.to_json().splitlines()
    assert '  "input_shape": [28, 28],' in lines
    assert f'  "classes": {json.dumps(DIGITS)},' in lines


def test_a_card_of_before_there_were_operating_points_has_none(tmp_path):
    facts = asdict(CARD)
    del facts["operating_points"]
    (tmp_path / "card.json").write_text(json.dumps(facts))
    assert load_card(tmp_path).operating_points == ()


@pytest.mark.parametrize(
    ("points", "received"),
    [
        ({}, "operating points {}"),
        ([POINT, "0.9"], "operating point 1 without coverage, error, error_bound, kept, threshold, wrong"),
        ([{"threshold": 0.5}], "operating point 0 without coverage, error, error_bound, kept, wrong"),
        ([POINT | {"threshold": 1.5}], "an operating point with threshold 1.5 (number 0)"),
        ([POINT | {"error_bound": "0.1"}], "an operating point with error_bound '0.1' (number 0)"),
        ([POINT | {"coverage": True}], "an operating point with coverage True (number 0)"),
        ([POINT | {"wrong": 10**12 + 1}], "an operating point with wrong 1000000000001 (number 0)"),
        ([POINT | {"kept": -1}], "an operating point with kept -1 (number 0)"),
        ([POINT | {"error": float("nan")}], "NaN, which is no number of JSON"),
    ],
)
def test_operating_points_that_are_none_are_refused(points, received, tmp_path):
    (tmp_path / "card.json").write_text(json.dumps(asdict(CARD) | {"operating_points": points}))
    with pytest.raises(ModelError) as caught:
        load_card(tmp_path)
    assert f"Received: {received}. Pack the model again." in str(caught.value)


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


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("temperature", 0),
        ("not_a_digit_offset", 1e4),
        ("not_a_digit_threshold", 1.1),
        ("not_a_digit_threshold", -0.1),
        ("not_a_digit_threshold", [0.1, 0.1]),
        ("not_a_digit_threshold", [0.1] * 9 + [2]),
        ("input_shape", []),
        ("input_shape", [28, 0]),
        ("classes", [0, 1]),
    ],
)
def test_a_number_out_of_its_range_is_refused(fact, value, tmp_path):
    (tmp_path / "card.json").write_text(json.dumps(asdict(CARD) | {fact: value}))
    with pytest.raises(ModelError, match=fact):
        load_card(tmp_path)


def test_a_card_that_lacks_a_fact_names_it(tmp_path):
    facts = asdict(CARD)
    del facts["temperature"]
    (tmp_path / "card.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match="temperature"):
        load_card(tmp_path)


def test_cards_of_before_todays_names_load_with_task_shape_and_classes():
    for name in model_names():
        old = json.loads((ZOO / name / "card.json").read_text())
        card = load_card(ZOO / name)
        assert (card.task, card.input_shape) == ("digit", (28, 28))
        assert card.classes == (*DIGITS, *(["not_a_digit"] if name == "default" else []))
        if "views" in old:
            assert card.tta == old["views"]
            assert card.not_a_digit_offset == old["no_digit_shift"]
            assert card.not_a_digit_threshold == old["no_digit_limit"]
        assert [asdict(point) for point in card.operating_points] == old["operating_points"]


def test_a_card_says_task_shape_and_classes_of_another_network(tmp_path):
    card = replace(CARD, task="line", input_shape=(32, 256), classes=(*DIGITS, "blank"))
    card.save(tmp_path)
    assert load_card(tmp_path) == card


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("version", None),
        ("license", "x" * 1001),
        ("parameters", "many"),
        ("parameters", None),
        ("parameters", 10**400),
        ("temperature", True),
        ("tta", "yes"),
        ("training", None),
        ("training", {"data": "x"}),
        ("training", {"seconds": 10**400}),
        ("recipe", ["name"]),
        ("scores", {"validation": {"accuracy": "high", "count": 5}}),
        ("scores", {"validation": {"accuracy": 0.9}}),
        ("calibration", {"mnist": "2400"}),
    ],
)
def test_a_field_of_another_type_is_refused(field, value, tmp_path):
    (tmp_path / "card.json").write_text(json.dumps(asdict(CARD) | {field: value}))
    with pytest.raises(ModelError, match=rf"Received: {field}[.:]"):
        load_card(tmp_path)


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ('"recipe": {"loss": NaN}', "NaN, which is no number of JSON"),
        ('"recipe": {"a": 1, "a": 2}', "a name that stands twice"),
        (f'"recipe": {"[" * 100_000}{"]" * 100_000}', "recursion"),
        ('"recipe": {"a": [[[[[[[[[[1]]]]]]]]]]}', "too deep an object"),
        (f'"recipe": "{"x" * 1_000_000}"', "more than 1,000,000 bytes"),
    ],
    ids=["nan", "twice", "recursion", "deep", "large"],
)
def test_strict_json_of_bounded_size_and_depth_is_expected(text, received, tmp_path):
    fields = {name: value for name, value in asdict(CARD).items() if name != "recipe"}
    (tmp_path / "card.json").write_text(json.dumps(fields)[:-1] + f", {text}}}")
    with pytest.raises(ModelError, match=received):
        load_card(tmp_path)


def test_no_flipped_bit_of_a_card_is_believed(tmp_path):
    CARD.save(tmp_path)
    content = (tmp_path / "card.json").read_bytes()
    refused = 0
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            (tmp_path / "card.json").write_bytes(changed)
            try:
                card = load_card(tmp_path)
            except ModelError:
                refused += 1
            else:
                assert card == CARD
    assert refused > 7 * len(content)  # the rest are spaces, and the checksum's own name


def test_a_card_that_was_changed_on_purpose_says_what_to_do(tmp_path):
    CARD.save(tmp_path)
    text = (tmp_path / "card.json").read_text(encoding="utf-8").replace('"small"', '"mine"')
    (tmp_path / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="whoever changed them on purpose: delete checksum"):
        load_card(tmp_path)
