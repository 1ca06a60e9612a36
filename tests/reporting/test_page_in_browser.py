"""The page in a real browser, Chromium without a window, on a desk and on phones, light and dark, by mouse and key."""

import pytest

from inkdigits.reporting.evaluation_report import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(full, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(folder, full)
    return folder / "report.html"


def cell(name):
    return f'button[data-cell="{name}"]'


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 390, 320])
def test_cells_open_their_pictures_by_mouse_and_keyboard(browser, page, width, scheme):
    browser.open(page, width, 844, scheme)
    is_open, title = "document.querySelector('dialog').open", "document.querySelector('dialog h3').textContent"
    browser.click(cell("3-5"))
    assert browser.find(is_open)
    assert browser.find(title) == "50 labeled 3, read as 5"
    pictures = "[...document.querySelectorAll('dialog img')]"
    decoded = f"Promise.all({pictures}.map((image) => image.decode().then(() => image.naturalWidth)))"
    assert browser.find(decoded) == [28] * 50
    browser.click("dialog header button")
    assert not browser.find(is_open)
    browser.find(f"document.querySelector('{cell('3-3')}').focus()")
    browser.press("ArrowRight")
    assert browser.find("document.activeElement.dataset.cell") == "3-5"
    browser.press("Enter")
    assert browser.find(is_open)
    browser.press("Escape")
    assert not browser.find(is_open)
    assert browser.find("document.activeElement.dataset.cell") == "3-5"
    browser.press("ArrowDown")
    assert browser.find("document.activeElement.dataset.cell") == "5-5"
    assert browser.console() == []


def test_a_cell_with_more_pictures_than_are_shown_says_so(browser, page):
    browser.open(page, 1100, 844, "light")
    browser.click(cell("4-4"))
    assert browser.find("document.querySelector('dialog h3').textContent") == (
        "100 labeled 4, read as 4; 60 of them, evenly chosen"
    )
    assert browser.find("document.querySelectorAll('dialog img').length") == 60


@pytest.mark.parametrize("width", [1100, 390, 320])
def test_nothing_is_wider_than_the_screen(browser, page, width):
    """A phone zooms out from what is too wide, and its window is then wider than was asked for."""
    browser.open(page, width, 844, "light")
    assert browser.find("innerWidth") == width
    assert browser.find("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    browser.click(cell("4-4"))
    assert browser.find(
        "(() => { const d = document.querySelector('dialog'); return d.scrollWidth <= d.clientWidth })()"
    )


def test_the_page_is_dark_where_the_system_is(browser, page):
    """The mean of red, green and blue, 0 to 255: of the paper, and of the ink on it."""
    shades = {}
    for scheme in ("light", "dark"):
        browser.open(page, 1100, 844, scheme)
        style = browser.find(
            "(() => { const s = getComputedStyle(document.body); return [s.backgroundColor, s.color] })()"
        )
        shades[scheme] = [sum(map(int, color[4:-1].split(","))) / 3 for color in style]
    assert shades["light"][0] > 230
    assert shades["light"][1] < 60
    assert shades["dark"][0] < 60
    assert shades["dark"][1] > 200
