"""A session: one sitting of a training, from a run's start or last checkpoint to its final one.

It composes the loop and checkpoints. It prints nothing, but calls a listener with its progress.
"""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import keras
import tensorflow as tf

from inkdigits.checksum import with_checksum
from inkdigits.data.dataset import Dataset
from inkdigits.data.splits import split_training
from inkdigits.errors import OutputError, TrainingError, require
from inkdigits.files import write_atomically
from inkdigits.labels import CLASSES
from inkdigits.system import usable_cores
from inkdigits.training.distributed.cluster import Workers, single_process
from inkdigits.training.execution import Execution
from inkdigits.training.fit import make_trainer
from inkdigits.training.loop import Trainer
from inkdigits.training.predict import Score, compile_predict, evaluate
from inkdigits.training.recipe import change
from inkdigits.training.run.checkpoint import load_checkpoint, save_checkpoint
from inkdigits.training.run.folder import HISTORY_NAME, Run, open_run
from inkdigits.training.run.state import NetworkInfo, RunData, RunProgress, Teacher
from inkdigits.training.run.trained import trained_model

DETERMINISTIC_SHARDS = 2  # of a batch, on any number of cores
STOPPING = (signal.SIGINT, signal.SIGTERM)
LEAST_SECONDS = 1e-9  # a coarse clock may not move
CHUNK_SECONDS = 0.4  # between two looks at the stop signal and two reports of progress


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        step: Steps done, of `steps`.
        steps: Steps of the whole training.
        epoch: Epochs done, with the part of the one under way.
        loss: Mean training loss since the last report, nats per glyph; at the end of an epoch, of the whole epoch.
        accuracy: Mean training accuracy of the same span, 0 to 1, with augmentation and dropout on.
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
Ending = Literal["finished", "interrupted"]


def train(
    run: Run,
    dataset: Dataset,
    *,
    listener: Listener = lambda _: None,
    report_every: int = 100,
    resume: bool = False,
    workers: Workers | None = None,
) -> Ending:
    """Trains to the last checkpoint: of the recipe's end, or of the first Ctrl-C or SIGTERM. It does not pack.

    Args:
        run: As `start_run` or `open_run` gives it.
        dataset: All training glyphs; fixed parts of them are kept for validation and calibration.
        listener: Called about twice a second, and whenever the steps done are a multiple of `report_every`.
        report_every: Steps.
        resume: Continues from the run's last checkpoint, or its start if it has none.
        workers: Who trains together, each calling this with the same run, data and `resume`; by default this process
            alone. Only the chief writes, listens and heeds Ctrl-C.

    Returns:
        `"finished"`, or `"interrupted"` if Ctrl-C ended it before the recipe's end.

    Raises:
        TrainingError: The loss became infinite, the checkpoint does not fit, or another worker is gone.
        OutputError: The folder cannot be written.
    """
    workers = workers or single_process()
    splits = split_training(dataset)
    training, validation = dataset.subset(splits.training), dataset.subset(splits.validation)
    data = RunData(dataset.name, dataset.sha256, *(len(part) for part in splits))
    with recorded_failure(run, chief=workers.chief):
        trainer = _trainer(run, training, workers)
        if resume:
            _go_back(run, trainer, data)
        _check_same_step(workers, trainer)
        if not workers.chief:
            _run_follower(workers, trainer)
            return "finished"
        run.remove_drafts()
        session = _Session(run, trainer, validation, listener, report_every, workers)
        model = trainer.model
        precision = trainer.precision
        network = NetworkInfo(
            parameters=int(model.count_params()),
            cores=run.state.network.cores or usable_cores(),
            precision=precision.name,
            precision_seconds=precision.seconds or run.state.network.precision_seconds,
        )
        run.save(status="running", error="", data=data, network=network)
        with _stop_on_interrupt() as stopped:
            session.run(stopped)
        run.save(progress=session.progress)
    return "interrupted" if stopped() and trainer.step < trainer.steps else "finished"


def _go_back(run: Run, trainer: Trainer, data: RunData) -> None:
    """Puts the trainer to the run's last checkpoint, if it has one and the data are the run's."""
    if run.state.data is not None and run.state.data.sha256 != data.sha256:
        raise TrainingError(
            f"Expected the data that the run was started with: {run.state.data}. Received: {data}.",
            hint="Give the same data, or start a new run.",
        )
    if run.last_checkpoint.is_file():
        load_checkpoint(run.last_checkpoint, trainer)


def _trainer(run: Run, training: Dataset, workers: Workers) -> Trainer:
    """The trainer of a run at its start."""
    recipe, options = run.recipe, run.options
    # A resumed run keeps its precision: on another machine another one may be faster.
    precision = "float32" if options.deterministic else run.state.network.precision or None
    recipe = change(recipe, {"precision": precision})
    execution = Execution(workers=workers, shards=DETERMINISTIC_SHARDS if options.deterministic else None)
    return make_trainer(
        recipe, training, seed=options.seed, teachers=lambda precision: _teachers(run, precision), execution=execution
    )


def _teachers(run: Run, precision: str) -> list[keras.Model]:
    """The networks that a run learns from, which must be those that it was started with."""
    runs = [open_run(Path(folder)) for folder in run.options.teachers]
    teachers = [trained_model(teacher, precision=precision) for teacher in runs]
    classes = CLASSES + run.recipe.rejects
    for teacher, folder in zip(teachers, run.options.teachers, strict=True):
        if teacher.output_shape[-1] != classes:
            raise TrainingError(
                f"Expected teachers with {classes} answers. Received: {folder}, with {teacher.output_shape[-1]}.",
                hint="Let it learn from a run with the same classes.",
            )
    hashes = [sha256(teacher.final_checkpoint.read_bytes()).hexdigest() for teacher in runs]
    known = tuple(Teacher(teacher.recipe.name, it) for teacher, it in zip(runs, hashes, strict=True))
    if run.state.teachers and run.state.teachers != known:
        raise TrainingError(
            f"Expected the teachers that the run was started with: {run.state.teachers}. Received: {known}.",
            hint="A teacher was trained on since: start a new run.",
        )
    run.state = replace(run.state, teachers=known)
    return teachers


def _check_same_step(workers: Workers, trainer: Trainer) -> None:
    if (step := workers.broadcast_from_chief(trainer.step)) != trainer.step:
        raise TrainingError(
            f"Expected all workers at the chief's step, {step}. Received: worker {workers.index} at {trainer.step}.",
            hint="Put the run's folder where all workers can read it.",
        )


def _run_follower(workers: Workers, trainer: Trainer) -> None:
    """Takes as many steps as the chief says, until it says none; Ctrl-C is for the chief."""
    with _stop_on_interrupt():
        while trainer.step < trainer.steps and (count := workers.broadcast_from_chief(0)):
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
        self._validation = validation
        self._predict = compile_predict(trainer.model)
        self._listener = listener
        self._history = [line for line in run.history() if _is_of_past(line, trainer.step)]
        self._writer = _tensorboard_writer(run) if run.options.tensorboard else None
        before = run.state.progress if trainer.step else RunProgress()
        self._seconds, self._cpu_seconds = before.seconds, before.cpu_seconds

    @property
    def progress(self) -> RunProgress:
        """How far the run is, over all sittings."""
        return RunProgress(self._trainer.step, self._trainer.epoch, self._seconds, self._cpu_seconds)

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
            if not self._workers.broadcast_from_chief(count):
                break
            score = trainer.run(count)
            seconds = max(time.perf_counter() - began, LEAST_SECONDS)
            self._seconds += seconds
            self._cpu_seconds += time.process_time() - began_cpu
            done = trainer.step - before
            sums.add(score, done, seconds)
            # The first chunk compiles the loop: it says nothing about speed.
            chunk = 10 if chunk == 1 else max(1, round(done / seconds * CHUNK_SECONDS))
            ended = trainer.step % trainer.steps_per_epoch == 0 or trainer.step == trainer.steps
            validation = self._end_epoch(sums) if ended else None
            if ended or before > 0:
                self._report(sums.mean() if ended else score, done, seconds, validation)
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
        validation = evaluate(self._predict, self._validation).score
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
            "seconds": self._seconds,
        }
        self._history.append(entry)
        self._write_history()
        # The best before the last: killed between the two, a resumed training writes the best again.
        if validation.accuracy > best:
            save_checkpoint(run.best_checkpoint, trainer)
        save_checkpoint(run.last_checkpoint, trainer)
        run.save(progress=self.progress)
        if self._writer is not None:
            with self._writer.as_default(trainer.step):
                for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
                    tf.summary.scalar(name, entry[name])
            self._writer.flush()
        return validation

    def _write_history(self) -> None:
        lines = "".join(json.dumps(with_checksum(line)) + "\n" for line in self._history)
        write_atomically(self._run.folder / HISTORY_NAME, lines.encode())

    def _out_of_patience(self) -> bool:
        patience = self._run.options.patience
        if patience is None or not self._history:
            return False
        accuracies = [line["validation_accuracy"] for line in self._history]
        return len(accuracies) - 1 - accuracies.index(max(accuracies)) >= patience


def _is_of_past(line: dict[str, float], step: int) -> bool:
    """Whether a line of the history is whole, and of a step that was taken."""
    return "validation_accuracy" in line and line.get("step", math.inf) <= step


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
def recorded_failure(run: Run, *, chief: bool = True) -> Iterator[None]:
    """Writes into a run's state that it failed, and why."""
    try:
        yield
    except (TrainingError, OutputError) as error:
        with suppress(OutputError):  # of a full disk, it is the first error that says so
            if chief:
                run.save(status="failed", error=error.message)
        raise


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C or SIGTERM into a question that is asked between chunks; a second one stops at once."""
    asked: list[bool] = []

    def note(_number: int, _frame: object) -> None:
        asked.append(True)
        for number in STOPPING:
            signal.signal(number, signal.default_int_handler)

    try:
        before = [signal.signal(number, note) for number in STOPPING]
    except ValueError:  # not the main thread: nobody presses Ctrl-C here
        yield lambda: False
        return
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in zip(STOPPING, before, strict=True):
            signal.signal(number, handler)
