"""Characters of fonts, from the file that ships with the package: pictures out, proved by SHA-256.

53 fonts are of handwriting, 29 of print. Their digits are digits, their letters and signs are non-digits. Nothing is
downloaded. It knows nothing of glyphs, labels and data sets: training prepares these pictures as it needs.

Source:
    Single characters drawn with fonts under the SIL Open Font License 1.1; `bench/make_handwriting.py` makes the file
    and names each package. The fonts' names are in the file:
    `python -c "from inkdigits.synthesis import fonts; print(fonts.load_handwriting().font_names)"`
"""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError, MissingDataError

FILE = Path(__file__).parent / "handwriting.npz"
SIDE = 48  # of a picture: twice a glyph's 20 and a little more, so that turning and thickening lose nothing
SHA256 = "ada2b32fea26596747782398936391b775d0d58b032d17a42580e19e55e232f7"
"""SHA-256 of the arrays in the file, as `content_sha256` counts it."""

Number = TypeVar("Number", bound=np.generic)
NAMES = ("bits", "heights", "widths", "characters", "fonts", "font_names")


@dataclass(frozen=True, eq=False)
class Handwriting:
    """Pictures of single characters; the longer side of each one's ink is `SIDE` pixels.

    Attributes:
        bitmaps: Shape `(N, 48, 48)`, uint8; 0 is paper, 255 is full ink, the ink's box is centered. Read-only.
        characters: Which character each shows, N.
        fonts: Place in `font_names` of the font that drew each, shape `(N,)`. Read-only.
        font_names: The fonts, by name.
    """

    bitmaps: NDArray[np.uint8]
    characters: tuple[str, ...]
    fonts: NDArray[np.intp]
    font_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.characters)

    def indices_of(self, characters: str) -> NDArray[np.intp]:
        """Where any of these characters stands, in order.

        Args:
            characters: Such as `"0123456789"`.

        Returns:
            Their indices, shape `(M,)`; none if no font has them.
        """
        return np.flatnonzero(self._shows(characters))

    def indices_except(self, characters: str) -> NDArray[np.intp]:
        """Where anything but these characters stands, in order.

        Args:
            characters: Such as `"0123456789"`.

        Returns:
            The other indices, shape `(M,)`.
        """
        return np.flatnonzero(~self._shows(characters))

    def _shows(self, characters: str) -> NDArray[np.bool_]:
        wanted = set(characters)
        return np.array([character in wanted for character in self.characters], bool)


def load_handwriting(*, file: Path | None = None) -> Handwriting:
    """Loads the characters of the handwriting fonts; the shipped ones are read once.

    Args:
        file: Holds them; the embedded file if None.

    Returns:
        The pictures, by font, digits first.

    Raises:
        MissingDataError: The file is missing.
        DataError: The file is damaged or another one.

    Example:
        >>> handwriting = load_handwriting()
        >>> handwriting.bitmaps[handwriting.indices_of("7")].shape[1:]
        (48, 48)
    """
    return _embedded() if file is None else _load(file)


def content_sha256(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """SHA-256 of what the file holds, however it is compressed.

    Args:
        arrays: The file's arrays by name, those of `NAMES`.

    Returns:
        The hash of each array's name, type, shape and bytes, in the order of `NAMES`.
    """
    total = hashlib.sha256()
    for name in NAMES:
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.tobytes())
    return total.hexdigest()


@functools.cache
def _embedded() -> Handwriting:
    return _load(FILE)


def _load(file: Path) -> Handwriting:
    arrays = _read(file)
    received = content_sha256(arrays)
    if received != SHA256:
        raise DataError(
            f"Expected {file} with SHA-256 {SHA256} (of its arrays). Received: {received}.",
            hint="The file was changed: install inkdigits again.",
        )
    return Handwriting(
        bitmaps=_unpack(arrays),
        characters=tuple(map(chr, arrays["characters"].tolist())),
        fonts=_frozen(arrays["fonts"].astype(np.intp)),
        font_names=tuple(arrays["font_names"].tolist()),
    )


def _read(file: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as archive:
            return {name: archive[name] for name in NAMES}
    except FileNotFoundError as error:
        raise MissingDataError(
            f"Expected the handwriting fonts' characters in {file}. Received: no such file.",
            hint="Install inkdigits again.",
        ) from error
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"Expected the handwriting fonts' characters in {file}. Received: a damaged or other file ({error}).",
            hint="Install inkdigits again.",
        ) from error


def _unpack(arrays: Mapping[str, NDArray[np.generic]]) -> NDArray[np.uint8]:
    """The bitmaps, each in the middle of its square, shape `(N, SIDE, SIDE)`."""
    heights, widths = (arrays[name].astype(np.intp) for name in ("heights", "widths"))
    ends = np.cumsum(heights * widths)
    bits = np.unpackbits(arrays["bits"].astype(np.uint8), count=int(ends[-1])) * np.uint8(255)
    bitmaps = np.zeros((len(heights), SIDE, SIDE), np.uint8)
    for bitmap, height, width, end in zip(bitmaps, heights, widths, ends, strict=True):
        top, left = (SIDE - height) // 2, (SIDE - width) // 2
        bitmap[top : top + height, left : left + width] = bits[end - height * width : end].reshape(height, width)
    return _frozen(bitmaps)


def _frozen(array: NDArray[Number]) -> NDArray[Number]:
    array.setflags(write=False)
    return array
