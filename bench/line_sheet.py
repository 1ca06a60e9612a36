"""Draws a contact sheet of synthesized lines with their labels, to look at what a line reader is trained on.

`python bench/line_sheet.py --count 100 --seed 0 -o line-sheet.png`; `--boxes` draws the box of each character,
`--speed 2000` prints the CPU seconds of that many lines instead.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkdigits.synthesis.line_settings import LineSettings
from inkdigits.synthesis.lines import Line, make_line

COLUMNS, CELL, CAPTION = 6, (230, 64), 15  # pictures per row; their pixels at most; pixels of a caption
DESK = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--boxes", action="store_true")
    parser.add_argument("--speed", type=int, default=0, metavar="LINES")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=SHARE", help="Another setting.")
    parser.add_argument("-o", "--output", type=Path, default=Path("line-sheet.png"))
    options = parser.parse_args()
    shares: dict[str, Any] = {name: float(share) for name, share in (each.split("=") for each in options.set)}
    settings = replace(LineSettings(), **shares)
    if options.speed:
        measure_speed(options.speed, options.seed, settings)
        return
    lines = [make_line(index, seed=options.seed, settings=settings) for index in range(options.count)]
    draw_sheet(lines, boxes=options.boxes).save(options.output)
    print(options.output)


def measure_speed(count: int, seed: int, settings: LineSettings) -> None:
    cv2.setNumThreads(1)
    make_line(0, seed=seed, settings=settings)
    start, wall = time.process_time(), time.perf_counter()
    pixels = sum(make_line(index, seed=seed, settings=settings).gray.size for index in range(count))
    cpu, wall = time.process_time() - start, time.perf_counter() - wall
    print(f"{count} lines: {1000 * cpu / count:.2f} CPU s per 1,000, {count / wall:.0f} per second by the clock")
    print(f"{pixels / count:.0f} pixels per line")


def draw_sheet(lines: list[Line], *, boxes: bool) -> Image.Image:
    rows = -(-len(lines) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * (CELL[0] + 4), rows * (CELL[1] + CAPTION + 4)), DESK)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for index, line in enumerate(lines):
        left, top = index % COLUMNS * (CELL[0] + 4), index // COLUMNS * (CELL[1] + CAPTION + 4)
        scale = min(CELL[0] / line.gray.shape[1], CELL[1] / line.gray.shape[0], 2.0)
        size = max(1, round(line.gray.shape[1] * scale)), max(1, round(line.gray.shape[0] * scale))
        small = cv2.resize(line.gray, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
        sheet.paste(Image.fromarray(np.asarray(small, np.uint8)), (left, top))
        for box in line.boxes if boxes else ():
            x, y, width, height = (scale * side for side in box)
            draw.rectangle((left + x, top + y, left + x + width, top + y + height), outline=200)
        size_text = f"{line.gray.shape[1]}x{line.gray.shape[0]}"
        draw.text((left, top + CELL[1]), f"{line.label or '(blank)'}  {size_text}", fill=255, font=font)
    return sheet


if __name__ == "__main__":
    main()
