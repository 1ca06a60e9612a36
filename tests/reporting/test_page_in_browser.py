"""The page in a real browser, Chromium without a window, on a desk and on phones, light and dark, by mouse and key."""

import json
import os
import select
import shutil
import subprocess

import pytest

from inkdigits.reporting.evaluation_report import write_report

pytestmark = pytest.mark.browser
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
KEYS = {"Enter": 13, "Escape": 27, "ArrowRight": 39, "ArrowDown": 40}


class Browser:
    """Chromium, asked over its debugging pipe: JSON that ends with a zero byte."""

    def __init__(self, folder):
        theirs, self.output = os.pipe()
        self.input, answers = os.pipe()
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-pipe",
            f"--user-data-dir={folder}",
        ]
        redirected = f'exec "$@" 3</dev/fd/{theirs} 4>/dev/fd/{answers}'
        self.process = subprocess.Popen(
            ["sh", "-c", redirected, "sh", CHROMIUM, *options], pass_fds=(theirs, answers), stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        os.close(answers)
        self.read, self.count, self.session, self.events = b"", 0, {}, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for part in ("Page", "Runtime", "Log"):
            self.ask(f"{part}.enable")

    def ask(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters, **self.session}
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while (reply := self.next()).get("id") != self.count:
            self.events.append(reply)
        assert "error" not in reply, reply
        return reply["result"]

    def next(self):
        while b"\0" not in self.read:
            assert select.select([self.input], [], [], 60)[0], "Chromium says nothing."
            more = os.read(self.input, 1 << 16)
            assert more, "Chromium has ended."
            self.read += more
        line, _, self.read = self.read.partition(b"\0")
        return json.loads(line)

    def open(self, path, width, height, scheme):
        """Loads a page on a screen; one that is narrow is a phone's."""
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events = []
        self.ask("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.next())

    def find(self, expression):
        """What an expression of the page's script is; a promise is waited for."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def click(self, element):
        """Presses the mouse where an element is."""
        self.find(f"document.querySelector('{element}').scrollIntoView({{block: 'center'}})")
        box = self.find(f"document.querySelector('{element}').getBoundingClientRect().toJSON()")
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def press(self, key):
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=KEYS[key], **text)

    def console(self):
        told = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event for event in self.events if event["method"] in told]

    def close(self):
        self.session = {}
        self.ask("Browser.close")
        self.process.wait(60)
        os.close(self.input)
        os.close(self.output)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    assert CHROMIUM, "Install Chromium: apt-get install chromium"
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


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
