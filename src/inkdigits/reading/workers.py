"""Worker processes: paths of pictures in, outcomes out. They speak JSON and bytes over pipes; nothing is unpickled.

A worker is `python -m inkdigits.reading.workers`. It is sent a job (the model and the options) and then batches of
paths, and it answers each batch. It ends when its standard input does, so it outlives nobody. If one dies, its pictures
are read in this process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, TypeAlias, cast

import numpy as np

from inkdigits.image.glyph import GLYPH_SIDE
from inkdigits.image.load import Picture
from inkdigits.image.threads import single_thread
from inkdigits.models.card import parse_card
from inkdigits.models.classifier import PackedModel
from inkdigits.reading.decision import Decision, DecisionPolicy
from inkdigits.reading.pipeline import Outcome, complete, to_outcome
from inkdigits.reading.preparing import Failure, Prepared, prepare_many

Result: TypeAlias = Outcome | Failure
Batch: TypeAlias = Sequence[Picture]

COMMAND = ("-P", "-m", "inkdigits.reading.workers")
ENVIRONMENT = {"OPENCV_FOR_THREADS_NUM": "1", "OPENBLAS_NUM_THREADS": "1"}  # each worker has a core
MOST = 8  # processes: with more the pages are made no faster
BATCH = 128  # pictures sent at a time, if they are small
BATCH_BYTES = 1 << 22
WAITING = 16  # batches that may wait for an earlier one: a worker takes half a second to start
SAMPLE = 20  # files whose sizes are looked at before workers are started
PICTURE_SECONDS, BYTE_SECONDS = 4e-4, 2e-8  # what reading a file takes on a core, about
LEAST_SECONDS = 1.0  # less is read sooner without workers


@dataclass(frozen=True, eq=False)
class Job:
    """What each picture is read with.

    Attributes:
        model: Classifies the candidates.
        policy: The thresholds.
        max_megapixels: Larger pictures are refused.
    """

    model: PackedModel
    policy: DecisionPolicy
    max_megapixels: float

    def read(self, pictures: Batch) -> list[Result]:
        """Reads a batch in this process."""
        prepared = prepare_many(pictures, max_megapixels=self.max_megapixels, keep="nothing")
        good = [item for item in prepared if isinstance(item, Prepared)]
        records = iter(complete(good, self.model, self.policy))
        results = (item if isinstance(item, Failure) else next(records) for item in prepared)
        return [item if isinstance(item, Failure) else to_outcome(item) for item in results]

    def to_bytes(self) -> bytes:
        """A line of JSON, and the network."""
        head = {
            "card": self.model.card.to_json(),
            "size": self.model.size,
            "policy": asdict(self.policy),
            "max_megapixels": self.max_megapixels,
        }
        return json.dumps(head).encode() + b"\n" + self.model.content


def worth_workers(pictures: Iterable[Picture]) -> bool:
    """Whether pictures are files, listed beforehand, whose reading takes so long that workers pay."""
    if not isinstance(pictures, list | tuple) or not sys.executable or getattr(sys, "frozen", False):
        return False
    some = pictures[:: len(pictures) // SAMPLE + 1]
    seconds = sum(PICTURE_SECONDS + BYTE_SECONDS * _file_size(picture) for picture in some if _is_path(picture))
    return seconds * len(pictures) > LEAST_SECONDS * len(some) and all(_is_path(picture) for picture in pictures)


def _is_path(picture: Picture) -> bool:
    return isinstance(picture, str | Path)


def read_in_processes(pictures: Iterable[Picture], job: Job, processes: int) -> Iterator[Result]:
    """Reads pictures in this process and, as far as they are files, in others.

    Args:
        pictures: Paths, or any.
        job: What they are read with.
        processes: This one included.

    Returns:
        A result per picture, in the order given.
    """
    waiting: deque[tuple[Batch, Future[list[Result] | None]]] = deque()
    workers = [Worker(job.to_bytes()) for _ in range(processes - 1)]
    try:
        for batch in _batches(pictures):
            free = next((worker for worker in workers if worker.is_free), None) if all(map(_is_path, batch)) else None
            waiting.append((batch, _read_here(batch, job) if free is None else free.submit(batch)))
            while waiting and (waiting[0][1].done() or len(waiting) > WAITING):
                yield from _results(*waiting.popleft(), job)
        while waiting:
            yield from _results(*waiting.popleft(), job)
    finally:
        for worker in workers:
            worker.close()


def _batches(pictures: Iterable[Picture]) -> Iterator[Batch]:
    """Many small files, or few large ones."""
    batch: list[Picture] = []
    size = 0
    for picture in pictures:
        batch.append(picture)
        size += _file_size(picture)
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _file_size(picture: Picture) -> int:
    try:
        return os.stat(cast("str", picture)).st_size if _is_path(picture) else 0  # noqa: PTH116  faster than a Path's
    except (OSError, ValueError):
        return 0


def _read_here(batch: Batch, job: Job) -> Future[list[Result] | None]:
    future: Future[list[Result] | None] = Future()
    with single_thread():
        future.set_result(job.read(batch))
    return future


def _results(batch: Batch, future: Future[list[Result] | None], job: Job) -> list[Result]:
    results = future.result()
    return job.read(batch) if results is None else results


class Worker:
    """A process that reads batches, and the thread that speaks with it."""

    def __init__(self, job: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | ENVIRONMENT,
        )
        self._requests, self._answers = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        self._tasks: SimpleQueue[tuple[Batch, Future[list[Result] | None]] | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, args=(job,), daemon=True)
        self._thread.start()

    @property
    def is_free(self) -> bool:
        """Whether no batch waits for it; it may be reading one."""
        return self._tasks.empty()

    def submit(self, batch: Batch) -> Future[list[Result] | None]:
        """The results to come; None if the worker is dead."""
        future: Future[list[Result] | None] = Future()
        self._tasks.put((batch, future))
        return future

    def close(self) -> None:
        """Ends the process, whatever it does."""
        self._process.kill()
        self._tasks.put(None)
        self._thread.join()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # what could not be sent
                pipe.close()
        self._process.wait()

    def _serve(self, job: bytes) -> None:
        with suppress(OSError):  # it is dead, which the first batch will tell
            self._requests.write(job)
        while (task := self._tasks.get()) is not None:
            batch, future = task
            try:
                future.set_result(self._ask([os.fspath(cast("str", picture)) for picture in batch]))
            except (OSError, ValueError):
                future.set_result(None)

    def _ask(self, names: list[str]) -> list[Result]:
        self._requests.write(json.dumps(names).encode() + b"\n")
        self._requests.flush()
        return from_message(names, self._answers)


def to_message(results: Iterable[Result]) -> bytes:
    """Results as a line of JSON and the bytes of their glyphs."""
    results = list(results)
    glyphs = [one.glyph.tobytes() for one in results if isinstance(one, Outcome) and one.glyph is not None]
    return json.dumps([_to_row(one) for one in results]).encode() + b"\n" + b"".join(glyphs)


def from_message(names: Sequence[str], stream: IO[bytes]) -> list[Result]:
    """Reads the results of named pictures from a stream.

    Raises:
        ValueError: The stream ends before.
    """
    return [_from_row(name, row, stream) for name, row in zip(names, json.loads(stream.readline()), strict=True)]


def _to_row(result: Result) -> list[Any]:
    if isinstance(result, Failure):
        return [result.message, result.hint]
    row = result.decision.probabilities
    return [vars(result.decision) | {"probabilities": None if row is None else row.tolist()}, result.box]


def _from_row(name: str, row: list[Any], stream: IO[bytes]) -> Result:
    first, box = row
    if isinstance(first, str):
        return Failure(name, first, box)
    probabilities = first["probabilities"]
    found = {"probabilities": probabilities and np.array(probabilities), "counted": tuple(first["counted"])}
    decision = Decision(**first | found)
    if box is None:
        return Outcome(name, decision)
    glyph = np.frombuffer(bytearray(stream.read(GLYPH_SIDE * GLYPH_SIDE)), np.uint8)
    return Outcome(name, decision, tuple(box), glyph.reshape(GLYPH_SIDE, GLYPH_SIDE))


def main() -> None:
    """Reads what it is sent until its standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the process that started this one
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may write among the answers
    head = json.loads(requests.readline())
    model = PackedModel.from_content(parse_card(head["card"]), requests.read(head["size"]), threads=1)
    job = Job(model, DecisionPolicy(**head["policy"]), head["max_megapixels"])
    with suppress(BrokenPipeError):
        for line in requests:
            answers.write(to_message(job.read(json.loads(line))))
            answers.flush()


if __name__ == "__main__":
    main()
