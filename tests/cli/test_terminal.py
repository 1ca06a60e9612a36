"""What commands show: nothing in a name steers the terminal or adds a line, whichever command shows it."""

import ast
import shutil
from pathlib import Path

import pytest

import inkdigits
from inkdigits.reading.source import find_sample

LOUD = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"}
HOSTILE = "x\x1b]0;owned\x07\x9b2J\u202egnp.: 9\nsecond: line"
SHOWN = r"x\x1b]0;owned\x07\x9b2J\u202egnp.: 9\nsecond: line"


def test_all_that_commands_show_goes_through_one_module():
    found = [
        f"{path.stem}:{node.lineno} calls {ast.unparse(node.func)}"
        for path in (Path(inkdigits.__file__).parent / "cli").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in LOUD and path.stem != "terminal"
    ]
    assert found == []


def steers(text):
    return [sign for sign in text.replace("\n", "") if not sign.isprintable()]


@pytest.fixture
def hostile(tmp_path, scans):
    """A folder of a hostile name with class folders; in class 7 a good picture and one that is none, by such names."""
    folder = tmp_path / HOSTILE
    (folder / "7").mkdir(parents=True)
    shutil.copy(scans / "a.png", folder / "7" / f"{HOSTILE}.png")
    (folder / "7" / f"bad {HOSTILE}.png").write_bytes(b"none")
    (folder / HOSTILE).mkdir()
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("read", "{}"),
        ("read", "{}", "--explain", "--min-confidence", "1"),
        ("read", "{}/nothing"),
        ("read", "{}/*.gif", "--format", "jsonl"),
        ("read", "{}", "-o", "{}/answers.txt", "--annotate", "{}/drawn", "--save-glyphs", "{}/glyphs"),
        ("explain", "{}"),
        ("explain", "{}", "--format", "json"),
        ("explain", "{}", "-o", "{}/sheets.jpg"),
        ("data", "show", "--data", "{}", "-o", "{}/sheet.png"),
        ("data", "verify", "--data", "{}"),
        ("data", "verify", "--data", "{}", "--strict"),
        ("data", "verify", "--data", "{}/{}"),
        ("data", "export", "--data", "{}", "{}/labels.csv"),
        ("data", "export", "--data", "{}", "{}/labels.bad"),
        ("evaluate", "tiny-2k", "--data", "{}"),
        ("evaluate", "{}"),
        ("models", "{}"),
        ("models", "{}/7"),
        ("train", "--recipe", "{}"),
        ("train", "--data", "{}/{}"),
        ("train", "--resume", "{}"),
        ("pack", "{}", "-o", "{}"),
        ("compare", "--only", "{}"),
        ("{}",),
        ("read", "--{}"),
        ("data", "{}"),
    ],
    ids=" ".join,
)
def test_no_command_shows_what_steers_a_terminal(inkdigits, hostile, arguments):
    outcome = inkdigits(*(argument.format(hostile, HOSTILE) for argument in arguments))
    assert steers(outcome.out + outcome.err) == []
    lines = (outcome.out + outcome.err).splitlines()
    assert not any(line.startswith("second: line") for line in lines)


def test_text_gives_a_line_per_picture_whatever_its_name(inkdigits, hostile):
    outcome = inkdigits("read", hostile)
    good = hostile.parent / SHOWN / "7" / f"{SHOWN}.png"
    assert outcome.out == f"{good}: 7\n"
    assert [line.partition(": ")[0] for line in outcome.err.splitlines()] == ["error", "hint", "2 pictures"]


def test_a_rejected_picture_and_an_explanation_name_it_harmlessly(inkdigits, tmp_path):
    blank = shutil.copy(find_sample("blank"), tmp_path / f"{HOSTILE}.jpg")
    assert inkdigits("read", blank).err == f"{tmp_path}/{SHOWN}.jpg: rejected (blank)\n"
    assert inkdigits("explain", blank).out.splitlines()[0] == f"{tmp_path}/{SHOWN}.jpg: rejected (blank)"
