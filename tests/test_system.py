import subprocess
import sys
from pathlib import Path

import pytest

from inkdigits.system import peak_memory_mb

SAYS = "from inkdigits.system import peak_memory_mb; print(peak_memory_mb())"


def peak_of(program: str) -> float:
    """What a process of its own prints last."""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def test_memory_that_was_given_back_still_counts():
    assert peak_of(f"held = b'1' * 300_000_000; del held; {SAYS}") > 300


def test_a_process_does_not_count_what_its_parent_held():
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SAYS!r}], check=True)"
    assert peak_of(f"held = b'1' * 300_000_000; {child}") < 150


@pytest.mark.skipif(sys.platform == "win32", reason="no getrusage")
def test_without_proc_getrusage_says_it(monkeypatch):
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert 10 < peak_memory_mb() < 100_000
