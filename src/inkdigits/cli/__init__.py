"""The command line: one short file per verb. Nothing heavy is imported before a command runs: --help is instant."""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

import click

from inkdigits import __version__
from inkdigits.cli.terminal import open_closed_streams, say, show_error, with_flags
from inkdigits.cli.verbs import (
    COMMANDS,
    Call,
    ReaderLeftError,
    TerminatedError,
    Verbs,
    note_debug,
    raise_terminated,
)
from inkdigits.errors import InkdigitsError, MissingError, SettingError, UnfinishedRunError

EXIT_FAILED, EXIT_USAGE, EXIT_MISSING, EXIT_INTERRUPTED, EXIT_TERMINATED = 1, 2, 3, 130, 143


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="inkdigits")
@click.option("--debug", is_flag=True, expose_value=False, callback=note_debug, help="Show the traceback of an error.")
def cli() -> None:
    """Reads handwritten digits in your own pictures, and trains, measures and packs the networks that do it."""


def exit_code(error: InkdigitsError) -> int:
    """1: some inputs failed; 2: wrong usage; 3: something is missing."""
    if isinstance(error, MissingError):
        return EXIT_MISSING
    return EXIT_USAGE if isinstance(error, SettingError) else EXIT_FAILED


def _report(error: InkdigitsError | OSError, name: str) -> int:
    """Writes the error of a command to stderr and gives its exit code."""
    if isinstance(error, InkdigitsError):
        command = cli.get_command(click.Context(cli), name)
        hint = with_flags(error.hint, command)
        if isinstance(error, UnfinishedRunError) and error.folder:
            hint = f"Run: inkdigits train --resume {error.folder}"
        show_error(with_flags(error.message, command), hint)
        return exit_code(error)
    show_error(f"Expected to read or write a file. Received: {error}.", "Check the path, its rights and the disk.")
    return EXIT_FAILED


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and leaves with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    open_closed_streams()
    signal.signal(signal.SIGTERM, raise_terminated)
    # Pillow remarks on damaged metadata, and no reading depends on those.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.", append=True)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name that is no valid text is still a result
        sys.stdout.reconfigure(errors="backslashreplace")
    code = run(arguments)
    if code in (EXIT_INTERRUPTED, EXIT_TERMINATED):  # without waiting for threads that read a slow picture
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Runs a command.

    Args:
        arguments: As on the command line, without the program's name.

    Returns:
        The exit code.
    """
    call = Call(arguments)
    try:
        result: Any = cli.main(arguments, prog_name="inkdigits", standalone_mode=False, obj=call)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        return _report_usage(error, arguments)
    except (KeyboardInterrupt, click.Abort) as error:
        say("stopped.")
        ended = isinstance(error.__cause__ or error, TerminatedError)  # click raises another one from it
        return EXIT_TERMINATED if ended else EXIT_INTERRUPTED
    except (BrokenPipeError, ReaderLeftError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (InkdigitsError, OSError) as error:
        if call.debug:
            raise
        return _report(error, arguments[0] if arguments else "")


def _report_usage(error: click.ClickException, arguments: list[str]) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(*error.format_message().splitlines())
        return EXIT_USAGE
    context = getattr(error, "ctx", None)
    near = get_close_matches(arguments[0].lower(), COMMANDS, n=1) if arguments[0] not in COMMANDS else []
    hint = f"inkdigits {near[0]}" if near else f"{context.command_path if context else 'inkdigits'} --help"
    show_error(error.format_message(), f"Run: {hint}")
    return EXIT_USAGE


__all__ = [
    "COMMANDS",
    "EXIT_FAILED",
    "EXIT_INTERRUPTED",
    "EXIT_MISSING",
    "EXIT_TERMINATED",
    "EXIT_USAGE",
    "cli",
    "exit_code",
    "main",
    "run",
    "show_error",
]
