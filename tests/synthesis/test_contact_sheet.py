"""What synthesis draws, as one picture that was looked at: `contact_sheet.png` beside this file.

A change of any drawing fails here. Look at the new sheet, then record it:
`python tests/synthesis/test_contact_sheet.py`.
"""

from pathlib import Path

import cv2
import numpy as np

from inkdigits.synthesis.deform import deform, scale_ink
from inkdigits.synthesis.digits import variant_names, write_digit
from inkdigits.synthesis.pages import render_page
from inkdigits.synthesis.pen import draw
from inkdigits.synthesis.scribbles import scribble_names, write_scribble
from inkdigits.synthesis.symbols import symbol_names, write_symbol
from inkdigits.synthesis.texture import paint_texture

FILE = Path(__file__).parent / "contact_sheet.png"
SIDE = 28  # pixels of one picture
COLUMNS = 32
TOLERANCE = 1.0  # gray levels, on average over one picture: other processors and OpenCV versions round otherwise


def pictures():
    """Every variant of each digit, every symbol and scribble, pages and textures, as ink or gray."""

    def rng(*seed):
        return np.random.default_rng(seed)

    for label in range(10):
        for index, name in enumerate(variant_names(label)):
            generator = rng(label, index)
            yield draw(deform(write_digit(label, generator, variant=name), generator), generator)
    for index, name in enumerate(symbol_names(look_alikes=True)):
        generator = rng(10, index)
        yield draw(deform(write_symbol(name, generator), generator), generator)
    for index, kind in enumerate(scribble_names()):
        generator = rng(11, index)
        yield draw(write_scribble(generator, kind=kind), generator)
    for seed in range(48):
        generator = rng(12, seed)
        ink = draw(write_digit(seed % 10, generator), generator, height=60)[3:-3, 3:-3]
        yield 255 - render_page(ink, generator, adjacent=lambda same=ink: same, clutter=1.0)[0]
    for seed in range(16):
        yield 255 - paint_texture(rng(13, seed))


def contact_sheet():
    """All pictures in squares of 28 pixels, 32 in a row, dark on light."""
    small = []
    for picture in pictures():
        scaled = scale_ink(picture, SIDE - 2)
        top, left = (SIDE - scaled.shape[0]) // 2, (SIDE - scaled.shape[1]) // 2
        cell = np.zeros((SIDE, SIDE), np.uint8)
        cell[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
        small.append(255 - cell)
    small += [np.full((SIDE, SIDE), 255, np.uint8)] * (-len(small) % COLUMNS)
    return np.concatenate([np.concatenate(small[i : i + COLUMNS], axis=1) for i in range(0, len(small), COLUMNS)])


def test_drawings_are_those_that_were_looked_at(tmp_path):
    recorded, drawn = cv2.imread(str(FILE), cv2.IMREAD_GRAYSCALE), contact_sheet()
    cv2.imwrite(str(tmp_path / "contact_sheet.png"), drawn)
    assert drawn.shape == recorded.shape
    difference = np.abs(drawn.astype(float) - recorded)
    cells = difference.reshape(len(drawn) // SIDE, SIDE, COLUMNS, SIDE).mean(axis=(1, 3))
    changed = np.argwhere(cells > TOLERANCE).tolist()
    assert not changed, f"Rows and columns that changed, see {tmp_path / 'contact_sheet.png'}: {changed}"


if __name__ == "__main__":
    cv2.imwrite(str(FILE), contact_sheet(), [cv2.IMWRITE_PNG_COMPRESSION, 9])
