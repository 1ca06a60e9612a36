"""Files to damage, and ways to damage them: pictures of every format, data files, cards, runs and networks."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from inkdigits.checksum import with_checksum
from inkdigits.data.export import export_dataset
from inkdigits.data.mnist import load_mnist
from inkdigits.models.zoo import ZOO
from inkdigits.training.recipe import Mlp, Recipe
from inkdigits.training.run.folder import start_run
from inkdigits.training.run.state import RunOptions

Generator = np.random.Generator
INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF)  # bytes at which counters and signs turn over
HEAD = 96  # bytes in which formats keep sizes and kinds
MOST_FILE = 60_000  # bytes of a file of a folder of own pictures: mutants of large ones mostly damage pixels
FORMATS: tuple[tuple[str, str, dict[str, Any]], ...] = (  # Pillow's name, mode, options
    ("PNG", "L", {}), ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "P", {}), ("PNG", "1", {}), ("PNG", "LA", {}),
    ("PNG", "I;16", {}), ("JPEG", "L", {}), ("JPEG", "RGB", {"progressive": True}), ("JPEG", "CMYK", {}),
    ("GIF", "L", {}), ("GIF", "P", {"save_all": True}), ("BMP", "RGB", {}), ("BMP", "P", {}), ("BMP", "1", {}),
    ("TIFF", "L", {}), ("TIFF", "RGB", {"compression": "tiff_lzw"}), ("TIFF", "1", {"compression": "group4"}),
    ("TIFF", "RGB", {"compression": "jpeg"}), ("TIFF", "L", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", "F", {}), ("TIFF", "I;16", {}), ("TIFF", "L", {"save_all": True}), ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True}), ("WEBP", "RGB", {"save_all": True}), ("PPM", "L", {}), ("PPM", "RGB", {}),
    ("PPM", "1", {}), ("AVIF", "RGB", {}),
)  # fmt: skip
TEXT_PNM = (b"P2\n# digits\n%d %d\n255\n", b"P1\n%d %d\n", b"P3\n%d %d\n255\n")


@cache
def pictures(folder: str = "") -> tuple[bytes, ...]:
    """A digit in each format, and the files of a folder, such as the test pictures of an image library."""
    digits = load_mnist("test").glyphs[:40]
    files = []
    for index, (form, mode, options) in enumerate(FORMATS):
        side = (28, 61, 120)[index % 3]
        levels = 255 - cv2.resize(digits[index], (side, side + 5), interpolation=cv2.INTER_CUBIC)
        image = Image.fromarray(levels)
        image = Image.fromarray(levels.astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
        more = {"append_images": [image.copy(), image.rotate(90)]} if "save_all" in options else {}
        buffer = io.BytesIO()
        image.save(buffer, form, **options, **more)
        files.append(buffer.getvalue())
    for head in TEXT_PNM:
        small = digits[0][4:24, 4:24]
        values = np.repeat(small, 3) if head.startswith(b"P3") else (small > 99 if head.startswith(b"P1") else small)
        files.append(head % small.shape[::-1] + " ".join(str(int(value)) for value in values.ravel()).encode())
    if folder:
        files += [path.read_bytes() for path in sorted(Path(folder).rglob("*"))
                  if path.is_file() and 0 < path.stat().st_size <= MOST_FILE]  # fmt: skip
    return tuple(files)


def write_data(place: Path) -> list[tuple[Path, Path]]:
    """Sources of a few digits in each form: what is loaded, and the file of it that is damaged."""
    few = load_mnist("test").subset(np.arange(4))
    found = []
    for form in ("csv", "npz"):
        export_dataset(few, place / f"digits.{form}", form)
        found.append((place / f"digits.{form}", place / f"digits.{form}"))
    for name, suffix in (("idx", ".gz"), ("plain", "")):
        export_dataset(few, place / name, "idx")
        for kind, dimensions in (("images", 3), ("labels", 1)):
            path = place / name / f"train-{kind}-idx{dimensions}-ubyte.gz"
            if not suffix:
                plain = path.with_suffix("")
                plain.write_bytes(_uncompressed(path))
                path.unlink()
                path = plain
            found.append((place / name, path))
    for name in ("listed", "classes"):
        export_dataset(few, place / name, "folder")
        if name == "listed":
            files = [path.relative_to(place / name) for path in sorted((place / name).rglob("*.png"))]
            rows = "".join(f"{path.as_posix()},{path.parent.name}\n" for path in files)
            (place / name / "labels.csv").write_text(f"file,label\n{rows}", encoding="utf-8")
            found.append((place / name, place / name / "labels.csv"))
        found.append((place / name, next((place / name).rglob("*.png"))))
    return found


def _uncompressed(path: Path) -> bytes:
    import gzip

    return gzip.decompress(path.read_bytes())


def write_run(place: Path) -> list[Path]:
    """A run with a packed model: the files of it that are damaged, each with a checksum."""
    recipe = Recipe(name="small", summary="", network=Mlp(hidden=(16,)), epochs=2)
    run = start_run(place / "run", recipe, RunOptions(seed=3), source="mnist")
    lines = [{"epoch": float(epoch), "step": 20 * epoch, "loss": 0.1, "accuracy": 0.9, "validation_loss": 0.2,
              "validation_accuracy": 0.95} for epoch in (1, 2)]  # fmt: skip
    text = "".join(json.dumps(with_checksum(line)) + "\n" for line in lines)
    (run.folder / "history.jsonl").write_text(text, encoding="utf-8")
    shutil.copytree(ZOO / "tiny-2k", run.packed)
    from inkdigits.models.card import load_card

    load_card(run.packed).save(run.packed)  # as a card is written today: with a checksum
    return [run.folder / "run.json", run.folder / "history.jsonl", run.packed / "card.json"]


def mutate(content: bytes, rng: Generator, others: Callable[[], bytes] = lambda: b"") -> bytes:
    """Damages a file in one to three ways."""
    data = bytearray(content)
    for _ in range(1 + int(rng.integers(3) * rng.integers(2))):
        if not data:
            break
        WAYS[int(rng.integers(len(WAYS)))](data, rng, others)
    return bytes(data)


def flip_bit(content: bytes, rng: Generator) -> bytes:
    """Flips one bit: what a failing disk does."""
    data = bytearray(content)
    data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    return bytes(data)


def _place(data: bytearray, rng: Generator) -> int:
    """Any byte, or as often one near the start."""
    return int(rng.integers(len(data) if rng.random() < 0.5 else min(HEAD, len(data))))


def _bits(data: bytearray, rng: Generator, _others: object) -> None:
    for _ in range(rng.integers(1, 9)):
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _bytes(data: bytearray, rng: Generator, _others: object) -> None:
    for _ in range(rng.integers(1, 5)):
        data[_place(data, rng)] = int(rng.choice(INTERESTING) if rng.random() < 0.5 else rng.integers(256))


def _number(data: bytearray, rng: Generator, _others: object) -> None:
    """A number of two or four bytes, of either order, becomes extreme."""
    size = int(rng.choice((2, 4)))
    value = int(rng.choice((0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))) % (1 << 8 * size)
    start = _place(data, rng)
    data[start : start + size] = value.to_bytes(size, "big" if rng.random() < 0.5 else "little")


def _cut_end(data: bytearray, rng: Generator, _others: object) -> None:
    del data[_place(data, rng) :]


def _cut(data: bytearray, rng: Generator, _others: object) -> None:
    start = _place(data, rng)
    del data[start : start + int(rng.integers(1, 200))]


def _double(data: bytearray, rng: Generator, _others: object) -> None:
    start = _place(data, rng)
    part = data[start : start + int(rng.integers(1, 500))]
    data[start:start] = part * int(rng.choice((1, 1, 2, 20)))


def _splice(data: bytearray, rng: Generator, others: Callable[[], bytes]) -> None:
    other = others()
    if other:
        data[_place(data, rng) :] = other[int(rng.integers(len(other))) :]


WAYS = (_bits, _bytes, _bytes, _number, _number, _cut_end, _cut, _double, _splice)
