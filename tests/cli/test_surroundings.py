"""Hostile surroundings: whatever a process is started in, it answers or says one line, without a traceback."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders and signals of POSIX")
READ = ("read", "sample:photo", "sample:chalk", "--format", "csv")
ANSWERS = "path,kind,text,status,reason,confidence,error\nsample:photo,digit,7,ok,"
BARE = {"PATH": "/usr/bin:/bin"}


def call(*arguments, env=None, **options):
    command = [sys.executable, "-P", "-m", "inkdigits", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, errors="surrogateescape", check=False, timeout=60,
        env=os.environ | (env or {}), **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    "env",
    [
        {"HOME": "", "XDG_CACHE_HOME": ""},
        {"HOME": "/nonexistent"},
        {"HOME": "relative/é"},
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LANG": "xx_YY.utf-99", "LC_ALL": "xx_YY.utf-99"},
        {"PYTHONIOENCODING": "ascii"},
        {"TMPDIR": "/nonexistent"},
        {"COLUMNS": "-1", "TERM": "\x1b[31m", "NO_COLOR": "1"},
        {"PYTHONPATH": "/nonexistent:relative", "PYTHONSTARTUP": "/nonexistent"},
        {"MPLCONFIGDIR": "/dev/null", "OMP_NUM_THREADS": "0"},
    ],
    ids=" ".join,
)
def test_an_odd_environment_changes_no_answer(env):
    done = call(*READ, env=env)
    assert (done.returncode, done.stdout[: len(ANSWERS)]) == (0, ANSWERS)
    assert done.stderr == "2 pictures: 2 ok\n"


def test_almost_no_environment_changes_no_answer():
    command = [sys.executable, "-P", "-m", "inkdigits", *READ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=BARE)
    assert (done.returncode, done.stdout[: len(ANSWERS)]) == (0, ANSWERS)


def test_a_folder_that_was_deleted_is_as_good_as_any(tmp_path):
    (tmp_path / "gone").mkdir()
    script = f"cd {tmp_path / 'gone'} && rmdir {tmp_path / 'gone'} && exec {sys.executable} -P -m inkdigits $0 $@"
    for arguments in (READ, ("evaluate", "tiny-2k", "--data", "nothing"), ("read", "nothing.png"), ("doctor",)):
        done = subprocess.run(["sh", "-c", script, *arguments], capture_output=True, text=True, check=False)
        (tmp_path / "gone").mkdir()
        assert "Traceback" not in done.stderr
        if arguments is READ:
            assert done.stdout.startswith(ANSWERS)


def test_a_folder_that_may_not_be_written_is_read(inkdigits, as_nobody, scans):
    inkdigits("read", scans)  # imports what it needs
    with as_nobody(scans):
        outcome = inkdigits("read", scans)
        refused = inkdigits("read", scans, "-o", scans / "answers.csv")
    assert outcome.code == 0
    assert refused.code == 1
    assert refused.error[0] == f"Expected to write {scans / 'answers.csv'}. Received: Permission denied."


def test_a_folder_that_may_not_be_searched_is_counted(inkdigits, as_nobody, scans):
    inkdigits("read", scans)
    (scans / "more").chmod(0o000)
    with as_nobody(scans):
        outcome = inkdigits("read", scans)
    (scans / "more").chmod(0o755)
    assert outcome.code == 1
    assert "Expected a folder that can be searched. Received: Permission denied." in outcome.err
    assert outcome.summary == ["4 pictures: 3 ok, 1 could not be read"]


@pytest.mark.parametrize("stream", ["stdout", "output"])
def test_a_device_that_is_full_is_one_line(stream):
    if stream == "output":
        done = call(*READ, "-o", "/dev/full")
    else:
        with open("/dev/full", "w") as full:  # noqa: PTH123
            command = [sys.executable, "-P", "-m", "inkdigits", *READ]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "-o.png",
        "new\nline.png",
        "\x1b[2J.png",
        "x" * 251 + ".png",
        b"\xff\xfe.png",
        "#1.png",
        "a b'\"$(x).png",
        "é.png",
    ],
)
def test_an_odd_name_is_read_and_shown_harmlessly(tmp_path, scans, name):
    folder = tmp_path / "named"
    folder.mkdir()
    path = os.path.join(os.fsencode(folder), os.fsencode(name))  # noqa: PTH118
    os.link(scans / "a.png", path)
    for target in (f"./{os.fsdecode(os.path.basename(path))}", folder):  # noqa: PTH119
        done = call("read", target, "--format", "jsonl", "--annotate", tmp_path / "drawn", cwd=folder)
        assert (done.returncode, done.stdout.count('"text": "7"') > 0) == (0, True), done.stderr
        assert "\x1b" not in done.stdout + done.stderr
        assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "begun"),
    [
        (("evaluate", "default", "--robustness", "--robustness-digits", "10000"), 3.0),
        (("explain", *["sample:photo"] * 300), 1.5),
        (("data", "verify", "--data", "many"), 1.5),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_ctrl_c_ends_a_long_command_within_two_seconds(tmp_path, scans, arguments, begun):
    (tmp_path / "many" / "7").mkdir(parents=True)
    for index in range(20_000):
        (tmp_path / "many" / "7" / f"{index}.png").hardlink_to(scans / "a.png")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "inkdigits", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        cwd=tmp_path, start_new_session=True,
    )  # fmt: skip
    time.sleep(begun)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - began < 2
    assert (process.returncode, said.decode().splitlines()[-1]) == (130, "stopped.")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many", "scans"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
