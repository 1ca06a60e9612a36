"""What several commands share of their options: groups in help texts, and models given as Keras files."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from inkdigits.cli.terminal import say


class GroupedOption(click.Option):
    """An option that is listed under a heading of its command's help."""

    def __init__(self, *names: Any, group: str = "Options", **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help lists its options under their groups, in the order in which the groups first appear."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options of each group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if (record := parameter.get_help_record(ctx)) is not None:
                groups.setdefault(getattr(parameter, "group", "Options"), []).append(record)
        for name, rows in groups.items():
            with formatter.section(name):
                formatter.write_dl(rows)


def given_options() -> set[str]:
    """The names of the options that stand on the command line."""
    context = click.get_current_context()
    typed = click.core.ParameterSource.COMMANDLINE
    return {name for name in context.params if context.get_parameter_source(name) is typed}


def model_folder(name: str) -> str:
    """A model's name as it is; of a Keras file the folder of a packed model made from it, kept for the next time.

    Raises:
        MissingModelError: There is no such file.
        ModelError: It is not a Keras model of 28 × 28 digits.
    """
    if not name.endswith(".keras"):
        return name
    from inkdigits import __version__
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.errors import MissingModelError
    from inkdigits.models.card import CARD_NAME, load_card

    file = Path(name)
    if not file.is_file():
        raise MissingModelError(f"Expected a Keras file. Received: {file}, no such file.", hint="Check the path.")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "inkdigits", "keras")
    folder = cache / f"{sha256(file.read_bytes()).hexdigest()[:16]}-{__version__}"
    if not (folder / CARD_NAME).is_file():
        say(f"packing {file} into {folder} …")
        with quiet_native_stderr():
            from inkdigits.export.from_keras import pack_keras

            pack_keras(file, folder)
    say(f"{file}: inputs from 0 to {load_card(folder).training['input_range']}")
    return str(folder)


def source_options(function: Any) -> Any:
    """Adds `--split` and `--strict`, which every command that loads labeled glyphs has."""
    function = click.option("--strict", is_flag=True, help="Stop at the first row or picture that fails.")(function)
    splits = click.Choice(["train", "test", "validation"])
    return click.option("--split", type=splits, default="train", show_default=True, help="Which split.")(function)
