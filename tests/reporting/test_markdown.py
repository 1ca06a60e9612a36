import pytest

from inkdigits.errors import SettingError
from inkdigits.reporting.markdown import literal, row, splice, spread, table


def test_a_table_has_a_head_and_aligned_columns():
    assert table(["who", "what", "n"], [["a", "b", 3], ["c", "d", 10]], left=2).splitlines() == [
        "| who | what | n |",
        "|---|---|--:|",
        "| a | b | 3 |",
        "| c | d | 10 |",
    ]


def test_a_bar_in_a_cell_does_not_end_it():
    assert row(["a|b", 1]) == "| a\\|b | 1 |"


def test_one_value_has_no_spread():
    assert (spread([99.123]), spread([1.0, 3.0], digits=1)) == ("99.12", "2.0 ± 1.4")


def test_only_what_stands_between_the_marks_is_replaced():
    page = "a <!-- x -->old<!-- /x --> b <!-- y -->kept<!-- /y -->"
    assert splice(page, "x", "new") == "a <!-- x -->\nnew\n<!-- /x --> b <!-- y -->kept<!-- /y -->"


@pytest.mark.parametrize("page", ["", "<!-- x -->", "<!-- /x --><!-- x -->", "<!-- x --><!-- x --><!-- /x -->"])
def test_a_page_without_marks_is_refused(page):
    with pytest.raises(SettingError, match="Expected a page with <!-- x --> and <!-- /x -->"):
        splice(page, "x", "new")


def test_a_text_from_outside_is_shown_as_it_is():
    assert literal("my-digits, 1.5 (R)") == "my-digits, 1.5 (R)"
    assert literal("<img src=x onerror=alert(1)> [a](b) `c`\n# d") == (
        r"\<img src=x onerror=alert(1)\> \[a\](b) \`c\`\\n\# d"
    )
