"""Tables of the docs are those of the results, and each result says where it comes from."""

import json
import re
import sys
from pathlib import Path

import pytest

from inkdigits.files import write_atomically

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
import tables


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_a_page_shows_the_results_as_they_are(page):
    text = page.read_text(encoding="utf-8")
    assert tables.rendered(text) == text


def test_a_table_says_when_where_of_what_and_how_it_was_measured():
    found = [json.loads(path.read_text(encoding="utf-8")) for path in tables.RESULTS.glob("*.json")]
    found = [values for values in found if "heads" in values]
    assert found
    for values in found:
        assert sorted(values) == sorted(tables.KNOWN)
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", values["date"])
        assert re.fullmatch(r"[0-9a-f]{7,}", values["commit"])
        assert values["command"].startswith("python bench/")
        assert all(len(row) == len(values["heads"]) for row in values["rows"])


def test_what_is_published_is_shown_in_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    monkeypatch.setattr("sys.argv", ["/somewhere/bench/kills.py", "--kills", "3"])
    tables.publish("kills", ["what", "n"], [["kills", 1234]], note="busy")
    page = "# Page\n<!-- kills -->\nold\n<!-- /kills -->\nmore\n"
    text = tables.rendered(page)
    assert "| kills | 1,234 |" in text
    assert "busy. Command: `python bench/kills.py --kills 3`." in text
    assert text.endswith("\n<!-- /kills -->\nmore\n")
    assert "old" not in text
    assert tables.rendered(text) == text
    write_atomically(tmp_path / "kills.json", (tmp_path / "kills.json").read_bytes().replace(b"1234", b"5"))
    assert tables.rendered(text) != text


def test_a_page_shows_single_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    monkeypatch.setattr("sys.argv", ["kills.py"])
    tables.publish("kills", ["what", "n", "right, %"], [["a row", 1234, "99.1"], ["other", 5, "1.0"]])
    page = "| <!-- kills: a row: n -->old<!-- / --> | <!-- kills: other: right, % --><!-- / --> % |"
    text = "| <!-- kills: a row: n -->1,234<!-- / --> | <!-- kills: other: right, % -->1.0<!-- / --> % |"
    assert tables.rendered(page) == tables.rendered(text) == text
    for wrong in ("<!-- kills: no row: n -->5<!-- / -->", "<!-- kills: other: none -->5<!-- / -->"):
        with pytest.raises(KeyError, match="Expected a row of"):
            tables.rendered(wrong)


def test_the_command_of_a_result_names_the_folder_of_its_script(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    monkeypatch.setattr("sys.argv", [str(tables.ROOT / "bench/rivals/compare.py"), "FOLDER"])
    tables.publish("rivals-real", ["what"], [["a"]])
    assert tables.load("rivals-real")["command"] == "python bench/rivals/compare.py FOLDER"
