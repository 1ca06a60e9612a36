"""Files and folders that are replaced: a kill at any moment, or a reader at any moment, finds one whole content."""

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkdigits.errors import MissingModelError, MissingPictureError, ModelError, OutputError
from inkdigits.files import draft_of, folder_draft_of, is_draft, remove_drafts, write_atomically
from inkdigits.models.card import load_card
from inkdigits.models.classifier import PackedModel
from inkdigits.models.runtime import read_packed
from inkdigits.models.zoo import ZOO, find_model

EVENTS = ("open", "os.", "shutil.")  # audit events of operations on files


def copy_into(draft, name):
    """What packing writes: a network, then its card."""
    write_atomically(draft / "model.tflite", (ZOO / name / "model.tflite").read_bytes())
    load_card(ZOO / name).save(draft)


def replace_packed(folder, name):
    with folder_draft_of(folder) as draft:
        copy_into(draft, name)


def ended_at(operation, action):
    """Runs an action in a process that ends, as by a kill, before its n-th operation on files; whether it got there."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    count = 0

    def end(event, _arguments):
        nonlocal count
        if event.startswith(EVENTS):
            count += 1
            if count == operation:
                os._exit(9)

    sys.addaudithook(end)
    action()
    os._exit(0)


@pytest.mark.skipif(sys.platform != "linux", reason="forks, and exchanges folders in one step")
@pytest.mark.parametrize("before", [None, "tiny-2k"])
def test_a_folder_whose_replacement_is_ended_at_any_operation_is_the_old_or_the_new_one(before, tmp_path):
    folder, new = tmp_path / "packed", load_card(ZOO / "tiny-8k")
    operation, seen = 1, set()
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if before is not None:
            shutil.copytree(ZOO / before, folder)
        hit = ended_at(operation, lambda: replace_packed(folder, "tiny-8k"))
        try:
            seen.add(read_packed(folder)[0].name)
        except ModelError:
            assert before is None
            assert not folder.exists()
        if not hit:
            break
        operation += 1
    assert operation > 10
    assert seen == {new.name} | ({before} if before else set())
    assert all(path == folder or is_draft(path, of=folder) for path in tmp_path.iterdir())
    remove_drafts(folder)
    assert list(tmp_path.iterdir()) == [folder]


def keep_replacing(folder):
    while True:
        for name in ("tiny-2k", "tiny-8k"):
            replace_packed(folder, name)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges folders in one step")
def test_a_reader_never_sees_a_mixed_pair(tmp_path):
    folder = tmp_path / "packed"
    replace_packed(folder, "tiny-2k")
    writer = multiprocessing.get_context("spawn").Process(target=keep_replacing, args=(folder,))
    writer.start()
    try:
        names = {PackedModel(folder).card.name for _ in range(400)}
        while len(names) < 2:
            names.add(PackedModel(folder).card.name)
    finally:
        writer.kill()
        writer.join()
    assert names == {"tiny-2k", "tiny-8k"}


def test_a_block_that_fails_leaves_the_old_folder_and_no_draft(tmp_path):
    folder = tmp_path / "packed"
    replace_packed(folder, "tiny-2k")
    with pytest.raises(MissingModelError), folder_draft_of(folder) as draft:
        copy_into(draft, find_model("no such model"))
    assert load_card(folder).name == "tiny-2k"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"Expected to write .*packed.*choose another folder"):
        replace_packed(tmp_path / "file" / "packed", "tiny-2k")


def test_a_draft_keeps_the_suffix_and_disappears(tmp_path):
    with draft_of(tmp_path / "model.keras") as draft:
        assert draft.suffix == ".keras"
        draft.write_bytes(b"weights")
        assert not (tmp_path / "model.keras").exists()
    assert (tmp_path / "model.keras").read_bytes() == b"weights"
    assert list(tmp_path.iterdir()) == [tmp_path / "model.keras"]


def test_a_full_disk_loses_nothing(tmp_path):
    path = tmp_path / "last.npz"
    write_atomically(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OutputError, match=r"Expected to write .*last\.npz.*Free some space"):
            write_atomically(path, bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_never_share_a_draft(tmp_path):
    path = tmp_path / "card.json"
    with draft_of(path) as first, draft_of(path) as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
        assert first != second
        assert all(is_draft(draft, of=path) for draft in (first, second))
    assert path.read_bytes() == b"first"  # it was renamed last
    assert list(tmp_path.iterdir()) == [path]


def test_only_drafts_of_the_output_are_removed(tmp_path):
    drafts = ["last.part.npz", "last.part-0123abcd.npz", "last.old-0123abcd.npz"]
    others = ["last.npz", "best.part-0123abcd.npz", "last.part-two.npz", "at last.part.npz"]
    for name in drafts + others:
        (tmp_path / name).write_bytes(b"")
    remove_drafts(tmp_path / "last.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
    assert not any(is_draft(tmp_path / name, of=tmp_path / "last.npz") for name in others)


posix = pytest.mark.skipif(os.name != "posix", reason="permissions and special files of POSIX")


@posix
def test_a_file_has_the_permissions_of_a_new_one_or_of_the_one_it_replaces(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new.json", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new.json").chmod(0o604)
    write_atomically(tmp_path / "new.json", b"2")
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == 0o604


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_symlink_stays_and_the_file_that_it_names_is_replaced(exists, tmp_path):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "a.json", tmp_path / "link.json"
    if exists:
        target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert list((tmp_path / "there").iterdir()) == [target]


@posix
def test_a_symlink_to_a_folder_stays_and_the_folder_is_replaced(tmp_path):
    replace_packed(tmp_path / "packed", "tiny-2k")
    (tmp_path / "link").symlink_to("packed")
    replace_packed(tmp_path / "link", "tiny-8k")
    assert (tmp_path / "link").is_symlink()
    assert load_card(tmp_path / "packed").name == "tiny-8k"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "packed"]


@posix
def test_what_is_no_regular_file_is_written_directly(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(fifo, b"answers")
    assert os.read(reader, 100) == b"answers"
    os.close(reader)
    write_atomically(Path(os.devnull), b"answers")
    assert list(tmp_path.iterdir()) == [fifo]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout")
def test_the_file_that_stdout_is_sent_to_is_not_replaced(tmp_path):
    code = "import pathlib; from inkdigits.files import *; write_atomically(pathlib.Path('/dev/stdout'), b'b')"
    with (tmp_path / "out").open("ab") as out:
        subprocess.run([sys.executable, "-P", "-c", code], stdout=out, check=True)
        out.write(b"c")
    assert (tmp_path / "out").read_bytes() == b"bc"


def test_a_folder_in_place_of_a_file_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(OutputError, match=r"Expected to write .*Received: it is a folder"), draft_of(tmp_path):
        pytest.fail("opened")


def test_the_longest_names_have_drafts_too(tmp_path):
    for name in ("\N{HIRAGANA LETTER A}" * 84 + ".m", "a." + "s" * 250):
        write_atomically(tmp_path / name, b"1")
        assert (tmp_path / name).read_bytes() == b"1"


def test_an_error_of_an_input_stays_what_it_is(tmp_path):
    with pytest.raises(MissingPictureError), draft_of(tmp_path / "a.json"):
        raise MissingPictureError("Expected a picture. Received: nothing.")
    assert list(tmp_path.iterdir()) == []


def test_a_packed_model_made_of_its_contents_answers_as_the_folder_does():
    card, content = read_packed(ZOO / "tiny-2k")
    glyphs = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    ours = PackedModel.from_content(replace(card, name="mine"), content)
    np.testing.assert_array_equal(ours.logits(glyphs), PackedModel.load("tiny-2k").logits(glyphs))
    assert ours.card.name == "mine"
