"""What `inkdigits train` and `pack` say before TensorFlow is loaded; real trainings are in test_train_real.py."""

import re
import subprocess
import sys

import pytest

from inkdigits.cli.training_lines import say_begin
from inkdigits.data.source import load_dataset
from inkdigits.export.train import Prepared
from inkdigits.system import usable_cores
from inkdigits.training.recipes import RECIPES
from inkdigits.training.run.folder import open_run, start_run
from inkdigits.training.run.state import NetworkInfo, RunOptions


def without_tensorflow(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Calls the command line as if TensorFlow and Keras were not installed."""
    script = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "
        f"from inkdigits.cli import main; main({list(arguments)!r})"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_list_names_every_recipe_with_what_it_is(inkdigits):
    outcome = inkdigits("train", "--list")
    lines = outcome.out.splitlines()
    assert [line.split()[0] for line in lines] == [recipe.name for recipe in RECIPES]
    assert all(line.endswith(recipe.summary) for line, recipe in zip(lines, RECIPES, strict=True))
    assert (outcome.code, outcome.err) == (0, "")


def test_an_unknown_recipe_is_missing_and_the_known_are_named(inkdigits):
    outcome = inkdigits("train", "--recipe", "mlp")
    assert outcome.code == 3
    message, hint = outcome.error
    assert all(recipe.name in message for recipe in RECIPES)
    assert "Received: 'mlp'" in message
    assert hint == "Run: inkdigits train --list"


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--epochs", "0", "Expected epochs of 1 or more. Received: 0."),
        ("--epochs", "many", "'many' is not a valid integer"),
        ("--max-steps", "0", "Expected --max-steps of 1 or more. Received: 0."),
        ("--batch-size", "-5", "Expected --batch-size of 1 or more. Received: -5."),
        ("--hidden", "0", "Expected hidden of sizes of 1 to 65536. Received: (0,)."),
        ("--hidden", "128;64", "expected sizes such as 512,256,128, received '128;64'"),
        ("--dropout", "1", "Expected dropout of 0 or more, below 1. Received: 1.0."),
        ("--learning-rate", "0", "Expected --learning-rate of above 0, at most 10. Received: 0.0."),
        ("--learning-rate", "nan", "Expected --learning-rate of above 0, at most 10. Received: nan."),
        ("--label-smoothing", "1", "Expected --label-smoothing of 0 or more, below 1. Received: 1.0."),
        ("--activation", "gelu", "'gelu' is not one of 'relu', 'sigmoid', 'tanh', 'linear'"),
        ("--optimizer", "lion", "'lion' is not one of 'adam', 'sgd'"),
        ("--schedule", "cosine", "'cosine' is not one of 'constant', 'triangular'"),
        ("--precision", "float16", "'float16' is not one of 'auto', 'float32', 'bfloat16'"),
        ("--weights", "int4", "'int4' is not one of 'auto', 'int8', 'float32'"),
        ("--log-every", "0", "0 is not in the range x>=1"),
        ("--seed", "one", "'one' is not a valid integer"),
    ],
)
def test_a_bad_value_is_wrong_usage_and_says_what_fits(inkdigits, tmp_path, monkeypatch, option, value, expected):
    monkeypatch.chdir(tmp_path)
    outcome = inkdigits("train", option, value)
    assert (outcome.code, outcome.out) == (2, "")
    message, hint = outcome.error
    assert expected in message
    assert hint
    assert not list(tmp_path.iterdir())


def test_listing_and_bad_values_do_not_need_tensorflow():
    assert without_tensorflow("train", "--list").returncode == 0
    assert without_tensorflow("train", "--epochs", "0").returncode == 2
    assert without_tensorflow("train", "--recipe", "nobody").returncode == 3


@pytest.mark.parametrize("arguments", [("train",), ("pack", "run", "-o", "packed"), ("demo", "-o", "nowhere/demo")])
def test_without_tensorflow_the_extra_to_install_is_named(arguments):
    done = without_tensorflow(*arguments)
    assert (done.returncode, done.stdout) == (3, "")
    error, hint = done.stderr.splitlines()[-2:]
    assert error == "error: Expected tensorflow for training. Received: it is not installed."
    assert hint == "hint: Run: pip install 'inkdigits[train]'"
    assert "Traceback" not in done.stderr


def test_pack_needs_a_place_to_write(inkdigits):
    outcome = inkdigits("pack", "runs/mine")
    assert outcome.code == 2
    assert "Missing option '-o' / '--output'" in outcome.error[0]


@pytest.fixture
def locked(mlp, tmp_path):
    """A run that another process is writing."""
    folder = start_run(tmp_path / "run", mlp, RunOptions(), source="mnist").folder
    code = (
        "import sys; from pathlib import Path; from inkdigits.training.run.lock import run_lock\n"
        "with run_lock(Path(sys.argv[1])): print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-P", "-c", code, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        yield folder
        process.kill()


@pytest.mark.parametrize(
    "arguments", [("train", "-o", "RUN"), ("train", "--or-resume", "-o", "RUN"), ("train", "--resume", "RUN")]
)
def test_a_second_training_into_a_run_ends_with_one_line(inkdigits, locked, arguments):
    before = (locked / "run.json").read_bytes()
    outcome = inkdigits(*(str(locked) if word == "RUN" else word for word in arguments))
    assert outcome.code == 1
    message, hint = outcome.error
    assert re.fullmatch(r"Expected a run that no other process writes\. Received: .*which process \d+ is .*", message)
    assert "Wait until it has ended" in hint
    assert (locked / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("cores", "options", "noted"),
    [(0, RunOptions(), False), (usable_cores(), RunOptions(), False), (1000, RunOptions(), True),
     (1000, RunOptions(deterministic=True), False)],
)  # fmt: skip
def test_on_other_cores_a_resumed_run_says_that_its_weights_will_differ(capfd, tmp_path, cores, options, noted):
    run = start_run(tmp_path, RECIPES[0], options, source="mnist")
    run.save(network=NetworkInfo(cores=cores))
    dataset = load_dataset("mnist")
    say_begin(Prepared(open_run(tmp_path), dataset, resumed=True), 1)
    said = f"note: begun on 1000 cores, now {usable_cores()}: the weights will differ in their last places.\n"
    assert (said in capfd.readouterr().err) == noted
    say_begin(Prepared(open_run(tmp_path), dataset, resumed=False), 1)
    assert "note: begun" not in capfd.readouterr().err


def test_resuming_what_never_began_says_to_start_it_again(inkdigits, tmp_path):
    hint = "It has no checkpoint yet: start it again with the command that began it."
    (tmp_path / "checkpoints").mkdir()
    outcome = inkdigits("train", "--resume", tmp_path)
    assert (outcome.code, outcome.error[1]) == (3, hint)
    (tmp_path / "run.json").write_text('{"recipe')
    outcome = inkdigits("train", "--resume", tmp_path)
    assert (outcome.code, outcome.error[1]) == (1, hint)
