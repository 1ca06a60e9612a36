"""The explanation: a picture in, why it was read as it was out. It asks the recognizer, and answers no better itself.

What decided is found by covering the glyph place by place; what it is like, among labelled glyphs that a caller gives.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from inkdigits.explaining.nearest import Gallery, Neighbour
from inkdigits.explaining.occlusion import Spot, _spot, occlude
from inkdigits.explaining.warnings import BLANK, Warned, warn_of_answer, warn_of_picture
from inkdigits.geometry import Box
from inkdigits.image.glyph import GLYPH_SIDE, Glyph, ink_box
from inkdigits.image.ink import Ink, to_ink
from inkdigits.image.load import FORMATS, MAX_MEGAPIXELS, Gray, Picture, load
from inkdigits.image.quality import measure_traits
from inkdigits.reading.options import MIN_CONFIDENCE
from inkdigits.reading.recognizer import Recognizer
from inkdigits.reading.result import Page
from inkdigits.reading.source import SAMPLE_PREFIX, find_sample

if TYPE_CHECKING:
    from inkdigits.models.classifier import PackedModel

VIEW_SIDE = 1024  # longer side of what is measured and shown; a larger photograph is scaled down
MOST_COLOR_PIXELS = 50_000_000  # a larger photograph is shown in gray, not decoded again
TURNS = (1, 2, 3)  # quarters counter-clockwise

# What a rejected picture is warned of where nothing was measured that says why.
_REASONS: dict[str, Warned] = {
    "blank": BLANK,
    "too_small": ("too_small", "The digit has too few pixels. Take the picture closer: 20 are needed."),
    "low_contrast": ("faint", "The ink is hardly darker than the paper. Use a darker pen or more light."),
    "several": ("several_shapes", "There is more than one digit. Cut the picture around one digit."),
    "not_a_digit": ("not_a_digit", "This is no digit. Check that the picture shows one digit and little else."),
}


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a picture was read as it was.

    Attributes:
        page: The reading.
        gray: The picture, shape `(H, W)`, uint8.
        ink: Its ink, uint8; at most 1024 pixels on its longer side, where `gray` may have more.
        glyph: What the network saw, shape `(28, 28)`, uint8; None if the picture is blank.
        box: Where the digit is, `(left, top, width, height)` in pixels of `gray`; None if it is blank.
        alternatives: The ten digits and their probabilities, likeliest first; what is missing to 1 is no digit at all.
        glyph_saliency: How much each pixel of the glyph speaks for the answer (above 0) or against it (below 0), in
            log-odds, shape `(28, 28)`, float32.
        decisive: The spot whose covering hurts the answer most; None if the picture is blank.
        neighbours: The nearest labelled glyphs, nearest first; none without a gallery.
        warnings: What may mislead the reading: `(code, text)`.
        photo: The picture in its colors, RGB, as large as `ink`.
    """

    page: Page
    gray: Gray = field(repr=False)
    ink: Ink = field(repr=False)
    glyph: Glyph | None = field(repr=False)
    box: Box | None
    alternatives: tuple[tuple[str, float], ...]
    glyph_saliency: NDArray[np.float32] = field(repr=False)
    decisive: Spot | None
    neighbours: tuple[Neighbour, ...]
    warnings: tuple[Warned, ...]
    photo: Image.Image = field(repr=False)

    @property
    def answer(self) -> str:
        """The best guess, also of a rejected picture; empty if it is blank."""
        return self.alternatives[0][0] if self.alternatives else ""

    @property
    def confidence(self) -> float:
        """The best guess's probability; 0 if the picture is blank."""
        return self.alternatives[0][1] if self.alternatives else 0.0

    @property
    def no_digit(self) -> float:
        """Probability that it is no digit at all, as far as the model can tell."""
        return max(0.0, 1 - sum(probability for _, probability in self.alternatives)) if self.alternatives else 1.0

    @property
    def saliency(self) -> NDArray[np.float32]:
        """The map laid over the picture, shape `(H, W)`, float32; 0 where there is no glyph."""
        if self.glyph is None or self.box is None:
            return np.zeros(self.gray.shape, np.float32)
        left, top, width, height = self.box
        x, y, across, down = ink_box(self.glyph)
        zoom_x, zoom_y = across / width, down / height
        laid = Image.fromarray(self.glyph_saliency).transform(
            (self.gray.shape[1], self.gray.shape[0]),
            Image.Transform.AFFINE,
            (zoom_x, 0, x - left * zoom_x, 0, zoom_y, y - top * zoom_y),
            Image.Resampling.BILINEAR,
        )
        return np.array(laid, np.float32)

    def to_dict(self) -> dict[str, Any]:
        """The explanation in plain values, for JSON; glyph and map are lists of 28 rows."""
        return {
            "answer": self.answer,
            "confidence": self.confidence,
            "no_digit": self.no_digit,
            "alternatives": [[text, probability] for text, probability in self.alternatives],
            "box": None if self.box is None else list(self.box),
            "glyph": None if self.glyph is None else self.glyph.tolist(),
            "saliency": [[round(float(value), 3) for value in row] for row in self.glyph_saliency],
            "decisive": None if self.decisive is None else vars(self.decisive) | {"box": list(self.decisive.box)},
            "neighbours": [neighbour.to_dict() for neighbour in self.neighbours],
            "warnings": [{"code": code, "text": text} for code, text in self.warnings],
        }

    def to_picture(self) -> Image.Image:
        """The explanation as one sheet, RGB."""
        from inkdigits.explaining.sheet import draw_sheet

        return draw_sheet(self)


def explain(
    recognizer: Recognizer | PackedModel | str | Path,
    picture: Picture,
    *,
    gallery: Gallery | None = None,
    min_confidence: float = MIN_CONFIDENCE,
    max_megapixels: float = MAX_MEGAPIXELS,
) -> Explanation:
    """Explains why a picture is read as it is.

    Args:
        recognizer: What reads it, or its model: a packed model, its name or folder, or a run.
        picture: A path, `"sample:NAME"`, bytes, a Pillow image or an array.
        gallery: Labelled glyphs, as the model was trained on, to find the nearest of.
        min_confidence: Rejects a reading less sure than this, 0 to 1; a rejected one is explained too.
        max_megapixels: Refuses a larger picture.

    Returns:
        The reading, and why.

    Raises:
        PictureError: The picture cannot be read.
        MissingModelError: There is no such model.
        ModelError: The model is damaged, or trained for another preparation.
        SettingError: An option is out of its range.

    Example:
        >>> explanation = explain("default", "sample:chalk")
        >>> explanation.answer, [code for code, _ in explanation.warnings]
        ('5', [])
    """
    if not isinstance(recognizer, Recognizer):
        recognizer = Recognizer.load(recognizer) if isinstance(recognizer, str | Path) else Recognizer(recognizer)
    path = os.fspath(picture) if isinstance(picture, str | os.PathLike) else ""
    if isinstance(picture, str) and picture.startswith(SAMPLE_PREFIX):
        picture = find_sample(picture.removeprefix(SAMPLE_PREFIX))
    gray = load(picture, max_megapixels=max_megapixels)
    page = recognizer.read_one(  # as an image: an array of nearly black levels would be scaled
        Image.fromarray(gray), min_confidence=min_confidence, max_megapixels=max_megapixels
    )
    return _explain_page(recognizer, replace(page, path=path), gray, _in_color(picture, gray), gallery)


def _explain_page(
    recognizer: Recognizer, page: Page, gray: Gray, photo: Image.Image, gallery: Gallery | None
) -> Explanation:
    small = np.array(_shrunk(Image.fromarray(gray)))
    ink = to_ink(small)
    digit = page.lines[0].digits[0] if page.lines else None
    if digit is None or digit.glyph is None or not digit.glyph.any():
        nothing = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.float32)
        return Explanation(page, gray, ink, None, None, (), nothing, None, (), _with_reason((), page), photo)
    ranked = tuple((text, share) for text, share in digit.alternatives if text.isdigit())
    label = int(ranked[0][0])
    occlusion = occlude(recognizer.classify, digit.glyph, label)
    neighbours = () if gallery is None else gallery.nearest(digit.glyph)
    traits = measure_traits(small, ink, _scaled(digit.box, gray, small))
    warnings = (
        *warn_of_picture(traits, max(digit.box[2:])),
        *warn_of_answer(
            ranked, _turned(recognizer, digit.glyph), neighbours, limit=recognizer.model.card.not_a_digit_threshold
        ),
    )
    return Explanation(
        page=page,
        gray=gray,
        ink=ink,
        glyph=digit.glyph,
        box=digit.box,
        alternatives=ranked,
        glyph_saliency=occlusion.saliency,
        decisive=_spot(occlusion, digit.glyph, digit.box, label),
        neighbours=neighbours,
        warnings=_with_reason(warnings, page),
        photo=photo,
    )


def _scaled(box: Box, gray: Gray, small: Gray) -> Box:
    """A box of `gray` in pixels of `small`, at least a pixel and wholly inside."""
    edges = []
    for axis in (0, 1):
        size = small.shape[1 - axis]
        zoom = size / gray.shape[1 - axis]
        start = min(round(box[axis] * zoom), size - 1)
        end = min(max(round((box[axis] + box[axis + 2]) * zoom), start + 1), size)
        edges.append((start, end - start))
    (left, width), (top, height) = edges
    return left, top, width, height


def _turned(recognizer: Recognizer, glyph: Glyph) -> list[tuple[int, str, float]]:
    """What the glyph would be read as if it were turned: degrees counter-clockwise, answer, probability."""
    rows = recognizer.classify(np.stack([np.rot90(glyph, quarters) for quarters in TURNS]))
    return [
        (90 * quarters, str(int(row.argmax())), float(row.max()))
        for quarters, row in zip(TURNS, rows, strict=True)
        if not recognizer.refuses(row)
    ]


def _with_reason(warnings: tuple[Warned, ...], page: Page) -> tuple[Warned, ...]:
    """Adds the reason of a rejected picture, if no warning says it."""
    reason = _REASONS.get(page.reason or "")
    if reason is None or reason[0] in (code for code, _ in warnings):
        return warnings
    return reason, *warnings


def _shrunk(image: Image.Image) -> Image.Image:
    zoom = VIEW_SIDE / max(image.size)
    if zoom >= 1:
        return image
    size = (max(1, round(image.width * zoom)), max(1, round(image.height * zoom)))
    return image.resize(size, Image.Resampling.BOX)


def _in_color(picture: Picture, gray: Gray) -> Image.Image:
    """The picture as a person sees it; in gray where its colors are not those of a plain photograph."""
    plain = _shrunk(Image.fromarray(gray))
    if gray.size > MOST_COLOR_PIXELS:
        return plain.convert("RGB")
    try:
        image = _opened(picture)
        if image.mode not in ("RGB", "P", "CMYK", "YCbCr") or image.has_transparency_data:
            return plain.convert("RGB")
        image.draft("RGB", (VIEW_SIDE, VIEW_SIDE))
        return ImageOps.exif_transpose(image).convert("RGB").resize(plain.size, Image.Resampling.BOX)
    except Exception:  # it was read once, so gray is at hand, whatever a second look stumbles over
        return plain.convert("RGB")


def _opened(picture: Picture) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture
    if isinstance(picture, np.ndarray):
        return Image.fromarray(picture)
    data = Path(picture).read_bytes() if isinstance(picture, str | os.PathLike) else bytes(picture)
    return Image.open(io.BytesIO(data), formats=FORMATS)
