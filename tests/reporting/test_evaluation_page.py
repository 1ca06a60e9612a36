"""What the page tells those who do not see it: names of plots and tables, heads of rows and columns."""

import re
from html.parser import HTMLParser

import pytest

from inkdigits.reporting.evaluation_report import write_report


class Elements(HTMLParser):
    """Every element, with its attributes and the table row that it is in."""

    def __init__(self, text):
        super().__init__()
        self.found, self.rows = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append((tag, dict(attrs).get("scope")))


@pytest.fixture(scope="module")
def text(full, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    write_report(folder, full)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def elements(text):
    return Elements(text)


def test_every_plot_is_a_picture_with_a_name_of_its_own(elements):
    plots = [known for tag, known in elements.found if tag == "svg"]
    assert {known["role"] for known in plots} == {"img"}
    assert [known["aria-label"] for known in plots] == [
        "loss by epoch",
        "accuracy by epoch",
        "Reliability diagram",
        "Error by rejected share",
        "Accuracy by rotation",
        "Accuracy by blur",
    ]


def test_no_id_is_there_twice_and_every_reference_finds_its_own(text, elements):
    ids = [known["id"] for _, known in elements.found if "id" in known]
    assert len(ids) == len(set(ids))
    referred = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    assert len(referred) > 20
    assert referred <= set(ids)
    for plot in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        inside = set(re.findall(r'\bid="([^"]+)"', plot))
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', plot)) <= inside


def test_every_row_and_column_of_a_table_has_a_head(elements):
    assert len(elements.rows) > 35
    for row in elements.rows:
        (first, scope), rest = row[0], row[1:]
        if set(rest) == {("th", "col")}:
            assert (first, scope) in {("th", "col"), ("td", None)}
        else:
            assert (first, scope) == ("th", "row")
            assert {tag for tag, _ in rest} == {"td"}


def test_the_confusion_matrix_says_what_its_rows_and_columns_are(text):
    confusion = re.search(r'<table class="confusion">(.*?)</table>', text, re.DOTALL)[1]
    assert confusion.startswith("<caption>A row is the label of a digit, a column what it was read as.</caption>")


def test_robustness_and_its_explanations_are_there(text):
    for part in (
        "fog",
        "canny edges",
        "n = 1000 per kind",
        "letters",
        "many steps, packed",
        "± 0.3",
        "AUROC and FPR95",
    ):
        assert part in text, part
