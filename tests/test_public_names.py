"""What `import inkdigits` offers, and that every example in a docstring of the base install runs."""

import doctest
import importlib
import importlib.metadata
import inspect
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import inkdigits

NAMES = [
    "Alternative",
    "Card",
    "Comparison",
    "DataError",
    "Decision",
    "DecisionPolicy",
    "Digit",
    "DigitCandidate",
    "Evaluation",
    "EvaluationResult",
    "Explanation",
    "InkdigitsError",
    "Line",
    "MissingError",
    "MissingModelError",
    "MissingPictureError",
    "ModelError",
    "ModelInfo",
    "NearestExample",
    "OutputError",
    "PackedModel",
    "Page",
    "PictureError",
    "Prediction",
    "ReadingOptions",
    "ReadingWarning",
    "Recognizer",
    "Record",
    "RiskBound",
    "Run",
    "RunOptions",
    "SettingError",
    "Spot",
    "TrainingError",
    "TrainingExamples",
    "compare",
    "evaluate",
    "explain",
    "read",
    "read_many",
    "resume",
    "train",
    "write_report",
]
BASE = ("errors", "geometry", "image", "layout", "data", "models", "reading", "explaining", "recognizer", "evaluation")
"""Packages that need no TensorFlow."""


def base_modules() -> list[str]:
    found = pkgutil.walk_packages(inkdigits.__path__, "inkdigits.")
    return ["inkdigits", *(module.name for module in found if module.name.split(".")[1] in BASE)]


def test_the_public_names_are_these():
    assert inkdigits.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_loads_and_says_what_it_is(name):
    thing = getattr(inkdigits, name)
    assert inspect.isclass(thing) or inspect.isfunction(thing)
    assert thing.__name__ == name
    assert len(inspect.getdoc(thing) or "") > 20
    assert "__doc__" in vars(thing) or inspect.isfunction(thing)


@pytest.mark.parametrize("name", [name for name in NAMES if name[0].isupper() and not name.endswith("Error")])
def test_the_public_methods_say_what_they_do(name):
    for method, value in vars(getattr(inkdigits, name)).items():
        if not method.startswith("_") and (callable(value) or isinstance(value, property | classmethod)):
            assert inspect.getdoc(value), f"{name}.{method}"


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("Error")])
def test_every_error_can_be_caught_as_the_base(name):
    assert issubclass(getattr(inkdigits, name), inkdigits.InkdigitsError)


def test_importing_the_package_loads_nothing_heavy():
    script = (
        "import sys, inkdigits; dir(inkdigits); inkdigits.InkdigitsError; "
        "heavy = {'numpy', 'cv2', 'PIL', 'ai_edge_litert', 'tensorflow', 'keras', 'click', 'rich'}; "
        "sys.exit(' '.join(sorted(heavy & {name.partition('.')[0] for name in sys.modules})) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_dir_lists_the_public_names():
    assert set(NAMES) | {"__version__"} <= set(dir(inkdigits))
    assert dir(inkdigits) == sorted(dir(inkdigits))


def test_a_star_import_gives_exactly_the_public_names():
    space: dict[str, object] = {}
    exec("from inkdigits import *", space)
    assert sorted(set(space) - {"__builtins__"}) == NAMES


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="module 'inkdigits' has no attribute 'raed'"):
        inkdigits.raed  # noqa: B018
    assert not hasattr(inkdigits, "raed")


def test_the_version_is_the_installed_one():
    assert inkdigits.__version__.count(".") == 2
    assert importlib.metadata.version("inkdigits") == inkdigits.__version__


def run_examples(module: object) -> tuple[int, list[str]]:
    """How many examples a module's docstrings hold, and what went wrong."""
    finder, report = doctest.DocTestFinder(exclude_empty=True), []
    runner = doctest.DocTestRunner(verbose=False)
    for test in finder.find(module, extraglobs={"np": np}):
        runner.run(test, out=report.append)
    return runner.tries, report


@pytest.mark.parametrize("name", base_modules())
def test_the_examples_in_the_docstrings_run(name):
    _, report = run_examples(importlib.import_module(name))
    assert report == []


def test_there_are_examples_and_a_wrong_one_is_found():
    assert run_examples(importlib.import_module("inkdigits.evaluation.metrics"))[0] >= 5
    assert run_examples(importlib.import_module("inkdigits"))[0] >= 2
    wrong = type(inkdigits)("wrong")
    wrong.__doc__ = ">>> 1 + int(np.ones(1)[0])\n3"
    tries, report = run_examples(wrong)
    assert tries == 1
    assert "Expected:\n    3\nGot:\n    2\n" in "".join(report)
