"""A full disk, as a limit of a file's size in a child: one clear line, and the old output is whole."""

import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limits of a process")
LIMITED = """
import resource
from inkdigits.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
main({!r})
"""


def limited(*arguments):
    code = LIMITED.format([*map(str, arguments)])
    return subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)


def check(done, folder, names):
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(names, "earlier")


@pytest.fixture
def earlier(tmp_path):
    folder = tmp_path / "earlier"
    folder.mkdir()

    def make(*names):
        for name in names:
            (folder / name).write_text("earlier")
        return folder

    return make


def test_a_report_that_has_no_room_leaves_the_old_one(earlier, tmp_path, digits):
    np.savez(tmp_path / "some.npz", images=digits.glyphs, labels=digits.labels)
    names = ("report.html", "metrics.json", "predictions.csv")
    folder = earlier(*names)
    check(limited("evaluate", "tiny-2k", "--data", tmp_path / "some.npz", "--report", folder), folder, names)


def test_answers_that_have_no_room_leave_the_old_ones(earlier):
    folder = earlier("answers.json")
    done = limited("read", *["sample:mnist"] * 9, "--model", "tiny-2k", "-o", folder / "answers.json")
    check(done, folder, ["answers.json"])


def test_a_sheet_that_has_no_room_leaves_the_old_one(earlier):
    folder = earlier("why.png")
    check(limited("explain", "sample:mnist", "-o", folder / "why.png"), folder, ["why.png"])


def test_a_contact_sheet_that_has_no_room_leaves_the_old_one(earlier):
    folder = earlier("sheet.png")
    check(limited("data", "show", "-o", folder / "sheet.png"), folder, ["sheet.png"])
