"""Starts several workers on this machine, each a process of the same command. Knows nothing of TensorFlow."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

from inkdigits.errors import TrainingError

GRACE_SECONDS = 30  # for the others to say that one is gone
ALIKE_SECONDS = 3  # between the ends of workers that stop for the same reason, rather than for one another's
LOOK_SECONDS = 0.1


def launch(command: Sequence[str], count: int, *, quiet: bool = False) -> int:
    """Runs a command in `count` processes that train together, and waits for them.

    The cores are shared out, on Linux. The chief has this process' output, and Ctrl-C is for it alone to heed.

    Args:
        command: Program and arguments; `TF_CONFIG` tells each process which worker it is.
        count: Workers, 2 or more.
        quiet: Whether the chief says nothing either.

    Returns:
        The chief's exit code, if all ended well or the chief has said itself why they did not.

    Raises:
        TrainingError: Another worker failed; all have ended.
    """
    with ExitStack() as stack:
        addresses = _free_addresses(count)
        errors = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(count)]
        workers: list[subprocess.Popen[str]] = []
        stack.enter_context(_signals_are_for(workers))
        heard = [None if index == 0 and not quiet else errors[index] for index in range(count)]
        workers.extend(_start(command, index, addresses, heard[index]) for index in range(count))
        stack.callback(_end, workers)
        failed = _first_to_fail(workers)
        if failed is None or _chief_failed_alike(workers[0], workers[failed].returncode):
            return int(workers[0].returncode)
        raise _failure(failed, workers[failed].returncode, errors[failed], count)


def _start(
    command: Sequence[str], index: int, addresses: Sequence[str], errors: IO[str] | None
) -> subprocess.Popen[str]:
    cluster = {"cluster": {"worker": list(addresses)}, "task": {"type": "worker", "index": index}}
    worker = subprocess.Popen(
        list(command),
        env={**os.environ, "TF_CONFIG": json.dumps(cluster)},
        stdout=None if errors is None else subprocess.DEVNULL,
        stderr=errors,
        text=True,
    )
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        share = cores[index :: len(addresses)] or [cores[index % len(cores)]]
        os.sched_setaffinity(worker.pid, share)
    return worker


def _first_to_fail(workers: Sequence[subprocess.Popen[str]]) -> int | None:
    """Waits until all have ended well or one has not; None or the one."""
    while True:
        codes = [worker.poll() for worker in workers]
        for index, code in enumerate(codes):
            if code:
                return index
        if None not in codes:
            return None
        time.sleep(LOOK_SECONDS)


def _chief_failed_alike(chief: subprocess.Popen[str], code: int) -> bool:
    """Whether the chief has ended with the same error by itself, as all do of a wrong option, and so has said it."""
    try:
        return code > 0 and chief.wait(ALIKE_SECONDS) == code
    except subprocess.TimeoutExpired:
        return False


def _failure(index: int, code: int, errors: IO[str], count: int) -> TrainingError:
    what = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    errors.seek(0)
    said = errors.read().strip().splitlines()
    return TrainingError(
        f"Expected {count} workers to train to the end. Received: worker {index} {what}"
        + (f": {said[-1]}" if said else "."),
        hint="Start again with --resume RUN: it continues from the last checkpoint.",
    )


def _end(workers: Sequence[subprocess.Popen[str]]) -> None:
    """Waits for all that notice by themselves that one is gone; ends the others."""
    deadline = time.monotonic() + GRACE_SECONDS
    for worker in workers:
        try:
            worker.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _free_addresses(count: int) -> list[str]:
    """Ports of this machine that nobody listens on, found all at once so that they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


@contextmanager
def _signals_are_for(workers: Sequence[subprocess.Popen[str]]) -> Iterator[None]:
    """Ctrl-C reaches the workers, which are in the same group; SIGTERM is passed on to them. This process continues."""

    def pass_on(number: int, _frame: object) -> None:
        if number == signal.SIGTERM:
            for worker in workers:
                worker.send_signal(number)

    # Not SIG_IGN, which the workers would inherit.
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
