"""RapidOCR as a digit reader: its recognizer's own output, limited to one digit of 0 to 9.

    python rapidocr_digits.py PICTURES.txt ANSWERS.csv [--threads N] [--detect | --greedy | --tiny]

The picture goes through RapidOCR's own resizing and its bundled PP-OCRv6 small recognizer. Of the CTC output only the
columns of the blank and of "0" to "9" are kept, and the answer is the digit whose alignments have the greatest summed
probability: a text of one digit is given, so it is not asked for another. The confidence is what the whole, unlimited
output gives to a text of exactly that digit. With `--detect`, RapidOCR's text detector looks for crops first, and the
surest of the crops and of the whole picture is taken: for a digit that is small on a page. With `--greedy` the output,
limited in the same way, is decoded as RapidOCR does it, step by step: it may be several digits, or none. With `--tiny`
the PP-OCRv6 tiny recognizer takes the place of the small one; it comes out of the package `faster-paddle`.

It runs in an environment with `rapidocr` and `faster-paddle`, which it imports only to read, and knows nothing of
inkdigits.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL import Image
    from runner import Answer

DIGITS = "0123456789"
LEAST = 1e-12  # of a probability, so that its logarithm is finite
MODEL = "PP-OCRv6_rec_small.onnx"
MODEL_START = b"\x08\x08\x12\x00\x1a\x00\x3a"  # an ONNX file: its version, no producer, then the graph with its length
MODEL_END = 6  # bytes after the graph: the set of operators
TINY_SHA256 = "63e9e23c26f77daf61ade813ad3b3b25283a4ddd229adfe227ff9ad48b68da75"
TINY_COLUMNS = range(33, 43)  # of "0" to "9", after the blank and 32 signs, as in the small network's own list


def single_digit(probabilities: np.ndarray[Any, Any], columns: Sequence[int], *, blank: int = 0) -> tuple[str, float]:
    """The best text of exactly one character, under CTC.

    Args:
        probabilities: Shape `(steps, characters)`; each row sums to 1.
        columns: Columns of the characters that may be the answer, from "0" on.
        blank: The column of CTC's blank.

    Returns:
        The best digit among these characters and the blank, and the probability, 0 to 1, that the whole output gives to
        a text of only that digit.

    Source:
        A. Graves et al., "Connectionist temporal classification", 2006: a text's probability is the sum over its
        alignments, here `blank* character+ blank*`.
    """
    kept = probabilities[:, [blank, *columns]]
    limited = kept / np.maximum(kept.sum(axis=1, keepdims=True), LEAST)
    best = int(np.argmax(_one_character(limited)))
    return DIGITS[best], min(float(np.exp(_one_character(kept)[best])), 1.0)


def _one_character(probabilities: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Logarithm of the probability of each text of one character; column 0 is the blank."""
    logs = np.log(np.maximum(probabilities, LEAST))
    sums = np.concatenate([np.zeros((1, logs.shape[1])), np.cumsum(logs, axis=0)])  # (steps + 1, 1 + characters)
    first, end = np.triu_indices(len(sums), 1)  # the character stands from step `first` to before `end`
    blanks = sums[first, 0] + sums[-1, 0] - sums[end, 0]
    alignments = blanks[:, None] + sums[end, 1:] - sums[first, 1:]
    result: np.ndarray[Any, Any] = np.logaddexp.reduce(alignments, axis=0)
    return result


def greedy_text(probabilities: np.ndarray[Any, Any], columns: Sequence[int], *, blank: int = 0) -> tuple[str, float]:
    """The usual decoding: the best of blank and digits at each step, repetitions and blanks left out.

    Args:
        probabilities: As for `single_digit`.
        columns: Columns of the digits, from "0" on.
        blank: The column of CTC's blank.

    Returns:
        The text, and the mean probability of its steps in the whole output, as RapidOCR scores it; 0 of an empty text.
    """
    kept = probabilities[:, [blank, *columns]]
    best = kept.argmax(axis=1)
    chosen = (best > 0) & np.concatenate([[True], best[1:] != best[:-1]])
    text = "".join(DIGITS[index - 1] for index in best[chosen])
    return text, float(kept.max(axis=1)[chosen].mean()) if text else 0.0


def tiny_model(library: bytes) -> bytes:
    """The PP-OCRv6 tiny recognizer, which `faster-paddle` keeps inside its compiled module.

    Args:
        library: The content of the module.

    Returns:
        The ONNX file.

    Raises:
        ValueError: The module is of another version.
    """
    for found in re.finditer(re.escape(MODEL_START), library):
        length, at = _varint(library, found.end())
        model = library[found.start() : at + length + MODEL_END]
        if hashlib.sha256(model).hexdigest() == TINY_SHA256:
            return model
    raise ValueError("Expected faster-paddle 1.0.4 with its tiny recognizer. Received: another version.")


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number as Protocol Buffers write it, 7 bits per byte, and where it ends."""
    value = shift = 0
    while True:
        value |= (content[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if content[at - 1] < 128:
            return value, at


class Reader:
    """RapidOCR's recognizer, and its detector where asked for.

    Args:
        threads: Threads of the networks.
        detect: Looks for crops too.
        greedy: Decodes as RapidOCR does, without the knowledge that there is one digit.
        tiny: Takes the tiny recognizer.
    """

    def __init__(self, threads: int, *, detect: bool = False, greedy: bool = False, tiny: bool = False) -> None:
        import rapidocr

        models = Path(rapidocr.__file__).parent / "models"
        settings = {
            "Global.log_level": "critical",
            "Rec.model_path": str(models / MODEL),  # the bundled one: nothing is fetched
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,  # its networks have one branch
        }
        self._ocr: Any = rapidocr.RapidOCR(params=settings)
        self._recognizer: Any = self._ocr._load_rec_model()
        characters = self._recognizer.postprocess_op.character
        self._columns: Sequence[int] = [characters.index(digit) for digit in DIGITS]
        if tiny:
            self._recognizer.session.session = _tiny_session(threads)
            self._columns = TINY_COLUMNS
        self._detect = detect
        self._decode = greedy_text if greedy else single_digit

    def read(self, picture: Image.Image) -> Answer:
        """The digit in a picture."""
        pixels = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])  # OpenCV's blue, green, red
        crops = [pixels, *(self._crops(pixels) if self._detect else [])]
        best, confidence = max((self._recognize(crop) for crop in crops), key=lambda found: found[1])
        return best, confidence

    def _recognize(self, pixels: np.ndarray[Any, Any]) -> tuple[str, float]:
        _, height, width = self._recognizer.rec_image_shape
        ratio = max(width / height, pixels.shape[1] / pixels.shape[0])
        batch = self._recognizer.resize_norm_img(pixels, ratio)[None].astype(np.float32)
        return self._decode(self._recognizer.session(batch)[0], self._columns)

    def _crops(self, pixels: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        found = self._ocr(pixels, use_det=True, use_cls=False, use_rec=False)
        if found.boxes is None:
            return []
        crops = self._ocr.crop_text_regions(pixels, np.asarray(found.boxes, np.float32))
        return [crop for crop in crops if crop.size]


def _tiny_session(threads: int) -> Any:
    import onnxruntime

    package = importlib.util.find_spec("faster_paddle")
    if package is None or package.origin is None:
        raise ValueError("Expected the package faster-paddle. Received: none.")
    (module,) = (path for path in Path(package.origin).parent.iterdir() if path.suffix in (".so", ".pyd"))
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(tiny_model(module.read_bytes()), settings, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    import runner

    options = runner.parse("Reads digits with RapidOCR.", None, ["--detect", "--greedy", "--tiny"])
    reader = Reader(options.threads, detect=options.detect, greedy=options.greedy, tiny=options.tiny)
    runner.run(reader.read, options)
