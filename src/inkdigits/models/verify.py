"""Verification of a foreign network: its first inference runs in a process of its own, so that only that one can crash.

LiteRT does not check that a network's file is sound: a damaged one can end the process. A network that passes once is
remembered by its hash in the user's cache folder. Networks that ship are not verified.

`python -m inkdigits.models.verify` takes the shape of one input, such as `28,28`; the network comes on stdin.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from inkdigits.errors import InkdigitsError, ModelError
from inkdigits.models.card import Card
from inkdigits.models.runtime import Engine
from inkdigits.system import module_command

SIZES = ((1, 1), (4, 1), (64, 2))  # batch and threads of every interpreter that a classifier makes
SECONDS = 60  # a sound network of this kind takes less than one
MOST_BYTES = 4 << 30  # of the process's address space
REFUSED = 3  # exit code: the network is refused, and stdout says why
HINT = "Do not use this model; get it again from its source."


def verify_network(card: Card, content: bytes, *, again: bool = False) -> None:
    """Runs a network's first inferences in a process of its own, unless it has passed before.

    Args:
        card: The model's card.
        content: Content of `model.tflite`.
        again: Whether to run it also if it has passed before.

    Raises:
        ModelError: The process crashed, took too long, or the network is of another form.
    """
    mark = _mark(card, content)
    if not again and os.path.isfile(mark):  # noqa: PTH113  where a Path raises, this answers False
        return
    command = module_command(__name__, ",".join(map(str, card.input_shape)))
    try:
        done = subprocess.run(command, input=content, capture_output=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"Expected a network that answers within {SECONDS} s. Received: none.", hint=HINT) from error
    if done.returncode == REFUSED:
        raise ModelError(done.stdout.decode(errors="replace").strip(), hint="Train it anew or pack it again.")
    if done.returncode:
        raise ModelError(f"Expected a sound network. Received: it ended its process by {_end(done)}.", hint=HINT)
    with suppress(OSError):  # without a cache it is verified each time
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _mark(card: Card, content: bytes) -> Path:
    """The empty file that says that this network has passed with this version of LiteRT."""
    form = f"{card.input_shape} {importlib.metadata.version('ai-edge-litert')}"
    name = hashlib.sha256(content + form.encode()).hexdigest()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111  never raises
    return Path(cache, "inkdigits", "verified", name)


def _end(done: subprocess.CompletedProcess[bytes]) -> str:
    return signal.Signals(-done.returncode).name if done.returncode < 0 else f"exit code {done.returncode}"


def main() -> int:
    """Runs the network on stdin; its fault is printed."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shape = tuple(map(int, sys.argv[1].split(",")))
    content = sys.stdin.buffer.read()
    noise = np.random.default_rng(0)
    try:
        for size, threads in SIZES:
            engine = Engine(content, size, threads, shape)
            for inputs in (np.zeros((size, *shape), np.uint8), noise.integers(0, 256, (size, *shape), dtype=np.uint8)):
                engine.run(inputs)
    except InkdigitsError as error:
        print(" ".join(error.message.split()))
        return REFUSED
    except MemoryError:
        print(f"Expected a network that runs in {MOST_BYTES >> 30} GiB. Received: one that needs more.")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
