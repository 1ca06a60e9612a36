import io
import os
import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.image.load import load
from inkdigits.reading.source import SAMPLES, Source, expand, find_sample, names_one, sample_names


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
    sources = expand(str(name) for name in names).pictures
    assert all(source.name == str(source.picture) for source in sources if source.picture)
    return [source.picture for source in sources if isinstance(source.picture, Path)]


def test_a_file_is_passed_on_as_it_is_named(folder, monkeypatch):
    assert paths_of(folder / "b.png", folder / "notes.txt") == [folder / "b.png", folder / "notes.txt"]
    assert paths_of(folder / "missing.png") == [folder / "missing.png"]
    monkeypatch.chdir(folder)
    assert expand(["./b.png"]).pictures == (Source("./b.png", Path("b.png")),)


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


def test_names_are_expanded_in_the_order_given(folder):
    assert paths_of(folder / "b.png", folder / "a.JPG", folder / "b.png") == [
        folder / name for name in ("b.png", "a.JPG", "b.png")
    ]


def test_folders_and_globs_give_no_file_that_was_already_given(folder):
    sub = [folder / "sub" / name for name in ("c.tiff", "deep/d.webp")]
    assert paths_of(folder / "sub", folder / "sub", folder / "sub" / "*.tiff") == sub
    assert paths_of(sub[1], folder / "sub") == [sub[1], sub[0]]
    assert paths_of(folder / "sub", sub[0]) == [*sub, sub[0]]  # what is named outright is always given


def test_hidden_files_are_passed_over(folder):
    for name in ("._b.png", ".cache/x.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    assert paths_of(folder / "sub", folder)[2:] == [folder / name for name in ("a.JPG", "b.png", "e.png/f.gif")]
    assert paths_of(folder / "._b.png") == [folder / "._b.png"]


def test_documents_in_folders_are_counted(folder):
    for name in ("scan.pdf", "sub/more.PDF", "sub/text.docx"):
        (folder / name).touch()
    sources = expand([str(folder)])
    assert dict(sources.passed_over) == {".pdf": 2, ".docx": 1}
    assert len(sources.pictures) == 5
    assert not expand([str(folder / "b.png")]).passed_over


def test_an_address_is_no_file():
    (source,) = expand(["http://example.com/7.png"]).pictures
    assert source.error == "Expected a file. Received: the address http://example.com/7.png."
    assert source.hint == "Download it first."


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", r"Expected pictures in .*empty\. Received: none\. Known endings: \.avif, .*\.webp\."),
        ("*.gif", r"Expected pictures that match .*\*\.gif\. Received: none\. Check the pattern\."),
        ("emp*", r"Expected pictures that match .*emp\*\. Received: none\."),
    ],
)
def test_a_folder_or_glob_without_pictures_is_an_error(folder, name, message):
    first, source, last = expand(["sample:mnist", str(folder / name), "sample:chalk"]).pictures
    assert (first.error, last.error, source.picture) == ("", "", None)
    assert re.search(message, f"{source.error} {source.hint}")


def test_a_minus_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\x00bytes")))
    assert expand(["-"]).pictures == (Source("-", b"\xff\x00bytes"),)


def test_samples_are_named_without_their_ending():
    names = sample_names()
    assert names == sorted(names)
    assert {"mnist", "chalk", "blank"} <= set(names)
    for name in names:
        assert find_sample(name).stem == name
        assert expand([f"sample:{name}"]).pictures == (Source(f"sample:{name}", find_sample(name)),)
    assert len(names) == len(list(SAMPLES.iterdir()))


@pytest.mark.parametrize("name", ["nobody", "", "*", "mnist.png", "../zoo/default/card", "/etc/hosts", "MNIST"])
def test_an_unknown_sample_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(PictureError, match="Expected a sample among .*chalk, mnist.*Received: ") as info:
        find_sample(name)
    assert repr(name) in info.value.message
    assert expand([f"sample:{name}"]).pictures[0].error == info.value.message


def test_a_name_stands_for_one_picture_unless_it_is_a_folder_or_a_glob(folder):
    (folder / "[b].png").touch()
    for name in ("b.png", "missing.png", "[b].png", "x" * 300):
        assert names_one(str(folder / name))
    assert names_one("-")
    assert names_one("sample:mnist")
    for name in ("sub", "*.png", "[c].png", "sub/**"):
        assert not names_one(str(folder / name))


def test_each_page_of_a_tiff_is_a_picture(tmp_path):
    pages = [Image.new("L", (40, 40), level) for level in (255, 200, 150)]
    pages[0].save(tmp_path / "scan.tiff", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "one.tif")
    found = expand([str(tmp_path)]).pictures
    assert [source.name for source in found] == [
        str(tmp_path / "one.tif"),
        *(f"{tmp_path / 'scan.tiff'}#{n}" for n in (1, 2, 3)),
    ]
    assert [int(load(source.picture)[0, 0]) for source in found] == [255, 255, 200, 150]


def test_links_to_folders_do_not_lead_in_a_circle(folder):
    for name in ("l1", "l2", "sub/l3"):
        (folder / name).symlink_to(folder)
    assert paths_of(folder / "**" / "*.tiff") == [folder / "sub" / "c.tiff"]
    assert paths_of(folder / "**" / "deep" / "*") == [folder / "sub" / "deep" / "d.webp"]


def test_a_link_and_its_file_are_one_picture(folder):
    (folder / "a-link.png").symlink_to(folder / "b.png")
    assert paths_of(folder / "*.png")[0] == folder / "b.png"
    assert folder / "a-link.png" not in paths_of(folder)


def test_a_folder_that_cannot_be_searched_is_an_error(folder, monkeypatch):
    real = os.scandir

    def refusing(path):
        if str(path) == str(folder / "sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    for name in (folder, folder / "**" / "*.png"):
        *pictures, failed = expand([str(name)]).pictures
        assert pictures
        assert (failed.name, failed.picture) == (str(folder / "sub"), None)
        assert "Permission denied" in failed.error
