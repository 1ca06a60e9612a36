"""Attacks inkdigits with damaged files, many readings and many threads: does anything crash, leak or lie?

    python bench/attack.py pictures|data|cards|models|soak|threads|all|short [--count N] [--seed N] [--corpus FOLDER]
                           [--journal FILE] [--publish]

Pictures, data files, cards and runs, and networks are damaged at random (of a seed) in processes of their own, which
have limits. Found are: processes that end or hang, exceptions that are not inkdigits' own, more than 5 seconds of CPU
time or more memory than the limit for one file, and flipped bits that are believed. `soak` reads on and on and looks at
the memory; `threads` reads with 16 threads and compares the answers. `all` does each with its long count, `short` with
the counts of CI. What is done stands in a journal, from which a stopped attack goes on. The exit code is 1 if anything
was found.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import attack_corpus as corpus
from inkdigits.cli.terminal import quiet_native_stderr
from inkdigits.errors import PictureError
from inkdigits.recognizer import Recognizer
from tables import publish

CHILD = Path(__file__).with_name("attack_child.py")
LONG = {"pictures": 100_000, "data": 100_000, "cards": 5_000, "models": 2_500, "soak": 200_000, "threads": 300}
SHORT = {"pictures": 2_000, "data": 2_000, "cards": 200, "models": 100, "soak": 3_000, "threads": 3}
NAMES = {"pictures": "pictures", "data": "data files", "cards": "cards and files of runs", "models": "networks",
         "soak": "readings in one process", "threads": "readings by 16 threads"}  # fmt: skip
CHUNK = 500  # mutants of one process
SILENT_SECONDS = 90.0  # after which a process hangs
PROCESSES, THREADS = 2, 16
WARM = 0.05  # of the readings of a soak: memory counts from then on
GROWTH = 0.05  # of the memory, which may be measured a little differently
HEADS = ["attacked with damaged", "n", "refused", "crashes or hangs", "foreign exceptions", "above 5 s CPU",
         "above the memory limit", "false answers", "most CPU, s", "most memory, MB"]  # fmt: skip
CRASHES = ("crash", "hang")
FALSE = ("flip believed", "other answer", "memory grows", "message of several lines")


class Journal:
    """What is done: a line of JSON per chunk, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        self.done: dict[str, dict[str, Any]] = {line["key"]: line for line in map(json.loads, lines)}
        self._lock = threading.Lock()

    def add(self, key: str, values: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.done[key] = {"key": key, **values}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self.done[key]) + "\n")
        return self.done[key]


def run_child(kind: str, seed: int, start: int, count: int, folder: str) -> tuple[list[dict[str, Any]], str]:
    """The mutants that one process tried, and how it ended if before its time: `"crash"`, `"hang"`."""
    command = [sys.executable, "-P", str(CHILD), kind, str(seed), str(start), str(count), folder]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(CHILD.parent), *filter(None, sys.path)])}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert process.stdout is not None
    text, hung = b"", False
    while not hung and (part := _read(process.stdout.fileno())) != b"":
        hung = part is None
        text += part or b""
    if hung:
        process.kill()
    code = process.wait()
    process.stdout.close()
    lines = text.decode().splitlines()
    tried = [json.loads(line) | {"index": int(index)} for index, line in zip(lines[::2], lines[1::2], strict=False)]
    if code == 0:
        return tried, ""
    how = "hang" if hung else "crash"
    detail = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    index = int(lines[-1]) if len(lines) % 2 else start + len(tried)
    return [*tried, {"index": index, "what": how, "detail": detail, "cpu": 0.0, "mb": 0.0}], how


def _read(handle: int) -> bytes | None:
    """What a process says next; empty at its end, None if it is silent for too long."""
    ready, _, _ = select.select([handle], [], [], SILENT_SECONDS)
    return os.read(handle, 1 << 16) if ready else None


def chunk(kind: str, seed: int, start: int, count: int, folder: str) -> dict[str, Any]:
    """Tries so many mutants, in as many processes as it takes."""
    tried: list[dict[str, Any]] = []
    while len(tried) < count:
        more, _ = run_child(kind, seed, start + len(tried), count - len(tried), folder)
        tried += more
    whats = Counter(one["what"] for one in tried)
    found = [one for one in tried if one["what"] not in ("read", "refused")]
    return {"n": len(tried), "whats": whats, "found": found, "cpu": max(one["cpu"] for one in tried),
            "mb": max(one["mb"] for one in tried)}  # fmt: skip


def mutants(kind: str, count: int, seed: int, folder: str, journal: Journal) -> dict[str, Any]:
    """All chunks of a kind, two at a time; those of the journal are not tried again."""

    def one(start: int) -> dict[str, Any]:
        size = min(CHUNK, count - start)
        key = f"{kind} {seed} {start} {size}"
        return journal.done.get(key) or journal.add(key, chunk(kind, seed, start, size, folder))

    with ThreadPoolExecutor(PROCESSES) as pool:
        parts = list(pool.map(one, range(0, count, CHUNK)))
    whats = sum((Counter(part["whats"]) for part in parts), Counter())
    found = [one for part in parts for one in part["found"]]
    return {"n": sum(part["n"] for part in parts), "whats": whats, "found": found,
            "cpu": max(part["cpu"] for part in parts), "mb": max(part["mb"] for part in parts)}  # fmt: skip


def mixed(seed: int) -> list[bytes]:
    """Pictures of every format, some of them damaged."""
    files = corpus.pictures()
    rng = np.random.default_rng(seed)
    return [*files, *(corpus.mutate(file, rng) for file in files)]


def answer(recognizer: Recognizer, data: bytes) -> str:
    try:
        return json.dumps(recognizer.read(data).to_dict())
    except PictureError as error:
        return error.message


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def soak(count: int, seed: int) -> dict[str, Any]:
    """Reads so many pictures; the memory must not grow after the first twentieth, and answers must not change."""
    recognizer, pictures = Recognizer.load("default"), mixed(seed)
    first = [answer(recognizer, data) for data in pictures]
    found, whats, sizes = [], Counter[str](), []
    for number in range(count):
        index = number % len(pictures)
        said = answer(recognizer, pictures[index])
        whats["read" if said.startswith("{") else "refused"] += 1
        if said != first[index]:
            found.append({"index": number, "what": "other answer", "detail": said[:300]})
        if number % 1000 == 999:
            sizes.append(resident_mb())
    late = sizes[int(WARM * len(sizes)) :]
    if max(late) > (1 + GROWTH) * late[0]:
        found.append({"index": count, "what": "memory grows", "detail": f"{late[0]:.1f} to {max(late):.1f} MB"})
    return {"n": count, "whats": whats + Counter(one["what"] for one in found), "found": found, "cpu": None,
            "mb": round(max(late), 1), "detail": f"{late[0]:.1f} to {max(late):.1f} MB"}  # fmt: skip


def threads(seconds: int, seed: int) -> dict[str, Any]:
    """Reads with many threads and one recognizer; each answer must be that of one thread."""
    recognizer, pictures = Recognizer.load("default"), mixed(seed)
    first = [answer(recognizer, data) for data in pictures]
    found: list[dict[str, Any]] = []
    end = time.monotonic() + seconds

    def work(number: int) -> int:
        choose, done = random.Random(number), 0
        while time.monotonic() < end:
            index = choose.randrange(len(pictures))
            said = answer(recognizer, pictures[index])
            if said != first[index]:
                found.append({"index": done, "what": "other answer", "detail": said[:300]})
            done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        count = sum(pool.map(work, range(THREADS)))
    return {"n": count, "whats": Counter(one["what"] for one in found), "found": found, "cpu": None,
            "mb": round(resident_mb(), 1)}  # fmt: skip


def attack(kind: str, count: int, seed: int, folder: str, journal: Journal) -> dict[str, Any]:
    """One row of the table."""
    if kind not in ("soak", "threads"):
        return mutants(kind, count, seed, folder, journal)
    key = f"{kind} {seed} {count}"
    if key in journal.done:
        return journal.done[key]
    with quiet_native_stderr():  # libtiff speaks of damage
        result = (soak if kind == "soak" else threads)(count, seed)
    return journal.add(key, result)


def row(kind: str, result: dict[str, Any]) -> list[Any]:
    """The result as the table shows it."""
    whats = Counter(result["whats"])
    shown = ["–" if result[name] is None else result[name] for name in ("cpu", "mb")]
    if kind == "threads":
        whats["refused"] = "–"  # type: ignore[assignment]
    return [NAMES[kind], result["n"], whats["refused"], sum(whats[what] for what in CRASHES),
            whats["foreign exception"], whats["too much CPU"], whats["too much memory"],
            sum(whats[what] for what in FALSE), *shown]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*LONG, "all", "short"])
    parser.add_argument("--count", type=int, help="mutants or readings; of threads, seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", default="", help="a folder of more pictures, such as an image library's tests")
    parser.add_argument("--journal", type=Path, help="by default .cache/attack.jsonl; none of short")
    parser.add_argument("--publish", action="store_true", help="write the table of the docs")
    options = parser.parse_args()
    counts = SHORT if options.what == "short" else LONG
    kinds = list(LONG) if options.what in ("all", "short") else [options.what]
    path = options.journal or (Path(os.devnull) if options.what == "short" else Path(".cache", "attack.jsonl"))
    journal, rows, found = Journal(path), [], 0
    for kind in kinds:
        began = time.monotonic()
        result = attack(kind, options.count or counts[kind], options.seed, options.corpus, journal)
        rows.append(row(kind, result))
        found += len(result["found"])
        print(*rows[-1], f"({time.monotonic() - began:.0f} s)", sep=" | ", flush=True)
        for one in result["found"][:20]:
            print(f"  {kind} {one}", flush=True)
    if options.publish:
        publish("attack", HEADS, rows)
    print(f"{found} found")
    sys.exit(found > 0)


if __name__ == "__main__":
    main()
