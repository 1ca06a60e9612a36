"""The page in a real browser, Chromium without a window: no errors in its console, cells that open by mouse and key."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from inkdigits.evaluation.report import write_report
from inkdigits.evaluation.report_content import ReportContent

pytestmark = pytest.mark.browser
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)

# Runs after the page's own script and leaves what it saw in the page, which the browser then prints.
USER = """
<script>
const seen = {};
const press = (element, key) =>
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const dialog = document.querySelector("dialog");
const wrong = document.querySelector('button[data-cell="3-5"]');
wrong.click();
seen.open = dialog.open;
seen.title = dialog.querySelector("h3").textContent;
const images = [...dialog.querySelectorAll("img")];
seen.pictures = images.length;
dialog.querySelector("button").click();
seen.closed = !dialog.open;
const right = document.querySelector('button[data-cell="3-3"]');
right.focus();
press(right, "ArrowRight");
seen.moved = document.activeElement.dataset.cell;
seen.native = document.activeElement.tagName;
Promise.all(images.map((image) => image.decode().then(() => image.naturalWidth))).then((widths) => {
  seen.widths = [...new Set(widths)];
  seen.overflow = document.documentElement.scrollWidth > window.innerWidth;
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
});
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    labels = np.arange(200) % 10
    answers = np.where(labels == 3, np.where(np.arange(200) % 20 == 3, 5, 3), labels)
    glyphs = np.random.default_rng(0).integers(0, 256, (200, 28, 28), np.uint8)
    epoch = {"epoch": 1, "loss": 0.3, "accuracy": 0.9, "validation_loss": 0.1, "validation_accuracy": 0.97}
    chances = 0.9 * np.eye(10)[answers] + 0.01
    told = ReportContent(
        title="In a browser", facts={"model": "a long name " * 9}, labels=labels, probabilities=chances, glyphs=glyphs,
        history=[epoch],
    )  # fmt: skip
    write_report(folder, told)
    path = folder / "report.html"
    path.write_text(path.read_text(encoding="utf-8").replace("</body>", USER + "</body>"), encoding="utf-8")
    return path


def browse(page, *options):
    assert CHROMIUM, "Install Chromium: apt-get install chromium"
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--virtual-time-budget=5000",
    ]
    done = subprocess.run(
        [*command, *options, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout)[1]), console


@pytest.mark.parametrize("size", ["1100,900", "390,844"])
@pytest.mark.parametrize("theme", [(), ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")])
def test_cells_open_their_pictures_by_mouse_and_keyboard(page, size, theme):
    seen, console = browse(page, f"--window-size={size}", *theme)
    assert console == []
    assert seen["open"]
    assert seen["title"] == "10 labeled 3, read as 5"
    assert seen["pictures"] == 10
    assert seen["widths"] == [28]
    assert seen["closed"]
    assert (seen["moved"], seen["native"]) == ("3-5", "BUTTON")
    assert not seen["overflow"]
