"""One process of an attack: damages files and hands them to inkdigits, and tells what happens, a line each.

    python bench/attack_child.py KIND SEED START COUNT [CORPUS]

It prints the number of each mutant before it is tried, so that the one that ends the process is known.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

import attack_corpus as corpus
from inkdigits.data.source import has_test_part, load_dataset
from inkdigits.errors import InkdigitsError
from inkdigits.image.limits import BYTES_PER_PIXEL, SPARE_BYTES
from inkdigits.image.load import MAX_MEGAPIXELS
from inkdigits.models.card import load_card
from inkdigits.models.classifier import PackedModel
from inkdigits.models.zoo import ZOO
from inkdigits.recognizer import Recognizer
from inkdigits.training.run.folder import open_run

CPU_SECONDS = 5.0
MEMORY_MB = (BYTES_PER_PIXEL * MAX_MEGAPIXELS * 1e6 + SPARE_BYTES) / 1e6
LIMIT_BYTES = 8 << 30  # of the address space: what takes more ends the process instead of the machine
Attempt: TypeAlias = Callable[[int], str]
"""Tries a mutant and gives what came of it: `"read"`, `"refused"`, or what must not be."""


def of_pictures(place: Path, seed: int, folder: str) -> Attempt:
    recognizer = Recognizer.load("default")
    files = corpus.pictures(folder)

    def attempt(index: int) -> str:
        rng = np.random.default_rng((seed, index))
        some = files[int(rng.integers(len(files)))]
        data = corpus.mutate(some, rng, lambda: files[int(rng.integers(len(files)))])
        if index % 10 == 0:  # now and then a file, not bytes
            (place / "mutant.png").write_bytes(data)
            page = recognizer.read(place / "mutant.png")
        else:
            page = recognizer.read(data)
        json.dumps(page.to_dict(), allow_nan=False)
        return "read"

    return attempt


def of_data(place: Path, seed: int, _folder: str) -> Attempt:
    sources = corpus.write_data(place)
    sound = [(source, victim, victim.read_bytes()) for source, victim in sources]

    def attempt(index: int) -> str:
        rng = np.random.default_rng((seed, index))
        source, victim, content = sound[int(rng.integers(len(sound)))]
        try:
            victim.write_bytes(corpus.mutate(content, rng, lambda: sound[int(rng.integers(len(sound)))][2]))
            has_test_part(source)
            load_dataset(source)
        finally:
            victim.write_bytes(content)
        return "read"

    return attempt


def of_cards(place: Path, seed: int, _folder: str) -> Attempt:
    """Cards, states and histories of runs: half of them have one flipped bit, which must not be believed."""
    victims = corpus.write_run(place)
    run = place / "run"
    loads: list[Callable[[], Any]] = [
        lambda: open_run(run).state, lambda: open_run(run).history(), lambda: load_card(run / "packed")]  # fmt: skip
    sound = [(path, path.read_bytes(), load, load()) for path, load in zip(victims, loads, strict=True)]

    def attempt(index: int) -> str:
        rng = np.random.default_rng((seed, index))
        path, content, load, before = sound[int(rng.integers(len(sound)))]
        flipped = index % 2 == 0
        try:
            path.write_bytes(corpus.flip_bit(content, rng) if flipped else corpus.mutate(content, rng))
            after = load()
        finally:
            path.write_bytes(content)
        return "flip believed" if flipped and not _same(before, after) else "read"

    return attempt


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, list):  # a flip in the name `checksum` leaves it as a value of another name
        return len(before) == len(after) and all(map(_is_part, before, after))
    return bool(before == after)


def _is_part(line: dict[str, Any], other: dict[str, Any]) -> bool:
    return line.items() <= other.items()


def of_models(place: Path, seed: int, _folder: str) -> Attempt:
    """Networks whose card is right: their first inference runs in a process that may crash; this one may not."""
    os.environ["XDG_CACHE_HOME"] = str(place)  # what passes is remembered there
    models = [(load_card(ZOO / name), (ZOO / name / "model.tflite").read_bytes()) for name in ("tiny-2k", "tiny-8k")]
    folder = place / "model"
    folder.mkdir()

    def attempt(index: int) -> str:
        rng = np.random.default_rng((seed, index))
        card, content = models[int(rng.integers(len(models)))]
        mutant = corpus.mutate(content, rng)
        (folder / "model.tflite").write_bytes(mutant)
        replace(card, sha256=hashlib.sha256(mutant).hexdigest()).save(folder)
        PackedModel(folder).logits(np.zeros((3, 28, 28), np.uint8))
        return "read"

    return attempt


def of_faults(_place: Path, _seed: int, _folder: str) -> Attempt:
    """Planted faults, each once in ten: what an attack must find."""

    def crash() -> str:
        os.abort()

    def burn() -> str:
        while time.process_time() - began < CPU_SECONDS + 0.2:
            pass
        return "read"

    def hang() -> str:
        time.sleep(1000)
        return "read"

    def eat() -> str:
        return str(len(bytearray(b"x") * int(1.5 * MEMORY_MB * 1e6)))[:0] + "read"

    def stumble() -> str:
        raise KeyError("stumble")

    def refuse() -> str:
        raise InkdigitsError("refused")

    began = 0.0
    faults: dict[int, Callable[[], str]] = {
        1: crash, 2: burn, 3: eat, 4: stumble, 5: lambda: "flip believed", 6: refuse, 7: hang}  # fmt: skip

    def attempt(index: int) -> str:
        nonlocal began
        began = time.process_time()
        return faults.get(index % 10, lambda: "read")()

    return attempt


KINDS: dict[str, Callable[[Path, int, str], Attempt]] = {
    "pictures": of_pictures, "data": of_data, "cards": of_cards, "models": of_models, "faults": of_faults}  # fmt: skip


def peak_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e3


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def tried(attempt: Callable[[], str]) -> dict[str, Any]:
    """What came of a mutant, and what it took."""
    reset_peak()
    before, began = peak_mb(), time.process_time()
    try:
        what, detail = attempt(), ""
    except InkdigitsError as error:
        what, detail = "refused", "" if "\n" not in str(error) else "more than a line"
    except BaseException as error:  # whatever it is: that is what is looked for
        what, detail = "foreign exception", f"{type(error).__name__}: {error}"[:300]
    seconds, memory = time.process_time() - began, peak_mb() - before
    if what in ("read", "refused") and detail:
        what = "message of several lines"
    elif what in ("read", "refused") and memory > MEMORY_MB:  # which takes CPU time, too
        what = "too much memory"
    elif what in ("read", "refused") and seconds > CPU_SECONDS:
        what = "too much CPU"
    return {"what": what, "detail": detail, "cpu": round(seconds, 3), "mb": round(memory, 1)}


def main() -> None:
    kind, seed, start, count, folder = (*sys.argv[1:], "")[:5]
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)  # what decoders say of damage
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as name:
        attempt = KINDS[kind](Path(name), int(seed), folder)
        for index in range(int(start), int(start) + int(count)):
            lines.write(f"{index}\n")
            lines.write(json.dumps(tried(partial(attempt, index))) + "\n")


if __name__ == "__main__":
    main()
