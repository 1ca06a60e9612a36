"""Processes that make chunks of a synthesis: tasks in, arrays out. They speak JSON and NPZ over pipes, never pickle.

A process is `python -m inkdigits.synthesis.workers`. It takes a task per line and ends when its standard input does.
"""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass
from queue import Empty, SimpleQueue
from typing import IO, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from inkdigits.data.dataset import Labels
from inkdigits.errors import TrainingError
from inkdigits.image.load import Gray
from inkdigits.synthesis.chunks import make_glyphs, make_pictures
from inkdigits.synthesis.kinds import Part
from inkdigits.system import module_command

SIZE = struct.Struct(">Q")  # of the bytes that follow
Chunk: TypeAlias = tuple[Sequence[Gray], Labels]
"""Glyphs or pictures, and their labels."""


@dataclass(frozen=True)
class Task:
    """One chunk.

    Attributes:
        what: Glyphs, or whole pictures.
        kind: Kind of the mixture.
        count: How many.
        seed: Seed of the random numbers.
        split: Which part of MNIST's training digits is used.
    """

    what: Literal["glyphs", "pictures"]
    kind: str
    count: int
    seed: tuple[int, ...]
    split: Part

    def make(self) -> Chunk:
        """Makes the chunk in this process."""
        if self.what == "pictures":
            return make_pictures(self.kind, self.count, self.seed, self.split)
        glyphs, labels = make_glyphs(self.kind, self.count, self.seed, self.split)
        return list(glyphs), labels


def make_in_processes(tasks: Sequence[Task], processes: int) -> list[Chunk]:
    """Makes chunks in processes of their own.

    Args:
        tasks: Any number.
        processes: At most so many.

    Returns:
        The chunks, in the order of the tasks.

    Raises:
        TrainingError: A process ended before its time.
    """
    waiting: SimpleQueue[tuple[int, Task]] = SimpleQueue()
    for number, task in enumerate(tasks):
        waiting.put((number, task))
    chunks: dict[int, Chunk] = {}
    workers = [_Worker() for _ in range(min(processes, len(tasks)))]

    def work(worker: _Worker) -> None:
        with suppress(Empty):
            while True:
                number, task = waiting.get_nowait()
                chunks[number] = worker.ask(task)

    with ThreadPoolExecutor(len(workers)) as pool:
        try:
            working = [pool.submit(work, worker) for worker in workers]
            for ended in wait(working, return_when=FIRST_EXCEPTION).done:
                ended.result()
        finally:
            for worker in workers:  # also after Ctrl-C: nobody waits for a chunk
                worker.close()
    return [chunks[number] for number in range(len(tasks))]


class _Worker:
    def __init__(self) -> None:
        command = module_command("inkdigits.synthesis.workers")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._tasks, self._chunks = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def ask(self, task: Task) -> Chunk:
        try:
            self._tasks.write(json.dumps(asdict(task)).encode() + b"\n")
            self._tasks.flush()
            (size,) = SIZE.unpack(self._chunks.read(SIZE.size))
            return from_bytes(self._chunks.read(size))
        except (OSError, struct.error, ValueError) as error:
            self._process.kill()
            end = self._process.wait()
            how = signal.Signals(-end).name if end < 0 else f"exit code {end}"
            raise TrainingError(
                f"Expected processes of the synthesis to go on. Received: one that ended by {how}.",
                hint="Start again. If memory ran out, free some before.",
            ) from error

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._tasks, self._chunks):
            with suppress(OSError):  # what could not be sent
                pipe.close()


def to_bytes(chunk: Chunk) -> bytes:
    """A chunk as an NPZ file: its labels, then its pictures by number."""
    pictures, labels = chunk
    file = io.BytesIO()
    np.savez(file, labels, *pictures)
    return file.getvalue()


def from_bytes(content: bytes) -> Chunk:
    """The chunk of an NPZ file.

    Raises:
        ValueError: It is none.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        labels, *pictures = (arrays[f"arr_{index}"] for index in range(len(arrays.files)))
        return cast("list[NDArray[np.uint8]]", pictures), labels


def main() -> None:
    """Makes the chunks that it is asked for until its standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the process that started this one
    chunks = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may write among the chunks
    with suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            asked = json.loads(line)
            content = to_bytes(Task(**asked | {"seed": tuple(asked["seed"])}).make())
            chunks.write(SIZE.pack(len(content)) + content)
            chunks.flush()


if __name__ == "__main__":
    main()
