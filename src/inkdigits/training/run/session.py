"""A session: one sitting of a training, from a run's start or last checkpoint to its final one.

It composes the loop and checkpoints. It prints nothing, but calls a listener with its progress.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from inkdigits.data.dataset import Dataset
from inkdigits.data.splits import validation_split
from inkdigits.errors import TrainingError, require
from inkdigits.files import write_atomically
from inkdigits.labels import CLASSES
from inkdigits.training.distributed.cluster import Workers, alone
from inkdigits.training.fit import make_trainer
from inkdigits.training.loop import Execution, Trainer
from inkdigits.training.network import to_float32
from inkdigits.training.predict import Score, make_scorer
from inkdigits.training.recipe import change
from inkdigits.training.run.checkpoint import load_checkpoint, load_weights, save_checkpoint
from inkdigits.training.run.folder import Run, open_run, trained_model

DETERMINISTIC_PARTS = 2  # of a batch, on any number of cores
CHUNK_SECONDS = 0.4  # between two looks at the stop signal and two reports of progress


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        step: Steps done, of `steps`.
        steps: Steps of the whole training.
        epoch: Epochs done, with the part of the one under way.
        loss: Mean training loss since the last report, nats a glyph.
        accuracy: Mean training accuracy since the last report, 0 to 1, with augmentation and dropout on.
        glyphs_per_second: Training speed since the last report.
        seconds_left: At this speed.
        validation: Set at the end of an epoch.
    """

    step: int
    steps: int
    epoch: float
    loss: float
    accuracy: float
    glyphs_per_second: float
    seconds_left: float
    validation: Score | None = None


Listener = Callable[[Progress], None]


def train(
    run: Run,
    dataset: Dataset,
    *,
    listener: Listener = lambda _: None,
    report_every: int = 100,
    resume: bool = False,
    workers: Workers | None = None,
) -> None:
    """Trains to the end of the recipe, or to the first Ctrl-C. Whether it was complete stands in `run.facts["status"]`.

    A recipe with a synthesis has its glyphs made before the first step, in other processes: a script that trains by it
    needs `if __name__ == "__main__":`.

    Args:
        run: As `start_run` or `open_run` gives it.
        dataset: All training glyphs; a fixed part of them is kept for validation.
        listener: Called about twice a second, and whenever the steps done are a multiple of `report_every`.
        report_every: Steps.
        resume: Goes on from the run's last checkpoint, or its start if it has none.
        workers: Who trains together, each calling this with the same run, data and `resume`; by default this process
            alone. Only the chief writes, listens and heeds Ctrl-C.

    Raises:
        TrainingError: The loss became infinite, the folder cannot be written, the checkpoint does not fit, or another
            worker is gone.
    """
    workers = workers or alone()
    chosen, held_out = validation_split(dataset.labels)
    training, validation = dataset.subset(chosen), dataset.subset(held_out)
    facts = {"name": dataset.name, "sha256": dataset.sha256, "training": len(training), "validation": len(validation)}
    trainer = _trainer(run, training, workers)
    if resume:
        _go_back(run, trainer, facts)
    _check_same_step(workers, trainer)
    if not workers.chief:
        _follow(workers, trainer)
        return
    session = _Session(run, trainer, validation, listener, report_every, workers)
    model = trainer.model
    run.save(status="running", data=facts, precision=model.input.dtype, parameters=int(model.count_params()))
    with _noting_failure(run), _stop_on_interrupt() as stopped:
        session.run(stopped)
    load_weights(run.final_checkpoint, model)
    status = "interrupted" if stopped() and trainer.step < trainer.steps else "finished"
    run.save(status=status, step=trainer.step, epochs=trainer.epoch, **session.times)
    to_float32(model, run.recipe.network).save(run.folder / "model.keras")


def _go_back(run: Run, trainer: Trainer, facts: dict[str, Any]) -> None:
    """Puts the trainer to the run's last checkpoint, if it has one and the data are the run's."""
    if run.facts.get("data", facts)["sha256"] != facts["sha256"]:
        raise TrainingError(
            f"Expected the data that the run was started with: {run.facts['data']}. Received: {facts}.",
            hint="Give the same --data, or start a new run.",
        )
    if run.last_checkpoint.is_file():
        load_checkpoint(run.last_checkpoint, trainer)


def _trainer(run: Run, training: Dataset, workers: Workers) -> Trainer:
    """The trainer of a run at its start."""
    recipe, options = run.recipe, run.options
    if options.deterministic:
        recipe = change(recipe, {"precision": "float32"})
    execution = Execution(workers=workers, parts=DETERMINISTIC_PARTS if options.deterministic else None)
    return make_trainer(
        recipe, training, seed=options.seed, teachers=lambda precision: _teachers(run, precision), execution=execution
    )


def _teachers(run: Run, precision: str) -> list[keras.Model]:
    """The networks that a run learns from, which must be those that it was started with."""
    runs = [open_run(Path(folder)) for folder in run.options.teachers]
    teachers = [trained_model(teacher, precision=precision) for teacher in runs]
    classes = CLASSES + run.recipe.refuses
    for teacher, folder in zip(teachers, run.options.teachers, strict=True):
        if teacher.output_shape[-1] != classes:
            raise TrainingError(
                f"Expected teachers with {classes} answers. Received: {folder}, with {teacher.output_shape[-1]}.",
                hint="Let it learn from a run with the same classes.",
            )
    hashes = [sha256(teacher.final_checkpoint.read_bytes()).hexdigest() for teacher in runs]
    facts = [{"recipe": teacher.recipe.name, "sha256": it} for teacher, it in zip(runs, hashes, strict=True)]
    if facts and run.facts.setdefault("teachers", facts) != facts:
        raise TrainingError(
            f"Expected the teachers that the run was started with: {run.facts['teachers']}. Received: {facts}.",
            hint="A teacher was trained on since: start a new run.",
        )
    return teachers


def _check_same_step(workers: Workers, trainer: Trainer) -> None:
    if (step := workers.agree(trainer.step)) != trainer.step:
        raise TrainingError(
            f"Expected all workers at the chief's step, {step}. Received: worker {workers.index} at {trainer.step}.",
            hint="Put the run's folder where all workers can read it.",
        )


def _follow(workers: Workers, trainer: Trainer) -> None:
    """Takes as many steps as the chief says, until it says none; Ctrl-C is for the chief."""
    with _stop_on_interrupt():
        while trainer.step < trainer.steps and (count := workers.agree(0)):
            trainer.run(count)


class _Session:
    """Steps in chunks, a validation, a history line and a checkpoint an epoch: the chief's."""

    def __init__(
        self,
        run: Run,
        trainer: Trainer,
        validation: Dataset,
        listener: Listener,
        report_every: int,
        workers: Workers,
    ) -> None:
        self._run = run
        self._workers = workers
        self._report_every = report_every
        self._trainer = trainer
        self._score = make_scorer(trainer.model, validation.glyphs, validation.labels)
        self._listener = listener
        self._history = [line for line in run.history() if line["step"] <= trainer.step]
        self._writer = _tensorboard_writer(run) if run.options.tensorboard else None
        self.seconds: float = run.facts.get("seconds", 0.0) if trainer.step else 0.0
        self.cpu_seconds: float = run.facts.get("cpu_seconds", 0.0) if trainer.step else 0.0

    @property
    def times(self) -> dict[str, float]:
        """Of the steps alone, over all sittings: seconds, and those of this process's CPU time."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}

    def run(self, stopped: Callable[[], bool]) -> None:
        """Trains until the recipe ends, patience runs out, or `stopped()`."""
        trainer = self._trainer
        chunk = 1
        sums = _Sums()
        self._write_history()
        while trainer.step < trainer.steps:
            before, began, began_cpu = trainer.step, time.perf_counter(), time.process_time()
            ending = stopped() or self._out_of_patience()
            count = 0 if ending else min(chunk, self._report_every - before % self._report_every)
            if not self._workers.agree(count):
                break
            score = trainer.run(count)
            seconds = time.perf_counter() - began
            self.seconds += seconds
            self.cpu_seconds += time.process_time() - began_cpu
            done = trainer.step - before
            sums.add(score, done, seconds)
            # The first chunk compiles the loop: it says nothing about speed.
            chunk = 10 if chunk == 1 else max(1, round(done / seconds * CHUNK_SECONDS))
            ended = trainer.step % trainer.steps_per_epoch == 0 or trainer.step == trainer.steps
            validation = self._end_epoch(sums) if ended else None
            if ended or before > 0:
                self._report(score, done, seconds, validation)
            if ended:
                sums = _Sums()
        save_checkpoint(self._run.last_checkpoint, trainer)

    def _report(self, score: Score, steps: int, seconds: float, validation: Score | None) -> None:
        trainer = self._trainer
        left = (trainer.steps - trainer.step) * seconds / steps
        speed = steps * trainer.recipe.batch_size / seconds
        self._listener(
            Progress(
                trainer.step, trainer.steps, trainer.epoch, score.loss, score.accuracy, speed, left, validation
            )
        )  # fmt: skip

    def _end_epoch(self, sums: _Sums) -> Score:
        trainer, run = self._trainer, self._run
        validation, _ = self._score()
        score = sums.mean()
        best = max((line["validation_accuracy"] for line in self._history), default=-1.0)
        entry = {
            "epoch": trainer.epoch,
            "step": trainer.step,
            "loss": score.loss,
            "accuracy": score.accuracy,
            "validation_loss": validation.loss,
            "validation_accuracy": validation.accuracy,
            "glyphs_per_second": sums.steps * trainer.recipe.batch_size / sums.seconds,
            "seconds": self.seconds,
        }
        self._history.append(entry)
        self._write_history()
        # The best before the last: killed between the two, a resumed training writes the best again.
        if validation.accuracy > best:
            save_checkpoint(run.best_checkpoint, trainer)
        save_checkpoint(run.last_checkpoint, trainer)
        run.save(step=trainer.step, **self.times)
        if self._writer is not None:
            with self._writer.as_default(trainer.step):
                for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
                    tf.summary.scalar(name, entry[name])
            self._writer.flush()
        return validation

    def _write_history(self) -> None:
        lines = "".join(json.dumps(line) + "\n" for line in self._history)
        write_atomically(self._run.folder / "history.jsonl", lines.encode())

    def _out_of_patience(self) -> bool:
        patience = self._run.options.patience
        if patience is None or not self._history:
            return False
        accuracies = [line["validation_accuracy"] for line in self._history]
        return len(accuracies) - 1 - accuracies.index(max(accuracies)) >= patience


class _Sums:
    """Means over an epoch that was trained in several chunks."""

    def __init__(self) -> None:
        self.steps = 0
        self.seconds = 0.0
        self._loss = 0.0
        self._accuracy = 0.0

    def add(self, score: Score, steps: int, seconds: float) -> None:
        self.steps += steps
        self.seconds += seconds
        self._loss += score.loss * steps
        self._accuracy += score.accuracy * steps

    def mean(self) -> Score:
        return Score(self._loss / self.steps, self._accuracy / self.steps)


def _tensorboard_writer(run: Run) -> Any:
    require("tensorboard", extra="tensorboard", purpose="TensorBoard's files")
    return tf.summary.create_file_writer(str(run.folder / "tensorboard"))


@contextmanager
def _noting_failure(run: Run) -> Iterator[None]:
    try:
        yield
    except TrainingError:
        with suppress(TrainingError):  # of a full disk, it is the first error that says so
            run.save(status="failed")
        raise


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C into a question that is asked between chunks; a second one interrupts at once."""
    asked: list[bool] = []

    def note(_number: int, _frame: object) -> None:
        asked.append(True)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        before = signal.signal(signal.SIGINT, note)
    except ValueError:  # not the main thread: nobody presses Ctrl-C here
        yield lambda: False
        return
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
