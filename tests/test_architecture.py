"""The shape of the package: what may import what, and how large and how well described things are."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import inkdigits

PACKAGE = Path(inkdigits.__file__).parent

# What each package may import of the others, from the bottom up. `inkdigits` (`__init__.py`) offers the public names.
PACKAGES: dict[str, set[str]] = {
    "errors": set(),
    "checksum": set(),
    "labels": set(),
    "geometry": set(),
    "names": set(),
    "system": set(),
    "files": {"errors"},
    "image": {"errors", "geometry"},
    "layout": {"errors", "geometry", "image"},
    "decoding": {"errors"},
    "models": {"errors", "checksum", "files", "geometry", "image", "labels", "names", "system"},
    "reading": {"errors", "files", "geometry", "labels", "names", "image", "layout", "models"},
    "explaining": {"errors", "geometry", "labels", "names", "image", "layout", "models", "reading"},
    "data": {"errors", "files", "geometry", "labels", "image", "layout"},
    "recognizer": {"errors", "system", "image", "models", "reading", "explaining", "data"},
    "synthesis": {"errors", "files", "geometry", "labels", "system", "image", "layout", "data"},
    "evaluation": {"errors", "labels", "names", "models"},
    "training": {
        "errors",
        "checksum",
        "files",
        "labels",
        "system",
        "image",
        "data",
        "synthesis",
        "evaluation",
        "models",
    },
    "export": {
        "errors",
        "files",
        "labels",
        "image",
        "layout",
        "data",
        "synthesis",
        "evaluation",
        "models",
        "reading",
        "training",
    },
    "robustness": {
        "errors",
        "labels",
        "image",
        "layout",
        "models",
        "recognizer",
        "data",
        "synthesis",
        "evaluation",
        "training",
    },
    "sklearn": {"errors", "labels", "image", "data", "evaluation", "models", "training", "export"},
    "benchmarks": {
        "errors",
        "files",
        "labels",
        "system",
        "data",
        "evaluation",
        "models",
        "training",
        "export",
        "sklearn",
    },
    "reporting": {
        "errors",
        "files",
        "labels",
        "names",
        "system",
        "image",
        "models",
        "reading",
        "recognizer",
        "data",
        "evaluation",
        "training",
        "robustness",
        "benchmarks",
    },
    "inkdigits": {
        "errors",
        "layout",
        "models",
        "reading",
        "explaining",
        "recognizer",
        "training",
        "export",
        "reporting",
        "evaluation",
        "benchmarks",
    },
}
PACKAGES["cli"] = set(PACKAGES)
PACKAGES["__main__"] = {"cli"}

# Where each dependency may be imported. One that is not here has no place yet.
DEPENDENCIES = {
    "numpy": set(PACKAGES) - {"errors", "files", "labels", "names", "inkdigits", "__main__"},
    "PIL": {"image", "data", "reading", "explaining", "recognizer", "reporting", "robustness", "cli"},
    "cv2": {"image", "layout", "data", "models", "synthesis", "robustness", "benchmarks"},
    "ai_edge_litert": {"models"},
    "tensorflow": {"training", "export", "benchmarks", "robustness"},
    "keras": {"training", "export", "benchmarks", "robustness"},
    "jinja2": {"reporting"},
    "markupsafe": {"reporting"},
    "optuna": {"training", "cli"},
    "pillow_heif": {"image"},
    "scipy": {"evaluation", "export"},
    "sklearn": {"sklearn", "benchmarks"},
    "lightgbm": {"benchmarks"},
    "tensorboard": {"training"},
    "matplotlib": {"reporting", "robustness"},
    "click": {"cli"},
    "rich": {"cli"},
}

SHARED_BY_COMMANDS = {
    "options",
    "pictures",
    "reporter",
    "results",
    "terminal",
    "training_display",
    "training_lines",
    "training_options",
    "verbs",
}
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "misc"}
MOST_LINES = 399
MOST_FUNCTION_LINES = 60


def modules(root: Path) -> Iterator[tuple[str, Path, ast.Module]]:
    """Each module below the folder of a package: its dotted name, file and tree."""
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(name: str, path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, in functions, under TYPE_CHECKING and by import_module() too."""
    folder = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            start = ".".join([*base, node.module] if node.module else base)
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            if called in ("import_module", "require", "__import__") and isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)


def package_of(name: str, package: str, packages: set[str]) -> str:
    """The package that a dotted name lies in; a name that `__init__.py` defines lies in the whole package."""
    inner = name.split(".")[1:2]
    return inner[0] if inner and inner[0] in packages else package


def forbidden_imports(root: Path) -> list[str]:
    """Every import that the tables above do not allow."""
    packages = {path.stem for path in root.iterdir() if path.is_dir() or path.suffix == ".py"} | set(PACKAGES)
    found = []
    for name, path, tree in modules(root):
        place = package_of(name, root.name, packages)
        if place not in PACKAGES:
            found.append(f"{name}: a package without a place in the order")
            continue
        for line, target in imports(name, path, tree):
            top = target.split(".")[0]
            if top == root.name:
                other = package_of(target, root.name, packages)
                allowed = other == place or other in PACKAGES[place]
            else:
                allowed = top in sys.stdlib_module_names or place in DEPENDENCIES.get(top, set())
            if not allowed:
                found.append(f"{name}:{line} imports {target}")
    return found


def shapeless(root: Path) -> list[str]:
    """Every module that is vague, undescribed or too long, and every function that is too long."""
    found = []
    for name, path, tree in modules(root):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if VAGUE & set(name.split(".")):
            found.append(f"{name}: a vague name")
        if not (ast.get_docstring(tree) or "").strip():
            found.append(f"{name}: no docstring")
        if lines > MOST_LINES:
            found.append(f"{name}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MOST_FUNCTION_LINES:
                    found.append(f"{name}.{node.name}: {length} lines")
    return found


def circles(root: Path) -> list[list[str]]:
    """Every group of modules that import each other in a circle, inside functions too."""
    known = {name for name, _, _ in modules(root)}
    arrows: dict[str, set[str]] = {}
    for name, path, tree in modules(root):
        targets = {target for _, found in imports(name, path, tree) for target in (found, found.rpartition(".")[0])}
        arrows[name] = (targets & known) - {name, root.name, name.rpartition(".")[0]}
    reached = {name: _reached(name, arrows) for name in arrows}
    groups = {frozenset(other for other in reached[name] if name in reached[other]) for name in arrows}
    return sorted(sorted(group) for group in groups if group)


def _reached(name: str, arrows: dict[str, set[str]]) -> set[str]:
    reached, todo = set(), set(arrows[name])
    while todo:
        reached.add(following := todo.pop())
        todo |= arrows.get(following, set()) - reached
    return reached


def commands_importing_commands(root: Path) -> list[str]:
    """Imports of one command's module by another's."""
    commands = {f"{root.name}.cli.{path.stem}" for path in (root / "cli").glob("*.py")} - {f"{root.name}.cli.__init__"}
    commands -= {f"{root.name}.cli.{name}" for name in SHARED_BY_COMMANDS}
    found = []
    for name, path, tree in modules(root):
        if name in commands:
            for line, target in imports(name, path, tree):
                other = ".".join(target.split(".")[:3])
                if other in commands - {name}:
                    found.append(f"{name}:{line} imports {other}")
    return found


def flags_in_messages(root: Path) -> list[str]:
    """Strings outside `cli` that name a command-line flag; docstrings may."""
    found = []
    for name, _, tree in modules(root):
        if package_of(name, root.name, set(PACKAGES)) in ("cli", "__main__"):
            continue
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                found += [f"{name}:{node.lineno} names {flag}" for flag in FLAG.findall(node.value)]
    return found


def test_imports_point_down():
    assert forbidden_imports(PACKAGE) == []


def test_every_package_in_the_order_exists():
    there = {path.stem for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert set(PACKAGES) - {"inkdigits"} <= there


def test_no_package_can_reach_itself_through_another():
    for place, below in PACKAGES.items():
        reached, todo = set(), set(below)
        while todo:
            reached.add(following := todo.pop())
            todo |= PACKAGES[following] - reached
        assert place not in reached


def test_modules_and_functions_are_small_and_described():
    assert shapeless(PACKAGE) == []


# What is left to be cut; each list may only become shorter.
CIRCLES: list[list[str]] = []
FLAGS = 10


def test_no_modules_import_each_other_in_a_circle():
    assert circles(PACKAGE) == CIRCLES


def test_no_command_imports_another():
    assert commands_importing_commands(PACKAGE) == []


def test_files_of_the_command_line_are_short():
    lengths = {path.name: len(path.read_text().splitlines()) for path in (PACKAGE / "cli").glob("[a-z]*.py")}
    assert {name: length for name, length in lengths.items() if length > 120} == {}


def test_only_the_command_line_names_flags():
    assert len(flags_in_messages(PACKAGE)) <= FLAGS, flags_in_messages(PACKAGE)


UNPICKLING = {"multiprocessing", "ProcessPoolExecutor", "joblib", "dill", "cloudpickle", "marshal", "shelve"}


def unpickled(root: Path) -> list[str]:
    """Where something is unpickled, or a module is imported that does so: a pickle runs what is in it."""
    found = []
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {alias.name.partition(".")[0] for alias in getattr(node, "names", ()) if hasattr(alias, "name")}
            if isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])
                bad = names & UNPICKLING or (node.module == "pickle" and "pickle")
            elif isinstance(node, ast.Import):
                bad = names & UNPICKLING
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                bad = node.value.id == "pickle" and node.attr not in ("dumps",)
            elif isinstance(node, ast.keyword):
                bad = node.arg == "allow_pickle" and not (isinstance(node.value, ast.Constant) and not node.value.value)
            else:
                bad = False
            if bad:
                found.append(f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}")
    return found


def test_nothing_is_unpickled():
    assert unpickled(PACKAGE) == []


@pytest.mark.parametrize(
    "source",
    [
        "import multiprocessing",
        "from multiprocessing.pool import Pool",
        "from concurrent.futures import ProcessPoolExecutor",
        "def f(x):\n    import pickle\n    return pickle.loads(x)",
        "from pickle import loads",
        "import numpy as np\nA = np.load('a', allow_pickle=True)",
        "import joblib",
    ],
)
def test_planted_unpickling_is_found(fake, source):
    assert unpickled(fake) == []
    (fake / "errors.py").write_text(f"import pickle\nA = pickle.dumps(1)\n{source}\n")
    assert len(unpickled(fake)) == 1


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """A small package of the same name with nothing wrong in it."""
    root = tmp_path / "inkdigits"
    texts = {
        "__init__.py": '"""Says."""\nfrom inkdigits.errors import Bad\n',
        "errors.py": '"""Says."""\nimport json\n',
        "image/__init__.py": '"""Says."""\n',
        "image/ink.py": '"""Says."""\nimport cv2\nfrom inkdigits.errors import Bad\nfrom . import glyph\n',
        "image/glyph.py": '"""Says."""\n',
        "training/loop.py": '"""Says."""\nimport tensorflow as tf\nfrom inkdigits.image.ink import to_ink\n',
        "cli/read.py": '"""Says."""\nfrom inkdigits import __version__\nimport inkdigits.training.loop\n',
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_package_with_nothing_wrong_passes(fake):
    assert forbidden_imports(fake) == []
    assert shapeless(fake) == []


@pytest.mark.parametrize(
    ("file", "source", "found"),
    [
        ("errors.py", "import inkdigits.image.ink", "inkdigits.errors:2 imports inkdigits.image.ink"),
        ("errors.py", "from .image import ink", "inkdigits.errors:2 imports inkdigits.image.ink"),
        ("image/ink.py", "from inkdigits.cli import read", "inkdigits.image.ink:2 imports inkdigits.cli.read"),
        ("image/ink.py", "from ..cli.read import command", "imports inkdigits.cli.read.command"),
        ("image/__init__.py", "from ..cli import read", "inkdigits.image:2 imports inkdigits.cli.read"),
        ("image/ink.py", "from inkdigits import read", "inkdigits.image.ink:2 imports inkdigits.read"),
        ("image/ink.py", "import inkdigits", "inkdigits.image.ink:2 imports inkdigits"),
        ("image/ink.py", "def f():\n    import inkdigits.data.mnist", "inkdigits.image.ink:3 imports"),
        (
            "image/ink.py",
            "if TYPE_CHECKING:\n    from inkdigits.data.mnist import load",
            "inkdigits.image.ink:3 imports",
        ),
        ("reading/result.py", "from inkdigits.training.recipes import Recipe", "imports inkdigits.training.recipes"),
        (
            "reading/result.py",
            "import_module('inkdigits.training.run.folder')",
            "imports inkdigits.training.run.folder",
        ),
        ("reading/result.py", "importlib.import_module(f'inkdigits.cli.{name}')", "imports inkdigits.cli."),
        ("training/run.py", "import inkdigits.reading.recognizer", "imports inkdigits.reading.recognizer"),
        (
            "evaluation/report.py",
            "from inkdigits.reading.recognizer import Recognizer",
            "imports inkdigits.reading.recognizer",
        ),
        ("models/runtime.py", "from inkdigits.data.mnist import load_data", "imports inkdigits.data.mnist.load_data"),
        ("serving/app.py", "import json", "inkdigits.serving.app: a package without a place"),
        ("reading/result.py", "def f():\n    import tensorflow", "inkdigits.reading.result:3 imports tensorflow"),
        ("reading/result.py", "from keras import Model", "imports keras.Model"),
        ("evaluation/plots.py", "require('tensorflow', extra='train', purpose='x')", "imports tensorflow"),
        ("training/run.py", "import matplotlib.pyplot", "imports matplotlib.pyplot"),
        ("evaluation/card.py", "import cv2", "inkdigits.evaluation.card:2 imports cv2"),
        ("image/ink.py", "import scipy.ndimage", "inkdigits.image.ink:2 imports scipy.ndimage"),
    ],
)
def test_a_planted_import_is_found(fake, file, source, found):
    (fake / file).parent.mkdir(exist_ok=True)
    (fake / file).write_text(f'"""Says."""\n{source}\n')
    (violation,) = forbidden_imports(fake)
    assert found in violation


@pytest.mark.parametrize(
    ("file", "source", "found"),
    [
        ("image/utils.py", '"""Says."""', "inkdigits.image.utils: a vague name"),
        ("common/ink.py", '"""Says."""', "inkdigits.common.ink: a vague name"),
        ("image/page.py", "import json", "inkdigits.image.page: no docstring"),
        ("image/page.py", '"""Says."""' + "\n" * 399 + "x = 1", "inkdigits.image.page: 400 lines"),
        ("image/page.py", '"""Says."""\ndef f():\n' + "    x = 1\n" * 60, "inkdigits.image.page.f: 61 lines"),
        ("image/page.py", '"""Says."""\nclass A:\n  async def f(self):\n' + "    x = 1\n" * 60, "page.f: 61 lines"),
    ],
)
def test_a_planted_shape_is_found(fake, file, source, found):
    (fake / file).parent.mkdir(exist_ok=True)
    (fake / file).write_text(source)
    (violation,) = shapeless(fake)
    assert found in violation


@pytest.mark.parametrize(
    ("file", "source"),
    [("image/glyph.py", "from inkdigits.image.ink import x"), ("image/glyph.py", "def f():\n    from .ink import x")],
)
def test_a_planted_circle_is_found(fake, file, source):
    assert circles(fake) == []
    (fake / file).write_text(f'"""Says."""\n{source}\n')
    assert circles(fake) == [["inkdigits.image.glyph", "inkdigits.image.ink"]]


def test_a_planted_import_between_commands_is_found(fake):
    (fake / "cli" / "explain.py").write_text('"""Says."""\ndef f():\n    from inkdigits.cli.read import x\n')
    assert commands_importing_commands(fake) == ["inkdigits.cli.explain:3 imports inkdigits.cli.read"]


def test_a_planted_flag_is_found(fake):
    (fake / "errors.py").write_text('"""May say --model."""\nTEXT = f"Give another --max-error than {1}."\n')
    (fake / "cli" / "read.py").write_text('"""Says."""\nTEXT = "--model"\n')
    assert flags_in_messages(fake) == ["inkdigits.errors:2 names --max-error"]
