from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkdigits.data.dataset import Dataset
from inkdigits.data.tabular import load_csv, load_npz
from inkdigits.errors import DataError

HEADER = ",".join(["label", *(f"pixel{index}" for index in range(784))])


def rows_of(dataset: Dataset) -> list[str]:
    return [
        ",".join(map(str, [label, *glyph.ravel()])) for glyph, label in zip(dataset.glyphs, dataset.labels, strict=True)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, end: str = "\n", before: bytes = b"") -> Path:
        path = tmp_path / "digits.csv"
        path.write_bytes(before + "".join(line + end for line in lines).encode())
        return path

    return write


def test_kaggles_form_gives_the_same_glyphs(write: Callable[..., Path], digits: Dataset) -> None:
    dataset = load_csv(write(HEADER, *rows_of(digits)))
    assert dataset.sha256 == digits.sha256
    assert dataset.issues == ()
    assert dataset.name == "digits.csv"


def test_a_file_without_header_gives_the_same_glyphs(write: Callable[..., Path], digits: Dataset) -> None:
    assert load_csv(write(*rows_of(digits))).sha256 == digits.sha256


def test_the_header_of_mnist_train_csv_is_one(write: Callable[..., Path], digits: Dataset) -> None:
    names = ",".join(["label", *(f"{row}x{column}" for row in range(1, 29) for column in range(1, 29))])
    assert load_csv(write(names, *rows_of(digits))).sha256 == digits.sha256


def test_the_label_may_stand_last(write: Callable[..., Path], digits: Dataset) -> None:
    names = ",".join([*(f"pixel{index}" for index in range(784)), "label"])
    rows = [",".join([*row.split(",")[1:], row.split(",")[0]]) for row in rows_of(digits)]
    assert load_csv(write(names, *rows)).sha256 == digits.sha256


@pytest.mark.parametrize("name", ["class", "Target", "digit", "y"])
def test_the_label_may_have_other_names(write: Callable[..., Path], digits: Dataset, name: str) -> None:
    names = ",".join([*(f"{index}" for index in range(784)), name])
    rows = [",".join([*row.split(",")[1:], row.split(",")[0]]) for row in rows_of(digits)]
    assert load_csv(write(names, *rows)).sha256 == digits.sha256


def test_fractions_of_0_to_1_are_levels_if_the_first_row_has_one(write: Callable[..., Path], digits: Dataset) -> None:
    rows = [
        ",".join([str(label), *(repr(level / 255) for level in glyph.ravel().tolist())])
        for glyph, label in zip(digits.glyphs, digits.labels, strict=True)
    ]
    assert load_csv(write(HEADER, *rows)).sha256 == digits.sha256
    (issue,) = load_csv(write(HEADER, *rows, rows[0].replace(",0.0,", ",2,", 1))).issues
    assert "'2' instead of a number of 0 to 1, as in the first row" in issue.reason


def test_windows_lines_blank_lines_quotes_spaces_and_excels_mark_are_read(
    write: Callable[..., Path], digits: Dataset
) -> None:
    rows = rows_of(digits)
    rows[1] = ",".join(f'"{value}"' for value in rows[1].split(","))
    rows[2] = ", ".join(rows[2].split(","))
    rows[3] = ",".join(f"{value}.0" for value in rows[3].split(","))
    path = write(HEADER, "", *rows, "", end="\r\n", before=b"\xef\xbb\xbf")
    dataset = load_csv(path)
    assert dataset.issues == ()
    assert dataset.sha256 == digits.sha256


def test_excels_mark_before_a_row_is_no_part_of_its_label(write: Callable[..., Path], digits: Dataset) -> None:
    assert load_csv(write(*rows_of(digits), before=b"\xef\xbb\xbf")).sha256 == digits.sha256


def bad_rows(rows: list[str]) -> dict[int, tuple[str, str]]:
    """Row number to a spoiled row, and the reason that should be given."""
    return {
        0: (rows[0] + ",0", "786 values instead of 785"),
        3: ("7,0,0", "3 values instead of 785"),
        5: ("11" + rows[5][1:], "label 11 instead of 0 to 9"),
        7: (rows[7].replace(",0,", ",256,", 1), "'256' instead of a whole number of 0 to 255"),
        8: (rows[8].replace(",0,", ",-3,", 1), "'-3' instead of a whole number"),
        9: (rows[9].replace(",0,", ",0.5,", 1), "'0.5' instead of a whole number"),
        11: (rows[11].replace(",0,", ",,", 1), "'' instead of a whole number"),
        12: (rows[12].replace(",0,", ",é,", 1), "'é' instead of a whole number"),
    }


def test_bad_rows_are_named_by_line_and_reason_and_the_rest_goes_on(
    write: Callable[..., Path], digits: Dataset
) -> None:
    rows = rows_of(digits)
    bad = bad_rows(rows)
    lines = [bad[index][0] if index in bad else row for index, row in enumerate(rows)]
    dataset = load_csv(write(HEADER, *lines))
    kept = [index for index in range(len(digits)) if index not in bad]
    assert dataset.sha256 == digits.subset(np.array(kept)).sha256
    assert [issue.where for issue in dataset.issues] == [f"digits.csv, line {index + 2}" for index in bad]
    for issue, (_, reason) in zip(dataset.issues, bad.values(), strict=True):
        assert reason in issue.reason


def test_a_bad_first_row_without_header_is_a_problem_of_line_1(write: Callable[..., Path], digits: Dataset) -> None:
    rows = rows_of(digits)
    dataset = load_csv(write(rows[0].replace(",0,", ",x,", 1), *rows[1:]))
    assert [str(issue) for issue in dataset.issues] == ["digits.csv, line 1: 'x' instead of a whole number of 0 to 255"]
    assert len(dataset) == len(digits) - 1


def test_strict_stops_at_the_first_bad_row(write: Callable[..., Path], digits: Dataset) -> None:
    with pytest.raises(DataError, match=r"Received: digits.csv, line 3: 1 values instead of 785"):
        load_csv(write(HEADER, rows_of(digits)[0], "seven"), strict=True)


def test_a_header_without_label_is_refused(write: Callable[..., Path], digits: Dataset) -> None:
    rows = [row.split(",", 1)[1] for row in rows_of(digits)]
    with pytest.raises(DataError, match=r"column named label in .*Received: 784 columns, pixel0, pixel1"):
        load_csv(write(HEADER.removeprefix("label,"), *rows))


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("first", [HEADER, "5" + ",0" * 784])
def test_columns_apart_by_other_signs_are_told_to_be_apart_by_commas(
    write: Callable[..., Path], separator: str, first: str
) -> None:
    with pytest.raises(DataError) as info:
        load_csv(write(first.replace(",", separator)))
    assert info.value.hint == "Separate the columns with commas."


def test_the_names_of_a_wrong_header_are_cut(write: Callable[..., Path]) -> None:
    path = write(",".join(sign * 50 for sign in "abcdefg"))
    with pytest.raises(DataError) as info:
        load_csv(path)
    shown = ", ".join(sign * 20 for sign in "abcde")
    assert info.value.message == f"Expected a column named label in {path}. Received: 7 columns, {shown} ..."
    assert info.value.hint == "Test files of competitions have no labels: use a file that has them."


def test_rows_without_label_are_refused(write: Callable[..., Path], digits: Dataset) -> None:
    rows = [row.split(",", 1)[1] for row in rows_of(digits)]
    with pytest.raises(DataError, match="Received: 784 columns, so no label"):
        load_csv(write(*rows))


def test_a_header_with_too_few_pixels_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"header of label and 784 pixels in .*Received: 2 columns"):
        load_csv(write("file,label", "a.png,7"))


def test_a_file_without_a_good_row_says_what_is_wrong_with_the_first(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"none, and 2 that cannot be used, the first: digits.csv, line 2: 2 values"):
        load_csv(write(HEADER, "1,2", "3"))


@pytest.mark.parametrize("lines", [(), (HEADER,), ("", "")])
def test_an_empty_file_is_refused(write: Callable[..., Path], lines: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=r"in .*digits.csv. Received: none"):
        load_csv(write(*lines))


def test_a_missing_csv_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"CSV file at .*no.csv. Received: No such file"):
        load_csv(tmp_path / "no.csv")


@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("x", "y")])
def test_an_npz_of_one_pair_serves_both_splits(tmp_path: Path, digits: Dataset, images: Any, labels: Any) -> None:
    arrays: dict[str, Any] = {images: digits.glyphs, labels: digits.labels}
    np.savez(tmp_path / "a.npz", **arrays)
    assert load_npz(tmp_path / "a.npz").sha256 == digits.sha256
    assert load_npz(tmp_path / "a.npz", split="test").sha256 == digits.sha256


def test_keras_npz_is_read_by_split(tmp_path: Path, digits: Dataset) -> None:
    x, y = digits.glyphs, digits.labels
    np.savez(tmp_path / "mnist.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    assert np.array_equal(load_npz(tmp_path / "mnist.npz").labels, y[:40])
    assert np.array_equal(load_npz(tmp_path / "mnist.npz", split="test").glyphs, x[40:])


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.reshape(-1, 784),
        lambda x: x[..., None],
        lambda x: x.astype(np.int64),
        lambda x: x.astype(np.float32),
        lambda x: x.astype(np.float32) / 255,
        lambda x: x / 255,
    ],
)
def test_levels_of_other_shapes_and_types_are_the_same_glyphs(
    tmp_path: Path, digits: Dataset, change: Callable[..., Any]
) -> None:
    np.savez(tmp_path / "a.npz", x=change(digits.glyphs), y=digits.labels.astype(np.int64)[:, None])
    assert load_npz(tmp_path / "a.npz").sha256 == digits.sha256


def test_true_is_full_ink(tmp_path: Path, digits: Dataset) -> None:
    np.savez(tmp_path / "a.npz", x=digits.glyphs > 127, y=digits.labels)
    assert np.array_equal(np.unique(load_npz(tmp_path / "a.npz").glyphs), [0, 255])


X, Y = np.zeros((2, 28, 28), np.uint8), np.array([3, 4])


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": X}, "x_train and y_train, images and labels, or x and y in .*Received: a"),
        ({"x": X}, "Received: x"),
        ({"x": np.zeros((2, 8, 8)), "y": Y}, r"x of shape \(N, 28, 28\) in .*Received: \(2, 8, 8\)"),
        ({"x": X - 1.5, "y": Y}, "whole numbers of 0 to 255 in x of .*float64 from -1.5"),
        ({"x": X + np.nan, "y": Y}, "whole numbers of 0 to 255 in x"),
        ({"x": X, "y": np.array([1, 26])}, "whole numbers of 0 to 9 in y of .*from 1 to 26"),
        ({"x": X, "y": np.array([-1, 2])}, "whole numbers of 0 to 9 in y"),
        ({"x": X, "y": np.eye(10)[:2]}, r"y of shape \(N,\) in .*\(2, 10\).*argmax"),
        ({"x": X, "y": np.array(["a", "b"])}, "Expected numbers in y of .*Received: <U1"),
        ({"x": X, "y": np.array([1, None])}, "undamaged NPZ file"),
        ({"x": X, "y": Y[:1]}, "Received: 2 glyphs, 1 labels"),
    ],
)
def test_other_arrays_are_refused_with_what_was_received(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=said) as caught:
        load_npz(tmp_path / "a.npz")
    assert caught.value.hint


def test_a_missing_half_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=X, y_train=Y)
    with pytest.raises(DataError, match=r"Expected a test part in .*Received: only x_train and y_train"):
        load_npz(tmp_path / "a.npz", split="test")


def test_a_damaged_npz_is_refused(tmp_path: Path, digits: Dataset) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=digits.glyphs, y=digits.labels)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[500:600] = bytes(100)
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"undamaged NPZ file at .*a.npz"):
        load_npz(tmp_path / "a.npz")
