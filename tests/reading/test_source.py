import io
import sys
from pathlib import Path

import pytest

from inkdigits.errors import PictureError
from inkdigits.reading.source import SAMPLES, expand, find_sample, names_one, sample_names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Empty files by the names of pictures and of other things; only names matter here."""
    for name in ("b.png", "a.JPG", "sub/c.tiff", "sub/deep/d.webp", "notes.txt", "sub/png", "e.png/f.gif"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "empty").mkdir()
    return tmp_path


def paths_of(*names: object) -> list[Path]:
    expanded = list(expand(str(name) for name in names))
    assert all(name == str(path) for name, path in expanded)
    return [path for _, path in expanded if isinstance(path, Path)]


def test_a_file_is_passed_on_as_it_is_named(folder, monkeypatch):
    assert paths_of(folder / "b.png", folder / "notes.txt") == [folder / "b.png", folder / "notes.txt"]
    assert paths_of(folder / "missing.png") == [folder / "missing.png"]
    monkeypatch.chdir(folder)
    assert list(expand(["./b.png"])) == [("./b.png", Path("b.png"))]


def test_a_folder_gives_its_pictures_recursively_in_order(folder):
    names = ["a.JPG", "b.png", "e.png/f.gif", "sub/c.tiff", "sub/deep/d.webp"]
    assert paths_of(folder) == [folder / name for name in names]


def test_a_folder_gives_photos_that_are_refused_with_a_hint_and_rarer_endings_too(folder):
    names = sorted(f"empty/x.{ending}" for ending in ("HEIC", "heif", "avif", "jfif", "jpe", "pnm"))
    for name in names:
        (folder / name).touch()
    assert paths_of(folder / "empty") == [folder / name for name in names]


def test_a_glob_gives_what_matches_in_order(folder):
    assert paths_of(folder / "?.[pJ]*") == [folder / "a.JPG", folder / "b.png", folder / "e.png" / "f.gif"]
    assert paths_of(folder / "*.txt") == [folder / "notes.txt"]


def test_a_glob_that_matches_a_folder_and_what_is_in_it_gives_each_picture_once(folder):
    assert paths_of(folder / "sub" / "**") == [folder / "sub" / name for name in ("c.tiff", "deep/d.webp", "png")]
    assert paths_of(folder / "**" / "*.tiff") == [folder / "sub" / "c.tiff"]


def test_an_existing_file_with_a_globs_signs_in_its_name_is_that_file(folder):
    (folder / "[b].png").touch()
    assert paths_of(folder / "[b].png") == [folder / "[b].png"]


def test_names_are_expanded_in_the_order_given_and_only_when_asked_for(folder):
    names = expand([str(folder / "b.png"), str(folder / "empty"), "sample:mnist"])
    assert next(names)[1] == folder / "b.png"
    with pytest.raises(PictureError):
        next(names)
    assert paths_of(folder / "b.png", folder / "a.JPG", folder / "b.png") == [
        folder / name for name in ("b.png", "a.JPG", "b.png")
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", r"Expected pictures in .*empty\. Received: none\. Known endings: \.bmp, .*\.webp\."),
        ("*.gif", r"Expected pictures that match .*\*\.gif\. Received: none\. Check the pattern\."),
        ("emp*", r"Expected pictures that match .*emp\*\. Received: none\."),
    ],
)
def test_a_folder_or_glob_without_pictures_is_an_error(folder, name, message):
    with pytest.raises(PictureError, match=message):
        list(expand([str(folder / name)]))


def test_a_minus_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\x00bytes")))
    assert list(expand(["-"])) == [("-", b"\xff\x00bytes")]


def test_samples_are_named_without_their_ending():
    names = sample_names()
    assert names == sorted(names)
    assert {"mnist", "chalk", "blank"} <= set(names)
    for name in names:
        assert find_sample(name).stem == name
        assert list(expand([f"sample:{name}"])) == [(f"sample:{name}", find_sample(name))]
    assert len(names) == len(list(SAMPLES.iterdir()))


@pytest.mark.parametrize("name", ["nobody", "", "*", "mnist.png", "../zoo/default/card", "/etc/hosts", "MNIST"])
def test_an_unknown_sample_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(PictureError, match="Expected a sample among .*chalk, mnist.*Received: ") as info:
        find_sample(name)
    assert repr(name) in info.value.message


def test_a_name_stands_for_one_picture_unless_it_is_a_folder_or_a_glob(folder):
    (folder / "[b].png").touch()
    for name in ("b.png", "missing.png", "[b].png", "x" * 300):
        assert names_one(str(folder / name))
    assert names_one("-")
    assert names_one("sample:mnist")
    for name in ("sub", "*.png", "[c].png", "sub/**"):
        assert not names_one(str(folder / name))
