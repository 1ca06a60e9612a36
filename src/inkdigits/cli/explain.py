"""`inkdigits explain`: pictures in, why each was read as it was out: on stdout in words, with -o as sheets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from typing import TextIO

    from inkdigits.cli.read import Source
    from inkdigits.explaining.explanation import Explanation
    from inkdigits.explaining.nearest import Gallery
    from inkdigits.reading.recognizer import Recognizer
    from inkdigits.reading.result import Page

FORMATS = ("text", "json", "jsonl")
SHADES = " ░▒▓█"
PLAIN_SHADES = " .:*#"  # where the output knows no blocks
BAR = 24  # characters of a probability of 1


@click.command(
    "explain",
    short_help="Say why pictures were read as they were.",
    epilog="Exit codes: 0 all explained; 1 some pictures could not be read (the rest were explained); 2 wrong usage; "
    "3 no such model.",
)
@click.argument("pictures", nargs=-1, required=True)
@click.option("--model", default="default", show_default=True, help="A packed model's name or folder, or a run.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
              help="text: for people; jsonl: one object a picture.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.png|DIR",
              help="Draw the explanation of a picture there, or of each picture in a folder.")  # fmt: skip
@click.option("--max-megapixels", type=float, default=100.0, show_default=True, help="Refuse larger pictures.")
def command(pictures: tuple[str, ...], model: str, form: str, output: Path | None, max_megapixels: float) -> int:
    """Explains the reading of the handwritten digit in each of PICTURES.

    Shown are what the network saw, the probabilities, the place that decided, the nearest of MNIST's training digits,
    and what about the picture may mislead. PICTURES are the same as for read.

    \b
    Examples:
      inkdigits explain photo.jpg
      inkdigits explain photo.jpg -o why.png
      inkdigits explain scans/ --format jsonl -o sheets/
    """
    from inkdigits.cli.read import expand_each
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.reading.options import ReadingOptions
    from inkdigits.reading.recognizer import Recognizer

    ReadingOptions(max_megapixels=max_megapixels)  # refuses what is out of its range before anything is loaded
    _check_output(pictures, output)
    with quiet_native_stderr():
        recognizer = Recognizer.load(model)
    explainer = Explainer(recognizer, max_megapixels=max_megapixels)
    explained = _explain_all(explainer, list(expand_each(pictures)))
    return _write(explained, form, output)


class Explainer:
    """Explains pictures one by one; MNIST's training digits are loaded when they are first needed.

    Args:
        recognizer: What reads them.
        max_megapixels: Refuses larger pictures.
    """

    def __init__(self, recognizer: Recognizer, *, max_megapixels: float = 100.0) -> None:
        self.recognizer = recognizer
        self._max_megapixels = max_megapixels
        self._gallery: Gallery | None = None
        self._looked = False

    def __call__(self, source: Path | bytes, name: str) -> Explanation:
        """Explains one picture under the name that its user gave it.

        Raises:
            PictureError: It cannot be read.
        """
        from inkdigits.explaining.explanation import explain

        gallery = self._training_digits()
        found = explain(self.recognizer, source, gallery=gallery, max_megapixels=self._max_megapixels)
        return replace(found, page=replace(found.page, path=name))

    def _training_digits(self) -> Gallery | None:
        """MNIST's, or none where its files are not at hand: the rest is explained all the same."""
        if not self._looked:
            from inkdigits.data.source import load_dataset
            from inkdigits.errors import InkdigitsError
            from inkdigits.explaining.nearest import Gallery

            self._looked = True
            try:
                training = load_dataset("mnist")
                self._gallery = Gallery(training.glyphs, training.labels)
            except InkdigitsError:
                self._gallery = None
        return self._gallery


def _check_output(pictures: tuple[str, ...], output: Path | None) -> None:
    from inkdigits.errors import SettingError
    from inkdigits.reading.source import names_one

    if output is None or not _is_file(output):
        return
    if len(pictures) > 1 or not names_one(pictures[0]):
        raise SettingError(
            f"Expected a folder for the sheets of several pictures. Received: the file {output}.",
            hint="Name a folder with -o, or one picture.",
        )


def _is_file(output: Path) -> bool:
    return output.suffix.lower() == ".png" and not output.is_dir()


def _explain_all(explainer: Explainer, pictures: list[tuple[str, Source]]) -> Iterator[tuple[Page, Explanation | None]]:
    """The page of each picture, and its explanation if it could be read."""
    from inkdigits.errors import PictureError
    from inkdigits.reading.result import Page

    for name, source in pictures:
        try:
            if isinstance(source, PictureError):
                raise source
            explanation = explainer(source, name)
        except PictureError as error:
            about = explainer.recognizer.about
            yield Page("error", path=name, error=error.message, hint=error.hint, model=about), None
        else:
            yield explanation.page, explanation


def _write(explained: Iterator[tuple[Page, Explanation | None]], form: str, output: Path | None) -> int:
    from inkdigits.cli import EXIT_FAILED, show_error

    failed = False
    count = 0
    for index, (page, explanation) in enumerate(explained):
        if page.status == "error":
            failed = True
            show_error(f"{page.path}: {page.error}", page.hint)
        if explanation is not None and output is not None:
            _save_sheet(explanation, output, index)
        if form != "text":
            text = json.dumps(explained_dict(page, explanation), ensure_ascii=False)
            sys.stdout.write(text + "\n" if form == "jsonl" else ("[" if count == 0 else ",\n ") + text)
        elif explanation is not None:
            sys.stdout.write("\n" * (count > 0) + explanation_text(explanation, sys.stdout))
        count += form != "text" or explanation is not None
    if form == "json":
        sys.stdout.write("]\n" if count else "[]\n")
    return EXIT_FAILED if failed else 0


def explained_dict(page: Page, explanation: Explanation | None) -> dict[str, Any]:
    """A page in the words of the JSON contract, with its explanation; None if the picture could not be read."""
    return page.to_dict() | {"explanation": None if explanation is None else explanation.to_dict()}


def _save_sheet(explanation: Explanation, output: Path, index: int) -> None:
    from inkdigits.cli.read import file_stem

    path = output if _is_file(output) else output / f"{index:05}_{file_stem(explanation.page.path)}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    explanation.to_picture().save(path, optimize=True)


def explanation_text(explanation: Explanation, out: TextIO) -> str:
    """An explanation for a terminal: what the network saw beside the probabilities, then why, then the warnings.

    Args:
        explanation: Of any picture.
        out: Where it will be written: blocks are drawn with plain signs where its encoding has none.
    """
    from inkdigits.cli import one_line
    from inkdigits.explaining.sheet import describe_decisive
    from inkdigits.explaining.warnings import percent

    page = explanation.page
    answer = f"{explanation.answer}, {percent(explanation.confidence)}, " if explanation.answer else ""
    lines = [one_line(f"{page.path}: {answer}{page.status}" + (f" ({page.reason})" if page.reason else ""))]
    shades = SHADES if _can_write(SHADES, out) else PLAIN_SHADES
    if explanation.glyph is not None:
        bars = ["", *_bars(explanation, shades[-1])]
        picture = _glyph_lines(explanation, shades)
        rows = [f"{left:28}  {bars[row] if row < len(bars) else ''}".rstrip() for row, left in enumerate(picture)]
        lines += [row for row in rows if row]
        lines.append(describe_decisive(explanation))
    if explanation.neighbours:
        labels = " ".join(near.label for near in explanation.neighbours)
        near, far = explanation.neighbours[0].distance, explanation.neighbours[-1].distance
        lines.append(f"Nearest training digits: {labels} (distance {near:.2f} to {far:.2f}).")
    lines += [f"warning: {code}: {text}" for code, text in explanation.warnings]
    return "\n".join(lines) + "\n"


def _can_write(signs: str, out: TextIO) -> bool:
    try:
        signs.encode(out.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _glyph_lines(explanation: Explanation, shades: str) -> list[str]:
    """The glyph in 14 rows of 28 signs: a sign is about twice as high as wide."""
    import numpy as np

    glyph = explanation.glyph if explanation.glyph is not None else np.zeros((28, 28), np.uint8)
    levels = glyph.reshape(14, 2, 28).mean(axis=1)
    steps = np.ceil(levels / 255 * (len(shades) - 1) - 0.2).astype(int).clip(0)
    return ["".join(shades[step] for step in row) for row in steps]


def _bars(explanation: Explanation, block: str) -> Iterator[str]:
    from inkdigits.explaining.warnings import percent

    for label, share in [*sorted(explanation.alternatives), ("no digit", explanation.no_digit)]:
        words = percent(share).replace("over", ">").replace("below", "<")
        yield f"{label:>8} {block * round(BAR * share):{BAR}} {words:>8}"
