"""What works without the extras: the base install has neither SciPy, Jinja2 nor matplotlib."""

import subprocess
import sys

import pytest

EXTRAS = ("scipy", "jinja2", "matplotlib", "sklearn", "tensorflow", "keras")


def without_extras(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Calls the command line as if no extra were installed."""
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r})); "
        f"from inkdigits.cli import main; main({list(arguments)!r})"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_models_are_measured_and_compared_without_an_extra():
    done = without_extras("evaluate", "tiny-2k", "--compare", "tiny-8k")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tiny-2k on mnist (test)\n")
    assert "by McNemar's exact test" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("evaluate", "tiny-2k", "--report", "nowhere"), "inkdigits[report]"),
        (("compare", "--only", "k-NN", "-o", "nowhere"), "inkdigits[report]"),
    ],
)
def test_what_needs_an_extra_names_it(arguments, hint):
    done = without_extras(*arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert hint in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
