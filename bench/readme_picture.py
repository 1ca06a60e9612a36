"""Draws the README's picture: the sample pictures with what the default model reads in them.

python bench/readme_picture.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from inkdigits.reading.source import find_sample, sample_names
from inkdigits.recognizer import Recognizer

TARGET = Path(__file__).parent.parent / "docs" / "samples.png"
CELL_WIDTH, CELL_HEIGHT, MARGIN, COLUMNS = 250, 240, 10, 4


def main() -> None:
    recognizer = Recognizer.load("default")
    paths = [find_sample(name) for name in sample_names()]
    cells = [recognizer.read(path).draw() for path in paths]
    rows = -(-len(cells) // COLUMNS)
    size = (COLUMNS * (CELL_WIDTH + MARGIN) + MARGIN, rows * (CELL_HEIGHT + MARGIN) + MARGIN)
    sheet = Image.new("RGB", size, "#d8dde3")
    for index, cell in enumerate(cells):
        zoom = min(CELL_WIDTH / cell.width, CELL_HEIGHT / cell.height)
        cell = cell.resize((round(cell.width * zoom), round(cell.height * zoom)), Image.Resampling.LANCZOS)  # noqa: PLW2901
        left = MARGIN + index % COLUMNS * (CELL_WIDTH + MARGIN) + (CELL_WIDTH - cell.width) // 2
        top = MARGIN + index // COLUMNS * (CELL_HEIGHT + MARGIN) + (CELL_HEIGHT - cell.height) // 2
        sheet.paste(cell, (left, top))
    sheet.quantize(128).save(TARGET, optimize=True)
    print(TARGET)


if __name__ == "__main__":
    main()
