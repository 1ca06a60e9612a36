"""The pages keep up with the code: commands parse, links lead somewhere, the tree of the README is the real one."""

import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from inkdigits.cli import cli, run
from inkdigits.data.export import export_dataset
from inkdigits.reading.source import find_sample, sample_names

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
SHELLS = {"console", "bash", "sh", "shell"}
TREE_ROOT = "src/inkdigits/"
# What trains or needs what was trained takes minutes: the tests of these verbs run it.
NOT_RUN = re.compile(r"inkdigits (train (?!--list)|tune|compare|pack|evaluate (?!default( |$))|read .*\.keras)")


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """Language and lines of each fenced block."""
    found = re.findall(r"^( *)(```+|~~~+)([^\n`]*)\n(.*?)^\1\2[ ]*$", text, re.MULTILINE | re.DOTALL)
    return [(language.strip().lower(), content.splitlines()) for _, _, language, content in found]


def commands(text: str) -> list[str]:
    """Each call of inkdigits in the shell blocks of a page; one that goes over several lines is put together."""
    found = []
    for language, lines in blocks(text):
        if language in SHELLS:
            joined = "\n".join(lines).replace("\\\n", " ").splitlines()
            found += [line.strip().removeprefix("$ ") for line in joined if re.match(r"\s*(\$ )?inkdigits\b", line)]
    return found


def parse(line: str) -> None:
    """Parses every call of inkdigits in a line of shell as the command line would, and runs none of them.

    Raises:
        click.UsageError: There is no such verb or option, or a value is missing or of another kind.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    calls: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|&;"):
            calls.append([])
        else:
            calls[-1].append(word)
    for words in calls:
        if words and words[0] == "inkdigits":
            end = next((index for index, word in enumerate(words) if set(word) <= set("<>")), len(words))
            _parse_call(words[1:end])


def _parse_call(words: list[str]) -> None:
    command: click.Command = cli
    while isinstance(command, click.Group):
        context = click.Context(command)
        options = {name for parameter in command.get_params(context) for name in parameter.opts}
        while words and words[0].startswith("-"):
            option = words.pop(0)
            if option not in options:
                raise click.NoSuchOption(option)
        if not words:
            return
        name, *words = words
        following = command.get_command(context, name)
        if following is None:
            raise click.UsageError(f"No such command {name!r}.")
        command = following
    if not {"-h", "--help"} & set(words):
        command.make_context("inkdigits", [word for word in words if word != "--debug"])


def links(text: str) -> list[str]:
    """Targets of the links and pictures of a page that lie in this repository, without anchors."""
    prose = re.sub(r"^( *)(```+|~~~+).*?^\1\2[ ]*$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"`[^`\n]*`", "", prose)
    found = re.findall(r"\]\(\s*<?([^)\s>]+)", prose) + re.findall(r"""(?:src|href)=["']([^"']+)""", prose)
    found += re.findall(r"^\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", prose, re.MULTILINE)
    return [link.partition("#")[0] for link in found if not re.match(r"[a-z][a-z+.-]*:|#", link)]


def tree_paths(text: str) -> list[str]:
    """The paths that an annotated tree names: a name a line, indented under its folder, then what it is."""
    (lines,) = [lines for _, lines in blocks(text) if lines and lines[0].startswith(TREE_ROOT)]
    found: list[str] = []
    folders: list[tuple[int, str]] = []
    described_at = 1000
    for line in lines:
        entry = re.match(r"([\s│├└─|`+-]*)([^\s│├└─]+)(\s+)?", line)
        if entry is None or entry.start(2) >= described_at:  # an empty line, or a description goes on
            continue
        if entry.group(3):
            described_at = entry.end(3)
        folders = [(column, folder) for column, folder in folders if column < entry.start(2)]
        path = (folders[-1][1] if folders else "") + entry.group(2)
        if path.endswith("/"):
            folders.append((entry.start(2), path))
        found.append(path)
    return found


def help_pages() -> list[str]:
    """The help of every command."""
    found = []

    def visit(command: click.Command) -> None:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                if (following := command.get_command(context, name)) is not None:
                    visit(following)
        else:
            found.append(command.help or "")

    visit(cli)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_pages_can_be_called(page):
    for line in commands(page.read_text(encoding="utf-8")):
        try:
            parse(line)
        except click.UsageError as error:
            pytest.fail(f"{page.name}: {line}: {error.format_message()}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", sorted({line for page in PAGES for line in commands(page.read_text(encoding="utf-8"))})
)
def test_the_commands_of_the_pages_do_what_they_say(line, small, tmp_path, monkeypatch, capfd):
    """Among the pictures and digits that the pages speak of."""
    if NOT_RUN.match(line):
        parse(line)
        return
    monkeypatch.chdir(tmp_path)
    shutil.copy(find_sample("photo"), "photo.jpg")
    for folder in ("scans", "docs"):
        Path(folder).mkdir()
    for name in sample_names():
        shutil.copy(find_sample(name), "scans")
    export_dataset(small.subset(range(100)), Path("my-digits"), "folder")
    words = shlex.split(line, comments=True)[1:]
    assert run(words) in ({0, 1} if "scans/" in words else {0})  # among the scans is one without a digit
    assert "error:" not in capfd.readouterr().err
    for option in ("-o", "--report"):
        if option in words:
            assert Path(words[words.index(option) + 1]).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    missing = [link for link in links(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_shows_reading_training_and_evaluating():
    verbs = {word for line in commands(PAGES[0].read_text(encoding="utf-8")) for word in line.split()[1:2]}
    assert {"read", "train", "evaluate"} <= verbs


def test_the_tree_of_the_readme_names_what_is_there():
    paths = tree_paths(PAGES[0].read_text(encoding="utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_tree_of_the_readme_names_every_room():
    package = ROOT / TREE_ROOT
    rooms = {f"{TREE_ROOT}{path.name}/" for path in package.iterdir() if (path / "__init__.py").is_file()}
    assert rooms - set(tree_paths(PAGES[0].read_text(encoding="utf-8"))) == set()


def test_every_example_in_the_help_can_be_called():
    lines = [line.strip() for page in help_pages() for line in page.splitlines()]
    examples = [line for line in lines if line.startswith("inkdigits ")]
    assert len(examples) >= len(help_pages())
    for example in examples:
        parse(example)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("inkdigits raed a.png", "No such command 'raed'"),
        ("inkdigits data exprt a.csv", "No such command 'exprt'"),
        ("inkdigits --verbose read a.png", "No such option"),
        ("inkdigits read a.png --fromat json", "No such option"),
        ("inkdigits read a.png --format xml", "'xml' is not one of"),
        ("inkdigits read", "Missing argument"),
        ("inkdigits train --epochs ten", "not a valid integer"),
        ("inkdigits evaluate default --report", "requires an argument"),
        ("inkdigits models && inkdigits raed", "No such command 'raed'"),
        ("inkdigits read a.png --fromat json | head -1", "No such option"),
    ],
)
def test_a_command_that_cannot_be_called_is_found(line, message):
    with pytest.raises(click.UsageError) as info:
        parse(line)
    assert message in info.value.format_message()


@pytest.mark.parametrize(
    "line",
    [
        "inkdigits",
        "inkdigits --help",
        "inkdigits data export --help",
        "inkdigits --debug models",
        "inkdigits read 'my scans/*.png' --format jsonl > answers.jsonl",
        "inkdigits read - < a.png  # from standard input",
        "inkdigits read a.png | grep 7 && inkdigits models default --debug",
    ],
)
def test_a_command_that_can_be_called_passes(line):
    parse(line)


PAGE = """# Title
See [a](docs/a.md#part), ![b](<b.png> "title"), <img src="c.png">, [d](https://d.org), [e](#title), `[f](f.md)`.

[g]: g.md

```console
$ inkdigits read a.png
7
$ inkdigits train \\
    --epochs 3
```

```bash
# a comment
inkdigits models
make demo
```

```python
inkdigits read
x = [h](h.md)
```

```
src/inkdigits/
  errors.py     the exception tree, [i](i.md)
  image/        pictures:
                load, ink
    load.py     any picture in
  cli/          a file a verb
tests/          mirrors it
```
"""


def test_commands_are_found_in_shell_blocks_only():
    assert commands(PAGE) == ["inkdigits read a.png", "inkdigits train      --epochs 3", "inkdigits models"]


def test_links_are_found_outside_of_code_only():
    assert sorted(links(PAGE)) == ["b.png", "c.png", "docs/a.md", "g.md"]


@pytest.mark.parametrize("drawn", [False, True])
def test_the_tree_is_read_with_its_folders(drawn):
    page = PAGE
    if drawn:
        for plain, line in (("  errors", "├── errors"), ("  image", "├── image"), ("    load.py", "│   └── load.py")):
            page = page.replace(plain, line)
        page = page.replace("  cli", "└── cli").replace("                load,", "│                    load,")
    inner = ["errors.py", "image/", "image/load.py", "cli/"]
    assert tree_paths(page) == ["src/inkdigits/", *(f"src/inkdigits/{path}" for path in inner), "tests/"]


def test_a_page_without_a_tree_fails():
    with pytest.raises(ValueError, match="not enough values"):
        tree_paths("# Title\n")
