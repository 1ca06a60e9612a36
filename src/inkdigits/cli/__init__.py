"""The command line: one short file a verb. Nothing heavy is imported before a command runs: --help is instant."""

from __future__ import annotations

import importlib
import io
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from inkdigits import __version__
from inkdigits.errors import InkdigitsError, MissingError, SettingError

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
EXIT_FAILED, EXIT_USAGE, EXIT_MISSING, EXIT_INTERRUPTED = 1, 2, 3, 130


class _Verbs(click.Group):
    """Finds each command in the file of its name, when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"inkdigits.cli.{cmd_name}").command
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="inkdigits")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Reads handwritten digits in your own pictures, and trains, proves and packs the networks that do it."""


def exit_code(error: InkdigitsError) -> int:
    """1: some inputs failed; 2: wrong usage; 3: something is missing."""
    if isinstance(error, MissingError):
        return EXIT_MISSING
    return EXIT_USAGE if isinstance(error, SettingError) else EXIT_FAILED


def show_error(message: str, hint: str = "") -> None:
    """Writes an error as one line, and its hint as another, to stderr."""
    click.echo(f"error: {one_line(message)}", err=True)
    if hint:
        click.echo(f"hint: {one_line(hint)}", err=True)


def one_line(text: str) -> str:
    """A text, such as a file's name, without what could break the line or steer the terminal."""
    words = " ".join(text.split())
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in words)


def show_lines(lines: Iterable[str]) -> None:
    """Writes remarks to stderr."""
    for line in lines:
        click.echo(one_line(line), err=True)


def with_flags(text: str, command: click.Command | None) -> str:
    """A text of the library, which names parameters, with the command's flags instead: `max_error` → `--max-error`.

    Only names with an underscore are replaced: others are words, too.
    """
    flags = (
        {option.name: option.opts[0] for option in command.params if option.opts[0].startswith("--")} if command else {}
    )
    return re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda found: flags.get(found[0], found[0]), text)


def _report(error: InkdigitsError | OSError, name: str) -> int:
    """Writes the error of a command to stderr and gives its exit code."""
    if isinstance(error, InkdigitsError):
        command = cli.get_command(click.Context(cli), name)
        show_error(with_flags(error.message, command), with_flags(error.hint, command))
        return exit_code(error)
    show_error(f"Expected to read or write a file. Received: {error}.", "Check the path, its rights and the disk.")
    return EXIT_FAILED


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and leaves with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name that is no valid text is still a result
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(arguments))


def _open_closed_streams() -> None:
    """Gives a process that was started with closed standard streams empty ones.

    In this order each takes its own number, the lowest that is free, so that no other file gets it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
            setattr(sys, name, stream)


def run(arguments: list[str]) -> int:
    """Runs a command.

    Args:
        arguments: As on the command line, without the program's name. `--debug` may stand anywhere.

    Returns:
        The exit code.
    """
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result: Any = cli.main(arguments, prog_name="inkdigits", standalone_mode=False, obj=arguments)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        show_error(error.format_message(), f"Run: {where.command_path if where else 'inkdigits'} --help")
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped.", err=True)
        return EXIT_INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the reader of our output, such as head, has left; click makes it an exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (InkdigitsError, OSError) as error:
        if debug:
            raise
        return _report(error, arguments[0] if arguments else "")
