"""This machine: its processor, the cores and memory that a process may use, and processes of their own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path


def cpu_facts() -> dict[str, str]:
    """What Linux says of the first core, by name; empty elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def cpu_name() -> str:
    """The processor's model, or its kind where a system does not say."""
    return cpu_facts().get("model name") or platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int:
    """Main memory; 0 where a system does not say."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def peak_memory_mb() -> float | None:
    """The largest resident size of this process so far, 1e6 bytes; None where a system does not say.

    Source:
        proc_pid_status(5), VmHWM. The ru_maxrss of getrusage(2) will not do on Linux: it outlives exec, so that a child
        starts at its parent's peak.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        status = ""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6  # kB
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package in a Python process of its own.

    Python's `-P` keeps the current folder off the import path: a data folder may hold a file named like a module.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def run_module(module: str, *arguments: str) -> str:
    """Runs a module in a process of its own.

    Returns:
        What it prints.

    Raises:
        ChildError: It failed.
    """
    done = subprocess.run(module_command(module, *arguments), check=False, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ChildError(lines[-1])
    return done.stdout


class ChildError(RuntimeError):
    """A process that this one started has failed; the text is the last line of its stderr."""
