import json

import pytest

from inkdigits.checksum import CHECKSUM, with_checksum, without_checksum

VALUES = {"name": "é", "accuracy": 0.1 + 0.2, "count": 3, "points": [{"b": 1, "a": None}], "sides": (28, 28)}


def test_values_fit_their_checksum_also_after_json_and_in_another_order():
    sealed = with_checksum(VALUES)
    assert list(sealed)[-1] == CHECKSUM
    again = dict(reversed(json.loads(json.dumps(sealed)).items()))
    assert without_checksum(again) == json.loads(json.dumps(VALUES))


@pytest.mark.parametrize("change", [{"count": 4}, {"more": 1}, {"accuracy": 0.3}, {CHECKSUM: ""}, {CHECKSUM: None}])
def test_changed_values_do_not_fit(change):
    with pytest.raises(ValueError, match="do not fit their checksum"):
        without_checksum({**with_checksum(VALUES), **change})


def test_values_of_earlier_versions_have_none():
    assert without_checksum(VALUES) == VALUES
