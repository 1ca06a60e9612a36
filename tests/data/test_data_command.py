import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from inkdigits.cli.data import command
from inkdigits.data import mnist
from inkdigits.data.dataset import Dataset
from inkdigits.data.export import export_dataset
from inkdigits.data.source import load_dataset
from inkdigits.errors import DataError, MissingDataError, SettingError


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def source(tmp_path: Path, digits: Dataset) -> Path:
    export_dataset(digits, tmp_path / "digits.csv", "csv")
    return tmp_path / "digits.csv"


@pytest.fixture
def flawed(source: Path) -> Path:
    with source.open("a") as file:
        file.write("7,1,2\n")
    return source


@pytest.mark.parametrize("arguments", [(), ("show",), ("verify",), ("export",)])
def test_every_command_has_help(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from inkdigits.cli.data import command; "
        "command.main(['show', '--help'], standalone_mode=False); "
        "sys.exit(' '.join({'numpy', 'cv2', 'PIL'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_verify_names_the_four_embedded_files() -> None:
    result = invoke("verify")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 4
    assert lines[0] == (
        "ok  train-images-idx3-ubyte.gz ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    )


def test_verify_fails_if_an_embedded_file_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkdigits.data.mnist.EMBEDDED", tmp_path)
    result = invoke("verify")
    assert isinstance(result.exception, DataError)
    assert "4 of 4 files are bad" in result.exception.hint
    assert result.stdout.splitlines()[0] == "bad train-images-idx3-ubyte.gz missing"


def test_verify_counts_a_source_and_names_its_problems_on_stderr(flawed: Path) -> None:
    result = invoke("verify", "--data", flawed)
    assert result.exit_code == 1  # some failed, the rest were read
    assert result.stdout.splitlines() == ["digits.csv: 60 glyphs", *(f"{label}      6" for label in range(10))]
    assert result.stderr.splitlines() == ["left out digits.csv, line 62: 3 values instead of 785"]


def test_verify_strictly_stops_at_the_first_problem(flawed: Path) -> None:
    result = invoke("verify", "--data", flawed, "--strict")
    assert isinstance(result.exception, DataError)
    assert "line 62" in result.exception.message


def test_show_draws_a_sheet_and_prints_counts_and_hash(tmp_path: Path, source: Path, digits: Dataset) -> None:
    result = invoke("show", "--data", source, "--count", 9, "-o", tmp_path / "new" / "sheet.png")
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "new" / "sheet.png") as sheet:
        assert sheet.size == (3 * 62 + 6, 3 * 78 + 6)
    assert result.stdout.splitlines()[0] == "digits.csv: 60 glyphs"
    assert result.stdout.splitlines()[-1] == f"sha256 {digits.sha256}"
    assert "9 glyphs to" in result.stderr


def test_show_draws_other_glyphs_with_another_seed_and_the_same_with_the_same(tmp_path: Path, source: Path) -> None:
    sheets = []
    for seed in (1, 1, 2):
        invoke("show", "--data", source, "--count", 9, "--seed", seed, "-o", tmp_path / "sheet.png")
        sheets.append((tmp_path / "sheet.png").read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_show_can_be_limited_to_one_digit(tmp_path: Path, source: Path, digits: Dataset) -> None:
    result = invoke("show", "--data", source, "--label", 7, "-o", tmp_path / "sheet.png")
    assert "Wrote 6 glyphs" in result.stderr
    export_dataset(digits.subset(np.flatnonzero(digits.labels != 7)), tmp_path / "rest.csv", "csv")
    result = invoke("show", "--data", tmp_path / "rest.csv", "--label", 7, "-o", tmp_path / "sheet.png")
    assert isinstance(result.exception, DataError)
    assert "glyphs of the digit 7 in rest.csv. Received: none" in result.exception.message


def test_show_says_when_the_sheet_cannot_be_written(tmp_path: Path, source: Path) -> None:
    result = invoke("show", "--data", source, "-o", tmp_path / "sheet.nonsense")
    assert isinstance(result.exception, DataError)
    assert "ends in .png" in result.exception.hint


@pytest.mark.parametrize(("file_format", "name"), [("csv", "b.csv"), ("npz", "b.npz"), ("idx", "b"), ("folder", "b")])
def test_export_writes_what_loads_again(
    tmp_path: Path, source: Path, digits: Dataset, file_format: Any, name: str
) -> None:
    arguments = ("export", "--data", source, "--split", "test", "--format", file_format, tmp_path / name)
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{tmp_path / name}\n"
    assert np.array_equal(load_dataset(tmp_path / name, split="test").counts, digits.counts)
    assert isinstance(invoke(*arguments).exception, DataError)
    assert invoke(*arguments, "--overwrite").exit_code == 0


def test_export_of_a_flawed_source_writes_the_rest_and_says_so(tmp_path: Path, flawed: Path) -> None:
    result = invoke("export", "--data", flawed, "--format", "npz", tmp_path / "b.npz")
    assert result.exit_code == 1
    assert "line 62" in result.stderr
    assert len(load_dataset(tmp_path / "b.npz")) == 60


def test_verify_tells_a_missing_embedded_file_from_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, labels = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
    for path in mnist.EMBEDDED.iterdir():
        if path.name != labels:
            shutil.copy(path, tmp_path)
    (tmp_path / images).write_bytes((tmp_path / images).read_bytes()[:5000])
    monkeypatch.setattr(mnist, "EMBEDDED", tmp_path)
    result = invoke("verify")
    assert isinstance(result.exception, MissingDataError)
    assert result.exception.message == (
        f"Expected {labels} with SHA-256 {mnist.SHA256['test', 'labels']}. Received: missing."
    )
    (tmp_path / labels).write_bytes(b"no labels")
    received = hashlib.sha256((tmp_path / images).read_bytes()).hexdigest()
    result = invoke("verify")
    assert type(result.exception) is DataError
    assert result.exception.message == (
        f"Expected {images} with SHA-256 {mnist.SHA256['test', 'images']}. Received: "
        f"{received} of the compressed bytes, whose gzip is damaged."
    )


def test_the_ending_of_the_target_is_its_format(tmp_path: Path, source: Path, digits: Dataset) -> None:
    assert invoke("export", "--data", source, tmp_path / "b.npz").exit_code == 0
    assert load_dataset(tmp_path / "b.npz").sha256 == digits.sha256
    result = invoke("export", "--data", source, tmp_path / "b")
    assert isinstance(result.exception, SettingError)


def test_many_bad_rows_are_counted_and_only_the_first_are_named(tmp_path: Path, source: Path) -> None:
    with source.open("a") as file:
        file.write("3,0,0\n" * 3000)
    lines = invoke("verify", "--data", source).stderr.splitlines()
    assert lines[-1] == "left out 3,000 of 3,060 in all"
    assert len(lines) == 6


def test_a_class_that_is_nearly_lost_is_warned_of(tmp_path: Path, digits: Dataset) -> None:
    export_dataset(digits, tmp_path / "own", "folder")
    for number in range(8):
        (tmp_path / "own" / "3" / f"bad-{number}.png").touch()
    lines = invoke("verify", "--data", tmp_path / "own").stderr.splitlines()
    assert lines[-2:] == ["left out 8 of 68 in all: 8 of class 3", "warning: of class 3 only 6 are left"]


def test_an_output_that_is_the_input_is_refused(source: Path) -> None:
    before = source.read_bytes()
    for arguments in (("show", "-o", source), ("export", "--overwrite", source)):
        result = invoke(arguments[0], "--data", source, *arguments[1:])
        assert isinstance(result.exception, SettingError)
        assert result.exception.message.startswith("Expected an output that is no input.")
    assert source.read_bytes() == before
