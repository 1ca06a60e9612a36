"""`inkdigits evaluate`: a packed model and labeled glyphs in, its scores and a report out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.options import model_folder
from inkdigits.cli.terminal import say, show

if TYPE_CHECKING:
    from inkdigits.data.source import Part


@click.command("evaluate", short_help="Measure a model on labeled glyphs and write a report.")
@click.argument("model")
@click.option("--data", help="mnist, a folder, or an IDX, CSV or NPZ file; by default what a run was trained on, or "
              "mnist.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "train", "validation"], case_sensitive=False),
              help="Which part of the data; validation: the part of train that training leaves out. By default test, "
              "or validation for a run whose data have no test part.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Stop at the first bad row or picture of the data.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write the report there; for a run, by default RUN/report.")  # fmt: skip
@click.option("--compare", metavar="MODEL",
              help="Also measure this second model on the same digits.")  # fmt: skip
@click.option("--raw", is_flag=True,
              help="In predictions.csv, leave names as they are that a spreadsheet would execute.")  # fmt: skip
@click.option("--robustness", is_flag=True,
              help="Also measure accuracy on corrupted digits (MNIST-C style), under adversarial attacks, and on "
              "non-digits. Attacks that use gradients need a run, not a packed model.")  # fmt: skip
@click.option("--robustness-digits", type=click.IntRange(min=10), default=1000, show_default=True,
              help="Digits per kind of corruption and attack.")  # fmt: skip
def command(
    model: str, data: str | None, split: Part | None, strict: bool, report: Path | None, compare: str | None,
    raw: bool, robustness: bool, robustness_digits: int,
) -> int:  # fmt: skip
    """Measures MODEL: a packed model's name or folder, or a run.

    \b
    Examples:
      inkdigits evaluate default
      inkdigits evaluate runs/convnet-1
      inkdigits evaluate default --data my-digits/ --report my-report/
      inkdigits evaluate runs/mine --compare default
      inkdigits evaluate runs/mine --robustness
    """
    from inkdigits.cli import EXIT_FAILED
    from inkdigits.cli.terminal import quiet_native_stderr
    from inkdigits.data.dataset import left_out_lines
    from inkdigits.files import check_not_input, is_writable
    from inkdigits.models.zoo import find_model
    from inkdigits.reporting.evaluate import evaluate
    from inkdigits.reporting.evaluation_report import require_reports, write_report
    from inkdigits.reporting.terminal_text import evaluation_lines
    from inkdigits.training.run.folder import is_run

    model, compare = model_folder(model), None if compare is None else model_folder(compare)
    folder = find_model(model)
    if report is None and split in (None, "test") and is_run(folder.parent):
        report = folder.parent / "report"
        if not is_writable(folder.parent):
            say(f"note: no report, for {folder.parent} is read-only: name a folder with --report.")
            report = None
    if report is not None:
        check_not_input(report, folder, folder.parent, *filter(None, (data, compare)))
        require_reports()  # before what takes minutes
    remarks: list[str] = []
    with quiet_native_stderr():
        result = evaluate(
            model, data, split=split, strict=strict, compare=compare, details=report is not None,
            robustness_digits=robustness_digits if robustness else 0, listener=remarks.append,
        )  # fmt: skip
    say(*remarks, *left_out_lines(result.left_out, result.labels))
    show(*evaluation_lines(result))
    if report is not None:
        page = write_report(report, result, command=_command_line(report=report), raw=raw)
        say(f"report: {page}")
    return EXIT_FAILED if result.left_out else 0


def _command_line(**settled: object) -> str:
    """What was asked for, with what was settled since instead of defaults, as a line that a shell understands."""
    context = click.get_current_context()
    words = ["inkdigits", "evaluate"]
    for parameter in context.command.params:
        value = settled.get(str(parameter.name), context.params.get(str(parameter.name)))
        if isinstance(parameter, click.Argument):
            words.append(str(value))
        elif value is True:
            words.append(parameter.opts[0])
        elif value not in (None, False, parameter.get_default(context)):
            words += [parameter.opts[0], str(value)]
    return shlex.join(words)
