"""The verbs of the command line: each is found in the file of its name, when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import click

COMMANDS = (
    "read",
    "explain",
    "train",
    "tune",
    "evaluate",
    "compare",
    "bench",
    "pack",
    "data",
    "models",
    "doctor",
    "demo",
)


class ReaderLeftError(Exception):
    """The reader of our output, such as head, has left."""


class TerminatedError(KeyboardInterrupt):
    """SIGTERM: what stops at Ctrl-C stops at it."""


def raise_terminated(_number: int, _frame: object) -> None:
    """Handles SIGTERM."""
    raise TerminatedError


@dataclass
class Call:
    """A call of the command line: its arguments, and whether errors show their traceback."""

    arguments: list[str]
    debug: bool = False


class Verbs(click.Group):
    """Finds each command in the file of its name, when it is asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command. A broken pipe becomes `ReaderLeftError`; click would make it an exit of 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderLeftError from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Imports the command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"inkdigits.cli.{cmd_name}").command
        return _debuggable(command)


def _debuggable(command: click.Command) -> click.Command:
    """The command with the option --debug, and its subcommands too; choices are taken in upper case as well."""
    for one in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
        if not any(parameter.name == "debug" for parameter in one.params):
            one.params.append(click.Option(["--debug"], is_flag=True, expose_value=False, callback=note_debug,
                                           help="Show the traceback of an error."))  # fmt: skip
        for parameter in one.params:
            if isinstance(parameter.type, click.Choice):
                parameter.type.case_sensitive = False
    return command


def note_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Takes the option --debug."""
    if value:
        context.find_root().obj.debug = True
