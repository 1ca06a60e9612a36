"""Synthesized glyphs: what each kind shows, and that seed, split and size of the mixture decide over them alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.mnist import load_mnist
from inkdigits.data.splits import validation_split
from inkdigits.errors import SettingError, TrainingError
from inkdigits.labels import NOT_A_DIGIT
from inkdigits.synthesis import synthesize as module
from inkdigits.synthesis import workers
from inkdigits.synthesis.fonts import load_handwriting
from inkdigits.synthesis.kinds import LOOK_ALIKE_LETTERS
from inkdigits.synthesis.mixture import Mixture
from inkdigits.synthesis.synthesize import render_pictures, synthesize

KINDS = tuple(Mixture(textures=1).counts)
NON_DIGITS = tuple(kind for kind in KINDS if Mixture(**{kind: 1}).non_digits)
DIGITS = tuple(kind for kind in KINDS if kind not in NON_DIGITS)
COUNT = 60


@pytest.fixture(scope="module")
def made():
    """60 glyphs of each kind from either part of MNIST's training digits."""
    mixture = Mixture(**dict.fromkeys(KINDS, COUNT))
    return {split: synthesize(mixture, seed=3, split=split) for split in ("training", "validation")}


@pytest.fixture(scope="module")
def neighbors(made):
    """The nearest MNIST training digit of every glyph: its index, shape (N,), by split."""
    pixels = _directions(load_mnist("train").glyphs)
    return {split: (_directions(glyphs) @ pixels.T).argmax(axis=1) for split, (glyphs, _, _) in made.items()}


def _directions(glyphs):
    """Glyphs as vectors of length 1, shape (N, 784)."""
    flat = glyphs.reshape(len(glyphs), -1).astype(np.float32)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def aspects(glyphs):
    """Width by height of each glyph's ink, shape (N,)."""
    return np.array([(glyph > 64).any(axis=0).sum() / (glyph > 64).any(axis=1).sum() for glyph in glyphs])


def test_a_synthesis_has_the_counts_kinds_and_types_that_were_asked_for(made):
    glyphs, labels, kinds = made["training"]
    assert glyphs.shape == (COUNT * len(KINDS), 28, 28)
    assert glyphs.dtype == labels.dtype == np.uint8
    assert kinds.tolist() == [kind for kind in KINDS for _ in range(COUNT)]


def test_every_glyph_has_ink_and_hardly_two_are_alike(made):
    glyphs = np.concatenate([glyphs for glyphs, _, _ in made.values()])
    assert glyphs.max(axis=(1, 2)).min() > 100
    assert len({glyph.tobytes() for glyph in glyphs}) > 0.99 * len(glyphs)


def test_digits_have_their_labels_and_non_digits_one_of_their_own(made):
    for _, labels, kinds in made.values():
        assert (labels[np.isin(kinds, NON_DIGITS)] == NOT_A_DIGIT).all()
        for kind in DIGITS:
            assert set(labels[kinds == kind].tolist()) <= set(range(10))
        assert set(labels[np.isin(kinds, DIGITS)].tolist()) == set(range(10))


@pytest.mark.parametrize(("kind", "least"), [(kind, 0.9 if kind == DIGITS[0] else 0.7) for kind in DIGITS])
def test_a_digit_shows_its_label(made, neighbors, kind, least):
    """The nearest MNIST digit has the label: measured on 120, 97 % of MNIST's own and 84 % of the others."""
    known = load_mnist("train").labels
    right = [(known[neighbors[split]] == labels)[kinds == kind] for split, (_, labels, kinds) in made.items()]
    assert np.mean(right) >= least


def test_mnist_s_digits_come_from_the_part_that_was_asked_for(made, neighbors):
    """The nearest MNIST digit is mostly the one that was rendered; one in twelve of all is in the validation part."""
    _, validation = validation_split(load_mnist("train").labels)
    shares = {
        split: np.isin(neighbors[split][kinds == DIGITS[0]], validation).mean() for split, (_, _, kinds) in made.items()
    }
    assert shares["training"] < 0.2
    assert shares["validation"] > 0.6


def test_several_digits_and_turned_ones_are_wide_and_single_ones_narrow(made):
    def wide(kind):
        return np.mean([aspects(glyphs[kinds == kind]) > 1 for glyphs, _, kinds in made.values()])

    assert wide("several") > 0.8
    assert wide("turned") > 0.7
    assert max(wide(kind) for kind in DIGITS[:3]) < 0.3


def test_the_seed_and_the_split_decide(made):
    few = Mixture(**dict.fromkeys(KINDS, 3))
    again, other = (synthesize(few, seed=seed)[0] for seed in (3, 4))
    train, validation = (made[split][0].reshape(len(KINDS), COUNT, 28, 28)[:, :3] for split in made)
    np.testing.assert_array_equal(again, train.reshape(-1, 28, 28))  # a smaller mixture begins a larger one
    assert (again != other).any(axis=(1, 2)).all()
    assert (train != validation).any(axis=(2, 3)).all()


def test_processes_only_share_the_work(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 5)
    glyphs, _, _ = synthesize(Mixture(textures=13, mnist=5), seed=1)
    monkeypatch.setattr(module, "WORKERS", 1)
    alone, _, _ = synthesize(Mixture(textures=12, mnist=5), seed=1)
    np.testing.assert_array_equal(alone, glyphs[:17])
    assert (glyphs[5:10] != glyphs[10:15]).any(axis=(1, 2)).all()  # chunks differ


def test_letters_that_look_like_digits_are_not_taught_as_non_digits():
    assert set("oOlISsZzBqgb|") <= set(LOOK_ALIKE_LETTERS)
    fonts = load_handwriting()
    taught = {fonts.characters[index] for index in fonts.indices_except("0123456789" + LOOK_ALIKE_LETTERS)}
    assert {"A", "x", "?"} <= taught


def test_whole_pictures_are_rendered_for_the_reader_to_find_their_digit():
    mixture = Mixture(mnist=20, plain=20)
    pictures, labels, kinds = render_pictures(mixture, seed=1, split="validation")
    again, _, _ = render_pictures(mixture, seed=1, split="validation")
    assert kinds.tolist() == ["mnist"] * 20 + ["plain"] * 20
    assert all(picture.dtype == np.uint8 and min(picture.shape) >= 10 for picture in pictures)
    assert len({picture.shape for picture in pictures}) > 30
    assert (labels < 10).all()
    assert all(np.array_equal(one, other) for one, other in zip(pictures, again, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "Expected a seed of 0 or more. Received: -1"),
        ({"seed": 0, "split": "test"}, "Expected a split of training, validation, calibration. Received: 'test'.*no"),
    ],
)
def test_a_seed_or_split_out_of_range_is_refused(options, message):
    with pytest.raises(SettingError, match=message):
        synthesize(Mixture(textures=1), **options)


@pytest.mark.parametrize(
    ("code", "end"),
    [("import os; os.kill(os.getpid(), 9)", "SIGKILL"), ("raise SystemExit(3)", "exit code 3|SIGKILL")],
)
def test_a_process_that_ends_before_its_time_is_one_clear_error(monkeypatch, code, end):
    commands = iter([[sys.executable, "-c", code]])
    sound = workers.module_command
    monkeypatch.setattr(workers, "module_command", lambda module: next(commands, None) or sound(module))
    with pytest.raises(TrainingError, match=rf"Received: one that ended by ({end})\."):
        synthesize(Mixture(textures=2000), seed=1)


def test_ctrl_c_ends_a_synthesis_and_its_processes_at_once(tmp_path):
    script = (
        "import os, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from inkdigits.synthesis.mixture import Mixture\n"
        "from inkdigits.synthesis.synthesize import synthesize\nprint(os.getpid(), flush=True)\n"
        "synthesize(Mixture(mnist=20_000), seed=1)"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(3)
    assert len(children(process.pid)) == 2
    started = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    _, error = process.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert error.strip().endswith(b"KeyboardInterrupt")
    assert not [child for child in started if Path(f"/proc/{child}").exists()]


def children(parent):
    """The processes that a process started and that still run."""
    return Path(f"/proc/{parent}/task/{parent}/children").read_text().split()


def test_a_chunk_comes_back_as_it_was_sent():
    pictures = [np.arange(6, dtype=np.uint8).reshape(2, 3), np.zeros((5, 1), np.uint8)]
    again, labels = workers.from_bytes(workers.to_bytes((pictures, np.array([3, 10], np.uint8))))
    assert [picture.tolist() for picture in again] == [picture.tolist() for picture in pictures]
    assert labels.tolist() == [3, 10]
