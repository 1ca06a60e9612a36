"""Makes the sample pictures that ship with the package, from MNIST test digits: `python bench/make_samples.py`.

Each is one situation that users bring: a phone's photograph with a shadow, one that the phone turned, chalk on a board,
a small digit on a large page, pencil, strokes on a transparent canvas, a picture of MNIST itself.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import inkdigits
from inkdigits.data.mnist import load_mnist

TARGET = Path(inkdigits.__file__).parent / "samples"
Floats = NDArray[np.float32]


def stroke(glyph: NDArray[np.uint8], side: int) -> Floats:
    """A glyph drawn large with smooth edges, shape `(side, side)`, 0 to 1."""
    large = cv2.resize(glyph.astype(np.float32) / 255, (side, side), interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), side / 80)
    return np.asarray(1 / (1 + np.exp(-14 * (large - 0.5))), np.float32)


def place(digit: Floats, height: int, width: int, *, left: int, top: int) -> Floats:
    page = np.zeros((height, width), np.float32)
    page[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return page


def paint(ink: Floats, paper: Floats, color: tuple[int, int, int]) -> Floats:
    """Ink of a colour over paper, shape `(H, W, 3)`, 0 to 255."""
    return np.asarray(paper * (1 - ink[..., None]) + np.array(color, np.float32) * ink[..., None], np.float32)


def lit_paper(height: int, width: int, *, level: float, shadow: float, rng: np.random.Generator) -> Floats:
    """Paper under a soft diagonal shadow, with grain, shape `(H, W, 3)`."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    edge = 1 / (1 + np.exp(-(x + 0.6 * y - 0.75 * width) / (0.06 * width)))
    grain = cv2.GaussianBlur(rng.normal(0, 6, (height, width)).astype(np.float32), (0, 0), 1)
    shade = level * (1 - shadow * edge) + grain
    return np.asarray(shade[..., None] * np.array([1.0, 0.98, 0.92], np.float32), np.float32)


def save(name: str, pixels: NDArray[np.floating], **options: object) -> None:
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(TARGET / name, **options)  # type: ignore[arg-type]


def main() -> None:
    rng = np.random.default_rng(7)
    test = load_mnist("test")
    TARGET.mkdir(exist_ok=True)

    def glyph(label: int, which: int) -> NDArray[np.uint8]:
        return np.asarray(test.glyphs[np.flatnonzero(test.labels == label)[which]], np.uint8)

    Image.fromarray(glyph(2, 3)).save(TARGET / "mnist.png")

    ink = place(stroke(glyph(7, 5), 300), 480, 640, left=190, top=90)
    page = paint(ink, lit_paper(480, 640, level=225, shadow=0.45, rng=rng), (38, 52, 120))
    save("photo.jpg", page + rng.normal(0, 5, page.shape), quality=75)

    ink = place(stroke(glyph(6, 2), 260), 400, 300, left=20, top=70)
    page = paint(ink, lit_paper(400, 300, level=210, shadow=0.3, rng=rng), (40, 40, 44))
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright: turn the picture a quarter to the right
    save("turned.jpg", np.rot90(page), quality=80, exif=exif)

    ink = place(stroke(glyph(5, 4), 240), 320, 420, left=90, top=40)
    dust = cv2.GaussianBlur(rng.normal(0, 14, (320, 420)).astype(np.float32), (0, 0), 3)
    board = (np.array([46, 66, 58], np.float32) + dust[..., None]).astype(np.float32)
    save("chalk.jpg", paint(ink * 0.85, board, (235, 235, 225)), quality=80)

    ink = place(stroke(glyph(3, 6), 52), 480, 640, left=430, top=330)
    save("small.png", paint(ink, np.full((480, 640, 3), 255, np.float32), (20, 20, 20)))

    ink = place(stroke(glyph(4, 6), 220), 300, 300, left=40, top=40)
    page = paint(ink * 0.4, lit_paper(300, 300, level=235, shadow=0.15, rng=rng), (90, 90, 95))
    save("pencil.jpg", page + rng.normal(0, 3, page.shape), quality=85)

    drawn = np.zeros((280, 280, 4), np.float32)
    drawn[..., :3] = (25, 25, 112)
    drawn[..., 3] = place(stroke(glyph(9, 5), 240), 280, 280, left=20, top=20) * 255
    save("transparent.png", drawn)

    save("blank.jpg", lit_paper(240, 320, level=205, shadow=0.35, rng=rng), quality=80)


if __name__ == "__main__":
    main()
