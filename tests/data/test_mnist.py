import gzip
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.dataset import Dataset
from inkdigits.data.mnist import EMBEDDED, load_data, load_mnist, verify
from inkdigits.errors import DataError, MissingDataError, SettingError

LABELS = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for path in EMBEDDED.glob("t10k-*.gz"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_load_data_gives_what_keras_gives() -> None:
    (x_train, y_train), (x_test, y_test) = load_data()
    assert (x_train.shape, y_train.shape, x_test.shape, y_test.shape) == (
        (60000, 28, 28), (60000,), (10000, 28, 28), (10000,),
    )  # fmt: skip
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    # The mean and deviation that every tutorial normalizes by.
    assert round(float(x_train.mean() / 255), 4) == 0.1307
    assert round(float(x_train.std() / 255), 4) == 0.3081
    assert x_train.flags.writeable


def test_the_embedded_files_are_mnists_own() -> None:
    checks = verify()
    assert [check.file for check in checks] == [
        "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
    ]  # fmt: skip
    assert all(check.ok for check in checks)


def test_a_folder_of_uncompressed_copies_is_the_same(copy: Path, mnist_test: Dataset) -> None:
    for path in list(copy.iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert load_mnist("test", folder=copy).sha256 == mnist_test.sha256


def test_a_changed_byte_is_named_with_both_hashes(copy: Path) -> None:
    content = bytearray(gzip.decompress((copy / LABELS).read_bytes()))
    content[100] ^= 1
    (copy / LABELS).write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=r"t10k-labels.*ff7bcfd416de.*Received: [0-9a-f]{64}"):
        load_mnist("test", folder=copy)
    assert [check.ok for check in verify(copy)] == [False, False, True, False]


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / LABELS).unlink()
    with pytest.raises(MissingDataError, match=rf"Expected MNIST's {LABELS} in .*Received: no such file"):
        load_mnist("test", folder=copy)
    assert verify(copy)[3].received == "missing"


@pytest.mark.parametrize("damage", ["cut off", "changed in the middle"])
def test_a_file_of_damaged_gzip_is_named_with_both_hashes_and_the_others_are_still_checked(
    copy: Path, damage: str
) -> None:
    content = bytearray((copy / LABELS).read_bytes())
    content[1000:] = b"" if damage == "cut off" else bytes(len(content) - 1000)
    (copy / LABELS).write_bytes(content)
    received = f"{hashlib.sha256(content).hexdigest()} of the compressed bytes, whose gzip is damaged"
    checks = verify(copy)
    assert checks[3].received == received
    assert not checks[3].ok
    assert checks[2].ok
    with pytest.raises(DataError) as info:
        load_mnist("test", folder=copy)
    assert info.value.message == (
        f"Expected {copy / LABELS} with SHA-256 {checks[3].expected} (uncompressed). Received: {received}."
    )


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(SettingError, match="Received: 'dev'"):
        load_mnist("dev")  # type: ignore[arg-type]
