"""A trial: one way of training, timed in a process of its own: threads and workers are set before TensorFlow starts.

python -m inkdigits.benchmarks.training_trial SETTING.json OUTCOME.json

All ways are timed alike: the epochs after the first, so that no time holds the building of a graph. Nothing validates
within the time, and `fit` is called once for all epochs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from inkdigits.errors import TrainingError
from inkdigits.system import module_command
from inkdigits.training.distributed.launch import launch
from inkdigits.training.recipe import Recipe, change
from inkdigits.training.recipes import find_recipe

if TYPE_CHECKING:
    import keras

    from inkdigits.data.dataset import Dataset
    from inkdigits.training.loop import Trainer

Way = Literal["loop", "loop, threaded operations", "a call a step", "fit", "fit on tf.data"]
WAYS: tuple[Way, ...] = get_args(Way)
EPOCHS = 4  # of which the first, which compiles, is not timed
MOST_SECONDS = 40.0  # of a trial: what takes longer is timed on what it did until then
LEARNING_RATE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way of training.

    Attributes:
        recipe: Whose network is trained, with Adam at a constant rate of 1e-3.
        way: The way of training. "loop" takes many steps in one compiled loop, each operation on one core; with
            "threaded operations" TensorFlow's own threads share each operation. "a call a step" is one call from Python
            for each step. "fit" is Keras' `fit`, on arrays or on tf.data.
        precision: `"float32"` or `"bfloat16"`.
        batch_size: Glyphs per step.
        cores: That may be used, by all workers together.
        workers: Processes that share each batch.
        augmented: Whether the recipe's augmentation is kept, which `fit` has not.
    """

    recipe: str
    way: Way = "loop"
    precision: str = "float32"
    batch_size: int = 128
    cores: int
    workers: int = 1
    augmented: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a trial gave.

    Attributes:
        setting: Which way.
        glyphs_per_second: Median of the timed epochs.
        gflops: Operations of the forward and backward pass, 1e9 a second.
        cpu_share: CPU seconds of the chief's process a second, in the timed epochs.
        accuracy: On MNIST's validation part after all epochs, 0 to 1; None if it took too long.
    """

    setting: Setting
    glyphs_per_second: float
    gflops: float
    cpu_share: float
    accuracy: float | None


def measure(setting: Setting) -> Outcome:
    """Runs a trial in new processes, on the first cores of this machine.

    Raises:
        TrainingError: It failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder) / "setting.json", Path(folder) / "outcome.json"
        given.write_text(json.dumps(asdict(setting)), encoding="utf-8")
        command = module_command("inkdigits.benchmarks.training_trial", str(given), str(result))
        with _on_cores(setting.cores):
            if setting.workers > 1:
                launch(command, setting.workers, quiet=True)
            else:
                done = subprocess.run(command, check=False, capture_output=True, text=True)
                if done.returncode:
                    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
                    raise TrainingError(f"Expected a trial of {setting}. Received: {said[-1]}.", hint="Try it alone.")
        outcome = json.loads(result.read_text(encoding="utf-8"))
    return Outcome(**{**outcome, "setting": setting})


@contextmanager
def _on_cores(count: int) -> Iterator[None]:
    """Processes started within use so many cores; where a system cannot say so, all."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run(setting: Setting) -> Outcome | None:
    """Runs a trial in this process, whose cores have been set; None if this is not the chief of its workers."""
    recipe = _plain(setting)  # before TensorFlow is imported: a wrong setting fails at once
    import keras

    from inkdigits.data.mnist import load_mnist
    from inkdigits.data.splits import validation_split
    from inkdigits.training.distributed.cluster import cluster_from_environment, use_single_threaded_ops
    from inkdigits.training.execution import Execution
    from inkdigits.training.fit import make_trainer
    from inkdigits.training.network import build, operations
    from inkdigits.training.pca_stem import fit_stem
    from inkdigits.training.predict import compile_predict, evaluate

    single_threaded_ops = setting.way in ("loop", "a call a step")
    if single_threaded_ops:
        use_single_threaded_ops()
    dataset = load_mnist("train")
    chosen, held_out = validation_split(dataset.labels)
    workers = cluster_from_environment()
    training = dataset.subset(chosen[: len(chosen) // recipe.batch_size * recipe.batch_size])
    if setting.way.startswith("fit"):
        model = build(recipe.network, precision=setting.precision, dropout=keras.layers.Dropout)
        fit_stem(model, training.glyphs)
        epochs = _fit_epochs(model, recipe, training, tf_data="tf.data" in setting.way)
    else:
        execution = Execution(workers=workers, single_threaded_ops=single_threaded_ops)
        trainer = make_trainer(recipe, training, execution=execution)
        model = trainer.model
        epochs = _trainer_epochs(trainer, steps=1 if setting.way == "a call a step" else 20)
    timed = [epoch for epoch in epochs[1:] or epochs if epoch.glyphs]
    whole = sum(epoch.glyphs for epoch in epochs) == EPOCHS * len(training)
    if not workers.chief:
        return None
    accuracy = None
    if whole:
        held = dataset.subset(held_out)
        accuracy = evaluate(compile_predict(model), held).score.accuracy
    rate = median(epoch.glyphs / epoch.seconds for epoch in timed)
    cpu_share = sum(epoch.cpu_seconds for epoch in timed) / sum(epoch.seconds for epoch in timed)
    # A backward pass has twice the operations of the forward one: the gradients of a layer's inputs and of its weights.
    gflops = 3 * operations(model) * rate / 1e9
    return Outcome(setting=setting, glyphs_per_second=rate, gflops=gflops, cpu_share=cpu_share, accuracy=accuracy)


def _plain(setting: Setting) -> Recipe:
    """The recipe with nothing that one way of training has and another has not."""
    recipe = replace(find_recipe(setting.recipe), synthesis=None, adversary=None, max_steps=None)
    if not setting.augmented:
        recipe = replace(recipe, augmentation=None)
    plain: dict[str, Any] = {
        "epochs": EPOCHS,
        "learning_rate": LEARNING_RATE,
        "schedule": "constant",
        "label_smoothing": 0.0,
    }
    plain |= {"batch_size": setting.batch_size, "betas": (0.9, 0.999), "precision": setting.precision}
    return change(recipe, plain)


class _Epoch(NamedTuple):
    """What an epoch, or the part of it that was done, trained on and took."""

    glyphs: int
    seconds: float
    cpu_seconds: float


def _trainer_epochs(trainer: Trainer, *, steps: int) -> list[_Epoch]:
    epochs = []
    end = time.perf_counter() + MOST_SECONDS
    for number in range(1, EPOCHS + 1):
        began, began_cpu, first = time.perf_counter(), time.process_time(), trainer.step
        until = end if number > 1 else began + MOST_SECONDS / 2
        while trainer.step < number * trainer.steps_per_epoch and time.perf_counter() < until:
            trainer.run(steps)
        glyphs = (trainer.step - first) * trainer.recipe.batch_size
        epochs.append(_Epoch(glyphs, time.perf_counter() - began, time.process_time() - began_cpu))
    return epochs


def _fit_epochs(model: keras.Model, recipe: Recipe, training: Dataset, *, tf_data: bool) -> list[_Epoch]:
    """One call of `fit`, as a tutorial has it: a call for each epoch would be slower."""
    import keras
    import numpy as np
    import tensorflow as tf

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss=loss, metrics=["accuracy"])
    glyphs = training.glyphs.astype(np.float32) / 255
    marks = [(time.perf_counter(), time.process_time())]
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: marks.append((time.perf_counter(), time.process_time()))
    )
    if tf_data:
        source = tf.data.Dataset.from_tensor_slices((glyphs, training.labels)).cache()
        batches = source.shuffle(len(training)).batch(recipe.batch_size).prefetch(tf.data.AUTOTUNE)
        model.fit(batches, epochs=EPOCHS, verbose=0, callbacks=[note])
    else:
        batch = {"batch_size": recipe.batch_size, "epochs": EPOCHS}
        model.fit(glyphs, training.labels, **batch, verbose=0, callbacks=[note])
    return [_Epoch(len(training), end[0] - began[0], end[1] - began[1]) for began, end in pairwise(marks)]


def main() -> None:
    """Runs the trial that the command line names."""
    given, result = (Path(argument) for argument in sys.argv[1:])
    outcome = run(Setting(**json.loads(given.read_text(encoding="utf-8"))))
    if outcome is not None:
        result.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


if __name__ == "__main__":
    main()
