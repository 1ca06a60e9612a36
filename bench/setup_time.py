"""Times `make demo` as a newcomer meets it: in a fresh clone, then a second time in the same one.

    python bench/setup_time.py

Needs nothing but Python, git and make. The package cache of pip and uv is as it is: warm if it was used before.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> None:
    source = Path(__file__).parent.parent
    with TemporaryDirectory() as folder:
        clone = Path(folder) / "inkdigits"
        subprocess.run(["git", "clone", "--quiet", str(source), str(clone)], check=True)
        for which in ("first", "second"):
            began = time.perf_counter()
            result = subprocess.run(["make", "demo"], cwd=clone, capture_output=True, text=True, check=False)
            seconds = time.perf_counter() - began
            print(f"make demo, {which} time: {seconds:.1f} s, exit code {result.returncode}", flush=True)
            if result.returncode:
                print(result.stdout[-2000:], result.stderr[-2000:])


if __name__ == "__main__":
    main()
