"""What `inkdigits train` shows on stderr: how it begins, how far it is, and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

    from inkdigits.training.recipe import Recipe
    from inkdigits.training.run.session import Progress


class TrainingDisplay:
    """Shows how far a training is: a live bar on a terminal, plain lines elsewhere.

    Args:
        recipe: What is trained.
        log_every: Plain lines every so many steps; None for every epoch, or 100 steps of a recipe counted in steps.
    """

    def __init__(self, recipe: Recipe, *, log_every: int | None = None) -> None:
        from rich.console import Console

        self._recipe = recipe
        self._console = Console(stderr=True)
        self._every = log_every or (100 if recipe.max_steps is not None else None)
        self._plain = not self._console.is_terminal or log_every is not None
        self._bar = None if self._plain else _training_bar(self._console)
        self._task: Any = None

    def __enter__(self) -> TrainingDisplay:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("compiling", total=None, detail="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Takes a report of the training."""
        if self._bar is not None:
            self._bar.update(
                self._task,
                description=f"epoch {progress.epoch:.1f}/{self._recipe.epochs}",
                completed=progress.step,
                total=progress.steps,
                detail=f"{_measures(progress)}  {_time(progress.seconds_left)} left",
            )
        if progress.validation is not None or (self._plain and self._every and progress.step % self._every == 0):
            self._say(progress)

    def _say(self, progress: Progress) -> None:
        line = f"step {progress.step:>6}/{progress.steps}  epoch {progress.epoch:6.2f}  {_measures(progress)}"
        if progress.validation is not None:
            line += f"  validation loss {progress.validation.loss:.4f} accuracy {progress.validation.accuracy:.2%}"
        self._console.print(line, highlight=False, soft_wrap=True)


def _measures(progress: Progress) -> str:
    return (
        f"loss {progress.loss:.4f}  accuracy {progress.accuracy:6.2%}  {progress.glyphs_per_second:,.0f} images/s"
    )  # fmt: skip


def _time(seconds: float) -> str:
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"


def _training_bar(console: Console) -> RichProgress:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[detail]}"))
    return RichProgress(*columns, console=console, transient=True)
