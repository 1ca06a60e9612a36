"""The shape of the package: which room imports which, and how large and how well described things are."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import inkdigits

PACKAGE = Path(inkdigits.__file__).parent

# What each room may import of the package. `inkdigits` itself (`__init__.py`) offers the public names.
ROOMS = {
    "errors": set(),
    "machine": set(),
    "image": {"errors"},
    "data": {"errors", "image"},
    "packed": {"errors", "image"},
    "evaluation": {"errors"},
    "reading": {"errors", "image", "packed"},
    "learning": {"errors", "machine", "image", "data", "evaluation", "packed"},
    "benchmark": {"errors", "machine", "data", "evaluation", "learning"},
    "sklearn": {"errors", "image", "data", "packed", "learning"},
    "comparison": {"errors", "machine", "data", "evaluation", "packed", "learning", "sklearn"},
    "robustness": {"errors", "image", "data", "evaluation"},
    "inkdigits": {"errors", "packed", "reading"},
    "cli": {
        "inkdigits",
        "machine",
        "comparison",
        "robustness",
        "errors",
        "image",
        "data",
        "evaluation",
        "packed",
        "reading",
        "learning",
        "benchmark",
    },
    "__main__": {"cli"},
}

# Where each dependency may be imported. One that is not here has no place yet.
DEPENDENCIES = {
    "numpy": {
        "image",
        "data",
        "packed",
        "evaluation",
        "reading",
        "learning",
        "benchmark",
        "sklearn",
        "comparison",
        "robustness",
        "cli",
    },
    "PIL": {"image", "data", "reading", "evaluation", "robustness", "cli"},
    "cv2": {"image", "data"},
    "ai_edge_litert": {"packed"},
    "tensorflow": {"learning", "benchmark"},
    "keras": {"learning", "benchmark"},
    "optuna": {"learning", "cli"},
    "sklearn": {"sklearn", "comparison"},
    "tensorboard": {"learning"},
    "matplotlib": {"evaluation", "robustness", "benchmark", "comparison"},
    "click": {"cli"},
    "rich": {"cli"},
}

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


def room_of(name: str, package: str, rooms: set[str]) -> str:
    """The room that a dotted name of the package lies in; a name that `__init__.py` defines lies in the package."""
    inner = name.split(".")[1:2]
    return inner[0] if inner and inner[0] in rooms else package


def upward_imports(root: Path) -> list[str]:
    """Every import that the tables above do not allow."""
    rooms = {path.stem for path in root.iterdir() if path.is_dir() or path.suffix == ".py"} | set(ROOMS)
    found = []
    for name, path, tree in modules(root):
        room = room_of(name, root.name, rooms)
        if room not in ROOMS:
            found.append(f"{name}: a room without a place in the order of rooms")
            continue
        for line, target in imports(name, path, tree):
            top = target.split(".")[0]
            if top == root.name:
                other = room_of(target, root.name, rooms)
                allowed = other == room or other in ROOMS[room]
            else:
                allowed = top in sys.stdlib_module_names or room in DEPENDENCIES.get(top, set())
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


def test_imports_point_down():
    assert upward_imports(PACKAGE) == []


def test_every_room_that_has_a_place_is_there():
    there = {path.stem for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert set(ROOMS) - {"inkdigits"} <= there


def test_no_room_can_reach_itself_through_another():
    for room, below in ROOMS.items():
        reached, todo = set(), set(below)
        while todo:
            reached.add(following := todo.pop())
            todo |= ROOMS[following] - reached
        assert room not in reached


def test_modules_and_functions_are_small_and_described():
    assert shapeless(PACKAGE) == []


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
        "learning/trainer.py": '"""Says."""\nimport tensorflow as tf\nfrom inkdigits.image.ink import to_ink\n',
        "cli/read.py": '"""Says."""\nfrom inkdigits import __version__\nimport inkdigits.learning.trainer\n',
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_package_with_nothing_wrong_passes(fake):
    assert upward_imports(fake) == []
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
        ("reading/result.py", "from inkdigits.learning.recipes import Recipe", "imports inkdigits.learning.recipes"),
        ("reading/result.py", "import_module('inkdigits.learning.run')", "imports inkdigits.learning.run"),
        ("reading/result.py", "importlib.import_module(f'inkdigits.cli.{name}')", "imports inkdigits.cli."),
        ("learning/run.py", "import inkdigits.reading.recognizer", "imports inkdigits.reading.recognizer"),
        ("evaluation/report.py", "from inkdigits.packed.model import PackedModel", "imports inkdigits.packed.model"),
        ("packed/model.py", "from inkdigits.data.mnist import load_data", "imports inkdigits.data.mnist.load_data"),
        ("serving/app.py", "import json", "inkdigits.serving.app: a room without a place"),
        ("reading/result.py", "def f():\n    import tensorflow", "inkdigits.reading.result:3 imports tensorflow"),
        ("reading/result.py", "from keras import Model", "imports keras.Model"),
        ("evaluation/plots.py", "require('tensorflow', extra='train', purpose='x')", "imports tensorflow"),
        ("learning/run.py", "import matplotlib.pyplot", "imports matplotlib.pyplot"),
        ("packed/card.py", "import cv2", "inkdigits.packed.card:2 imports cv2"),
        ("image/ink.py", "import scipy.ndimage", "imports scipy.ndimage"),
    ],
)
def test_a_planted_import_is_found(fake, file, source, found):
    (fake / file).parent.mkdir(exist_ok=True)
    (fake / file).write_text(f'"""Says."""\n{source}\n')
    (violation,) = upward_imports(fake)
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
