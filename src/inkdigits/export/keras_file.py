"""Keras files: a model in, a file that Keras loads out, whatever the clock says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile, ZipInfo

import keras


def save_keras(model: keras.Model, path: Path) -> None:
    """Saves a model as Keras does, but with a fixed time of its parts: a ZIP knows none before 1980.

    Args:
        model: Is built.
        path: The file, `.keras`.

    Raises:
        OSError: It cannot be written.
    """
    with TemporaryDirectory() as name:
        model.save(name, zipped=False)
        with ZipFile(path, "w") as archive:
            for part in sorted(path for path in Path(name).rglob("*") if path.is_file()):
                archive.writestr(ZipInfo(part.relative_to(name).as_posix()), part.read_bytes())
