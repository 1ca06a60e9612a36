import io
import os
import shutil
import subprocess
import sys

import click
import pytest

import inkdigits as package
from inkdigits.cli import COMMANDS, cli, run
from inkdigits.errors import MissingDataError, MissingModelError, PictureError
from inkdigits.reading.source import find_sample

HEAVY = ("numpy", "cv2", "PIL", "ai_edge_litert", "tensorflow", "keras", "matplotlib", "rich")
INKDIGITS = [sys.executable, "-m", "inkdigits"]


def leaves(group: click.Group = cli, words: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        here = (*words, name)
        found += leaves(command, here) if isinstance(command, click.Group) else [(here, command)]
    return found


def test_help_and_version_load_nothing_heavy():
    calls = [["--help"], ["-h"], ["--version"], ["train", "--list"], ["data", "--help"]]
    calls += [[*words, "--help"] for words, _ in leaves()]
    script = (
        "import sys\n"
        "from inkdigits.cli import run\n"
        f"for arguments in {calls!r}:\n"
        "    assert run(arguments) == 0, arguments\n"
        f"    heavy = set({HEAVY!r}) & {{name.partition('.')[0] for name in sys.modules}}\n"
        "    assert not heavy, (arguments, heavy)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage: inkdigits") == len(calls) - 2


@pytest.mark.parametrize(("words", "command"), leaves(), ids=[" ".join(words) for words, _ in leaves()])
def test_every_command_has_help_with_an_example_of_itself(words, command, inkdigits):
    outcome = inkdigits(*words, "--help")
    assert outcome.code == 0
    assert outcome.err == ""
    assert "Example" in outcome.out
    assert f"\n    inkdigits {' '.join(words)}" in outcome.out
    assert command.get_short_help_str()
    for parameter in command.params:
        assert isinstance(parameter, click.Argument) or parameter.help, (words, parameter.name)


def test_help_lists_every_command(inkdigits):
    out = inkdigits("--help").out
    listed = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line[:3].strip()]
    assert listed == list(COMMANDS)


def test_the_version_is_the_packages(inkdigits):
    for option in ("--version", "-V"):
        outcome = inkdigits(option)
        assert (outcome.code, outcome.out, outcome.err) == (0, f"inkdigits, version {package.__version__}\n", "")


def test_without_a_command_the_help_goes_to_stderr(inkdigits):
    outcome = inkdigits()
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("Usage: inkdigits")
    assert "read" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "code", "expected", "advice"),
    [
        (("read", "missing.png"), 1, "missing.png: Expected a picture file. Received: missing.png, no such file.", ""),
        (("evaluate", "default", "--data", "wrong.bin"), 1, "wrong.bin, a file of another kind", "Convert it"),
        (("nonsense",), 2, "No such command 'nonsense'", "inkdigits --help"),
        (("--nonsense",), 2, "No such option '--nonsense'", "inkdigits --help"),
        (("read",), 2, "Missing argument 'PICTURES...'", "inkdigits read --help"),
        (("read", "a.png", "--nonsense"), 2, "No such option '--nonsense'", "inkdigits read --help"),
        (("read", "a.png", "--format", "xml"), 2, "'xml' is not one of 'text', 'json', 'jsonl', 'csv'", "read --help"),
        (("read", "a.png", "--min-confidence", "high"), 2, "'high' is not a valid float", "read --help"),
        (("read", "a.png", "--min-confidence", "1.5"), 2, "0 to 1. Received: 1.5", "0.5 is usual"),
        (("data", "nonsense"), 2, "No such command 'nonsense'", "inkdigits data --help"),
        (("data", "export", "x.bin"), 2, "Expected a target that ends in .csv or .npz, or a format", "Formats: folder"),
        (("models", "default", "two"), 2, "unexpected extra argument (two)", "inkdigits models --help"),
        (("models", "nobody"), 3, "Received: 'nobody'", "Models that ship: best, default"),
        (("read", "a.png", "--model", "nobody"), 3, "Received: 'nobody'", "inkdigits train"),
        (("train", "--recipe", "nobody"), 3, "Expected a recipe among mlp-128", "inkdigits train --list"),
    ],
)
def test_an_error_is_one_line_and_a_hint_and_the_exit_code_says_its_kind(
    arguments, code, expected, advice, inkdigits, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.bin").write_text("no data")
    outcome = inkdigits(*arguments)
    assert outcome.code == code
    assert outcome.out == ""
    message, hint = outcome.error
    assert expected in message
    assert advice in hint


def test_a_newline_in_a_name_does_not_break_the_line_of_an_error(inkdigits):
    assert inkdigits("models", "two\nlines").code == 3
    message, _ = inkdigits("read", "two\nlines.png").error
    assert "two lines.png" in message


def test_signs_that_steer_a_terminal_are_escaped(inkdigits, tmp_path):
    name = "red\x1b[31m\x07\u202e.jpg"
    message, _ = inkdigits("read", name).error
    assert message.startswith(r"red\x1b[31m\x07\u202e.jpg: Expected")
    blank = tmp_path / name
    shutil.copy(find_sample("blank"), blank)
    assert inkdigits("read", blank).err == f"{tmp_path}/red\\x1b[31m\\x07\\u202e.jpg: rejected (blank)\n"


@pytest.mark.skipif(sys.platform == "win32", reason="its shell cannot close streams")
@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        ("read sample:chalk >&-", 0, b"", b""),
        ("read sample:chalk 2>&-", 0, b"5\n", b""),
        ("read sample:chalk <&- >&- 2>&-", 0, b"", b""),
        ("--version >&-", 0, b"", b""),
        ("read - <&-", 1, b"",
         b"error: -: Expected a picture. Received: an empty file.\nhint: Copy or export the picture again.\n"),
    ],
)  # fmt: skip
def test_closed_standard_streams_are_empty_ones(arguments, code, out, err):
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m inkdigits {arguments}"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, out, err)


@pytest.mark.skipif(sys.platform == "win32", reason="its shell cannot close streams")
def test_keeping_native_code_quiet_copes_with_a_closed_stderr():
    script = "from inkdigits.cli.terminal import quiet_native_stderr\nwith quiet_native_stderr(): print('read')"
    done = subprocess.run(["sh", "-c", f"'{sys.executable}' -c \"{script}\" 2>&-"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"read\n")


def test_what_the_disk_refuses_is_an_error_without_traceback(inkdigits, tmp_path):
    (tmp_path / "file").write_text("")
    for option in ("-o", "--annotate", "--save-glyphs"):
        outcome = inkdigits("read", "sample:mnist", option, tmp_path / "file" / "inside")
        assert (outcome.code, outcome.out) == (1, "")
        message, hint = outcome.error
        assert str(tmp_path / "file") in message
        assert "path" in hint


@pytest.mark.parametrize(
    "arguments",
    [["--debug", "models", "nobody"], ["models", "nobody", "--debug"], ["data", "verify", "--debug", "--data", "x"]],
)
def test_debug_raises_wherever_it_is_an_option(arguments):
    with pytest.raises((MissingModelError, MissingDataError)):
        run(arguments)


def test_debug_shows_the_traceback_of_a_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(PictureError):
        run(["read", str(tmp_path / "a.png"), "--debug"])


def test_debug_as_a_value_is_no_option(inkdigits):
    outcome = inkdigits("models", "--", "--debug")
    assert outcome.code == 3
    assert "Received: '--debug'" in outcome.error[0]


def test_an_exit_within_a_command_keeps_its_code(monkeypatch):
    def leave():
        raise SystemExit(3)

    monkeypatch.setattr("inkdigits.models.zoo.model_names", leave)
    with pytest.raises(SystemExit) as caught:
        run(["models"])
    assert caught.value.code == 3


@pytest.mark.parametrize(("typed", "meant"), [("red", "read"), ("evaluat", "evaluate"), ("TRAIN", "train")])
def test_a_verb_that_is_nearly_one_is_suggested(inkdigits, typed, meant):
    assert inkdigits(typed, "x").error[1] == f"Run: inkdigits {meant}"


def test_choices_may_be_in_upper_case(inkdigits):
    assert inkdigits("read", "sample:chalk", "--format", "JSONL").out.startswith('{"schema"')


def test_only_debug_shows_a_traceback():
    for extra, shown in (([], False), (["--debug"], True)):
        done = subprocess.run([*INKDIGITS, "models", "nobody", *extra], capture_output=True, text=True, check=False)
        assert ("Traceback" in done.stderr) == shown
        assert done.returncode == (1 if shown else 3)
        assert done.stdout == ""


def test_the_process_leaves_with_the_exit_code_of_the_command():
    for arguments, code in ((["models"], 0), (["read", "missing.png"], 1), (["nonsense"], 2), (["models", "x"], 3)):
        assert subprocess.run([*INKDIGITS, *arguments], capture_output=True, check=False).returncode == code


def test_stopping_a_command_is_no_error(inkdigits, monkeypatch):
    class Stopped(io.BytesIO):
        def read(self, *_):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Stopped()))
    outcome = inkdigits("read", "-")
    assert (outcome.code, outcome.out, outcome.err.strip()) == (130, "", "stopped.")


@pytest.mark.parametrize(
    "arguments", [["models"], ["read", "sample:mnist"], ["read", *["sample:mnist"] * 150, "--format", "jsonl"]]
)
def test_a_reader_that_has_left_is_no_error(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*INKDIGITS, *arguments], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_head_gets_its_line_and_nobody_complains():
    arguments = [*INKDIGITS, "read", *["sample:mnist"] * 150, "--format", "jsonl"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b'{"schema": 1, "path": "sample:mnist"')
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0
