"""Speed and size of reading: a fresh process, --help, 10,000 small files, one glyph, one photograph.

    python bench/reading_speed.py [--runs 7]

Whole processes are timed from outside; medians of the runs. Peak memory is the process' own maximal resident size.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from inkdigits.data.mnist import load_mnist
from inkdigits.image.glyph import Glyph
from inkdigits.image.load import load
from inkdigits.layout.candidates import find_candidates
from inkdigits.recognizer import Recognizer

COMMAND = [sys.executable, "-m", "inkdigits"]


def whole_process(arguments: Sequence[str], runs: int) -> tuple[float, float]:
    """Median seconds and megabytes of a process."""
    seconds, megabytes = [], []
    for _ in range(runs):
        began = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - began)
        megabytes.append(usage.ru_maxrss / 1024)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)}: exit code {process.returncode}")
    return median(seconds), median(megabytes)


def each(call: Callable[[], object], *, times: int) -> float:
    """Median seconds of a call in this process, once warm."""
    for _ in range(5):
        call()
    samples = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        samples.append(time.perf_counter() - began)
    return median(samples)


def loaded_modules(picture: Path) -> str:
    """Which of TensorFlow and Keras a reading process has imported."""
    code = (
        "import sys, inkdigits; inkdigits.read(sys.argv[1]); "
        "print([name for name in ('tensorflow', 'keras', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(picture)], capture_output=True, text=True, check=True
    ).stdout.strip()


def show(what: str, value: str) -> None:
    print(f"{what:42} {value}", flush=True)


def photograph(glyph: Glyph, width: int, height: int) -> Image.Image:
    """A digit a third of the page high, in colour, with a slope of light and a camera's grain."""
    rng = np.random.default_rng(0)
    side = height // 3
    ink = np.zeros((height, width), np.float32)
    digit = Image.fromarray(glyph).resize((side, side), Image.Resampling.BICUBIC)
    ink[side : 2 * side, side : 2 * side] = np.asarray(digit, np.float32) / 255
    light = np.linspace(235, 200, width, dtype=np.float32) * (1 - 0.75 * ink)
    grain = rng.normal(0, 3, (height, width, 3)).astype(np.float32)
    return Image.fromarray(np.clip(light[..., None] * (1.0, 0.99, 0.96) + grain, 0, 255).astype(np.uint8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    test = load_mnist("test")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for index, glyph in enumerate(test.glyphs):
            Image.fromarray(glyph).save(folder / f"{index:05}.png")
        one = folder / "00000.png"
        seconds, megabytes = whole_process([*COMMAND, "read", str(one)], runs)
        show("inkdigits read one.png, fresh process", f"{seconds:.3f} s  {megabytes:.0f} MB")
        show("of TensorFlow and the like it has loaded", loaded_modules(one))
        show("inkdigits --help", f"{whole_process([*COMMAND, '--help'], runs)[0]:.3f} s")
        show("import inkdigits", f"{whole_process([sys.executable, '-c', 'import inkdigits'], runs)[0]:.3f} s")
        seconds, megabytes = whole_process([*COMMAND, "read", str(folder), "--format", "jsonl"], 3)
        show("inkdigits read FOLDER, 10,000 PNG", f"{seconds:.2f} s  {megabytes:.0f} MB")
        recognizer = Recognizer.load("default")
        glyph = test.glyphs[:1]
        network = each(lambda: recognizer.model.logits(glyph), times=2000)
        content = one.read_bytes()
        whole = each(lambda: recognizer.read(content), times=2000)
        picture = each(lambda: find_candidates(load(content)), times=2000)
        show("one glyph, network alone", f"{network * 1e6:.0f} µs")
        through = each(lambda: recognizer.model.probabilities(glyph), times=2000)
        show("one prepared glyph through the recognizer", f"{through * 1e6:.0f} µs")
        show("one 28 x 28 PNG, picture work alone", f"{picture * 1e6:.0f} µs")
        show("one 28 x 28 PNG, all of it", f"{whole * 1e6:.0f} µs")
        show("  whole less picture work (colder caches)", f"{(whole - picture) * 1e6:.0f} µs")
        batch = each(lambda: recognizer.model.logits(test.glyphs), times=5)
        show("network, 10,000 glyphs in memory", f"{len(test) / batch:,.0f} glyphs/s")
        for width, height in ((640, 480), (4000, 3000)):
            photograph(test.glyphs[0], width, height).save(folder / "page.jpg", quality=90)
            seconds = each(partial(recognizer.read, folder / "page.jpg"), times=51)
            show(f"one {width} x {height} JPEG, warm, decoding included", f"{seconds * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
