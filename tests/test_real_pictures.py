"""The bench of real pictures on a folder of sample pictures: the manifest, the tables."""

import csv
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from inkdigits.recognizer import Recognizer

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "src" / "inkdigits" / "samples"
sys.path.insert(0, str(ROOT / "bench"))

import real_manifest  # noqa: E402
import real_pictures  # noqa: E402
import tables  # noqa: E402


def write_labels(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path):
    """Two digits, one of them with a wrong label and marked as hard, and a blank as a non-digit."""
    root = tmp_path / "real"
    own = [
        {
            "file": "a/mnist.png",
            "label": Recognizer.load().read(SAMPLES / "mnist.png").text,
            "repo": "a/b",
            "hard": "0",
        },
        {"file": "a/photo.jpg", "label": "1", "repo": "a/b", "hard": "1"},
    ]
    write_labels(root / "own_digits", [{**row, "licence": "MIT"} for row in own])
    write_labels(root / "not_digits", [{"file": "blank.jpg", "class": "blank_paper", "what": "paper"}])
    (root / "own_digits" / "a").mkdir()
    for name in ("mnist.png", "photo.jpg"):
        shutil.copy(SAMPLES / name, root / "own_digits" / "a" / name)
    shutil.copy(SAMPLES / "blank.jpg", root / "not_digits" / "blank.jpg")
    (root / "arrays").mkdir()
    np.savez(root / real_manifest.USPS, images=np.zeros((2, 16, 16), np.uint8), labels=np.array([1, 2]))
    return root


@pytest.fixture
def manifest(folder, tmp_path):
    path = tmp_path / "manifest.csv"
    sets = ("own_digits", "usps", "not_digits")
    real_manifest.write_manifest([entry for name in sets for entry in real_manifest.entries_of(folder, name)], path)
    return path


def test_the_manifest_holds_source_licence_hash_label_and_mark(manifest):
    mnist, photo, usps, blank = real_manifest.read_manifest(manifest)
    assert (mnist.set, mnist.file, mnist.source, mnist.licence) == ("own_digits", "a/mnist.png", "a/b", "MIT")
    assert (photo.label, photo.hard) == ("1", "1")
    assert len(mnist.sha256) == len(usps.sha256) == 64
    assert (blank.source, blank.label) == ("not recorded", "paper")


def test_every_kind_of_difference_is_named(folder, manifest):
    sets = ("own_digits", "usps", "not_digits")
    assert real_manifest.differences(folder, sets, manifest) == []
    shutil.copy(SAMPLES / "small.png", folder / "own_digits" / "a" / "mnist.png")
    (folder / "not_digits" / "blank.jpg").unlink()
    np.savez(folder / real_manifest.USPS, images=np.ones((2, 16, 16), np.uint8), labels=np.array([1, 2]))
    row = {"label": "8", "repo": "a/b", "hard": "0", "licence": "MIT"}
    rows = [{"file": "a/mnist.png", **row}, {"file": "a/photo.jpg", **row}, {"file": "a/new.png", **row}]
    write_labels(folder / "own_digits", rows)
    found = real_manifest.differences(folder, sets, manifest)
    assert "own_digits: 1 with other content: a/mnist.png" in found
    assert "own_digits: 2 with another label: a/mnist.png, a/photo.jpg" in found or (
        "own_digits: 1 with another label: a/photo.jpg" in found  # the sample is an 8
    )
    assert "own_digits: 1 with another mark of hard: a/photo.jpg" in found
    assert "own_digits: 1 not in the manifest: a/new.png" in found
    assert f"usps: 1 with other content: {real_manifest.USPS}" in found
    assert "not_digits: 1 missing: blank.jpg" in found
    shutil.rmtree(folder / "not_digits")
    assert real_manifest.differences(folder, ["not_digits"], manifest) == ["not_digits: 1 missing: blank.jpg"]


def test_the_tables_count_right_kept_and_accepted(folder):
    recognizer = Recognizer.load()
    rows = real_pictures.set_rows(recognizer, folder, ["own_digits"], None)
    assert [row[:3] for row in rows] == [
        ["own_digits", 2, "50.0 % [9.5, 90.5]"],
        ["own_digits, hard left out", 1, "100.0 % [20.7, 100.0]"],
    ]
    accepted = real_pictures.non_digit_rows(recognizer, folder / "not_digits")
    assert accepted[0] == ["all", 1, "0.0 % [0.0, 79.3]", "0.0 %"]


def test_pictures_of_another_set_are_not_published(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tables, "RESULTS", tmp_path / "results")
    monkeypatch.setattr("sys.argv", ["real_pictures.py", str(folder), "--sets", "own_digits", "--publish"])
    with pytest.raises(SystemExit, match="nothing is published"):
        real_pictures.main()
    assert not (tmp_path / "results").exists()
    assert "not in the manifest: a/mnist.png, a/photo.jpg" in capsys.readouterr().err


def test_the_manifest_names_each_picture_once_and_no_place_of_a_machine():
    entries = real_manifest.read_manifest()
    assert len({(entry.set, entry.file) for entry in entries}) == len(entries) > 2000
    assert {entry.set for entry in entries} == set(real_manifest.SETS)
    for entry in entries:
        assert len(entry.sha256) == 64
        assert not Path(entry.file).is_absolute()
