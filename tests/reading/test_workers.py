import io
import json
import os
import signal
import subprocess
import sys
import time
from itertools import chain, islice

import numpy as np
import pytest
from PIL import Image

from inkdigits.reading import workers
from inkdigits.reading.workers import Job, from_message, to_message, worth_workers


@pytest.fixture(scope="module")
def files(mnist_test, tmp_path_factory) -> list[str]:
    """Digits of MNIST, a blank one, one that is no picture, and the name of none."""
    folder = tmp_path_factory.mktemp("digits")
    for index, glyph in enumerate(mnist_test.glyphs[:300]):
        Image.fromarray(glyph).save(folder / f"{index:03}.png")
    Image.fromarray(np.full((40, 40), 200, np.uint8)).save(folder / "100.png")
    (folder / "101.png").write_bytes(b"no picture")
    return [str(folder / f"{index:03}.png") for index in range(301)]


def as_plain(pages) -> list[tuple[str, list[bytes]]]:
    """All that a page holds: its line of JSON, and glyphs."""
    return [
        (json.dumps(page.to_dict()), [digit.glyph.tobytes() for line in page.lines for digit in line.digits])
        for page in pages
    ]


def test_workers_give_the_pages_of_one_process(recognizer, files):
    alone = list(recognizer.read_many(files))
    pages = list(recognizer.read_many(files, processes=3))
    assert as_plain(pages) == as_plain(alone)
    assert pages == alone
    assert [page.path for page in pages] == files
    assert {page.status for page in pages[:100]} <= {"ok", "uncertain", "rejected"}
    assert [pages[index].status for index in (100, 101, 300)] == ["rejected", "error", "error"]
    pages[0].lines[0].digits[0].glyph[0, 0] = 1  # the caller's own


def test_a_worker_answers_itself_as_this_process_would(recognizer, files):
    job = Job(recognizer.model, recognizer.policy, 100.0)
    worker = workers.Worker(job.to_bytes())
    try:
        answers = worker.submit(files[:110]).result()
    finally:
        worker.close()
    assert answers is not None
    assert to_message(answers) == to_message(job.read(files[:110]))


@pytest.mark.parametrize(
    "code",
    ["raise SystemExit(3)", "print('nonsense', flush=True); input()", "print([], flush=True); input()"],
    ids=["dead", "nonsense", "too little"],
)
def test_what_a_worker_fails_to_read_is_read_here(recognizer, files, monkeypatch, code):
    monkeypatch.setattr(workers, "COMMAND", ("-c", code))
    assert as_plain(recognizer.read_many(files, processes=2)) == as_plain(recognizer.read_many(files))


def test_pictures_that_are_no_files_are_read_here(recognizer, files):
    mixed = [*files[:50], np.full((40, 40), 200, np.uint8), object(), *files[50:200]]
    pages = list(recognizer.read_many(mixed, processes=2))
    assert [page.path for page in pages] == [*files[:50], None, None, *files[50:200]]
    assert (pages[50].reason, pages[51].status) == ("blank", "error")
    kept = recognizer.read_many(files[:3], processes=2, keep_records=True)
    assert all(page.record is not None for page in kept)


def test_pages_come_before_all_pictures_are_taken_and_leaving_ends_the_workers(recognizer, files):
    taken = []
    pictures = (taken.append(name) or name for name in chain.from_iterable(iter(lambda: files[:100], None)))
    pages = recognizer.read_many(pictures, processes=2)
    assert [page.path for page in islice(pages, 3)] == files[:3]
    assert len(taken) <= (workers.WAITING + 2) * workers.BATCH
    pages.close()


def test_results_survive_their_way_through_a_pipe(recognizer, files):
    job = Job(recognizer.model, recognizer.policy, 100.0)
    results = job.read(files[98:104])
    again = from_message(files[98:104], io.BytesIO(to_message(results)))
    assert [type(one) for one in again] == [type(one) for one in results]
    assert again[3] == results[3]  # the failure
    for one, other in zip(results[:3], again[:3], strict=True):
        assert (one.name, one.box, one.decision.status, one.decision.counted) == (
            other.name, other.box, other.decision.status, other.decision.counted)  # fmt: skip
        np.testing.assert_array_equal(one.decision.probabilities, other.decision.probabilities)
        np.testing.assert_array_equal(one.glyph, other.glyph)
    with pytest.raises(ValueError, match="reshape"):
        from_message(files[98:104], io.BytesIO(to_message(results)[:-1]))


def test_workers_are_for_many_files(files, tmp_path):
    large = tmp_path / "large.png"
    large.write_bytes(bytes(3_000_000))
    assert not worth_workers(files)
    assert worth_workers(files * 10)
    assert not worth_workers([*files * 10, np.zeros((28, 28), np.uint8)])
    assert not worth_workers(iter(files * 10))
    assert not worth_workers([large] * 10)
    assert worth_workers([large] * 20)
    assert not worth_workers([])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals to a group")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_end_reading_and_its_workers(files, tmp_path, number, code):
    for index in range(6000):
        (tmp_path / f"{index}.png").hardlink_to(files[index % 50])
    answers = tmp_path / "answers.jsonl"
    answers.write_text("earlier")
    command = [sys.executable, "-P", "-m", "inkdigits", "read", str(tmp_path), "-o", str(answers)]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)
    while not any(draft.stat().st_size for draft in tmp_path.glob("answers.part*")) and process.poll() is None:
        time.sleep(0.05)
    began = time.monotonic()
    if number == signal.SIGINT:  # a terminal sends it to all of the group, a scheduler SIGTERM to one process
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - began < 2
    assert (process.returncode, errors.decode().splitlines()[-1]) == (code, "stopped.")
    assert [path.read_text() for path in tmp_path.glob("answers*")] == ["earlier"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
