"""The lock of a run: one writer at a time, whoever reads; a killed one leaves it free."""

import os
import subprocess
import sys
import threading

import pytest

from inkdigits.errors import OutputError, TrainingError
from inkdigits.training.run.folder import is_free, open_run, start_run
from inkdigits.training.run.lock import run_lock
from inkdigits.training.run.state import RunOptions

HOLD = (
    "import sys; from pathlib import Path; from inkdigits.training.run.lock import run_lock\n"
    "with run_lock(Path(sys.argv[1])): print('locked', flush=True); sys.stdin.read()"
)


@pytest.fixture
def run(mlp, tmp_path):
    return start_run(tmp_path / "run", mlp, RunOptions(), source="mnist")


@pytest.fixture
def other(run):
    """Another process that holds the run's lock."""
    command = [sys.executable, "-P", "-c", HOLD, str(run.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_a_second_writer_is_told_who_the_first_is_and_a_reader_is_not_hindered(run, other, mlp):
    expected = rf"Expected a run that no other process writes. Received: .*run, which process {other.pid} is training"
    with pytest.raises(TrainingError, match=expected), run_lock(run.folder):
        pytest.fail("locked twice")
    with pytest.raises(TrainingError, match=expected):
        start_run(run.folder, mlp, RunOptions(seed=9), source="mnist")
    assert open_run(run.folder).state == run.state
    assert open_run(run.folder).history() == []


def test_a_killed_writer_leaves_the_run_free(run, other):
    other.kill()
    other.wait()
    with run_lock(run.folder):
        assert int((run.folder / "run.lock").read_text()) == os.getpid()
    assert is_free(run.folder)


def test_the_thread_that_holds_it_may_lock_again_and_another_may_not(run):
    said = []

    def lock():
        try:
            with run_lock(run.folder):
                said.append("locked")
        except TrainingError as error:
            said.append(error.message)

    with run_lock(run.folder):
        with run_lock(run.folder):
            pass
        thread = threading.Thread(target=lock)
        thread.start()
        thread.join()
    assert "which process" in said[0]
    lock()
    assert said[1:] == ["locked"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"Expected to write into .*file/run"), run_lock(tmp_path / "file" / "run"):
        pytest.fail("locked")


def test_a_run_that_another_process_has_started_anew_is_not_written(run, mlp):
    run.check_current()
    start_run(run.folder, mlp, RunOptions(seed=5), source="mnist")
    with pytest.raises(TrainingError, match=r"as it was opened. Received: another process has trained or started it"):
        run.check_current()
