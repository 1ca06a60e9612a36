"""Speed of reading, as ratios to what cannot be left out: decoding, the network, importing libraries.

    python bench/reading_speed.py [--rounds 5] [--memory 100000] [--publish]

Both sides of a ratio are timed in turns, and each ratio is one of medians: once of seconds, once of CPU seconds, which
other work on the machine changes less. Decoding is Pillow's, as gray, from the file; the network runs in batches.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from PIL import Image

import inkdigits
from inkdigits.data.mnist import load_mnist
from tables import publish

PYTHON = [sys.executable, "-P"]
ENVIRONMENT = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}  # compiled modules are kept, as Python does by default
COMMAND = [*PYTHON, "-m", "inkdigits"]
HEADS = ["inkdigits / base", "goal", "inkdigits, ms", "base, ms", "ratio (of rounds)", "ratio of CPU time", "rounds"]
LIBRARIES = [*PYTHON, "-c", "import numpy, cv2, PIL.Image"]
LOADED = """
import sys, inkdigits
inkdigits.read(sys.argv[1])
print(*({"tensorflow", "keras", "matplotlib", "sklearn", "scipy", "rich"} & set(sys.modules)) or ("none",))
"""
MEMORY = """
import resource, sys
from pathlib import Path
import inkdigits
recognizer = inkdigits.Recognizer.load("default")
pictures = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("0*.png"))[:1000]]
for count in range(1, int(sys.argv[2]) + 1):
    recognizer.read(pictures[count % len(pictures)])
    if count in (int(sys.argv[2]) // 10, int(sys.argv[2])):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        print(f"{count}: {pages * resource.getpagesize() / 1e6:.1f} MB", end="  ")
"""


class Cost(NamedTuple):
    """Of one call or one process."""

    seconds: float
    cpu: float


def of_call(call: Callable[[], object], times: int = 1) -> Cost:
    """The mean of calls in a row, so that each side of a ratio runs warm."""
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        call()
    return Cost((time.perf_counter() - began) / times, (time.process_time() - cpu) / times)


def of_process(arguments: list[str]) -> Cost:
    """Its own and its children's; stderr is shown if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)}: exit code {process.returncode}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)


def compare(what: str, goal: float, base: Callable[[], Cost], ours: Callable[[], Cost], rounds: int) -> list[str]:
    """Times both in turns and prints what each takes, and the ratio; returns a row of the table of the docs."""
    costs = [(base(), ours()) for _ in range(rounds)]
    columns, row = [], [what, f"{goal:g}"]
    for field in range(2):
        low, high = (median(pair[side][field] for pair in costs) for side in range(2))
        columns.append(f"{high * 1e3:9.3f} / {low * 1e3:8.3f} ms = {high / low:5.2f}")
        ratios = [pair[1][field] / pair[0][field] for pair in costs]
        row += [f"{high * 1e3:,.4g}", f"{low * 1e3:,.4g}", f"{high / low:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"]
    print(f"{what:34} {goal:4.1f}   {columns[0]}   {columns[1]}", flush=True)
    return [*row[:5], row[7], str(rounds)]


def decode(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        image.draft("L", image.size)
        return np.asarray(image.convert("L"))


def photograph(glyph: np.ndarray, width: int, height: int) -> Image.Image:
    """A digit a third of the page high, in color, with a slope of light and a camera's grain."""
    rng = np.random.default_rng(0)
    side = height // 3
    ink = np.zeros((height, width), np.float32)
    digit = Image.fromarray(glyph).resize((side, side), Image.Resampling.BICUBIC)
    ink[side : 2 * side, side : 2 * side] = np.clip((np.asarray(digit, np.float32) - 128) * side / 640 + 0.5, 0, 1)
    light = np.linspace(235, 200, width, dtype=np.float32) * (1 - 0.75 * ink)
    grain = rng.normal(0, 3, (height, width, 3)).astype(np.float32)
    return Image.fromarray(np.clip(light[..., None] * (1.0, 0.99, 0.96) + grain, 0, 255).astype(np.uint8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=int, default=100_000, help="pictures of the memory test; 0: none")
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    options = parser.parse_args()
    rows: list[list[str]] = []
    test, recognizer = load_mnist("test"), inkdigits.Recognizer.load("default")
    model = recognizer.model
    with TemporaryDirectory() as name:
        folder = Path(name, "digits")
        folder.mkdir()
        files = [folder / f"{index:05}.png" for index in range(len(test.glyphs))]
        for file, glyph in zip(files, test.glyphs, strict=True):
            Image.fromarray(glyph).save(file)
        print(f"{'ours / base':34} goal   {'seconds':33}   CPU seconds")
        one = str(files[0])
        of_process([*COMMAND, "read", one])  # compiles what is not compiled yet
        rows.append(compare("a fresh process / importing", 2.5, lambda: of_process(LIBRARIES),
                            lambda: of_process([*COMMAND, "read", one]), 2 * options.rounds))  # fmt: skip
        read_all = [*COMMAND, "read", str(folder), "--format", "jsonl", "-o", str(Path(name, "answers.jsonl"))]
        rows.append(compare("10,000 PNG / decoding and network", 3,
                            lambda: of_call(lambda: model.logits(np.stack([decode(file) for file in files]))),
                            lambda: of_process(read_all), options.rounds))  # fmt: skip
        turn = cycle(files)
        rows.append(compare("one PNG / decoding and network", 4,
                            lambda: of_call(lambda: model.logits(decode(next(turn))[None]), 100),
                            lambda: of_call(lambda: recognizer.read(next(turn)), 100), 4 * options.rounds))  # fmt: skip
        for width, height in ((640, 480), (4000, 3000)):
            page = Path(name, f"{width}.jpg")
            photograph(test.glyphs[0], width, height).save(page, quality=90)
            times = 12_800 // width
            base, ours = (partial(of_call, partial(call, page), times) for call in (decode, recognizer.read))
            rows.append(compare(f"{width} x {height} JPEG / decoding", 2.5, base, ours, 2 * options.rounds))
        compare("inkdigits --help / python", 5, partial(of_process, [*PYTHON, "-c", "pass"]),
                partial(of_process, [*COMMAND, "--help"]), options.rounds)  # fmt: skip
        show("of heavy packages a reading loads", [*PYTHON, "-c", LOADED, one])
        if options.memory:
            memory = show("resident memory after reading", [*PYTHON, "-c", MEMORY, str(folder), str(options.memory)])
            rows.append([f"resident memory after {memory}", "flat", *["–"] * 5])
    if options.publish:
        publish("reading-speed", HEADS, rows)


def show(what: str, arguments: list[str]) -> str:
    found = subprocess.run(arguments, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.strip()
    print(f"{what:34} {found}", flush=True)
    return found


if __name__ == "__main__":
    main()
