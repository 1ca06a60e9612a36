"""Hostile names in a page, in a real browser: nothing of them runs, nothing is fetched, and the page still works."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from PIL import Image

from inkdigits.data.dataset import LoadIssue
from inkdigits.reporting.evaluate import evaluate
from inkdigits.reporting.evaluation_report import write_report

pytestmark = pytest.mark.browser

BREAKS = (
    "",
    "'>",
    '">',
    "</script>",
    "</title>",
    "</style>",
    "<!--<script>",
    "-->",
    "]]>",
    "\u2028",
    "\\",
    "</svg>",
    "{{7*7}}",
)
RUNS = (
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    "<svg onload=pwned=1>",
    '" onmouseover=pwned=1 onfocus=pwned=1 autofocus x="',
    "javascript:pwned=1",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<a href=javascript:pwned=1 autofocus onfocus=pwned=1>x</a>",
    "<style>*{display:none}</style>",
    "<base href=//127.0.0.1:1/>",
    "<meta http-equiv=refresh content=0;url=javascript:pwned=1>",
    "<link rel=stylesheet href=//127.0.0.1:1/x.css>",
    "<form action=javascript:pwned=1><button autofocus onfocus=pwned=1>",
    "<script src=//127.0.0.1:1/x.js></script>",
    "<details open ontoggle=pwned=1>",
    "&lt;script&gt;pwned=1&lt;/script&gt;",
    "${pwned=1}{% for x in [1] %}",
)
HOSTILE = [breaks + runs for breaks, runs in product(BREAKS, RUNS)]
EACH = 26  # strings per page


def with_names(result, names):
    """A result whose every text from outside is one of the names, or all of them."""
    count = len(result.labels)
    every = " ".join(names)
    return replace(
        result,
        name=every,
        title=every,
        facts={name: name for name in names},
        sources=tuple(names[index % len(names)] for index in range(count)),
        left_out=tuple(LoadIssue(name, name, 7) for name in names),
        baseline=replace(result.baseline, name=every),
        examples=[replace(result.examples[0], name=name, reading=name) for name in names],
        reproduce={name: name for name in names},
    )


def check_page(browser, page):
    """Opens a page, uses it, and checks that nothing ran, nothing was fetched and nothing broke its policy."""
    browser.open(page, 1100, 844, "light")
    assert browser.find("document.querySelector('main h2') !== null")
    assert browser.find("getComputedStyle(document.querySelector('main')).display") == "block"
    button = browser.find("document.querySelector('button[data-cell]').dataset.cell")
    browser.click(f'button[data-cell="{button}"]')
    assert browser.find("document.querySelector('dialog').open")
    assert browser.find("document.querySelectorAll('dialog img').length") > 0
    for event in ("mouseover", "focus", "click"):
        browser.find(f"document.querySelectorAll('main *').forEach((e) => e.dispatchEvent(new Event('{event}')))")
    assert browser.find("typeof window.pwned") == "undefined"
    assert browser.find("document.scripts.length") == 2
    assert (
        browser.find("document.querySelectorAll('iframe, form, base, object, embed, link:not([rel=icon])').length") == 0
    )
    assert (
        browser.find("performance.getEntriesByType('resource').filter((e) => !e.name.startsWith('data:')).length") == 0
    )
    assert browser.console() == []
    assert not [event for event in browser.events if event["method"] == "Page.javascriptDialogOpening"]


@pytest.mark.parametrize("start", range(0, len(HOSTILE), EACH))
def test_nothing_of_a_hostile_text_runs(browser, full, tmp_path, start):
    names = HOSTILE[start : start + EACH]
    write_report(tmp_path, with_names(full, names), command=" ".join(names))
    check_page(browser, tmp_path / "report.html")
    texts = browser.find("document.body.textContent")
    assert names[0].replace("\u2028", "") in texts.replace("\u2028", "")  # it is shown as text


def test_nothing_runs_of_the_names_in_a_hostile_folder(browser, mnist_test, tmp_path):
    """Each text is a file's name; a slash in it makes a folder of what is before."""
    folder = tmp_path / "<script>pwned=1<"
    for index, name in enumerate(HOSTILE):
        path = Path(folder, str(mnist_test.labels[index]), f"{index}{name}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mnist_test.glyphs[index]).save(path)
    (folder / "<img src=x onerror=pwned=1>").mkdir()
    result = evaluate("tiny-2k", folder, details=True)
    assert len(result.labels) == len(HOSTILE) > 200
    write_report(tmp_path / "report", result)
    check_page(browser, tmp_path / "report" / "report.html")


PLANTED = (*RUNS[:3], "<body onload=pwned=1>", RUNS[5])


@pytest.mark.parametrize("planted", PLANTED)
def test_the_policy_stops_what_would_be_planted_in_the_page(browser, full, tmp_path, planted):
    write_report(tmp_path, full)
    page = tmp_path / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("<main>", f"<main>{planted}"), encoding="utf-8")
    browser.open(page, 1100, 844, "light")
    assert browser.find("typeof window.pwned") == "undefined"
    told = [event["params"]["entry"]["text"] for event in browser.console() if event["method"] == "Log.entryAdded"]
    assert any("Content Security Policy" in text for text in told)


def test_the_page_needs_nothing_that_its_policy_forbids(full, tmp_path):
    write_report(tmp_path, full)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    head = text[: text.index("<style>")]
    assert "default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-" in head
    assert "unsafe" not in head
    assert " style=" not in text
    assert text.count("<style") == 1
