"""The command line, called in this process, and pictures to read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.cli import run


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> list[str]:
        """The last line of stderr if it counts pictures."""
        return [line for line in self.err.splitlines()[-1:] if re.match(r"\d+ pictures?: ", line)]

    @property
    def error(self) -> tuple[str, str]:
        """The one error and its hint; fails if stderr holds anything else but a summary."""
        lines = [line for line in self.err.splitlines() if line not in self.summary]
        assert [line.partition(": ")[0] for line in lines] == ["error", "hint"], self.err
        return lines[0].removeprefix("error: "), lines[1].removeprefix("hint: ")


@pytest.fixture
def inkdigits(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Calls the command line; what native code writes is seen too."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return call


@pytest.fixture
def scans(tmp_path: Path, mnist_test) -> Path:
    """A folder with pictures of 7, 2, 1 and 0 in the order of their paths, and a text that is no picture."""
    folder = tmp_path / "scans"
    (folder / "more").mkdir(parents=True)
    names = ["a.png", "b.JPG", "more/c.bmp", "z.png"]
    for name, glyph in zip(names, mnist_test.glyphs[:4], strict=True):
        picture = Image.fromarray(np.pad(255 - glyph, 8, constant_values=255))
        picture.resize((176, 176), Image.Resampling.BICUBIC).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder
