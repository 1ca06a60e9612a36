"""A report with every section that there is, and a browser to open it in."""

import json
import os
import select
import shutil
import subprocess
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from inkdigits.models.operating_points import RiskBound
from inkdigits.reporting.result import Baseline, EvaluationResult, Example
from inkdigits.robustness.result import CorruptionAccuracy, OodScore, Robustness, SeverityCurve

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


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    assert CHROMIUM, "Install Chromium: apt-get install chromium"
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def full():
    """1000 digits, 100 of each; every other three is read as five, so that one cell of the matrix has 50 mistakes."""
    rng, labels = np.random.default_rng(0), np.arange(1000) % 10
    answers = np.where(np.arange(1000) % 20 == 3, 5, labels)
    probabilities = 0.9 * np.eye(10)[answers] + 0.01
    glyphs = rng.integers(0, 256, (1000, 28, 28), np.uint8)
    picture = BytesIO()
    Image.new("L", (640, 200), 200).save(picture, "PNG")
    history = [
        {"epoch": epoch, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.1, "validation_accuracy": 0.97}
        for epoch in (1, 2)
    ]
    attacks = {name: dict.fromkeys((0.05, 0.1, 0.2, 0.3), 0.5) for name in ("one step", "many steps, packed")}
    return EvaluationResult(
        name="tiny 1",
        title="In a browser",
        facts={"model": "a long name " * 9, "sha256": "0123456789abcdef" * 4},
        labels=labels,
        probabilities=probabilities,
        glyphs=glyphs,
        history=history,
        risk_bounds=[RiskBound(0.684, 0.05, 0.9, 0.04), RiskBound(0.9, 0.01, 0.8, 0.008)],
        rejected=np.arange(1000) % 50 == 0,
        corrections={3: 5},
        examples=[
            Example("a-long-name-of-a-picture-without-a-space.png", picture.getvalue(), glyphs[0], "7, sure"),
            Example("blank.png", picture.getvalue(), None, "rejected: blank"),
        ],
        baseline=Baseline("the other", np.eye(10)[np.where(np.arange(1000) % 20 == 7, 1, labels)]),
        robustness=Robustness(
            count=1000,
            clean=CorruptionAccuracy(0.99, 0.98),
            corruptions={name: CorruptionAccuracy(0.9, 0.8) for name in ("shot noise", "fog", "canny edges")},
            curves={name: SeverityCurve("degrees", [0, 10, 20], [0.99, 0.9, 0.5]) for name in ("rotation", "blur")},
            out_of_distribution={"letters": OodScore(100, 0.99, 0.05)},
            attacks=attacks,
        ),
        reproduce={"command": "inkdigits evaluate model.inkdigits --data mnist/test --out report " * 2},
    )
