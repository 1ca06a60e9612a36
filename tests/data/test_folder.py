from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from inkdigits.data.dataset import Dataset
from inkdigits.data.folder import load_folder
from inkdigits.errors import DataError
from inkdigits.models.classifier import PackedModel


def save(glyph: NDArray[np.uint8], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(glyph).save(path)


@pytest.fixture
def classes(tmp_path: Path, digits: Dataset) -> Path:
    """Class folders 0 to 9 of 60 pictures."""
    for index, (glyph, label) in enumerate(zip(digits.glyphs, digits.labels, strict=True)):
        save(glyph, tmp_path / str(label) / f"{index:02}.png")
    return tmp_path


def test_class_folders_are_read_by_class_and_then_by_name(classes: Path, digits: Dataset) -> None:
    dataset = load_folder(classes)
    order = np.argsort(digits.labels, kind="stable")
    assert dataset.labels.tolist() == digits.labels[order].tolist()
    same = (dataset.glyphs == digits.glyphs[order]).all((1, 2))
    assert same.mean() > 0.9  # the glyph door drops the dust of a few
    assert dataset.issues == ()


def test_dark_ink_on_light_paper_of_any_size_gives_the_same_labels_and_near_glyphs(
    tmp_path: Path, digits: Dataset
) -> None:
    glyph = digits.glyphs[0]
    big = np.array(Image.fromarray(255 - glyph).resize((280, 280), Image.Resampling.NEAREST))
    save(big, tmp_path / "7" / "big.png")
    received = load_folder(tmp_path).glyphs[0]
    assert np.corrcoef(received.ravel(), glyph.ravel())[0, 1] > 0.95


def test_hidden_files_and_loose_files_are_skipped_and_deep_ones_are_read(classes: Path, digits: Dataset) -> None:
    (classes / "README.txt").write_text("mine")
    (classes / ".cache" / "7").mkdir(parents=True)
    (classes / "3" / ".DS_Store").write_bytes(b"x")
    (classes / "3" / ".thumbnails").mkdir()
    (classes / "3" / ".thumbnails" / "a.png").write_bytes(b"x")
    save(digits.glyphs[0], classes / "3" / "writer" / "a.png")
    dataset = load_folder(classes)
    assert dataset.issues == ()
    assert dataset.counts[3] == 7


def test_bad_pictures_are_named_by_file_and_reason_and_the_rest_goes_on(classes: Path, digits: Dataset) -> None:
    (classes / "0" / "aa.png").write_bytes(b"not a picture")
    (classes / "4" / "bb.png").write_bytes(b"")
    save(np.full((40, 40), 255, np.uint8), classes / "9" / "cc.png")
    dataset = load_folder(classes)
    assert len(dataset) == len(digits)
    assert [issue.where for issue in dataset.issues] == ["0/aa.png", "4/bb.png", "9/cc.png"]
    assert [issue.reason for issue in dataset.issues] == [
        "Expected PNG, JPEG, BMP, GIF, TIFF, WebP, AVIF or HEIC. Received: 13 bytes of something else.",
        "Expected a picture. Received: an empty file.",
        "the picture is blank",
    ]


def test_strict_stops_at_a_bad_picture(classes: Path) -> None:
    (classes / "4" / "bb.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"Received: 4/bb.png: Expected a picture. Received: an empty file\. "):
        load_folder(classes, strict=True)


def test_a_folder_that_is_no_class_is_a_problem(classes: Path) -> None:
    (classes / "letters").mkdir()
    assert [str(issue) for issue in load_folder(classes).issues] == ["letters: the folder's name is no class of 0 to 9"]


def test_a_list_is_read_in_its_own_order_with_further_columns_ignored(classes: Path, digits: Dataset) -> None:
    rows = [(index, label) for index, label in enumerate(digits.labels)][::-1]
    lines = [f'{label}/{index:02}.png, {label} ,"by, hand"' for index, label in rows]
    (classes / "labels.csv").write_text("\n".join(["file,label,kind", *lines, ""]), encoding="utf-8-sig")
    dataset = load_folder(classes)
    assert dataset.labels.tolist() == digits.labels[::-1].tolist()
    assert (dataset.glyphs == digits.glyphs[::-1]).all((1, 2)).mean() > 0.9


def test_bad_rows_of_a_list_are_problems_with_line_or_file(tmp_path: Path, digits: Dataset) -> None:
    save(digits.glyphs[0], tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("file,label\na.png,7\nb.png,7\na.png,42\n,3\na.png\n")
    dataset = load_folder(tmp_path)
    assert dataset.labels.tolist() == [7]
    assert [issue.where for issue in dataset.issues] == [
        "labels.csv, line 4", "labels.csv, line 5", "labels.csv, line 6", "b.png",
    ]  # fmt: skip
    assert "label '42' of a.png instead of 0 to 9" in dataset.issues[0].reason
    assert "no such file" in dataset.issues[3].reason


def test_a_list_without_its_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("name,digit\na.png,7\n")
    with pytest.raises(DataError, match=r"columns file and label in .*Received: name, digit"):
        load_folder(tmp_path)


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,label\n\xff\xfe\x00,1\n")
    with pytest.raises(DataError, match=r"UTF-8 at .*labels.csv"):
        load_folder(tmp_path)


def test_a_folder_of_neither_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"class folders 0 to 9, or labels.csv, in .*Received: neither"):
        load_folder(tmp_path)


def test_class_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    with pytest.raises(DataError, match=r"at least one glyph in .*Received: none"):
        load_folder(tmp_path)


def test_tiny_pictures_are_enlarged(tmp_path: Path) -> None:
    """scikit-learn's digits, 8 x 8: unenlarged, nearly every zero was blank."""
    digits = load_digits()
    for index in range(100):
        save(
            np.rint(digits.images[index] * 255 / 16).astype(np.uint8), tmp_path / f"{digits.target[index]}/{index}.png"
        )
    dataset = load_folder(tmp_path)
    assert (len(dataset), dataset.issues) == (100, ())
    answers = PackedModel.load("default").probabilities(dataset.glyphs).argmax(axis=1)
    assert (answers == dataset.labels).mean() > 0.9
