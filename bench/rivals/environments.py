"""The rivals, and an environment of its own for each: names and versions only, made on first use.

In goes a cache folder, out comes the command that runs a rival's runner. It knows nothing of pictures or tables.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inkdigits.errors import SettingError

HERE = Path(__file__).parent
RAPIDOCR = (
    "rapidocr==3.10.0",
    "faster-paddle==1.0.4",  # holds the tiny network
    "onnxruntime==1.31.1",
    "opencv-python-headless==5.0.0.93",
    "numpy==2.4.6",
)
TORCH = ("digit-recognizer-py==0.1.0", "ccexam==1.0.0", "torch==2.14.1", "torchvision==0.29.1", "numpy==2.4.6")
PILLOW = "pillow==13.0.0"
DEBIAN_PACKAGE = "tesseract-ocr"


@dataclass(frozen=True)
class Rival:
    """A digit reader to compare with.

    Attributes:
        title: Its row in the table.
        script: Its runner, in this folder.
        environment: The environment's folder in the cache; some rivals share one.
        packages: What is installed there.
        arguments: The runner's own switches.
    """

    title: str
    script: str
    environment: str
    packages: tuple[str, ...]
    arguments: tuple[str, ...] = ()


def _rapidocr(title: str, *arguments: str) -> Rival:
    return Rival(title, "rapidocr_digits.py", "rapidocr", RAPIDOCR, arguments)


RIVALS: Mapping[str, Rival] = {
    "rapidocr": _rapidocr("RapidOCR small"),
    "rapidocr_greedy": _rapidocr("RapidOCR small, greedy", "--greedy"),
    "rapidocr_detect": _rapidocr("RapidOCR small, detector", "--detect"),
    "rapidocr_tiny": _rapidocr("RapidOCR tiny", "--tiny"),
    "digit_recognizer_py": Rival("digit-recognizer-py", "digit_recognizer_py.py", "torch", TORCH),
    "ccexam": Rival("ccexam", "ccexam_digits.py", "torch", TORCH),
    "tesseract": Rival("tesseract", "tesseract_digits.py", "tesseract", ()),
}


def make_environment(rival: Rival, cache: Path) -> Path:
    """The Python of a rival's environment; makes the environment if it is absent or holds other versions.

    Raises:
        SettingError: Its packages cannot be installed here.
    """
    folder = cache / rival.environment
    python = folder / ("Scripts/python.exe" if platform.system() == "Windows" else "bin/python")
    stamp, wanted = folder / "packages.txt", "\n".join([*rival.packages, PILLOW])
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"== making the environment of {rival.title} in {folder}", file=sys.stderr, flush=True)
    _call([sys.executable, "-m", "venv", "--clear", str(folder)], "a virtual environment")
    _call([str(python), "-m", "pip", "install", "--quiet", *rival.packages, PILLOW], ", ".join(rival.packages))
    stamp.write_text(wanted, encoding="utf-8")
    return python


def run_rival(rival: Rival, listing: Path, answers: Path, cache: Path, *, threads: int = 1) -> None:
    """Has a rival read the pictures of a list.

    Args:
        rival: Which.
        listing: A text file, one picture's path a line.
        answers: The CSV that its runner writes.
        cache: Where the environments are.
        threads: How many its network may use.

    Raises:
        SettingError: It cannot be installed or run here.
    """
    python = make_environment(rival, cache)
    found = find_tesseract(cache / "tesseract-debian") if rival.environment == "tesseract" else {}
    command = [str(python), str(HERE / rival.script), str(listing), str(answers)]
    command += ["--threads", str(threads), *rival.arguments]
    limit = 1 if rival.environment == "tesseract" else threads  # more threads make tesseract slower on small pictures
    _call(command, rival.title, environment={**os.environ, "OMP_THREAD_LIMIT": str(limit), **found})


def find_tesseract(folder: Path) -> dict[str, str]:
    """The variables under which `tesseract` runs; unpacks Debian's into a folder if there is none on the path.

    Raises:
        SettingError: There is none, and no apt-get to get it with.
    """
    if shutil.which("tesseract"):
        return {}
    if not (folder / "usr/bin/tesseract").is_file():
        _unpack_debian(folder)
    libraries = {str(path.parent) for path in (folder / "usr/lib").rglob("*.so*")}
    data = next((folder / "usr/share/tesseract-ocr").glob("*/tessdata"))
    return {
        "PATH": os.pathsep.join([str(folder / "usr/bin"), os.environ.get("PATH", "")]),
        "LD_LIBRARY_PATH": os.pathsep.join([*sorted(libraries), os.environ.get("LD_LIBRARY_PATH", "")]),
        "TESSDATA_PREFIX": str(data),
    }


def _unpack_debian(folder: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise SettingError("Expected tesseract on the path. Received: none.", hint="Install tesseract 5.")
    packages = folder / "packages"
    (packages / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::Cache::archives={packages.resolve()}", "-o", "Debug::NoLocking=1"]
    download = ["apt-get", "install", "--download-only", "--no-install-recommends", "--yes", "--quiet", *options]
    _call([*download, DEBIAN_PACKAGE], f"Debian's {DEBIAN_PACKAGE}")
    for package in sorted(packages.glob("*.deb")):
        _call(["dpkg-deb", "--extract", str(package), str(folder)], package.name)


def _call(command: list[str], what: str, *, environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-3:]
        raise SettingError(
            f"Expected {what} to install and run. Received: exit code {done.returncode}: {' / '.join(last)}.",
            hint="Leave it out with --rivals, or mend its environment in the cache folder.",
        )
    if environment and done.stderr:
        print(done.stderr[-2000:], file=sys.stderr, end="")
